/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/batch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uthash.h>
#include <utlist.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "base/utf8.h"
#include "batch/batch_file.h"
#include "batch/post.h"
#include "batch/publish.h"
#include "batch/take.h"
#include "spool/letter_row.h"

enum { KEY_MAX = AVRS_ID_MAX + LETTER_NAME_MAX + 8, BATCH_NAME_MAX = 80 };

enum member_state {
	MEMBER_MISSING, /* not there, or not right */
	MEMBER_HELD,    /* there, of the right size */
	MEMBER_LINKED,  /* has its final name and its row, and is not visible */
	MEMBER_POSTED,  /* was posted before, by itself */
};

/* A letter of a batch that waits. Its key is <AVRS-ID>/<class>/<name>. */
struct member {
	struct batch *batch;
	enum member_state state;
	int64_t size;
	char sha256[SHA256_HEX + 1];
	/* Which file it is, from its linking on. */
	bool adopted;
	dev_t device;
	ino_t inode;
	struct timespec modified;
	struct member *next;
	UT_hash_handle hh;
	char key[];
};

struct batch {
	int64_t id;
	char name[BATCH_NAME_MAX + 1];
	int64_t seen;
	bool is_alarmed;
	bool is_running; /* its letters are on their way */
	bool is_broken;  /* one of them went lost on it */
	size_t flying;   /* drops that have a member of it */
	size_t count;
	size_t counts[MEMBER_POSTED + 1]; /* of members, by state */
	struct member *members;
	struct batch *prev;
	struct batch *next;
};

struct batches {
	const struct spool *spool;
	struct batch *list;
	struct member *by_key;
};

static void make_key(
    const char *avrs_id, enum letter_class class, const char *name, char ret_key[KEY_MAX])
{
	(void)snprintf(ret_key, KEY_MAX, "%s/%d/%s", avrs_id, (int)class, name);
}

static struct member *find_member(
    const struct batches *batches, const char *avrs_id, enum letter_class class, const char *name)
{
	struct member *member = NULL;
	char key[KEY_MAX];

	make_key(avrs_id, class, name, key);
	HASH_FIND_STR(batches->by_key, key, member);
	return member;
}

static void set_state(struct member *member, enum member_state state)
{
	member->batch->counts[member->state]--;
	member->batch->counts[state]++;
	member->state = state;
}

static struct batch *add_batch(struct batches *batches, int64_t id, const char *name, int64_t seen)
{
	struct batch *batch = mem_new(1, sizeof(*batch));

	batch->id = id;
	batch->seen = seen;
	text_copy(batch->name, name);
	DL_APPEND(batches->list, batch);
	return batch;
}

static void add_member(
    struct batches *batches, struct batch *batch, const struct batch_line *line, bool is_posted)
{
	char key[KEY_MAX];
	struct member *member;

	make_key(line->avrs_id, line->class, line->name, key);
	member = mem_new(1, sizeof(*member) + strlen(key) + 1);
	memcpy(member->key, key, strlen(key));
	member->batch = batch;
	member->size = line->size;
	text_copy(member->sha256, line->sha256);
	member->state = is_posted ? MEMBER_POSTED : MEMBER_MISSING;
	batch->counts[member->state]++;
	batch->count++;
	LL_PREPEND(batch->members, member);
	HASH_ADD_KEYPTR(hh, batches->by_key, member->key, strlen(key), member);
}

static void forget_batch(struct batches *batches, struct batch *batch)
{
	while (batch->members) {
		struct member *member = batch->members;

		batch->members = member->next;
		/* NOLINTNEXTLINE(clang-analyzer-*): it does not follow uthash */
		HASH_DEL(batches->by_key, member);
		free(member);
	}
	DL_DELETE(batches->list, batch);
	free(batch);
}

void batches_free(struct batches *batches)
{
	if (!batches)
		return;
	while (batches->list)
		forget_batch(batches, batches->list);
	free(batches);
}

/* A letter that was posted, or printed, before its control file came counts as there. */
static int find_posted(
    struct catalog *catalog, const struct batch_line *line, int64_t *ret_id, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT id FROM letter WHERE avrs_id = $1 AND class = $2 AND dropped_name = $3"
	        " AND sha256 = $4 AND (electronic = 'posted' OR placed IS NOT NULL)",
	        VALUES(TEXT(line->avrs_id), TEXT(letter_class_name(line->class)), TEXT(line->name),
	            TEXT(line->sha256)),
	        &row, &found, err) < 0)
		return -1;
	*ret_id = found ? statement_int(row, 0) : 0;
	return 0;
}

static int load_members(struct batches *batches, struct batch *batch, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(batches->spool->catalog,
	        "SELECT avrs_id, class, name, size, sha256, letter_id FROM batch_member"
	        " WHERE batch_id = $1 ORDER BY line",
	        VALUES(INT(batch->id)), &row, &found, err) < 0)
		return -1;
	while (found) {
		struct batch_line line = {.size = statement_int(row, 3)};
		int64_t letter_id = statement_int(row, 5);

		text_copy(line.avrs_id, statement_text(row, 0));
		text_copy(line.name, statement_text(row, 2));
		text_copy(line.sha256, statement_text(row, 4));
		if (letter_class_parse(statement_text(row, 1), &line.class, err) < 0)
			return -1;
		/* It may have been on its way when the batch was accepted. */
		if (letter_id == 0 &&
		    find_posted(batches->spool->catalog, &line, &letter_id, err) < 0)
			return -1;
		add_member(batches, batch, &line, letter_id != 0);
		if (statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}

static int load(struct batches *batches, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(batches->spool->catalog,
	        "SELECT id, name, seen, alarmed FROM batch WHERE state = 'held' ORDER BY id",
	        NO_VALUES, &row, &found, err) < 0)
		return -1;
	while (found) {
		struct batch *batch = add_batch(
		    batches, statement_int(row, 0), statement_text(row, 1), statement_int(row, 2));

		batch->is_alarmed = statement_int(row, 3) != 0;
		if (load_members(batches, batch, err) < 0 || statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}

int batches_new(const struct spool *spool, struct batches **ret_batches, struct err *err)
{
	struct batches *batches = mem_new(1, sizeof(*batches));

	batches->spool = spool;
	if (load(batches, err) < 0) {
		batches_free(batches);
		return -1;
	}
	*ret_batches = batches;
	return 0;
}

/* --- accepting a control file */

struct accepting {
	struct batches *batches;
	struct drop *drop;
	const struct buffer *text;
	char name[BATCH_NAME_MAX + 1];
	int64_t id;
	int64_t now;
	struct batch_line *lines;
	bool *posted;
	size_t count;
};

static int collect(const struct batch_line *line, void *arg, struct err *err)
{
	struct accepting *a = arg;
	const struct member *other =
	    find_member(a->batches, line->avrs_id, line->class, line->name);

	if (other && strcmp(other->batch->name, a->name) != 0)
		return err_set(err, ERR_REFUSED, "line %zu: batch %s names that letter, too",
		    line->line, other->batch->name);
	if ((a->count & (a->count - 1)) == 0)
		a->lines = mem_resize(a->lines, a->count ? 2 * a->count : 1, sizeof(*a->lines));
	a->lines[a->count++] = *line;
	return 0;
}

static int compare_lines(const void *a, const void *b)
{
	const struct batch_line *x = a;
	const struct batch_line *y = b;
	int order = strcmp(x->avrs_id, y->avrs_id);

	if (order == 0)
		order = (int)x->class - (int)y->class;
	return order ? order : strcmp(x->name, y->name);
}

static int check_lines(struct accepting *a, struct err *err)
{
	if (a->count == 0)
		return err_set(err, ERR_REFUSED, "it names no letter");
	qsort(a->lines, a->count, sizeof(*a->lines), compare_lines);
	for (size_t i = 1; i < a->count; i++)
		if (compare_lines(&a->lines[i - 1], &a->lines[i]) == 0)
			return err_set(err, ERR_REFUSED, "lines %zu and %zu name the same letter",
			    a->lines[i - 1].line, a->lines[i].line);
	return 0;
}

static int store_batch(struct catalog *catalog, void *arg, struct err *err)
{
	struct accepting *a = arg;
	char detail[REASON_MAX + 1];

	if (catalog_take_ids(catalog, "batch", 1, &a->id, err) < 0 ||
	    catalog_run(catalog,
	        "INSERT INTO batch (id, name, state, seen) VALUES ($1, $2, 'held', $3)",
	        VALUES(INT(a->id), TEXT(a->name), INT(a->now)), err) < 0)
		return -1;
	for (size_t i = 0; i < a->count; i++) {
		const struct batch_line *line = &a->lines[i];
		int64_t letter_id = 0;

		if (find_posted(catalog, line, &letter_id, err) < 0 ||
		    catalog_queue(catalog,
		        "INSERT INTO batch_member (batch_id, line, avrs_id, class, name, size,"
		        " sha256, letter_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		        VALUES(INT(a->id), INT((int64_t)line->line), TEXT(line->avrs_id),
		            TEXT(letter_class_name(line->class)), TEXT(line->name), INT(line->size),
		            TEXT(line->sha256), INT_OR_NULL(letter_id)),
		        err) < 0)
			return -1;
		a->posted[i] = letter_id != 0;
	}
	(void)snprintf(detail, sizeof(detail), "%s: %zu letters", a->name, a->count);
	return event_add(catalog, &a->batches->spool->actor,
	    &(struct event){.what = "batch.accepted", .detail = detail}, err);
}

/* Is there a batch of that name that has just these letters? Then watchd died over removing it. */
static int is_known(const struct accepting *a, bool *ret_named, bool *ret_same, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	size_t same = 0;
	bool found = false;

	*ret_named = false;
	*ret_same = false;
	if (catalog_find(a->batches->spool->catalog,
	        "SELECT m.line, m.sha256, m.name FROM batch b JOIN batch_member m ON m.batch_id = b.id"
	        " WHERE b.name = $1 ORDER BY m.avrs_id, m.class, m.name",
	        VALUES(TEXT(a->name)), &row, &found, err) < 0)
		return -1;
	*ret_named = found;
	for (size_t i = 0; found; i++) {
		same += i < a->count && statement_int(row, 0) == (int64_t)a->lines[i].line &&
		        strcmp(statement_text(row, 1), a->lines[i].sha256) == 0 &&
		        strcmp(statement_text(row, 2), a->lines[i].name) == 0;
		*ret_same = same == a->count && i + 1 == a->count;
		if (statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}

static int read_control(struct accepting *a, struct err *err)
{
	OWNED_BUFFER struct buffer text = BUFFER(BATCH_FILE_MAX);
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", a->drop->fd);
	if (file_read(AT_FDCWD, path, &text, err) < 0 ||
	    batch_file_parse(buffer_text(&text), text.length, collect, a, err) < 0)
		return -1;
	return check_lines(a, err);
}

static int accept_lines(struct accepting *a, struct err *err)
{
	struct batches *batches = a->batches;
	struct batch *batch;
	bool named = false;
	bool same = false;

	if (is_known(a, &named, &same, err) < 0)
		return -1;
	if (same)
		return 0;
	if (named) {
		drop_decide(a->drop, VERDICT_QUARANTINE,
		    "there is a batch of that name already; give this one another name");
		return 0;
	}
	a->posted = mem_new(a->count, sizeof(*a->posted));
	if (catalog_transact(batches->spool->catalog, store_batch, a, err) < 0)
		return -1;
	batch = add_batch(batches, a->id, a->name, a->now);
	for (size_t i = 0; i < a->count; i++)
		add_member(batches, batch, &a->lines[i], a->posted[i]);
	log_info("batch=%s accepted letters=%zu posted-before=%zu", a->name, batch->count,
	    batch->counts[MEMBER_POSTED]);
	return 0;
}

int batches_accept(struct batches *batches, struct drop *drop, struct err *err)
{
	struct accepting a = {.batches = batches, .drop = drop, .now = clock_now()};
	size_t length = 0;
	int result;

	if (letter_name_check(drop->name, err) < 0) {
		drop_decide(drop, VERDICT_QUARANTINE, "%.*s", REASON_MAX, err->text);
		return 0;
	}
	(void)batch_file_is_named(drop->name, &length);
	if (length > BATCH_NAME_MAX) {
		drop_decide(drop, VERDICT_QUARANTINE,
		    "the name of the batch is longer than %d bytes", BATCH_NAME_MAX);
		return 0;
	}
	(void)snprintf(a.name, sizeof(a.name), "%.*s", (int)length, drop->name);
	result = read_control(&a, err);
	if (result == 0)
		result = accept_lines(&a, err);
	free(a.lines);
	free(a.posted);
	if (result < 0 && err->kind == ERR_REFUSED) {
		drop_decide(drop, VERDICT_QUARANTINE, "a batch control file that is wrong: %.*s",
		    REASON_MAX - 50, err->text);
		return 0;
	}
	return result;
}

/* --- letters of batches */

static struct member *member_of(const struct batches *batches, const struct drop *drop)
{
	return find_member(batches, drop->avrs_id, drop->class, drop->name);
}

/* It was there, or on its way, and is not any more. */
static void lose(struct member *member)
{
	if (member->state != MEMBER_HELD && member->state != MEMBER_LINKED)
		return;
	set_state(member, MEMBER_MISSING);
	member->batch->is_broken |= member->batch->is_running;
}

static void hold(struct drop *drop, const char *why, const char *name)
{
	drop->hold = HOLD_BATCH;
	drop_decide(drop, VERDICT_HOLD, "%s%.80s", why, name);
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
	if (member->state == MEMBER_MISSING)
		set_state(member, MEMBER_HELD);
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
	    "SELECT 1 FROM batch_member WHERE avrs_id = $1 AND name = $2 AND class = $3",
	    VALUES(TEXT(drop->avrs_id), TEXT(drop->name), TEXT(letter_class_name(drop->class))),
	    &row, ret_named, err);
}

int batches_judge(struct batches *batches, struct drop *drops, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		struct drop *drop = &drops[i];
		struct member *member = member_of(batches, drop);
		bool named = true;

		if (member && drop->verdict == VERDICT_POST) {
			judge_member(member, drop);
		} else if (member && drop->verdict != VERDICT_WAIT) {
			lose(member);
		} else if (drop->verdict == VERDICT_POST &&
		           batches->spool->settings.drop_require_batch) {
			if (was_named(batches->spool->catalog, drop, &named, err) < 0)
				return -1;
			if (!named)
				hold(drop, "no batch names it (drop.require-batch)", "");
		}
	}
	return 0;
}

void batches_check(struct batches *batches, struct drop *drops, size_t count)
{
	(void)batches;
	for (size_t i = 0; i < count; i++) {
		struct drop *drop = &drops[i];
		struct member *member = drop->member;

		if (!member || drop->verdict != VERDICT_POST ||
		    strcmp(drop->letter.sha256, member->sha256) == 0)
			continue;
		if (drop->adopted)
			take_back(drop);
		drop->adopted = false;
		lose(member);
		hold(drop, "has not the SHA-256 that its batch says: ", member->batch->name);
	}
}

static void link_member(struct member *member, const struct drop *drop)
{
	set_state(member, MEMBER_LINKED);
	member->adopted = drop->adopted;
	member->device = drop->st.st_dev;
	member->inode = drop->st.st_ino;
	member->modified = drop->st.st_mtim;
}

/* It was on its way by itself when its batch was accepted. */
static void note_alone(const struct batches *batches, const struct drop *drop)
{
	struct member *member = member_of(batches, drop);

	if (member && strcmp(drop->letter.sha256, member->sha256) == 0)
		set_state(member, MEMBER_POSTED);
}

void batches_note(struct batches *batches, const struct drop *drop)
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
			set_state(drop->member, MEMBER_POSTED);
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

void batches_let_go(struct drop *drop)
{
	if (drop->member)
		drop->member->batch->flying--;
	drop->member = NULL;
}

/* --- posting a batch as one */

/* A batch becoming visible. */
struct revealing {
	struct batches *batches;
	struct batch *batch;
	struct publication *letters;
	size_t count;
};

static int add_letter(const struct letter *letter, void *arg, struct err *err)
{
	struct revealing *r = arg;

	(void)err;
	if ((r->count & (r->count - 1)) == 0)
		r->letters =
		    mem_resize(r->letters, r->count ? 2 * r->count : 1, sizeof(*r->letters));
	r->letters[r->count] = (struct publication){.letter = *letter, .fd = -1, .was_held = true};
	/* What taking gave its file. */
	r->letters[r->count++].letter.posted = letter->taken;
	return 0;
}

/* Its letters that are linked, but not visible. */
static int list_linked(struct revealing *r, struct err *err)
{
	return letter_row_each(r->batches->spool->catalog,
	    "SELECT " LETTER_COLUMNS " FROM letter l WHERE (l.electronic = 'posting'"
	    " OR (l.paper = 'queued' AND l.placed IS NULL)) AND l.batch_id = $1",
	    VALUES(INT(r->batch->id)), add_letter, r, err);
}

static int reveal_body(struct catalog *catalog, void *arg, struct err *err)
{
	struct revealing *r = arg;
	char detail[REASON_MAX + 1];

	if (publish(r->batches->spool, r->letters, r->count, err) < 0)
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
	if (catalog_run(catalog,
	        "UPDATE batch SET state = 'posted', posted = $2 WHERE id = $1 AND state = 'held'",
	        VALUES(INT(r->batch->id), INT(clock_now())), err) < 0)
		return -1;
	(void)snprintf(detail, sizeof(detail), "%s: %zu letters", r->batch->name, r->batch->count);
	return event_add(catalog, &r->batches->spool->actor,
	    &(struct event){.what = "batch.posted", .detail = detail}, err);
}

/* The drop of a member's file, as it was when it was linked. */
static void remake_drop(const struct spool *spool, const struct member *member,
    const struct letter *letter, struct drop *ret_drop)
{
	struct arrival arrival = {.class = letter->class, .name = letter->dropped_name};
	char folder[FOLDER_PATH_MAX];

	text_copy(arrival.avrs_id, letter->avrs_id);
	drop_init(ret_drop, &arrival);
	folder_drop(letter->avrs_id, letter->class, folder);
	ret_drop->folder_fd = file_open_beneath(spool->drop_fd, folder, O_RDONLY | O_DIRECTORY, 0);
	ret_drop->verdict = VERDICT_POST;
	ret_drop->adopted = member->adopted;
	ret_drop->letter = *letter;
	ret_drop->st.st_dev = member->device;
	ret_drop->st.st_ino = member->inode;
	ret_drop->st.st_size = member->size;
	ret_drop->st.st_mtim = member->modified;
}

static void remove_names(
    const struct revealing *r, void (*posted)(struct drop *drop, void *arg), void *arg)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct letter *letter = &r->letters[i].letter;
		const struct member *member =
		    find_member(r->batches, letter->avrs_id, letter->class, letter->dropped_name);
		struct drop drop;

		if (!member)
			continue;
		remake_drop(r->batches->spool, member, letter, &drop);
		posted(&drop, arg);
		if (drop.folder_fd >= 0)
			(void)close(drop.folder_fd);
	}
}

static int reveal(struct batches *batches, struct batch *batch,
    void (*posted)(struct drop *drop, void *arg), void *arg, struct err *err)
{
	struct revealing r = {.batches = batches, .batch = batch};
	int result = list_linked(&r, err);

	if (result == 0)
		result = catalog_transact(batches->spool->catalog, reveal_body, &r, err);
	if (result == 0) {
		log_info("batch=%s posted letters=%zu", batch->name, batch->count);
		fault_point("batch.posted");
		remove_names(&r, posted, arg);
		forget_batch(batches, batch);
	}
	free(r.letters);
	return result;
}

static void stop_running(struct batch *batch)
{
	batch->is_running = false;
	batch->is_broken = false;
	for (struct member *member = batch->members; member; member = member->next)
		if (member->state == MEMBER_LINKED)
			set_state(member, MEMBER_HELD);
}

static int undo(struct batches *batches, struct batch *batch, struct err *err)
{
	struct revealing r = {.batches = batches, .batch = batch};
	int result = list_linked(&r, err);

	for (size_t i = 0; i < r.count && result == 0; i++)
		result = post_forget(
		    batches->spool, &r.letters[i].letter, "its batch is not complete", err);
	free(r.letters);
	if (result == 0)
		stop_running(batch);
	return result;
}

static void run(struct batch *batch, struct arrivals *arrivals)
{
	log_info("batch=%s complete letters=%zu", batch->name, batch->count);
	batch->is_running = true;
	for (const struct member *member = batch->members; member; member = member->next) {
		struct arrival arrival = {.class = CLASS_EDELIVERY};
		const char *class = strchr(member->key, '/') + 1;

		if (member->state != MEMBER_HELD)
			continue;
		text_copy_part(arrival.avrs_id, (size_t)(class - member->key), member->key);
		arrival.class = (enum letter_class)(class[0] - '0');
		arrival.name = class + 2;
		arrivals_add(arrivals, &arrival);
	}
}

static int alarm_body(struct catalog *catalog, void *arg, struct err *err)
{
	const struct revealing *r = arg;
	char detail[REASON_MAX + 1];

	(void)snprintf(detail, sizeof(detail), "%s: %zu of %zu letters are missing", r->batch->name,
	    r->batch->counts[MEMBER_MISSING], r->batch->count);
	if (catalog_run(catalog, "UPDATE batch SET alarmed = $2 WHERE id = $1",
	        VALUES(INT(r->batch->id), INT(clock_now())), err) < 0)
		return -1;
	return event_add(catalog, &r->batches->spool->actor,
	    &(struct event){.what = "batch.short", .detail = detail}, err);
}

/* R10 is a state that lasts now: somebody has to know. */
static int alarm_if_short(struct batches *batches, struct batch *batch, struct err *err)
{
	struct revealing r = {.batches = batches, .batch = batch};
	const struct member *member = NULL;

	if (batch->is_alarmed || clock_now() < batch->seen + batches->spool->settings.drop_patience)
		return 0;
	for (member = batch->members; member && member->state != MEMBER_MISSING;)
		member = member->next;
	log_error("batch=%s short missing=%zu letters=%zu text=\"not posted before the rest is "
	          "there; the first that is missing: %s\"",
	    batch->name, batch->counts[MEMBER_MISSING], batch->count, member ? member->key : "");
	if (catalog_transact(batches->spool->catalog, alarm_body, &r, err) < 0)
		return -1;
	batch->is_alarmed = true;
	return 0;
}

int batches_go_on(struct batches *batches, struct arrivals *arrivals,
    void (*posted)(struct drop *drop, void *arg), void *arg, struct err *err)
{
	struct batch *batch = NULL;
	struct batch *next = NULL;

	DL_FOREACH_SAFE(batches->list, batch, next)
	{
		size_t done = batch->counts[MEMBER_LINKED] + batch->counts[MEMBER_POSTED];

		if (batch->flying > 0)
			continue;
		if (batch->is_broken && undo(batches, batch, err) < 0)
			return -1;
		if (batch->counts[MEMBER_MISSING] > 0) {
			if (alarm_if_short(batches, batch, err) < 0)
				return -1;
		} else if (done == batch->count) {
			if (reveal(batches, batch, posted, arg, err) < 0)
				return -1;
		} else if (!batch->is_running) {
			run(batch, arrivals);
		}
	}
	return 0;
}

void batches_start_again(struct batches *batches)
{
	for (struct batch *batch = batches->list; batch; batch = batch->next)
		stop_running(batch);
}
