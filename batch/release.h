/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Out of quarantine: what an operator wants done with refused files (`edelivery quarantine`).
 *
 * A released file goes back to where it was dropped, under its name, and is validated like any
 * other; its row and its id stay. A discarded one is removed for good; its row says so.
 */
#ifndef BATCH_RELEASE_H
#define BATCH_RELEASE_H

#include "batch/hold.h"
#include "spool/spool.h"

/*
 * Do what is wanted of this node's quarantine, a hundred files a call: *at is where to go on, 0 to
 * begin with, and 0 again when all was seen. What was begun before a crash is finished. A file that
 * cannot be released stays in quarantine, and its reason says why. Fails only where the catalog
 * does; another file's trouble is logged, and tried again from the next beginning on.
 */
int release_wanted(const struct spool *spool, struct holds *holds, int64_t *at, struct err *err);

#endif
