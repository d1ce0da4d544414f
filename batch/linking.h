/* SPDX-License-Identifier: Apache-2.0 */
/* Step 4 of posting (post.h): what was recorded is linked under its final path. */
#ifndef BATCH_LINKING_H
#define BATCH_LINKING_H

#include "batch/drop.h"
#include "spool/spool.h"

/*
 * Link those of count recorded drops whose verdict is to post, and make their folders durable,
 * while the caller goes on: they are not to be touched until linking_end() has waited for that; one
 * drop alone is linked here and now. It returns -1 where some may be linked and others are not,
 * which post_undo() finds out.
 */
struct linking *linking_begin(const struct spool *spool, const struct drop *drops, size_t count);
int linking_end(struct linking *linking, struct err *err);

#endif
