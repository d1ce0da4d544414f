/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The paper outbox (R2): a folder a day with the letters to print and their manifest.
 *
 * manifest.csv is always made whole from the catalog, which is the truth about what is in the
 * folder; it is made a little after the last letter came, not with every one.
 */
#ifndef BATCH_PAPER_H
#define BATCH_PAPER_H

#include "base/clock.h"
#include "spool/spool.h"

/* Write paper/<date>/manifest.csv anew. */
int paper_write_manifest(const struct spool *spool, const char *date, struct err *err);

/*
 * At a start: remove what a write that was killed left in the outbox, of whatever day, since all of
 * that day may have been handed over meanwhile.
 */
void paper_remove_unfinished(const struct spool *spool);

/* Call each(date, arg) for the dates whose folders have letters that nobody handed over yet. */
int paper_list_dates(struct catalog *catalog,
    int (*each)(const char *date, void *arg, struct err *err), void *arg, struct err *err);

#endif
