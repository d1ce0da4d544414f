/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of the catalog, as migrations: each version adds to the one before, so that a
 * program of the version before still reads and writes it.
 */
#ifndef SPOOL_SCHEMA_H
#define SPOOL_SCHEMA_H

#include <stdint.h>

/* The newest version this program knows; the first is 1. */
int64_t schema_newest(void);

/* The statements that make version out of the one before it, ended by NULL. */
const char *const *schema_steps(int64_t version);

#endif
