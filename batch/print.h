/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Letters that were posted and are to be printed as well (spool/unfetched.h): each gets a second
 * name, in the paper outbox. The bytes are those that are served.
 */
#ifndef BATCH_PRINT_H
#define BATCH_PRINT_H

#include "batch/manifest.h"
#include "spool/spool.h"

/* How far it has got; the first two are borrowed. */
struct printing {
	const struct spool *spool;
	struct manifest *manifest;
	struct letter last; /* that was looked at; id 0: it begins */
};

/*
 * Place those of this node that are queued, some hundred a call, all that it places in one
 * transaction: *ret_more, there may be more of them. One that cannot be placed keeps back no other;
 * it is tried again from the next beginning on.
 */
int print_queued(struct printing *printing, bool *ret_more, struct err *err);

/*
 * A struct printing's turn in the loop of its manifest: queue what nobody comes for, and place what
 * is queued; of very much some now, and the rest in turns that follow at once.
 */
void print_unfetched(void *printing);

#endif
