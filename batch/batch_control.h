/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A batch control file becomes a batch that waits: which letters it names is checked, against
 * itself and the others, and stored in one transaction.
 */
#ifndef BATCH_BATCH_CONTROL_H
#define BATCH_BATCH_CONTROL_H

#include "batch/batch_table.h"
#include "batch/drop.h"

/*
 * A control file (VERDICT_BATCH), opened: its batch waits from now on, and the file can be removed.
 * One that is wrong, or whose batch or letters another one has, gets the verdict quarantine.
 */
int batch_control_accept(struct batches *batches, struct drop *drop, struct err *err);

/*
 * The file of a batch that was accepted goes. Another one, which has its name by now, stays, and is
 * queued in arrivals.
 */
int batch_control_remove(const struct drop *drop, struct arrivals *arrivals, struct err *err);

#endif
