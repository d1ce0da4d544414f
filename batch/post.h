/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Posting: the durable steps that make a taken file a letter, a batch at a time.
 *
 *	1 take       the bytes are ours, and hashed (take.h)
 *	2 record     rows in state posting, with the hashes, one transaction, on disk
 *	3 place      each has its final path (placing.h)
 *	4 sync       the bytes and the names of step 3 are on disk
 *	5 publish    rows posted, numbered, told and audited, one transaction: now it is visible
 *	6 remove     a dropped name that is left, and nothing that came in its place (removal.h)
 *
 * A crash between any two is finished or undone by recovery() (recovery.h) and the next scan. After
 * step 2 all that is needed for that is on disk: what step 4 makes durable is compared with the
 * hashes, and step 5 can be done once more, so it is on disk a moment after it is visible
 * (catalog_transact_lazily()).
 */
#ifndef BATCH_POST_H
#define BATCH_POST_H

#include "batch/drop.h"
#include "spool/spool.h"

/* Not to be posted after all, before any row was made: adopted files are their jobs' again. */
void post_give_back(struct drop *drops, size_t count);

/*
 * Step 2 for those of count taken drops whose verdict is to post. A repeated one has the verdict
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
