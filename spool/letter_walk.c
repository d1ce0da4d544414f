/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/letter_walk.h"

#include <stdio.h>

#include "base/text.h"

enum { CHUNK = 500, NAME_SIZE = 64 };

/* Up to which letter all have been walked over, by time of posting and id; time 0: none has. */
struct mark {
	int64_t posted;
	int64_t id;
};

/* The names of the two numbers of a mark among the sequences. */
struct names {
	char posted[NAME_SIZE];
	char id[NAME_SIZE];
};

/* A step, for the transaction's body. */
struct step {
	struct names names;
	int64_t old_enough;
	int (*each)(struct catalog *catalog, const struct walked_letter *letter, void *arg,
	    struct err *err);
	void *arg;
	size_t seen;
};

static struct names names_of(const char *name)
{
	struct names names;

	(void)snprintf(names.posted, sizeof(names.posted), "%s.posted", name);
	(void)snprintf(names.id, sizeof(names.id), "%s.id", name);
	return names;
}

static int read_mark(
    struct catalog *catalog, const struct names *names, struct mark *ret_mark, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	*ret_mark = (struct mark){0, 0};
	if (catalog_find(catalog,
	        "SELECT (SELECT next FROM sequence WHERE name = $1),"
	        " (SELECT next FROM sequence WHERE name = $2)",
	        VALUES(TEXT(names->posted), TEXT(names->id)), &row, &found, err) < 0)
		return -1;
	if (found)
		*ret_mark = (struct mark){statement_int(row, 0), statement_int(row, 1)};
	return 0;
}

static int write_mark(
    struct catalog *catalog, const struct names *names, struct mark mark, struct err *err)
{
	return catalog_run(catalog,
	    "INSERT INTO sequence (name, next) VALUES (CAST($1 AS TEXT), CAST($2 AS BIGINT)),"
	    " (CAST($3 AS TEXT), CAST($4 AS BIGINT))"
	    " ON CONFLICT (name) DO UPDATE SET next = excluded.next",
	    VALUES(TEXT(names->posted), INT(mark.posted), TEXT(names->id), INT(mark.id)), err);
}

static int find_old(struct catalog *catalog, struct mark mark, int64_t old_enough,
    struct walked_letter ret_letters[CHUNK], size_t *ret_count, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT l.id, l.avrs_id, l.posted,"
	        " (SELECT COUNT(*) FROM (SELECT 1 FROM receipt r WHERE r.letter_id = l.id LIMIT 1) x)"
	        " FROM letter l WHERE l.electronic = 'posted' AND l.paper IS NULL"
	        " AND l.class = 'edelivery' AND l.posted >= $1 AND l.posted <= $2"
	        " AND (l.posted > $1 OR l.id > $3) ORDER BY l.posted, l.id LIMIT $4",
	        VALUES(INT(mark.posted), INT(old_enough), INT(mark.id), INT(CHUNK)), &row, &found,
	        err) < 0)
		return -1;
	for (*ret_count = 0; found && *ret_count < CHUNK; ++*ret_count) {
		struct walked_letter *letter = &ret_letters[*ret_count];

		letter->id = statement_int(row, 0);
		text_copy(letter->avrs_id, statement_text(row, 1));
		letter->posted = statement_int(row, 2);
		letter->fetched = statement_int(row, 3) != 0;
		if (statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}

static int step_body(struct catalog *catalog, void *arg, struct err *err)
{
	struct step *step = arg;
	struct walked_letter letters[CHUNK];
	struct mark mark;

	step->seen = 0;
	if (read_mark(catalog, &step->names, &mark, err) < 0)
		return -1;
	if (mark.posted == 0)
		return write_mark(catalog, &step->names, (struct mark){step->old_enough, 0}, err);
	if (find_old(catalog, mark, step->old_enough, letters, &step->seen, err) < 0)
		return -1;
	for (size_t i = 0; i < step->seen; i++) {
		if (step->each(catalog, &letters[i], step->arg, err) < 0)
			return -1;
		mark = (struct mark){letters[i].posted, letters[i].id};
	}
	return step->seen ? write_mark(catalog, &step->names, mark, err) : 0;
}

int letter_walk(struct catalog *catalog, const char *name, int64_t old_enough,
    int (*each)(
        struct catalog *catalog, const struct walked_letter *letter, void *arg, struct err *err),
    void *arg, bool *ret_more, struct err *err)
{
	struct step step = {names_of(name), old_enough, each, arg, 0};

	if (catalog_transact(catalog, step_body, &step, err) < 0)
		return -1;
	*ret_more = step.seen == CHUNK;
	return 0;
}

int letter_walk_forget(struct catalog *catalog, const char *name, struct err *err)
{
	struct names names = names_of(name);
	struct mark mark;

	/* Mostly there is none: then nothing is locked. */
	if (read_mark(catalog, &names, &mark, err) < 0)
		return -1;
	return mark.posted ? catalog_run(catalog, "DELETE FROM sequence WHERE name IN ($1, $2)",
	                         VALUES(TEXT(names.posted), TEXT(names.id)), err)
	                   : 0;
}
