/* SPDX-License-Identifier: Apache-2.0 */
/* Quarantine: refused files, each with a reason beside it that a person can act on. */
#ifndef BATCH_QUARANTINE_H
#define BATCH_QUARANTINE_H

#include "batch/drop.h"
#include "spool/spool.h"

enum { QUARANTINE_NAME_SIZE = 48 };

/*
 * Move a refused drop into quarantine/: first its row, then it is set aside, the reason, and the
 * file. A crash between them is finished by quarantine_recover(). Where the file is gone meanwhile
 * its row says so, and what came in its place is queued in arrivals. What cannot be moved is hidden
 * in its drop folder, which is logged unless it is no file; a start tries again. On -1 it has its
 * name still.
 */
int quarantine(
    const struct spool *spool, struct drop *drop, struct arrivals *arrivals, struct err *err);

/* At start: move what has a row but is still in the drop folder. */
int quarantine_recover(const struct spool *spool, struct arrivals *arrivals, struct err *err);

/* The name in its drop folder of what could not be moved away. */
void quarantine_hidden_name(int64_t id, char ret_name[QUARANTINE_NAME_SIZE]);

#endif
