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

#include "batch/drop.h"
#include "spool/spool.h"

struct batches;

/* Read the batches that wait from the catalog. spool is borrowed for as long as they live. */
int batches_new(const struct spool *spool, struct batches **ret_batches, struct err *err);
void batches_free(struct batches *batches);

/*
 * A control file (VERDICT_BATCH), opened: its batch waits from now on, and the file can be removed.
 * One that is wrong, or whose batch or letters another one has, gets the verdict quarantine.
 */
int batches_accept(struct batches *batches, struct drop *drop, struct err *err);

/*
 * After routing: letters of a batch that is not complete are held, those of one that is go on as
 * its members; where drop.require-batch says so, what no batch names is held, too.
 */
int batches_judge(struct batches *batches, struct drop *drops, size_t count, struct err *err);

/* After taking: a member that is not what the control file says is given back and held. */
void batches_check(struct batches *batches, struct drop *drops, size_t count);

/*
 * After posting: what became of a drop. A member that was to be posted is linked, but not visible;
 * a letter that went alone, since it came before its batch, counts as there.
 */
void batches_note(struct batches *batches, const struct drop *drop);

/* The drop ends: it has no member any more. For every one that batches_judge() saw. */
void batches_let_go(struct drop *drop);

/*
 * Go on with each batch: queue the letters of one that has become complete; make one visible that
 * is linked, and call posted() with a drop for each of its files, to be removed; undo one that
 * broke; raise the alarm for one that stays short.
 */
int batches_go_on(struct batches *batches, struct arrivals *arrivals,
    void (*posted)(struct drop *drop, void *arg), void *arg, struct err *err);

/* Everything that was linked was undone by a recovery: they begin again. */
void batches_start_again(struct batches *batches);

#endif
