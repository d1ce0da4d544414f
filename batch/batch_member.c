/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/batch_member.h"

#include <string.h>

#include "batch/take.h"

static struct member *member_of(const struct batches *batches, const struct drop *drop)
{
	return batches_find(batches, drop->avrs_id, drop->class, drop->name);
}

/* It was there, or on its way, and is not any more. */
static void lose(struct member *member)
{
	if (member->state != MEMBER_HELD && member->state != MEMBER_LINKED)
		return;
	member_set_state(member, MEMBER_MISSING);
	member->batch->is_broken |= member->batch->is_running;
}

static void hold(struct drop *drop, const char *why, const char *name)
{
	drop->hold = HOLD_BATCH;
	/* It may wait for long. */
	take_disown(drop);
	drop_decide(drop, VERDICT_HOLD, "%s%.80s", why, name);
}

static void hold_wrong(struct member *member, struct drop *drop)
{
	lose(member);
	hold(drop, "has not the SHA-256 that its batch says: ", member->batch->name);
}

/* Is it the file, unchanged, that was hashed before and is another one? */
static bool is_known_wrong(const struct member *member, const struct drop *drop)
{
	return member->wrong_inode == drop->st.st_ino &&
	       memcmp(&member->wrong_changed, &drop->st.st_ctim, sizeof(drop->st.st_ctim)) == 0;
}

/* As it is after giving it back, which changes its time; not where somebody is to write to it. */
static void note_wrong(struct member *member, const struct drop *drop)
{
	struct stat now;

	if (drop_is_asked_back(drop) || fstat(drop->fd, &now) < 0)
		return;
	member->wrong_inode = now.st_ino;
	member->wrong_changed = now.st_ctim;
}

static void judge_member(struct member *member, struct drop *drop)
{
	struct batch *batch = member->batch;

	if (member->state == MEMBER_POSTED)
		return;
	if (member->state == MEMBER_LINKED) {
		drop_decide(drop, VERDICT_WAIT, "its batch is being posted");
		return;
	}
	if (drop->st.st_size != member->size) {
		lose(member);
		hold(drop, "has not the size that its batch says: ", batch->name);
		return;
	}
	if (is_known_wrong(member, drop)) {
		hold_wrong(member, drop);
		return;
	}
	if (member->state == MEMBER_MISSING)
		member_set_state(member, MEMBER_HELD);
	if (!batch->is_running) {
		hold(drop, "waits for the rest of its batch: ", batch->name);
		return;
	}
	drop->member = member;
	drop->letter.batch_id = batch->id;
	batch->flying++;
}

/* A batch that was posted named it: it is a repetition, or what a crash left. */
static int was_named(
    struct catalog *catalog, const struct drop *drop, bool *ret_named, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	return catalog_find(catalog,
	    "SELECT 1 FROM batch_member m JOIN batch b ON b.id = m.batch_id"
	    " WHERE m.avrs_id = $1 AND m.name = $2 AND m.class = $3 AND b.state <> 'discarded'",
	    VALUES(TEXT(drop->avrs_id), TEXT(drop->name), TEXT(letter_class_name(drop->class))),
	    &row, ret_named, err);
}

/* One that waited for a batch until that was discarded must not wait for ever. */
static int refuse_discarded(struct catalog *catalog, struct drop *drop, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (!drop->intake_id)
		return 0;
	if (catalog_find(catalog,
	        "SELECT b.name FROM batch_member m JOIN batch b ON b.id = m.batch_id"
	        " JOIN intake i ON i.id = $4"
	        " WHERE m.avrs_id = $1 AND m.name = $2 AND m.class = $3 AND b.state = 'discarded'"
	        " AND i.seen <= b.discarded ORDER BY b.id DESC LIMIT 1",
	        VALUES(TEXT(drop->avrs_id), TEXT(drop->name), TEXT(letter_class_name(drop->class)),
	            INT(drop->intake_id)),
	        &row, &found, err) < 0)
		return -1;
	if (found)
		drop_decide(drop, VERDICT_QUARANTINE,
		    "its batch was discarded, and no other names it (drop.require-batch): %.80s",
		    statement_text(row, 0));
	return 0;
}

/* Where drop.require-batch says so: what no batch names. */
static int judge_unnamed(struct catalog *catalog, struct drop *drop, struct err *err)
{
	bool named = false;

	if (was_named(catalog, drop, &named, err) < 0)
		return -1;
	if (named)
		return 0;
	if (refuse_discarded(catalog, drop, err) < 0)
		return -1;
	if (drop->verdict == VERDICT_POST)
		hold(drop, "no batch names it (drop.require-batch)", "");
	return 0;
}

int batch_members_judge(struct batches *batches, struct drop *drops, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		struct drop *drop = &drops[i];
		struct member *member = member_of(batches, drop);

		if (member && drop->verdict == VERDICT_POST) {
			judge_member(member, drop);
		} else if (member && drop->verdict != VERDICT_WAIT) {
			lose(member);
		} else if (drop->verdict == VERDICT_POST &&
		           batches->spool->settings.drop_require_batch) {
			if (judge_unnamed(batches->spool->catalog, drop, err) < 0)
				return -1;
		}
	}
	return 0;
}

void batch_members_check(struct drop *drops, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct drop *drop = &drops[i];
		struct member *member = drop->member;

		if (!member || drop->verdict != VERDICT_POST ||
		    strcmp(drop->letter.sha256, member->sha256) == 0)
			continue;
		if (drop->adopted)
			take_back(drop);
		drop->adopted = false;
		note_wrong(member, drop);
		hold_wrong(member, drop);
	}
}

static void link_member(struct member *member, const struct drop *drop)
{
	member_set_state(member, MEMBER_LINKED);
	member->adopted = drop->adopted;
	member->device = drop->st.st_dev;
	member->inode = drop->st.st_ino;
	member->modified = drop->st.st_mtim;
	member->mode = drop->st.st_mode;
	member->owner = drop->st.st_uid;
	member->group = drop->st.st_gid;
}

/* It was on its way by itself when its batch was accepted. */
static void note_alone(const struct batches *batches, const struct drop *drop)
{
	struct member *member = member_of(batches, drop);

	if (member && strcmp(drop->letter.sha256, member->sha256) == 0)
		member_set_state(member, MEMBER_POSTED);
}

void batch_member_note(struct batches *batches, const struct drop *drop)
{
	switch (drop->verdict) {
	case VERDICT_POST:
		if (drop->member)
			link_member(drop->member, drop);
		else
			note_alone(batches, drop);
		break;
	case VERDICT_DUPLICATE:
	case VERDICT_LEFTOVER:
		if (drop->member)
			member_set_state(drop->member, MEMBER_POSTED);
		else
			note_alone(batches, drop);
		break;
	case VERDICT_HOLD:
	case VERDICT_QUARANTINE:
	case VERDICT_GONE:
		if (drop->member)
			lose(drop->member);
		break;
	case VERDICT_WAIT:
	case VERDICT_NONE:
	case VERDICT_BATCH:
		break;
	}
}

void batch_member_let_go(struct drop *drop)
{
	if (drop->member)
		drop->member->batch->flying--;
	drop->member = NULL;
}
