/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Posting: the durable steps that make a taken file a letter, a batch at a time.
 *
 *	1 take       the bytes are ours, and hashed (take.h)
 *	2 durable    the bytes are on disk (taking.h)
 *	3 record     rows in state posting, one transaction, beside step 2
 *	4 place      each has its final path, the folders on disk (placing.h)
 *	5 publish    rows posted, numbered, told and audited, one transaction: now it is visible
 *	6 remove     a dropped name that is left, and nothing that came in its place (removal.h)
 *
 * A crash between any two is finished or undone by recovery() (recovery.h) and the next scan.
 */
#ifndef BATCH_POST_H
#define BATCH_POST_H

#include "batch/drop.h"
#include "spool/spool.h"

/* Not to be posted after all, before any row was made: adopted files are their jobs' again. */
void post_give_back(struct drop *drops, size_t count);

/*
 * Step 3 for those of count taken drops whose verdict is to post. A repeated one has the verdict
 * duplicate or leftover afterwards (recorded, still to be removed). On -1 none has a row, and
 * adopted files are their jobs' again.
 */
int post_record(const struct spool *spool, struct drop *drops, size_t count, struct err *err);

/*
 * Step 5 for those that were placed. One that was asked back is given back and waits, one that was
 * lost is gone (drop.h). On -1 nothing of them is visible; recovery() and a scan go on from what
 * there is.
 */
int post_publish(const struct spool *spool, struct drop *drops, size_t count, struct err *err);

/*
 * Those that were recorded cannot be posted now: as if they had not begun. What fails here the next
 * recovery does.
 */
void post_undo(const struct spool *spool, struct drop *drops, size_t count);

/* The final path of a letter that is being posted, below the root; and its folder's. */
void post_path(const struct letter *letter, char ret_path[FOLDER_PATH_MAX]);

#endif
