/* SPDX-License-Identifier: Apache-2.0 */
/* National Provider Identifiers (docs/RULES.md, "Words"). */
#ifndef SPOOL_NPI_H
#define SPOOL_NPI_H

#include <stdbool.h>

enum { NPI_DIGITS = 10 };

/*
 * Is text a well-formed NPI: ten ASCII digits, the last one the Luhn check digit
 * of 80840 followed by the first nine? Says nothing about who holds it.
 */
bool npi_is_valid(const char *text);

#endif
