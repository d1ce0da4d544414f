/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps 3 and 4 of posting (post.h): what was recorded gets its place, its final path, and both its
 * bytes and its name are made durable there.
 *
 * What was adopted and goes alone is moved there (move.h); a copy, and a letter of a batch, which
 * keeps its dropped name until all of them are visible, is linked.
 */
#ifndef BATCH_PLACING_H
#define BATCH_PLACING_H

#include "batch/drop.h"
#include "spool/spool.h"

/*
 * Place those of count recorded drops whose verdict is to post, and make them durable, while the
 * caller goes on: they are not to be touched until placing_end() has waited for that; one drop
 * alone is placed here and now. sync_fd is of the file system of all places, for a syncfs, and
 * older than the drops' descriptors: it is told of what could not be written since it was opened.
 * placing_end() returns -1 where some may have their places and others not, which post_undo() finds
 * out; ERR_UNSYNCED: what they have may be lost (doubt.h). A drop that was lost meanwhile (drop.h)
 * is no error.
 */
struct placing *placing_begin(
    const struct spool *spool, struct drop *drops, size_t count, int sync_fd);
int placing_end(struct placing *placing, struct err *err);

#endif
