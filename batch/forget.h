/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forgetting letters that nobody has seen: what was begun, and is undone.
 *
 * A file that came in the place of such a letter may have had to stay in the drop folder under a
 * hidden name (aside.h). Its own name stood in the letter's row: from then on it stands in a row of
 * the intake with the letter's id, by which validating finds it.
 */
#ifndef BATCH_FORGET_H
#define BATCH_FORGET_H

#include "spool/letter.h"
#include "spool/spool.h"

/* The rows of count letters, in one transaction. */
int forget_rows(
    const struct spool *spool, const struct letter *letters, size_t count, struct err *err);

/*
 * Their links and rows, some hundred in a transaction. The dropped files are where they were.
 * reason is for the log.
 */
int forget(const struct spool *spool, const struct letter *letters, size_t count,
    const char *reason, struct err *err);

#endif
