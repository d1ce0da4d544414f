/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/unfetched.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/text.h"
#include "spool/letter.h"

enum { CHUNK = 500 };

/* How long before mail came back first letters count as not told of. */
#define BEFORE_BOUNCE (7 * DAY)

/* A chunk of the work, for a transaction's body. */
struct judging {
	const struct actor *actor;
	int64_t days;
	int64_t old_enough; /* posted until then */
	size_t seen;        /* letters of the chunk */
};

/* Up to which letter all have been judged, by time of posting and id; time 0: none has. */
struct mark {
	int64_t posted;
	int64_t id;
};

/* What is to be judged: an id, an AVRS ID, a time, and whether somebody has got it. */
struct candidate {
	int64_t id;
	int64_t posted;
	bool fetched;
	char avrs_id[AVRS_ID_MAX + 1];
};

static int read_mark(struct catalog *catalog, struct mark *ret_mark, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	*ret_mark = (struct mark){0, 0};
	if (catalog_find(catalog,
	        "SELECT (SELECT next FROM sequence WHERE name = 'unfetched.posted'),"
	        " (SELECT next FROM sequence WHERE name = 'unfetched.id')",
	        NO_VALUES, &row, &found, err) < 0)
		return -1;
	if (found)
		*ret_mark = (struct mark){statement_int(row, 0), statement_int(row, 1)};
	return 0;
}

static int write_mark(struct catalog *catalog, struct mark mark, struct err *err)
{
	return catalog_run(catalog,
	    "INSERT INTO sequence (name, next) VALUES ('unfetched.posted', CAST($1 AS BIGINT)),"
	    " ('unfetched.id', CAST($2 AS BIGINT))"
	    " ON CONFLICT (name) DO UPDATE SET next = excluded.next",
	    VALUES(INT(mark.posted), INT(mark.id)), err);
}

static int read_candidates(struct statement *row, bool found, struct candidate *ret_candidates,
    size_t *ret_count, struct err *err)
{
	for (*ret_count = 0; found && *ret_count < CHUNK; ++*ret_count) {
		struct candidate *candidate = &ret_candidates[*ret_count];

		candidate->id = statement_int(row, 0);
		text_copy(candidate->avrs_id, statement_text(row, 1));
		candidate->posted = statement_int(row, 2);
		candidate->fetched = statement_int(row, 3) != 0;
		if (statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}

static int queue_one(struct catalog *catalog, const struct judging *judging,
    const struct candidate *candidate, const char *why, struct err *err)
{
	char reason[REASON_MAX + 1];

	(void)snprintf(
	    reason, sizeof(reason), "nobody has got it in %" PRId64 " days%s", judging->days, why);
	if (letter_queue_paper(catalog, candidate->id, reason, err) < 0)
		return -1;
	return event_add(catalog, judging->actor,
	    &(struct event){.what = "letter.unfetched",
	        .avrs_id = candidate->avrs_id,
	        .letter_id = candidate->id,
	        .detail = reason},
	    err);
}

static int find_old(struct catalog *catalog, const struct judging *judging, struct mark mark,
    struct candidate *ret_candidates, size_t *ret_count, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT l.id, l.avrs_id, l.posted,"
	        " (SELECT COUNT(*) FROM (SELECT 1 FROM receipt r WHERE r.letter_id = l.id LIMIT 1) x)"
	        " FROM letter l WHERE l.electronic = 'posted' AND l.paper IS NULL"
	        " AND l.class = 'edelivery' AND l.posted >= $1 AND l.posted <= $2"
	        " AND (l.posted > $1 OR l.id > $3) ORDER BY l.posted, l.id LIMIT $4",
	        VALUES(INT(mark.posted), INT(judging->old_enough), INT(mark.id), INT(CHUNK)), &row,
	        &found, err) < 0)
		return -1;
	return read_candidates(row, found, ret_candidates, ret_count, err);
}

/* Each letter is judged once, when it is old enough. */
static int judge_old(struct catalog *catalog, void *arg, struct err *err)
{
	struct judging *judging = arg;
	struct candidate candidates[CHUNK];
	struct mark mark;

	judging->seen = 0;
	if (read_mark(catalog, &mark, err) < 0)
		return -1;
	if (mark.posted == 0)
		return write_mark(catalog, (struct mark){judging->old_enough, 0}, err);
	if (find_old(catalog, judging, mark, candidates, &judging->seen, err) < 0)
		return -1;
	for (size_t i = 0; i < judging->seen; i++) {
		if (!candidates[i].fetched &&
		    queue_one(catalog, judging, &candidates[i], "", err) < 0)
			return -1;
		mark = (struct mark){candidates[i].posted, candidates[i].id};
	}
	return judging->seen ? write_mark(catalog, mark, err) : 0;
}

static int forget_mark(struct catalog *catalog, struct err *err)
{
	struct mark mark;

	if (read_mark(catalog, &mark, err) < 0)
		return -1;
	return mark.posted ? catalog_run(catalog,
	                         "DELETE FROM sequence WHERE name IN"
	                         " ('unfetched.posted', 'unfetched.id')",
	                         NO_VALUES, err)
	                   : 0;
}

/* Of AVRS IDs with accounts whose mail comes back, and none that can be told. */
static int judge_untold(struct catalog *catalog, void *arg, struct err *err)
{
	struct judging *judging = arg;
	struct candidate candidates[CHUNK];
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	judging->seen = 0;
	if (catalog_find(catalog,
	        "SELECT l.id, l.avrs_id, l.posted, 0 FROM (SELECT m.avrs_id AS avrs_id,"
	        " MIN(a.email_since) AS since FROM account a JOIN membership m"
	        " ON m.account_id = a.id WHERE a.email_state = 'bad' AND m.role <> 'none'"
	        " GROUP BY m.avrs_id) bad JOIN letter l ON l.avrs_id = bad.avrs_id"
	        " WHERE l.electronic = 'posted' AND l.class = 'edelivery' AND l.paper IS NULL"
	        " AND l.posted <= $1 AND l.posted > bad.since - $2"
	        " AND NOT EXISTS (SELECT 1 FROM membership m JOIN account a ON a.id = m.account_id"
	        " WHERE m.avrs_id = l.avrs_id AND m.role <> 'none' AND a.state = 'active'"
	        " AND a.email_state <> 'bad')"
	        " AND NOT EXISTS (SELECT 1 FROM receipt r WHERE r.letter_id = l.id)"
	        " ORDER BY l.id LIMIT $3",
	        VALUES(INT(judging->old_enough), INT(BEFORE_BOUNCE), INT(CHUNK)), &row, &found,
	        err) < 0 ||
	    read_candidates(row, found, candidates, &judging->seen, err) < 0)
		return -1;
	for (size_t i = 0; i < judging->seen; i++)
		if (queue_one(catalog, judging, &candidates[i],
		        ", and mail to its accounts comes back", err) < 0)
			return -1;
	return 0;
}

static int judge_all(struct catalog *catalog, const struct actor *actor, int64_t days,
    int (*judge)(struct catalog *catalog, void *arg, struct err *err), struct err *err)
{
	struct judging judging = {
	    .actor = actor, .days = days, .old_enough = clock_now() - days * DAY, .seen = CHUNK};

	while (judging.seen == CHUNK)
		if (catalog_transact(catalog, judge, &judging, err) < 0)
			return -1;
	return 0;
}

int unfetched_queue(struct catalog *catalog, const struct actor *actor,
    const struct settings *settings, struct err *err)
{
	int result = settings->paper_after
	                 ? judge_all(catalog, actor, settings->paper_after, judge_old, err)
	                 : forget_mark(catalog, err);

	if (result == 0 && settings->paper_after_bounce)
		result = judge_all(catalog, actor, settings->paper_after_bounce, judge_untold, err);
	return result;
}
