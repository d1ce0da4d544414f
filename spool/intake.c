/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/intake.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

#define SELECT                                                                               \
	"SELECT id, avrs_id, class, name, state, reason, size, source_device, source_inode," \
	" source_changed, seen, changed, path, first_id, wanted FROM intake "

/* Those have an index of their own; SQLite sees that it has all of them where this is said. */
#define IS_OPEN " AND state IN ('held', 'quarantined')"

static const char *const names[INTAKE_COUNT] = {
    [INTAKE_HELD] = "held",
    [INTAKE_QUARANTINED] = "quarantined",
    [INTAKE_TAKEN] = "taken",
    [INTAKE_DUPLICATE] = "duplicate",
    [INTAKE_DISCARDED] = "discarded",
    [INTAKE_GONE] = "gone",
};

static const char *const wishes[WISH_COUNT] = {
    [WISH_RELEASE] = "release",
    [WISH_DISCARD] = "discard",
};

const char *intake_state_name(enum intake_state state)
{
	return names[state];
}

int intake_add(
    struct catalog *catalog, const char *node, const struct intake *intake, struct err *err)
{
	const struct intake *i = intake;

	return catalog_run(catalog,
	    "INSERT INTO intake (id, avrs_id, class, name, state, reason, node, size, source_device,"
	    " source_inode, source_changed, seen, changed, path, first_id) VALUES"
	    " ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
	    VALUES(INT(i->id), TEXT(i->avrs_id), TEXT(letter_class_name(i->class)), TEXT(i->name),
	        TEXT(intake_state_name(i->state)), TEXT(i->reason), TEXT(node), INT(i->size),
	        INT(i->source.device), INT(i->source.inode), INT(i->source.changed), INT(i->seen),
	        INT(i->changed), TEXT_OR_NULL(i->path), INT_OR_NULL(i->first_id)),
	    err);
}

int intake_update(struct catalog *catalog, const struct intake *intake, struct err *err)
{
	const struct intake *i = intake;

	return catalog_run(catalog,
	    "UPDATE intake SET state = $2, reason = $3, size = $4, source_device = $5,"
	    " source_inode = $6, source_changed = $7, changed = $8, path = $9,"
	    " first_id = $10, wanted = NULL WHERE id = $1",
	    VALUES(INT(i->id), TEXT(intake_state_name(i->state)), TEXT(i->reason), INT(i->size),
	        INT(i->source.device), INT(i->source.inode), INT(i->source.changed),
	        INT(i->changed), TEXT_OR_NULL(i->path), INT_OR_NULL(i->first_id)),
	    err);
}

int intake_set_taken(struct catalog *catalog, int64_t id, struct err *err)
{
	return catalog_queue(catalog,
	    "UPDATE intake SET state = 'taken', changed = $2 WHERE id = $1 AND state = 'held'",
	    VALUES(INT(id), INT(clock_now())), err);
}

static int read_row(const struct statement *row, struct intake *ret_intake, struct err *err)
{
	struct intake *i = ret_intake;
	const char *state = statement_text(row, 4);
	const char *wanted = statement_text(row, 14);

	*i = (struct intake){
	    .id = statement_int(row, 0),
	    .size = statement_int(row, 6),
	    .source = {statement_int(row, 7), statement_int(row, 8), statement_int(row, 9)},
	    .seen = statement_int(row, 10),
	    .changed = statement_int(row, 11),
	    .first_id = statement_int(row, 13),
	};
	text_copy(i->avrs_id, statement_text(row, 1));
	text_copy(i->name, statement_text(row, 3));
	text_copy(i->reason, statement_text(row, 5));
	text_copy(i->path, statement_text(row, 12));
	while (i->state < INTAKE_COUNT && strcmp(names[i->state], state) != 0)
		i->state++;
	for (int wish = WISH_RELEASE; wanted && wish < WISH_COUNT; wish++)
		if (strcmp(wishes[wish], wanted) == 0)
			i->wanted = (enum intake_wish)wish;
	return letter_class_parse(statement_text(row, 2), &i->class, err);
}

int intake_find(struct catalog *catalog, int64_t id, struct intake *ret_intake, bool *ret_found,
    struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	if (catalog_find(catalog, SELECT "WHERE id = $1", VALUES(INT(id)), &row, ret_found, err) <
	    0)
		return -1;
	return *ret_found ? read_row(row, ret_intake, err) : 0;
}

int intake_find_name(struct catalog *catalog, const char *avrs_id, enum letter_class class,
    const char *name, struct intake *ret_intake, bool *ret_found, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	if (catalog_find(catalog,
	        SELECT "WHERE avrs_id = $1 AND name = $2 AND class = $3 ORDER BY id DESC LIMIT 1",
	        VALUES(TEXT(avrs_id), TEXT(name), TEXT(letter_class_name(class))), &row, ret_found,
	        err) < 0)
		return -1;
	return *ret_found ? read_row(row, ret_intake, err) : 0;
}

/* A wish on its way into the catalog, for the transaction's body. */
struct wishing {
	const struct actor *actor;
	int64_t id;
	enum intake_wish wanted;
};

static int store_wish(struct catalog *catalog, void *arg, struct err *err)
{
	const struct wishing *wishing = arg;
	struct event event = {.what = wishing->wanted == WISH_RELEASE ? "quarantine.release-wanted"
	                                                              : "quarantine.discard-wanted",
	    .letter_id = wishing->id};

	if (catalog_run(catalog,
	        "UPDATE intake SET wanted = $2 WHERE id = $1 AND state = 'quarantined'",
	        VALUES(INT(wishing->id), TEXT(wishes[wishing->wanted])), err) < 0)
		return -1;
	if (catalog_changes(catalog) == 0)
		return err_set(err, ERR_REFUSED,
		    "no file %" PRId64 " in quarantine; `edelivery quarantine list` shows them",
		    wishing->id);
	if (event_add(catalog, wishing->actor, &event, err) < 0)
		return -1;
	return catalog_announce(catalog, err);
}

int intake_want(struct catalog *catalog, const struct actor *actor, int64_t id,
    enum intake_wish wanted, struct err *err)
{
	struct wishing wishing = {actor, id, wanted};

	return catalog_transact(catalog, store_wish, &wishing, err);
}

int intake_next_wanted(struct catalog *catalog, const char *node, int64_t after,
    struct intake *ret_intake, bool *ret_found, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	if (catalog_find(catalog,
	        SELECT "WHERE state = 'quarantined' AND wanted IS NOT NULL AND node = $1"
	               " AND id > $2" IS_OPEN " ORDER BY id LIMIT 1",
	        VALUES(TEXT(node), INT(after)), &row, ret_found, err) < 0)
		return -1;
	return *ret_found ? read_row(row, ret_intake, err) : 0;
}

static int each_row(struct statement *row, bool found,
    int (*each)(const struct intake *intake, void *arg, struct err *err), void *arg,
    struct err *err)
{
	while (found) {
		struct intake intake;

		if (read_row(row, &intake, err) < 0 || each(&intake, arg, err) < 0 ||
		    statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}

int intake_list(struct catalog *catalog, const char *node, enum intake_state state,
    int (*each)(const struct intake *intake, void *arg, struct err *err), void *arg,
    struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	const char *name = intake_state_name(state);
	bool found = false;
	int result = node ? catalog_find(catalog,
	                        SELECT "WHERE state = $1 AND node = $2" IS_OPEN " ORDER BY id",
	                        VALUES(TEXT(name), TEXT(node)), &row, &found, err)
	                  : catalog_find(catalog, SELECT "WHERE state = $1" IS_OPEN " ORDER BY id",
	                        VALUES(TEXT(name)), &row, &found, err);

	return result < 0 ? -1 : each_row(row, found, each, arg, err);
}

int intake_list_held(struct catalog *catalog, const char *avrs_id,
    int (*each)(const struct intake *intake, void *arg, struct err *err), void *arg,
    struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog, SELECT "WHERE state = 'held' AND avrs_id = $1 ORDER BY id",
	        VALUES(TEXT(avrs_id)), &row, &found, err) < 0)
		return -1;
	return each_row(row, found, each, arg, err);
}
