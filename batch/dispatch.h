/* SPDX-License-Identifier: Apache-2.0 */
/* Dispatching: each drop goes the way that its AVRS ID's rows in the catalog say (route.h). */
#ifndef BATCH_DISPATCH_H
#define BATCH_DISPATCH_H

#include "batch/drop.h"
#include "spool/spool.h"

struct dispatcher;

/* spool is borrowed for as long as the dispatcher lives. */
struct dispatcher *dispatcher_new(const struct spool *spool);
void dispatcher_free(struct dispatcher *dispatcher);

/* Rights or AVRS IDs changed: what was remembered of them does not count any more. */
void dispatcher_forget(struct dispatcher *dispatcher);

/* Give each drop that has no verdict yet its route: to be posted, on paper, or held. */
int dispatch(struct dispatcher *dispatcher, struct drop *drops, size_t count, struct err *err);

#endif
