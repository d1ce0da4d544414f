/* SPDX-License-Identifier: Apache-2.0 */
/* Step 1 of posting (post.h): the drops of a group are taken while the caller goes on. */
#ifndef BATCH_TAKING_H
#define BATCH_TAKING_H

#include "batch/take.h"

struct taking;

/*
 * Take those of count drops whose verdict is to post; they are not to be touched until
 * taking_end(). One drop alone is taken here and now.
 */
struct taking *taking_begin(struct taker *taker, struct drop *drops, size_t count);

/*
 * Wait for that. Returns how many could not be taken for trouble that may pass; *ret_trouble tells
 * of one of them.
 */
size_t taking_end(struct taking *taking, struct err *ret_trouble);

#endif
