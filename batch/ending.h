/* SPDX-License-Identifier: Apache-2.0 */
/* The end of every look at a dropped file, by its verdict (drop.h). */
#ifndef BATCH_ENDING_H
#define BATCH_ENDING_H

#include "batch/batch.h"
#include "batch/drop.h"
#include "batch/hold.h"
#include "batch/manifest.h"

/* Who has to know of it; all are borrowed. */
struct ender {
	struct holds *holds;
	struct batches *batches;
	struct arrivals *arrivals;
	struct manifest *manifest;
	const struct spool *spool;
};

/*
 * Every one of count drops has its verdict: see each to its end. One that fails is logged and does
 * not keep back the others. What is done with then has its dropped name still (removal.h).
 */
int ending(const struct ender *ender, struct drop *drops, size_t count, struct err *err);

/* That of a letter that has become visible. */
void ending_posted(const struct ender *ender, struct drop *drop);

#endif
