/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches: letters that a control file names, posted as one when all of them are there and right.
 *
 * Until then each is held. Then they go their way in groups, like others, but only up to the link:
 * their rows stay `posting` until one transaction makes the whole batch visible. Whatever comes
 * between (a letter is taken away, or is not what the control file says, or watchd dies) undoes
 * what was linked, and the batch waits again.
 */
#ifndef BATCH_BATCH_H
#define BATCH_BATCH_H

#include "batch/batch_table.h"
#include "batch/drop.h"

/* After news: which of them did an operator discard? */
int batches_heed(struct batches *batches, struct err *err);

/*
 * Go on with each batch: queue the letters of one that has become complete; make one visible that
 * is linked, and call posted() with a drop for each of its files, to be removed; undo one that
 * broke; raise the alarm for one that stays short; undo one that was discarded, and queue its
 * letters, which are no batch's any more.
 */
int batches_go_on(struct batches *batches, struct arrivals *arrivals,
    void (*posted)(struct drop *drop, void *arg), void *arg, struct err *err);

/* Everything that was linked was undone by a recovery: they begin again. */
void batches_start_again(struct batches *batches);

#endif
