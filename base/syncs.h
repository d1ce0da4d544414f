/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files and folders that are made durable side by side: a disk is done with several in less time
 * than with one behind the other.
 *
 * The kernel has them in a queue (io_submit(2), IO_CMD_FSYNC), one for each process; without a
 * queue, or room in it, they are synced one behind the other.
 */
#ifndef BASE_SYNCS_H
#define BASE_SYNCS_H

#include "base/clean.h"
#include "base/err.h"

struct syncs;

struct syncs *syncs_new(void);
void syncs_free(struct syncs *syncs);

/* fd and name, which is for messages, are borrowed until syncs_run() returns. */
void syncs_add(struct syncs *syncs, int fd, const char *name);

/*
 * Wait until all that was added is durable; the list is empty then. -1 as file_sync() (file.h) for
 * the first that is not; the others were tried as well. Threads wait for one another.
 */
int syncs_run(struct syncs *syncs, struct err *err);

#define OWNED_SYNCS OWNED(syncs_clean)
void syncs_clean(struct syncs **syncs);

#endif
