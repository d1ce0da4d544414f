/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recovery: what was begun to be posted (post.h) when a process died, or a step failed, is finished
 * or undone.
 *
 * A row without a file at its final path is forgotten: the dropped file is where it was. What has
 * its place is published, if it has the bytes that were hashed and they can be made durable; if
 * not, it is a dropped file again.
 */
#ifndef BATCH_RECOVERY_H
#define BATCH_RECOVERY_H

#include "batch/doubt.h"
#include "spool/spool.h"

/* At start and after a failure, of what this node has begun. On -1 it can be tried again. */
int recovery(const struct spool *spool, const struct doubt *doubt, struct err *err);

#endif
