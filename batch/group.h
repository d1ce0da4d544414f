/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A group: drops that share the syncs and transactions of one posting (post.h), on their way.
 *
 * Much of it goes on in threads of its own after the call that begins it, so that several groups
 * are on their way at a time, each one call behind the other; the next call waits for it. A group
 * of one waits for nothing.
 */
#ifndef BATCH_GROUP_H
#define BATCH_GROUP_H

#include "batch/dispatch.h"
#include "batch/doubt.h"
#include "batch/ending.h"
#include "batch/validate.h"

struct group;

/* What groups pass on their way; all of it is borrowed. */
struct group_way {
	struct validator validator; /* its drop folders are each group's own */
	struct ender ender;
	struct dispatcher *dispatcher;
	struct doubt *doubt;
	struct taker *taker;
	int letters_fd; /* where letters are served from */
};

/*
 * Look at the next arrivals, at most so many, and route them; step 1 begins. On -1 they are
 * queued again, and there is no group.
 */
int group_begin(
    const struct group_way *way, size_t most, struct group **ret_group, struct err *err);

/* Step 2 of what was taken; steps 3 and 4 begin. On -1 it is to be abandoned, as below. */
int group_record(const struct group_way *way, struct group *group, struct err *err);

/* Step 5 of what was placed: it is visible. */
int group_publish(const struct group_way *way, struct group *group, struct err *err);

/*
 * Each drop has its end; step 6 begins. No other group's may be going on. On -1 some could not be
 * taken, for trouble that may pass; the others are done with.
 */
int group_leave(const struct group_way *way, struct group *group, struct err *err);

/* Step 6 is over: what came in a place of its drops is queued, and the group is freed. */
void group_end(const struct group_way *way, struct group *group);

/*
 * As if it had not begun, as far as it has not become visible: all of it is queued again, and the
 * group freed. What fails here the next recovery does.
 */
void group_abandon(const struct group_way *way, struct group *group);

#endif
