/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/hold.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "base/utf8.h"

enum {
	RETRY_UNREADABLE = 10, /* seconds */
	RETRY_UNJUDGED = 60,
	LOOKS_MAX = 6, /* from the seventh look in vain on it is one in 64 seconds */
};

/* A file that waits. Its key is <AVRS-ID>/<class>/<escaped name that it has in the folder>. */
struct waiting {
	int64_t intake_id; /* 0: it only has to settle */
	int64_t since;     /* it is held for this reason, or unchanged */
	int64_t due;       /* to be looked at again; INT64_MAX: when something else changes */
	int64_t size;
	int64_t changed;
	enum hold hold;
	int looks; /* in vain, one after the other */
	char avrs_id[AVRS_ID_MAX + 1];
	enum letter_class class;
	char reason[REASON_MAX + 1];
	UT_hash_handle hh;
	char key[];
};

struct holds {
	const struct spool *spool;
	struct waiting *table;
};

static void make_key(
    const char *avrs_id, enum letter_class class, const char *escaped_name, struct buffer *out)
{
	buffer_print(out, "%s/%d/%s", avrs_id, (int)class, escaped_name);
}

/* The name within a key, as it is in the folder. */
static void name_in_key(const char *key, struct buffer *out)
{
	utf8_unescape(out, strchr(strchr(key, '/') + 1, '/') + 1);
}

static struct waiting *find(const struct holds *holds, const char *key)
{
	struct waiting *waiting = NULL;

	HASH_FIND(hh, holds->table, key, strlen(key), waiting);
	return waiting;
}

static struct waiting *add(
    struct holds *holds, const char *avrs_id, enum letter_class class, const struct buffer *key)
{
	struct waiting *waiting = mem_new(1, sizeof(*waiting) + key->length + 1);

	memcpy(waiting->key, buffer_text(key), key->length);
	text_copy(waiting->avrs_id, avrs_id);
	waiting->class = class;
	HASH_ADD_KEYPTR(hh, holds->table, waiting->key, key->length, waiting);
	return waiting;
}

static struct waiting *find_drop(struct holds *holds, const struct drop *drop)
{
	OWNED_BUFFER struct buffer key = BUFFER(2048);
	OWNED_BUFFER struct buffer escaped = BUFFER(2048);

	/* As most often: every drop of a burst asks. */
	if (!holds->table)
		return NULL;
	utf8_escape(&escaped, drop->on_disk, strlen(drop->on_disk));
	make_key(drop->avrs_id, drop->class, buffer_text(&escaped), &key);
	return find(holds, buffer_text(&key));
}

/* The same, and added where it is missing. */
static struct waiting *have_drop(struct holds *holds, const struct drop *drop)
{
	OWNED_BUFFER struct buffer key = BUFFER(2048);
	OWNED_BUFFER struct buffer escaped = BUFFER(2048);
	struct waiting *waiting = find_drop(holds, drop);

	if (waiting)
		return waiting;
	utf8_escape(&escaped, drop->on_disk, strlen(drop->on_disk));
	make_key(drop->avrs_id, drop->class, buffer_text(&escaped), &key);
	return add(holds, drop->avrs_id, drop->class, &key);
}

static struct waiting *have_row(struct holds *holds, const struct intake *intake)
{
	OWNED_BUFFER struct buffer key = BUFFER(2048);
	struct waiting *waiting;

	make_key(intake->avrs_id, intake->class, intake->name, &key);
	waiting = find(holds, buffer_text(&key));
	return waiting ? waiting : add(holds, intake->avrs_id, intake->class, &key);
}

static void remember(struct waiting *waiting, const struct intake *intake)
{
	waiting->intake_id = intake->id;
	waiting->since = intake->changed;
	waiting->due = 0;
	waiting->size = intake->size;
	waiting->changed = intake->source.changed;
	text_copy(waiting->reason, intake->reason);
}

void holds_add(struct holds *holds, const struct intake *intake)
{
	remember(have_row(holds, intake), intake);
}

static int load_row(const struct intake *intake, void *arg, struct err *err)
{
	(void)err;
	holds_add(arg, intake);
	return 0;
}

int holds_new(const struct spool *spool, struct holds **ret_holds, struct err *err)
{
	struct holds *holds = mem_new(1, sizeof(*holds));

	holds->spool = spool;
	if (intake_list(spool->catalog, spool->actor.node, INTAKE_HELD, load_row, holds, err) < 0) {
		holds_free(holds);
		return -1;
	}
	*ret_holds = holds;
	return 0;
}

static void forget(struct holds *holds, struct waiting *waiting)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): it does not follow uthash */
	HASH_DEL(holds->table, waiting);
	free(waiting);
}

void holds_free(struct holds *holds)
{
	if (!holds)
		return;
	while (holds->table)
		forget(holds, holds->table);
	free(holds);
}

void holds_recognise(struct holds *holds, struct drop *drop)
{
	const struct waiting *waiting = find_drop(holds, drop);

	if (waiting)
		drop->intake_id = waiting->intake_id;
}

bool holds_has_settled(struct holds *holds, const struct drop *drop)
{
	struct waiting *waiting = have_drop(holds, drop);
	struct source source = source_of(&drop->st);
	int64_t settle = holds->spool->settings.drop_settle;
	int64_t now = clock_now();

	if (waiting->size != drop->st.st_size || waiting->changed != source.changed) {
		waiting->size = drop->st.st_size;
		waiting->changed = source.changed;
		waiting->since = now;
	}
	waiting->due = waiting->since + settle;
	return now >= waiting->due;
}

/* How long a file may be held for this reason. */
static int64_t limit_of(const struct holds *holds, enum hold hold)
{
	switch (hold) {
	case HOLD_UNFINISHED:
		return holds->spool->settings.drop_patience;
	case HOLD_UNKNOWN:
		return holds->spool->settings.drop_unknown_hold;
	case HOLD_NO_ACCOUNT:
	case HOLD_BATCH:
	case HOLD_UNREADABLE:
	case HOLD_UNSCANNED:
	case HOLD_UNJUDGED:
		break;
	}
	return INT64_MAX;
}

/* News do not concern it: its batch, or the scanner, has it looked at. */
static bool is_patient(const struct waiting *waiting)
{
	return waiting->intake_id &&
	       (waiting->hold == HOLD_BATCH || waiting->hold == HOLD_UNSCANNED);
}

/* A row to be added or changed, for the transaction's body. */
struct storing {
	const struct spool *spool;
	struct intake intake;
	const struct drop *drop; /* to be held; NULL: its row is all that changes */
	bool is_new;
	const char *what;
};

static int store(struct catalog *catalog, void *arg, struct err *err)
{
	struct storing *storing = arg;
	struct intake *intake = &storing->intake;

	/* Its id is taken anew when the transaction is tried again. */
	if (storing->is_new && catalog_take_ids(catalog, "letter", 1, &intake->id, err) < 0)
		return -1;
	if ((storing->is_new ? intake_add(catalog, storing->spool->actor.node, intake, err)
	                     : intake_update(catalog, intake, err)) < 0)
		return -1;
	return event_add(catalog, &storing->spool->actor,
	    &(struct event){.what = storing->what,
	        .avrs_id = intake->avrs_id,
	        .letter_id = intake->id,
	        .detail = intake->reason},
	    err);
}

/* Rows of a group, in one transaction. */
struct storings {
	struct storing *rows;
	size_t count;
};

static int store_all(struct catalog *catalog, void *arg, struct err *err)
{
	const struct storings *storings = arg;

	for (size_t i = 0; i < storings->count; i++)
		if (store(catalog, &storings->rows[i], err) < 0)
			return -1;
	return 0;
}

/* Its row says why it is held, and since when; false: it does so already. */
static bool needs_row(const struct holds *holds, const struct drop *drop,
    const struct waiting *waiting, struct storing *ret_storing)
{
	if (waiting && waiting->intake_id && strcmp(waiting->reason, drop->reason) == 0)
		return false;
	*ret_storing = (struct storing){.spool = holds->spool, .drop = drop, .what = "letter.held"};
	drop_intake(drop, INTAKE_HELD, &ret_storing->intake);
	ret_storing->intake.id = waiting ? waiting->intake_id : 0;
	ret_storing->is_new = ret_storing->intake.id == 0;
	return true;
}

/* From when on it is to be looked at again, or not to be held any more. */
static void set_due(struct holds *holds, struct drop *drop)
{
	struct waiting *waiting = find_drop(holds, drop);
	int64_t limit = limit_of(holds, drop->hold);
	int64_t now = clock_now();

	drop->intake_id = waiting->intake_id;
	waiting->looks = 0;
	waiting->hold = drop->hold;
	waiting->due = limit == INT64_MAX ? INT64_MAX : waiting->since + limit;
	if (drop->hold == HOLD_UNREADABLE)
		waiting->due = now + RETRY_UNREADABLE * SECOND;
	else if (drop->hold == HOLD_UNJUDGED)
		waiting->due = now + RETRY_UNJUDGED * SECOND;
	else if (now >= waiting->due)
		drop->verdict = VERDICT_QUARANTINE;
}

static size_t count_held(const struct drop *drops, size_t count)
{
	size_t held = 0;

	for (size_t i = 0; i < count; i++)
		held += drops[i].verdict == VERDICT_HOLD;
	return held;
}

int holds_keep(struct holds *holds, struct drop *drops, size_t count, struct err *err)
{
	size_t held = count_held(drops, count);
	OWNED_MEM struct storing *rows = held ? mem_new(held, sizeof(*rows)) : NULL;
	struct storings storings = {.rows = rows};

	if (held == 0)
		return 0;
	for (size_t i = 0; i < count; i++)
		if (drops[i].verdict == VERDICT_HOLD &&
		    needs_row(holds, &drops[i], find_drop(holds, &drops[i]), &rows[storings.count]))
			storings.count++;
	if (storings.count &&
	    catalog_transact(holds->spool->catalog, store_all, &storings, err) < 0)
		return -1;
	for (size_t i = 0; i < storings.count; i++) {
		log_info("letter=%" PRId64 " held avrs_id=%s reason=\"%s\"", rows[i].intake.id,
		    rows[i].intake.avrs_id, rows[i].intake.reason);
		remember(have_drop(holds, rows[i].drop), &rows[i].intake);
	}
	for (size_t i = 0; i < count; i++)
		if (drops[i].verdict == VERDICT_HOLD)
			set_due(holds, &drops[i]);
	return 0;
}

void holds_wait(struct holds *holds, const struct drop *drop)
{
	struct waiting *waiting = have_drop(holds, drop);
	int64_t now = clock_now();
	int64_t again = now + (SECOND << waiting->looks);

	waiting->looks += waiting->looks < LOOKS_MAX;
	if (waiting->due <= now || again < waiting->due)
		waiting->due = again;
}

int holds_lose(struct holds *holds, struct drop *drop, struct err *err)
{
	struct waiting *waiting = find_drop(holds, drop);
	struct storing storing = {.spool = holds->spool, .what = "letter.gone"};

	if (!waiting)
		return 0;
	if (waiting->intake_id) {
		drop_intake(drop, INTAKE_GONE, &storing.intake);
		storing.intake.id = waiting->intake_id;
		storing.intake.size = waiting->size;
		text_copy(
		    storing.intake.reason, "taken away from the drop folder while it was held");
		if (catalog_transact(holds->spool->catalog, store, &storing, err) < 0)
			return -1;
		log_info("letter=%" PRId64 " gone avrs_id=%s", waiting->intake_id, drop->avrs_id);
	}
	forget(holds, waiting);
	return 0;
}

void holds_forget(struct holds *holds, const struct drop *drop)
{
	struct waiting *waiting = find_drop(holds, drop);

	if (waiting)
		forget(holds, waiting);
}

static void queue(const struct waiting *waiting, struct arrivals *arrivals)
{
	OWNED_BUFFER struct buffer name = BUFFER(NAME_MAX);
	struct arrival arrival = {.class = waiting->class};

	name_in_key(waiting->key, &name);
	text_copy(arrival.avrs_id, waiting->avrs_id);
	arrival.name = buffer_text(&name);
	arrivals_add(arrivals, &arrival);
}

void holds_wake(struct holds *holds, bool every, struct arrivals *arrivals)
{
	int64_t now = clock_now();
	struct waiting *waiting = NULL;
	struct waiting *next = NULL;

	HASH_ITER(hh, holds->table, waiting, next) {
		if (now < waiting->due && (!every || is_patient(waiting)))
			continue;
		queue(waiting, arrivals);
	}
}

void holds_wake_held(struct holds *holds, enum hold hold, struct arrivals *arrivals)
{
	struct waiting *waiting = NULL;
	struct waiting *next = NULL;

	HASH_ITER(hh, holds->table, waiting, next)
		if (waiting->intake_id && waiting->hold == hold)
			queue(waiting, arrivals);
}
