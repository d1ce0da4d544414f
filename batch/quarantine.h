/* SPDX-License-Identifier: Apache-2.0 */
/* Quarantine: refused files, each with a reason beside it that a person can act on. */
#ifndef BATCH_QUARANTINE_H
#define BATCH_QUARANTINE_H

#include "batch/drop.h"
#include "spool/spool.h"

/*
 * Move a refused drop into quarantine/: first its row, then the reason, then the file. A crash
 * between them is finished by quarantine_recover(). A file that is gone meanwhile is left alone.
 */
int quarantine(const struct spool *spool, struct drop *drop, struct err *err);

/* At start: move what has a row but is still in the drop folder. */
int quarantine_recover(const struct spool *spool, struct err *err);

#endif
