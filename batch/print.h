/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Letters that were posted and are to be printed as well (spool/unfetched.h): each gets a second
 * name, in the paper outbox. The bytes are those that are served.
 */
#ifndef BATCH_PRINT_H
#define BATCH_PRINT_H

#include "spool/spool.h"

/* Place those of this node that are queued. One that cannot be keeps back no other. */
int print_queued(const struct spool *spool, struct err *err);

#endif
