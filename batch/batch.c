/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/batch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/notify.h"
#include "base/text.h"
#include "batch/forget.h"
#include "batch/post.h"
#include "batch/publish.h"
#include "batch/take.h"
#include "spool/letter_row.h"
#include "spool/mail_waiting.h"

/* A batch becoming visible. */
struct revealing {
	struct batches *batches;
	struct batch *batch;
	struct publication *letters;
	size_t count;
	bool was_discarded; /* meanwhile */
};

static int add_letter(const struct letter *letter, void *arg, struct err *err)
{
	struct revealing *r = arg;

	(void)err;
	r->letters = mem_grow(r->letters, r->count, sizeof(*r->letters));
	r->letters[r->count] = (struct publication){.letter = *letter, .fd = -1, .was_held = true};
	/* What taking gave its file. */
	r->letters[r->count++].letter.posted = letter->taken;
	return 0;
}

/* Its letters that are linked, but not visible. */
static int list_linked(const struct batches *batches, const struct batch *batch,
    int (*each)(const struct letter *letter, void *arg, struct err *err), void *arg,
    struct err *err)
{
	return letter_row_each(batches->spool->catalog,
	    "SELECT " LETTER_COLUMNS " FROM letter l WHERE (l.electronic = 'posting'"
	    " OR (l.paper = 'queued' AND l.placed IS NULL)) AND l.batch_id = $1",
	    VALUES(INT(batch->id)), each, arg, err);
}

static int reveal_body(struct catalog *catalog, void *arg, struct err *err)
{
	struct revealing *r = arg;
	char detail[REASON_MAX + 1];

	if (catalog_run(catalog,
	        "UPDATE batch SET state = 'posted', posted = $2 WHERE id = $1 AND state = 'held'",
	        VALUES(INT(r->batch->id), INT(clock_now())), err) < 0)
		return -1;
	r->was_discarded = catalog_changes(catalog) == 0;
	if (r->was_discarded)
		return 0;
	if (publish_within(r->batches->spool, r->letters, r->count, err) < 0)
		return -1;
	for (size_t i = 0; i < r->count; i++) {
		const struct letter *letter = &r->letters[i].letter;

		if (catalog_queue(catalog,
		        "UPDATE batch_member SET letter_id = $1 WHERE batch_id = $2 AND avrs_id = $3"
		        " AND name = $4 AND class = $5",
		        VALUES(INT(letter->id), INT(r->batch->id), TEXT(letter->avrs_id),
		            TEXT(letter->dropped_name), TEXT(letter_class_name(letter->class))),
		        err) < 0)
			return -1;
	}
	(void)snprintf(detail, sizeof(detail), "%s: %zu letters", r->batch->name, r->batch->count);
	return event_add(catalog, &r->batches->spool->actor,
	    &(struct event){.what = "batch.posted", .detail = detail}, err);
}

static void make_arrival(const struct member *member, struct arrival *ret_arrival)
{
	const char *class = strchr(member->key, '/') + 1;

	*ret_arrival = (struct arrival){.class = (enum letter_class)(class[0] - '0')};
	text_copy_part(ret_arrival->avrs_id, (size_t)(class - member->key), member->key);
	ret_arrival->name = class + 2;
}

/* What its file was before it was taken. */
static void recall_file(const struct member *member, struct drop *drop)
{
	drop->adopted = member->adopted;
	drop->st.st_dev = member->device;
	drop->st.st_ino = member->inode;
	drop->st.st_size = member->size;
	drop->st.st_mtim = member->modified;
	drop->st.st_mode = member->mode;
	drop->st.st_uid = member->owner;
	drop->st.st_gid = member->group;
}

/* The drop of a member's file, as it was when it was linked; the caller closes its folder. */
static void remake_drop(
    const struct spool *spool, const struct member *member, struct drop *ret_drop)
{
	struct arrival arrival;
	char folder[FOLDER_PATH_MAX];

	make_arrival(member, &arrival);
	drop_init(ret_drop, &arrival);
	recall_file(member, ret_drop);
	folder_drop(ret_drop->avrs_id, ret_drop->class, folder);
	ret_drop->folder_fd = file_open_beneath(spool->drop_fd, folder, O_RDONLY | O_DIRECTORY, 0);
}

static void remove_names(
    const struct revealing *r, void (*posted)(struct drop *drop, void *arg), void *arg)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct letter *letter = &r->letters[i].letter;
		const struct member *member =
		    batches_find(r->batches, letter->avrs_id, letter->class, letter->dropped_name);
		struct drop drop;

		if (!member)
			continue;
		notify_alive();
		remake_drop(r->batches->spool, member, &drop);
		drop.verdict = VERDICT_POST;
		drop.letter = *letter;
		posted(&drop, arg);
		clean_fd(&drop.folder_fd);
	}
}

static int reveal(struct batches *batches, struct batch *batch,
    void (*posted)(struct drop *drop, void *arg), void *arg, struct err *err)
{
	struct revealing r = {.batches = batches, .batch = batch};
	int result = list_linked(batches, batch, add_letter, &r, err);

	if (result == 0)
		result = catalog_transact(batches->spool->catalog, reveal_body, &r, err);
	batch->is_discarded |= result == 0 && r.was_discarded;
	if (result == 0 && !r.was_discarded) {
		publish_log(r.letters, r.count);
		log_info("batch=%s posted letters=%zu", batch->name, batch->count);
		fault_point("batch.posted");
		remove_names(&r, posted, arg);
		batches_forget(batches, batch);
	}
	free(r.letters);
	return result;
}

/* An adopted file is its job's again, if it is still where it was dropped. */
static void give_back(const struct spool *spool, const struct member *member)
{
	struct drop drop;
	struct stat st;

	if (!member->adopted)
		return;
	remake_drop(spool, member, &drop);
	if (drop.folder_fd >= 0)
		drop.fd = file_open_beneath(drop.folder_fd, drop.name, O_RDONLY, 0);
	if (drop.fd >= 0 && fstat(drop.fd, &st) == 0 && st.st_dev == drop.st.st_dev &&
	    st.st_ino == drop.st.st_ino)
		take_back(&drop);
	drop_done(&drop);
	clean_fd(&drop.folder_fd);
}

static void stop_running(const struct spool *spool, struct batch *batch)
{
	batch->is_running = false;
	batch->is_broken = false;
	for (struct member *member = batch->members; member; member = member->next) {
		if (member->state != MEMBER_LINKED)
			continue;
		notify_alive();
		give_back(spool, member);
		member_set_state(member, MEMBER_HELD);
	}
}

/* Letters to be undone. */
struct undoing {
	struct letter *letters;
	size_t count;
};

static int add_undone(const struct letter *letter, void *arg, struct err *err)
{
	struct undoing *u = arg;

	(void)err;
	u->letters = mem_grow(u->letters, u->count, sizeof(*u->letters));
	u->letters[u->count++] = *letter;
	return 0;
}

static int undo(struct batches *batches, struct batch *batch, struct err *err)
{
	struct undoing u = {NULL, 0};
	int result = list_linked(batches, batch, add_undone, &u, err);

	if (result == 0)
		result =
		    forget(batches->spool, u.letters, u.count, "its batch is not complete", err);
	free(u.letters);
	if (result == 0)
		stop_running(batches->spool, batch);
	return result;
}

/* Its letters of that state are to be looked at. */
static void queue_members(
    const struct batch *batch, enum member_state state, struct arrivals *arrivals)
{
	for (const struct member *member = batch->members; member; member = member->next) {
		struct arrival arrival;

		if (member->state != state)
			continue;
		make_arrival(member, &arrival);
		arrivals_add(arrivals, &arrival);
	}
}

static void run(struct batch *batch, struct arrivals *arrivals)
{
	log_info("batch=%s complete letters=%zu", batch->name, batch->count);
	batch->is_running = true;
	queue_members(batch, MEMBER_HELD, arrivals);
}

/* An operator discarded it: its letters are judged like any others from now on. */
static int let_loose(
    struct batches *batches, struct batch *batch, struct arrivals *arrivals, struct err *err)
{
	if (undo(batches, batch, err) < 0)
		return -1;
	log_info("batch=%s discarded letters=%zu missing=%zu", batch->name, batch->count,
	    batch->counts[MEMBER_MISSING]);
	queue_members(batch, MEMBER_HELD, arrivals);
	/* There, but not what it said; or not there. */
	queue_members(batch, MEMBER_MISSING, arrivals);
	batches_forget(batches, batch);
	return 0;
}

static int alarm_body(struct catalog *catalog, void *arg, struct err *err)
{
	const struct revealing *r = arg;
	const struct spool *spool = r->batches->spool;
	int64_t now = clock_now();
	char detail[REASON_MAX + 1];

	(void)snprintf(detail, sizeof(detail), "%s: %zu of %zu letters are missing", r->batch->name,
	    r->batch->counts[MEMBER_MISSING], r->batch->count);
	if (catalog_run(catalog, "UPDATE batch SET alarmed = $2 WHERE id = $1",
	        VALUES(INT(r->batch->id), INT(now)), err) < 0 ||
	    /* Others that fall short within the window are in the same mail. */
	    mail_tell_administrators(catalog, MAIL_BATCH, now + spool->settings.mail_window, err) <
	        0)
		return -1;
	return event_add(
	    catalog, &spool->actor, &(struct event){.what = "batch.short", .detail = detail}, err);
}

/* R10 is a state that lasts now: somebody has to know. */
static int alarm_if_short(struct batches *batches, struct batch *batch, struct err *err)
{
	struct revealing r = {.batches = batches, .batch = batch};
	size_t line = SIZE_MAX;

	if (batch->is_alarmed || clock_now() < batch->seen + batches->spool->settings.drop_patience)
		return 0;
	for (const struct member *member = batch->members; member; member = member->next)
		if (member->state == MEMBER_MISSING && member->line < line)
			line = member->line;
	if (catalog_transact(batches->spool->catalog, alarm_body, &r, err) < 0)
		return -1;
	log_error("batch=%s short missing=%zu letters=%zu text=\"not posted before the rest is "
	          "there; the first that is missing is in line %zu of the control file\"",
	    batch->name, batch->counts[MEMBER_MISSING], batch->count, line);
	batch->is_alarmed = true;
	return 0;
}

static void note_discarded(struct batches *batches, int64_t id)
{
	for (struct batch *batch = batches->list; batch; batch = batch->next)
		batch->is_discarded |= batch->id == id;
}

int batches_heed(struct batches *batches, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (!batches->list)
		return 0;
	/* The first is the oldest. */
	if (catalog_find(batches->spool->catalog,
	        "SELECT id FROM batch WHERE id >= $1 AND state = 'discarded'",
	        VALUES(INT(batches->list->id)), &row, &found, err) < 0)
		return -1;
	while (found) {
		note_discarded(batches, statement_int(row, 0));
		if (statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}

static int go_on(struct batches *batches, struct batch *batch, struct arrivals *arrivals,
    void (*posted)(struct drop *drop, void *arg), void *arg, struct err *err)
{
	if (batch->flying > 0)
		return 0;
	if (batch->is_discarded)
		return let_loose(batches, batch, arrivals, err);
	if (batch->is_broken && undo(batches, batch, err) < 0)
		return -1;
	if (batch->counts[MEMBER_MISSING] > 0)
		return alarm_if_short(batches, batch, err);
	if (batch->counts[MEMBER_LINKED] + batch->counts[MEMBER_POSTED] == batch->count)
		return reveal(batches, batch, posted, arg, err);
	if (!batch->is_running)
		run(batch, arrivals);
	return 0;
}

int batches_go_on(struct batches *batches, struct arrivals *arrivals,
    void (*posted)(struct drop *drop, void *arg), void *arg, struct err *err)
{
	struct batch *batch = NULL;
	struct batch *next = NULL;

	DL_FOREACH_SAFE(batches->list, batch, next)
	if (go_on(batches, batch, arrivals, posted, arg, err) < 0)
		return -1;
	return 0;
}

void batches_start_again(struct batches *batches)
{
	for (struct batch *batch = batches->list; batch; batch = batch->next)
		stop_running(batches->spool, batch);
}
