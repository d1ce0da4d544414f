/* SPDX-License-Identifier: Apache-2.0 */
/* How long a letter stays (R11). */
#ifndef SPOOL_RETENTION_H
#define SPOOL_RETENTION_H

#include "spool/letter.h"

/* The moment from which a posted letter is gone, with retention of so many calendar months. */
int64_t retention_end(const struct letter *letter, int64_t months);

#endif
