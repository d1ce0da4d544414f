/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doubt: where a sync fails, the kernel takes what it could not write for written, and tells only
 * those of it who have the file open. No later sync of such a file is worth anything.
 *
 * So a file that was made before a sync failed is copied instead of adopted, however long its job
 * goes on writing to it: read anew, into an inode whose first sync is still to come. So is what was
 * made within an hour more, for the clock may be set; and any where it is not known when they were
 * made. It is noted in run/, since a new process has the same kernel.
 */
#ifndef BATCH_DOUBT_H
#define BATCH_DOUBT_H

#include <stdint.h>

#include "spool/spool.h"

struct doubt {
	const struct spool *spool;
	int64_t raised; /* when a sync failed last; 0: none did */
};

/* At start: does a former run doubt something? spool is borrowed. */
void doubt_init(struct doubt *doubt, const struct spool *spool);

/* If that is what err tells of (ERR_UNSYNCED), there is doubt from now on. */
void doubt_note(struct doubt *doubt, const struct err *err);

/* Could what is in the dropped file of fd be lost, whatever a sync says? */
bool doubt_is_about(const struct doubt *doubt, int fd);

#endif
