/* SPDX-License-Identifier: Apache-2.0 */
/* Step 2 of posting: rows in state posting, served names chosen, repeats found. */
#ifndef BATCH_RECORD_H
#define BATCH_RECORD_H

#include "batch/drop.h"
#include "spool/spool.h"

/*
 * In one transaction, give each drop to be posted its id, its served name and its row. One that
 * repeats a letter is recorded as its duplicate, one that a posting left behind only recognised;
 * where drop.same-name says so, a second file of a name is refused. What repeats a letter that is
 * not posted yet, and may be undone, waits: VERDICT_WAIT.
 */
int record(const struct spool *spool, struct drop *drops, size_t count, struct err *err);

#endif
