/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps 1 and 2 of a group (post.h): its drops are taken and made durable while the caller goes on.
 *
 * The rows of step 3 need to know what the bytes are, and not that they are on disk: the caller
 * makes them between the two, and both are done before step 4. What a journal has to write for
 * either is then written once. (Where all are synced by one syncfs, which waits for everybody's
 * bytes, step 1 is over when step 2 is.)
 */
#ifndef BATCH_TAKING_H
#define BATCH_TAKING_H

#include "batch/take.h"

struct taking;

/* Take those of count drops whose verdict is to post; they are not to be touched meanwhile. */
struct taking *taking_begin(
    struct taker *taker, const struct spool *spool, struct drop *drops, size_t count);

/*
 * Wait for step 1: the drops are the caller's again, but none is to be closed yet. Returns how many
 * could not be taken for trouble that may pass; *ret_trouble tells of one of them.
 */
size_t taking_wait(struct taking *taking, struct err *ret_trouble);

/* Wait for step 2. On -1 nothing is durable. */
int taking_end(struct taking *taking, struct err *err);

#endif
