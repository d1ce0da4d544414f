/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/group.h"

#include <stdlib.h>

#include "base/fault.h"
#include "base/mem.h"
#include "batch/batch_control.h"
#include "batch/batch_member.h"
#include "batch/placing.h"
#include "batch/post.h"
#include "batch/removal.h"
#include "batch/taking.h"

struct group {
	struct drop *drops;
	size_t count;
	struct folder_cache *folders; /* that they are in */
	/* What goes on beside; NULL: nothing of that kind. */
	struct taking *taking;
	struct placing *placing;
	struct removal *removal;
	bool is_troubled; /* some could not be taken */
	struct err trouble;
};

static struct group *new_group(const struct group_way *way, size_t most)
{
	struct group *group = mem_new(1, sizeof(*group));
	struct arrivals *arrivals = way->ender.arrivals;

	if (arrivals_count(arrivals) < most)
		most = arrivals_count(arrivals);
	group->folders = folder_cache_new(way->validator.spool->drop_fd);
	group->drops = mem_new(most, sizeof(*group->drops));
	while (group->count < most) {
		/* The newest as well: what has just come does not wait for a whole burst. */
		struct arrival *arrival = arrivals_take(arrivals, group->count % 2 == 1);

		drop_init(&group->drops[group->count++], arrival);
		free(arrival);
	}
	return group;
}

static void free_group(const struct group_way *way, struct group *group)
{
	for (size_t i = 0; i < group->count; i++) {
		struct drop *drop = &group->drops[i];

		if (drop->claimed)
			claims_remove(way->validator.claims, &drop->st);
		batch_member_let_go(drop);
		take_clean(way->letters_fd, drop);
		drop_done(drop);
	}
	folder_cache_free(group->folders);
	free(group->drops);
	free(group);
}

/* Before the letters that came with them are looked at. */
static int accept_batches(const struct group_way *way, struct group *group, struct err *err)
{
	for (size_t i = 0; i < group->count; i++)
		if (group->drops[i].verdict == VERDICT_BATCH &&
		    batch_control_accept(way->ender.batches, &group->drops[i], err) < 0)
			return -1;
	return 0;
}

static int look_at(const struct group_way *way, struct group *group, struct err *err)
{
	struct validator validator = way->validator;

	validator.drop_folders = group->folders;
	if (validate(&validator, group->drops, group->count, err) < 0 ||
	    accept_batches(way, group, err) < 0 ||
	    dispatch(way->dispatcher, group->drops, group->count, err) < 0)
		return -1;
	return batch_members_judge(way->ender.batches, group->drops, group->count, err);
}

int group_begin(const struct group_way *way, size_t most, struct group **ret_group, struct err *err)
{
	struct group *group = new_group(way, most);

	if (look_at(way, group, err) < 0) {
		group_abandon(way, group);
		return -1;
	}
	for (size_t i = 0; i < group->count; i++)
		group->drops[i].doubted = doubt_is_about(way->doubt, group->drops[i].fd);
	fault_point("watchd.routed");
	group->taking = taking_begin(way->taker, group->drops, group->count);
	*ret_group = group;
	return 0;
}

/* Waits for step 1. */
static void end_taking(struct group *group)
{
	group->is_troubled = taking_end(group->taking, &group->trouble) > 0;
	group->taking = NULL;
}

int group_record(const struct group_way *way, struct group *group, struct err *err)
{
	const struct spool *spool = way->validator.spool;

	end_taking(group);
	batch_members_check(group->drops, group->count);
	if (post_record(spool, group->drops, group->count, err) < 0)
		return -1;
	group->placing = placing_begin(spool, group->drops, group->count, way->letters_fd);
	return 0;
}

/*
 * Waits for steps 3 and 4. What a sync could not write is in doubt before it is a drop again:
 * whoever comes after this process would take it for whole.
 */
static int end_placing(const struct group_way *way, struct group *group, struct err *err)
{
	int result = placing_end(group->placing, err);

	group->placing = NULL;
	if (result == 0)
		return 0;
	doubt_note(way->doubt, err);
	post_undo(way->validator.spool, group->drops, group->count);
	return -1;
}

int group_publish(const struct group_way *way, struct group *group, struct err *err)
{
	if (end_placing(way, group, err) < 0)
		return -1;
	return post_publish(way->validator.spool, group->drops, group->count, err);
}

int group_leave(const struct group_way *way, struct group *group, struct err *err)
{
	if (ending(&way->ender, group->drops, group->count, err) < 0)
		return -1;
	group->removal = removal_begin(group->drops, group->count);
	if (!group->is_troubled)
		return 0;
	*err = group->trouble;
	return -1;
}

void group_end(const struct group_way *way, struct group *group)
{
	removal_end(group->removal, way->ender.arrivals);
	free_group(way, group);
}

/* What goes on beside is over, and comes to nothing. */
static void break_off(const struct group_way *way, struct group *group)
{
	struct err err;

	if (group->taking) {
		end_taking(group);
		post_give_back(group->drops, group->count);
	}
	if (group->placing && end_placing(way, group, &err) == 0)
		post_undo(way->validator.spool, group->drops, group->count);
}

void group_abandon(const struct group_way *way, struct group *group)
{
	break_off(way, group);
	/* Those that are done with are no part of what begins again. */
	removal_end(group->removal, way->ender.arrivals);
	for (size_t i = 0; i < group->count; i++) {
		struct drop *drop = &group->drops[i];

		/* What has its place is for the recovery to finish (recovery.h). */
		if (drop->moved)
			holds_forget(way->ender.holds, drop);
		else
			drop_queue(drop, drop->on_disk, way->ender.arrivals);
	}
	free_group(way, group);
}
