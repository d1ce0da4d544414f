/* SPDX-License-Identifier: Apache-2.0 */
/* Who is to be told of new letters (R8): rows, in the transaction that posts. */
#ifndef SPOOL_NOTIFICATION_H
#define SPOOL_NOTIFICATION_H

#include <stdint.h>

#include "spool/catalog.h"
#include "spool/letter_class.h"

/*
 * Count letters posted for an AVRS ID towards the next mail of everybody who is told: the master
 * and the clerks of either role; of trade files only those who asked for it and may see them.
 */
int notification_count(struct catalog *catalog, const char *avrs_id, enum letter_class class,
    int64_t letters, struct err *err);

#endif
