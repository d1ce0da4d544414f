/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is found on disk and has no row, as after the loss of a catalog: its row is made again.
 *
 * An AVRS ID that is not known becomes a provider that is not active, without a name, until it is
 * added or imported again. Ids that are found are never given to anything else. Nobody is notified.
 */
#ifndef SPOOL_FOUND_H
#define SPOOL_FOUND_H

#include "spool/intake.h"
#include "spool/spool.h"

/*
 * Letters of one AVRS ID, in the order in which they were posted, with their times: they become
 * visible behind what is posted for it already. ERR_CONFLICT: one has a name that another letter
 * has; then none of them is there.
 */
int found_letters(const struct spool *spool, struct letter *letters, size_t count, struct err *err);

/* A letter in the paper outbox, with its state, date and reason as the manifest has them. */
int found_paper(const struct spool *spool, const struct letter *letter, struct err *err);

/* A refused file, with its reason and path. */
int found_quarantined(const struct spool *spool, const struct intake *intake, struct err *err);

#endif
