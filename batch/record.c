/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/record.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "batch/post.h"

/* So many letters of one dropped name are searched for the next free number. */
enum { SAME_NAME_MAX = 100000 };

/* A batch being recorded, for the transaction's body. */
struct recording {
	const struct spool *spool;
	struct drop **drops;
	size_t count;
};

/*
 * Was the file there at that time already? Then no other one had its inode since. False where the
 * file system does not know when a file was made.
 */
static bool is_older_than(const struct drop *drop, int64_t when)
{
	int64_t made = file_made(drop->fd);

	return made && made < when;
}

/*
 * The same file as then, with the same content? Its change time tells; where that changed because
 * it was renamed to be removed, or lost another link, its age does.
 */
static bool is_source(const struct drop *drop, const struct source *source, int64_t when)
{
	struct source now = source_of(&drop->st);

	if (now.device != source->device || now.inode != source->inode)
		return false;
	return now.changed == source->changed || strcmp(drop->on_disk, drop->name) != 0 ||
	       is_older_than(drop, when);
}

/*
 * Is the drop the very file that became the letter? An adopted one is the letter's own inode,
 * for as long as that has its final path; a copied one is told by where it came from.
 */
static bool is_leftover(
    const struct spool *spool, const struct drop *drop, const struct letter *letter)
{
	char path[FOLDER_PATH_MAX];

	if (letter->source.changed)
		return strcmp(letter->sha256, drop->letter.sha256) == 0 &&
		       is_source(drop, &letter->source, letter->taken);
	post_path(letter, path);
	return file_is_at(spool->root_fd, path, &drop->st);
}

static bool is_delivered(const struct letter *letter)
{
	return letter->electronic == ELECTRONIC_POSTING ||
	       letter->electronic == ELECTRONIC_POSTED || letter->paper == PAPER_QUEUED ||
	       letter->paper == PAPER_HANDED_OVER;
}

/* It can still be undone, by the node that has begun it: until then no copy may go. */
static bool is_being_posted(const struct letter *letter)
{
	return letter->electronic == ELECTRONIC_POSTING ||
	       (letter->electronic != ELECTRONIC_POSTED && letter->paper == PAPER_QUEUED &&
	           !letter->placed);
}

/* The same name and content, while the first is on its way or there, and not long ago. */
static bool is_duplicate(
    const struct spool *spool, const struct drop *drop, const struct letter *letter)
{
	int64_t since = clock_now() - spool->settings.drop_duplicate_days * DAY;

	return letter->class == drop->class && is_delivered(letter) && letter->taken > since &&
	       strcmp(letter->sha256, drop->letter.sha256) == 0;
}

/* What has that name already: is it the same? */
static void compare(const struct spool *spool, struct drop *drop, const struct letter *other)
{
	bool left = is_leftover(spool, drop, other);

	if (!left && !is_duplicate(spool, drop, other))
		return;
	if (is_being_posted(other))
		drop_decide(
		    drop, VERDICT_WAIT, "letter %" PRId64 " is still being posted", other->id);
	else if (left)
		drop_decide(drop, VERDICT_LEFTOVER, "taken before");
	else
		drop_decide(
		    drop, VERDICT_DUPLICATE, "same name and content as letter %" PRId64, other->id);
}

/* Look at the letters of that name, in the order of their numbers, until a name is free. */
static int choose_name(const struct spool *spool, struct drop *drop, struct err *err)
{
	for (int64_t number = 1; number < SAME_NAME_MAX; number++) {
		struct letter other;
		bool taken = false;

		letter_name_number(drop->name, number, drop->letter.name);
		if (letter_find_name(
		        spool->catalog, drop->avrs_id, drop->letter.name, &other, &taken, err) < 0)
			return -1;
		if (!taken)
			return 0;
		if (strcmp(other.dropped_name, drop->name) != 0)
			continue;
		drop->letter.id = other.id;
		compare(spool, drop, &other);
		if (drop->verdict != VERDICT_POST)
			return 0;
		if (spool->settings.drop_same_name == SAME_NAME_QUARANTINE) {
			drop_decide(drop, VERDICT_QUARANTINE,
			    "letter %" PRId64 " has the same name (drop.same-name)", other.id);
			return 0;
		}
	}
	drop_decide(drop, VERDICT_QUARANTINE, "more than %d letters have that name", SAME_NAME_MAX);
	return 0;
}

/* Was this very file recorded before, and the process died before it was removed? */
static bool is_recorded(const struct drop *drop, const struct intake *before)
{
	return before->state == INTAKE_DUPLICATE && before->first_id == drop->letter.id &&
	       is_source(drop, &before->source, before->changed);
}

/* A duplicate's own intake row: the one that it was held by, or a new one. */
static int add_duplicate(const struct spool *spool, const struct drop *drop, struct err *err)
{
	struct intake intake;
	struct intake before;
	struct stat st;
	bool found = false;

	drop_intake(drop, INTAKE_DUPLICATE, &intake);
	intake.first_id = drop->letter.id;
	if (intake_find_name(spool->catalog, intake.avrs_id, intake.class, intake.name, &before,
	        &found, err) < 0)
		return -1;
	if (found && is_recorded(drop, &before))
		return 0;
	/* As taking has left it, so that it is recognised. */
	if (fstat(drop->fd, &st) == 0)
		intake.source = source_of(&st);
	if (!intake.id && catalog_take_ids(spool->catalog, "letter", 1, &intake.id, err) < 0)
		return -1;
	if ((drop->intake_id ? intake_update(spool->catalog, &intake, err)
	                     : intake_add(spool->catalog, spool->actor.node, &intake, err)) < 0)
		return -1;
	return event_add(spool->catalog, &spool->actor,
	    &(struct event){.what = "letter.duplicate",
	        .avrs_id = intake.avrs_id,
	        .letter_id = intake.id,
	        .detail = intake.reason},
	    err);
}

/* Its name is taken: it repeats a letter, or gets a number, or is refused. */
static int record_repeat(const struct spool *spool, struct drop *drop, struct err *err)
{
	int64_t id = drop->letter.id;

	if (choose_name(spool, drop, err) < 0)
		return -1;
	if (drop->verdict == VERDICT_DUPLICATE)
		return add_duplicate(spool, drop, err);
	if (drop->verdict != VERDICT_POST)
		return 0;
	drop->letter.id = id;
	return letter_add(spool->catalog, spool->actor.node, &drop->letter, err);
}

/*
 * Everything is decided anew when the transaction is tried again. What was held has its id already,
 * and so perhaps has its letter: it is not offered, but looked for.
 */
static int offer_all(
    const struct recording *r, int64_t *ret_first, int64_t *ret_end, struct err *err)
{
	OWNED_MEM const struct letter **offered = mem_new(r->count, sizeof(struct letter *));
	size_t offers = 0;
	int64_t fresh = 0;
	int64_t id = 0;

	for (size_t i = 0; i < r->count; i++)
		fresh += r->drops[i]->intake_id == 0;
	if (fresh && catalog_take_ids(r->spool->catalog, "letter", fresh, &id, err) < 0)
		return -1;
	*ret_first = id;
	for (size_t i = 0; i < r->count; i++) {
		struct drop *drop = r->drops[i];

		drop->verdict = VERDICT_POST;
		drop->letter.id = drop->intake_id ? drop->intake_id : id++;
		letter_name_number(drop->name, 1, drop->letter.name);
		if (!drop->intake_id)
			offered[offers++] = &drop->letter;
	}
	*ret_end = id;
	return letter_offer_all(r->spool->catalog, r->spool->actor.node, offered, offers, err);
}

/* Which of the fresh ones are there: their ids are in a row. */
struct sighting {
	struct drop **drops;
	size_t count;
	size_t at;
	bool *is_there;
};

static void see(int64_t id, void *arg)
{
	struct sighting *s = arg;

	while (s->at < s->count && (s->drops[s->at]->intake_id || s->drops[s->at]->letter.id < id))
		s->at++;
	if (s->at < s->count && s->drops[s->at]->letter.id == id)
		s->is_there[s->at] = true;
}

static int record_body(struct catalog *catalog, void *arg, struct err *err)
{
	struct recording *r = arg;
	OWNED_MEM bool *is_there = mem_new(r->count, sizeof(*is_there));
	struct sighting sighting = {.drops = r->drops, .count = r->count, .is_there = is_there};
	int64_t first = 0;
	int64_t end = 0;

	if (offer_all(r, &first, &end, err) < 0)
		return -1;
	if (end > first && letter_list_ids(catalog, first, end - 1, see, &sighting, err) < 0)
		return -1;
	for (size_t i = 0; i < r->count; i++)
		if (!is_there[i] && record_repeat(r->spool, r->drops[i], err) < 0)
			return -1;
	return 0;
}

int record(const struct spool *spool, struct drop *drops, size_t count, struct err *err)
{
	OWNED_MEM struct drop **to_post = mem_new(count, sizeof(struct drop *));
	struct recording recording = {spool, to_post, 0};

	for (size_t i = 0; i < count; i++)
		if (drops[i].verdict == VERDICT_POST)
			to_post[recording.count++] = &drops[i];
	if (recording.count == 0)
		return 0;
	return catalog_transact(spool->catalog, record_body, &recording, err);
}
