/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/news.h"

#include <inttypes.h>
#include <stdio.h>

#include "spool/letter_row.h"

int64_t news_floor(const struct membership *membership, enum letter_class class)
{
	if (class == CLASS_TRADE_FILES && membership->trade_files_after > membership->mark)
		return membership->trade_files_after;
	return membership->mark;
}

/* Passes letters on and keeps count and place of them. */
struct passing {
	int (*each)(const struct letter *letter, void *arg, struct err *err);
	void *arg;
	int64_t count;
	int64_t sequence;
};

static int pass_on(const struct letter *letter, void *arg, struct err *err)
{
	struct passing *passing = arg;

	passing->count++;
	passing->sequence = letter->sequence;
	return passing->each(letter, passing->arg, err);
}

static int list_renewed(struct catalog *catalog, const struct membership *m,
    const struct news_cursor *cursor, int64_t limit, struct passing *passing, struct err *err)
{
	return letter_row_each(catalog,
	    "SELECT " LETTER_COLUMNS " FROM acknowledgement a JOIN letter l"
	    " ON l.avrs_id = a.avrs_id AND l.class = $3 AND l.sequence = a.sequence"
	    " WHERE a.account_id = $1 AND a.avrs_id = $2 AND a.renewed = 1 AND a.sequence > $4"
	    " AND l.electronic = 'posted' ORDER BY a.sequence LIMIT $5",
	    VALUES(INT(m->account_id), TEXT(m->avrs_id), TEXT(letter_class_name(cursor->class)),
	        INT(cursor->sequence), INT(limit)),
	    pass_on, passing, err);
}

static int list_above(struct catalog *catalog, const struct membership *m,
    const struct news_cursor *cursor, int64_t limit, struct passing *passing, struct err *err)
{
	int64_t after = news_floor(m, cursor->class);

	return letter_row_each(catalog,
	    "SELECT " LETTER_COLUMNS " FROM letter l"
	    " WHERE l.avrs_id = $2 AND l.class = $3 AND l.electronic = 'posted' AND l.sequence > $4"
	    " AND NOT EXISTS (SELECT 1 FROM acknowledgement a WHERE a.account_id = $1"
	    " AND a.avrs_id = $2 AND a.sequence = l.sequence AND a.renewed = 0)"
	    " ORDER BY l.sequence LIMIT $5",
	    VALUES(INT(m->account_id), TEXT(m->avrs_id), TEXT(letter_class_name(cursor->class)),
	        INT(cursor->sequence > after ? cursor->sequence : after), INT(limit)),
	    pass_on, passing, err);
}

/* The next part of a listing: renewed by class, then new by class. False behind the last. */
static bool next_part(struct news_cursor *cursor)
{
	cursor->sequence = 0;
	if (++cursor->class < CLASS_COUNT)
		return true;
	cursor->class = CLASS_EDELIVERY;
	if (cursor->past_renewed)
		return false;
	cursor->past_renewed = true;
	return true;
}

int news_list(struct catalog *catalog, const struct membership *membership,
    struct news_cursor *cursor, int64_t limit,
    int (*each)(const struct letter *letter, void *arg, struct err *err), void *arg, bool *ret_more,
    struct err *err)
{
	struct passing passing = {each, arg, 0, 0};
	bool more = true;

	while (more && passing.count < limit) {
		int64_t before = passing.count;
		int64_t left = limit - before;

		if (role_shows(membership->role, cursor->class) &&
		    (cursor->past_renewed ? list_above : list_renewed)(
		        catalog, membership, cursor, left, &passing, err) < 0)
			return -1;
		if (passing.count - before == left)
			cursor->sequence = passing.sequence;
		else
			more = next_part(cursor);
	}
	*ret_more = more;
	return 0;
}

/* The exception that there is for the number: renewed or acknowledged. */
static int find_exception(struct catalog *catalog, const struct membership *m, int64_t sequence,
    bool *ret_found, bool *ret_renewed, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	if (catalog_find(catalog,
	        "SELECT renewed FROM acknowledgement"
	        " WHERE account_id = $1 AND avrs_id = $2 AND sequence = $3",
	        VALUES(INT(m->account_id), TEXT(m->avrs_id), INT(sequence)), &row, ret_found,
	        err) < 0)
		return -1;
	*ret_renewed = *ret_found && statement_int(row, 0) != 0;
	return 0;
}

int news_has(struct catalog *catalog, const struct membership *membership,
    const struct letter *letter, bool *ret_new, struct err *err)
{
	bool found = false;
	bool renewed = false;

	if (find_exception(catalog, membership, letter->sequence, &found, &renewed, err) < 0)
		return -1;
	*ret_new = found ? renewed : letter->sequence > news_floor(membership, letter->class);
	return 0;
}

int news_tell_apart(struct catalog *catalog, const struct membership *membership,
    enum letter_class class,
    int (*each)(const struct letter *letter, bool is_new, void *arg, struct err *err), void *arg,
    struct err *err)
{
	enum { NO_EXCEPTION = -1 };
	OWNED_STATEMENT struct statement *row = NULL;
	int64_t floor = news_floor(membership, class);
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT " LETTER_COLUMNS ", COALESCE(a.renewed, -1) FROM letter l"
	        " LEFT JOIN acknowledgement a ON a.account_id = $1 AND a.avrs_id = l.avrs_id"
	        " AND a.sequence = l.sequence"
	        " WHERE l.avrs_id = $2 AND l.class = $3 AND l.electronic = 'posted'"
	        " ORDER BY l.sequence",
	        VALUES(INT(membership->account_id), TEXT(membership->avrs_id),
	            TEXT(letter_class_name(class))),
	        &row, &found, err) < 0)
		return -1;
	while (found) {
		int64_t renewed = statement_int(row, LETTER_COLUMN_COUNT);
		struct letter letter;

		if (letter_row_read(row, &letter, err) < 0 ||
		    each(&letter, renewed == NO_EXCEPTION ? letter.sequence > floor : renewed != 0,
		        arg, err) < 0 ||
		    statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}

static int keep_first(const struct letter *letter, void *arg, struct err *err)
{
	(void)err;
	*(int64_t *)arg = letter->sequence;
	return 0;
}

/* The lowest number above the mark that is new still, 0 when there is none. */
static int first_above(struct catalog *catalog, const struct membership *membership,
    int64_t *ret_sequence, struct err *err)
{
	int64_t lowest = 0;

	for (enum letter_class class = CLASS_EDELIVERY; class < CLASS_COUNT; class ++) {
		int64_t found = 0;
		struct passing passing = {keep_first, &found, 0, 0};
		struct news_cursor cursor = {.past_renewed = true, .class = class};

		if (!role_shows(membership->role, class))
			continue;
		if (list_above(catalog, membership, &cursor, 1, &passing, err) < 0)
			return -1;
		if (found && (lowest == 0 || found < lowest))
			lowest = found;
	}
	*ret_sequence = lowest;
	return 0;
}

/* Move the mark over everything below the first that is new still. */
static int advance_mark(
    struct catalog *catalog, const struct membership *membership, struct err *err)
{
	int64_t first = 0;
	int64_t mark;

	if (first_above(catalog, membership, &first, err) < 0)
		return -1;
	mark = first ? first - 1 : membership->last_sequence;
	if (mark <= membership->mark)
		return 0;
	if (catalog_run(catalog,
	        "UPDATE membership SET mark = $3 WHERE account_id = $1 AND avrs_id = $2",
	        VALUES(INT(membership->account_id), TEXT(membership->avrs_id), INT(mark)), err) < 0)
		return -1;
	return catalog_run(catalog,
	    "DELETE FROM acknowledgement WHERE account_id = $1 AND avrs_id = $2"
	    " AND sequence <= $3 AND renewed = 0",
	    VALUES(INT(membership->account_id), TEXT(membership->avrs_id), INT(mark)), err);
}

/* A letter to be acknowledged, for the transaction's body. */
struct acknowledging {
	const struct actor *actor;
	struct membership membership;
	const struct letter *letter;
};

static int store_acknowledgement(
    struct catalog *catalog, const struct acknowledging *a, struct err *err)
{
	const struct membership *m = &a->membership;
	const struct value *values =
	    VALUES(INT(m->account_id), TEXT(m->avrs_id), INT(a->letter->sequence));

	if (a->letter->sequence <= m->mark)
		return catalog_run(catalog,
		    "DELETE FROM acknowledgement"
		    " WHERE account_id = $1 AND avrs_id = $2 AND sequence = $3 AND renewed = 1",
		    values, err);
	if (catalog_run(catalog,
	        "INSERT INTO acknowledgement (account_id, avrs_id, sequence, renewed)"
	        " VALUES ($1, $2, $3, 0) ON CONFLICT (account_id, avrs_id, sequence)"
	        " DO UPDATE SET renewed = 0",
	        values, err) < 0)
		return -1;
	return advance_mark(catalog, m, err);
}

static int acknowledge_body(struct catalog *catalog, void *arg, struct err *err)
{
	struct acknowledging *a = arg;

	if (membership_lock(catalog, &a->membership, err) < 0 ||
	    store_acknowledgement(catalog, a, err) < 0)
		return -1;
	return event_add(catalog, a->actor,
	    &(struct event){.what = "letter.acknowledged",
	        .login = a->membership.login,
	        .avrs_id = a->membership.avrs_id,
	        .letter_id = a->letter->id},
	    err);
}

int news_acknowledge(struct catalog *catalog, const struct actor *actor,
    const struct membership *membership, const struct letter *letter, struct err *err)
{
	struct acknowledging a = {actor, *membership, letter};

	return catalog_transact(catalog, acknowledge_body, &a, err);
}

int news_acknowledge_archive(struct catalog *catalog, const struct actor *actor,
    const struct membership *membership, int64_t archive_id, struct err *err)
{
	struct membership m = *membership;
	char detail[40];

	if (membership_lock(catalog, &m, err) < 0)
		return -1;
	if (catalog_run(catalog,
	        "DELETE FROM acknowledgement WHERE account_id = $1 AND avrs_id = $2 AND renewed = 1"
	        " AND sequence <= $3 AND sequence IN (SELECT l.sequence FROM archive_letter a"
	        " JOIN letter l ON l.id = a.letter_id WHERE a.archive_id = $4)",
	        VALUES(INT(m.account_id), TEXT(m.avrs_id), INT(m.mark), INT(archive_id)),
	        err) < 0 ||
	    catalog_run(catalog,
	        "INSERT INTO acknowledgement (account_id, avrs_id, sequence, renewed)"
	        " SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), l.sequence, 0 FROM archive_letter a"
	        " JOIN letter l ON l.id = a.letter_id WHERE a.archive_id = $4 AND l.sequence > $3"
	        " ON CONFLICT (account_id, avrs_id, sequence) DO UPDATE SET renewed = 0",
	        VALUES(INT(m.account_id), TEXT(m.avrs_id), INT(m.mark), INT(archive_id)),
	        err) < 0 ||
	    advance_mark(catalog, &m, err) < 0)
		return -1;
	(void)snprintf(detail, sizeof(detail), "archive=%" PRId64, archive_id);
	return event_add(catalog, actor,
	    &(struct event){.what = "archive.acknowledged",
	        .login = m.login,
	        .avrs_id = m.avrs_id,
	        .detail = detail},
	    err);
}

int news_note_opening(
    struct catalog *catalog, int64_t account_id, int64_t letter_id, struct err *err)
{
	/* Nothing where one of them is gone: it is noted long after the opening. */
	return catalog_queue(catalog,
	    "INSERT INTO opening (account_id, letter_id, opened)"
	    " SELECT a.id, l.id, CAST($3 AS BIGINT) FROM account a, letter l"
	    " WHERE a.id = $1 AND l.id = $2"
	    " ON CONFLICT (account_id, letter_id) DO UPDATE SET opened = excluded.opened",
	    VALUES(INT(account_id), INT(letter_id), INT(clock_now())), err);
}

int news_was_opened(struct catalog *catalog, int64_t account_id, int64_t letter_id, int64_t since,
    bool *ret_opened, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	return catalog_find(catalog,
	    "SELECT 1 FROM opening WHERE account_id = $1 AND letter_id = $2 AND opened > 0 AND opened >= $3",
	    VALUES(INT(account_id), INT(letter_id), INT(since)), &row, ret_opened, err);
}

static int count_one(const struct letter *letter, void *arg, struct err *err)
{
	(void)letter;
	(void)arg;
	(void)err;
	return 0;
}

int news_count(struct catalog *catalog, const struct membership *membership,
    enum letter_class class, int64_t limit, int64_t *ret_count, struct err *err)
{
	struct passing passing = {count_one, NULL, 0, 0};
	struct news_cursor cursor = {.class = class};

	if (role_shows(membership->role, class)) {
		if (list_renewed(catalog, membership, &cursor, limit, &passing, err) < 0)
			return -1;
		if (passing.count < limit && list_above(catalog, membership, &cursor,
		                                 limit - passing.count, &passing, err) < 0)
			return -1;
	}
	*ret_count = passing.count;
	return 0;
}
