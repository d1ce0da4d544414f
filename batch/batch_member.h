/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Letters of batches on their way: each is held until all of its batch are there and right, and
 * what becomes of it is noted there.
 */
#ifndef BATCH_BATCH_MEMBER_H
#define BATCH_BATCH_MEMBER_H

#include "batch/batch_table.h"
#include "batch/drop.h"

/*
 * After routing: letters of a batch that is not complete are held, those of one that is go on as
 * its members; where drop.require-batch says so, what no batch names is held, too, or refused, if
 * it waited for a batch that was discarded.
 */
int batch_members_judge(struct batches *batches, struct drop *drops, size_t count, struct err *err);

/* After taking: a member that is not what the control file says is given back and held. */
void batch_members_check(struct drop *drops, size_t count);

/*
 * After posting: what became of a drop. A member that was to be posted is linked, but not visible;
 * a letter that went alone, since it came before its batch, counts as there.
 */
void batch_member_note(struct batches *batches, const struct drop *drop);

/* The drop ends: it has no member any more. For every one that batch_members_judge() saw. */
void batch_member_let_go(struct drop *drop);

#endif
