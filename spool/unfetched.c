/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/unfetched.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/text.h"
#include "spool/letter.h"
#include "spool/letter_walk.h"

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

static int queue_one(struct catalog *catalog, const struct judging *judging,
    const struct walked_letter *letter, const char *why, struct err *err)
{
	char reason[REASON_MAX + 1];

	(void)snprintf(
	    reason, sizeof(reason), "nobody has got it in %" PRId64 " days%s", judging->days, why);
	if (letter_queue_paper(catalog, letter->id, reason, err) < 0)
		return -1;
	return event_add(catalog, judging->actor,
	    &(struct event){.what = "letter.unfetched",
	        .avrs_id = letter->avrs_id,
	        .letter_id = letter->id,
	        .detail = reason},
	    err);
}

/* Each letter is judged once, when it is old enough. */
static int judge_old(
    struct catalog *catalog, const struct walked_letter *letter, void *arg, struct err *err)
{
	const struct judging *judging = arg;

	return letter->fetched ? 0 : queue_one(catalog, judging, letter, "", err);
}

static int read_letters(struct statement *row, bool found, struct walked_letter *ret_letters,
    size_t *ret_count, struct err *err)
{
	for (*ret_count = 0; found && *ret_count < CHUNK; ++*ret_count) {
		ret_letters[*ret_count] = (struct walked_letter){.id = statement_int(row, 0)};
		text_copy(ret_letters[*ret_count].avrs_id, statement_text(row, 1));
		if (statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}

/* Of AVRS IDs with accounts whose mail comes back, and none that can be told. */
static int judge_untold(struct catalog *catalog, void *arg, struct err *err)
{
	struct judging *judging = arg;
	struct walked_letter letters[CHUNK];
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	judging->seen = 0;
	if (catalog_find(catalog,
	        "SELECT l.id, l.avrs_id FROM (SELECT m.avrs_id AS avrs_id,"
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
	    read_letters(row, found, letters, &judging->seen, err) < 0)
		return -1;
	for (size_t i = 0; i < judging->seen; i++)
		if (queue_one(catalog, judging, &letters[i],
		        ", and mail to its accounts comes back", err) < 0)
			return -1;
	return 0;
}

int unfetched_queue(struct catalog *catalog, const struct actor *actor,
    const struct settings *settings, bool *ret_more, struct err *err)
{
	int64_t now = clock_now();
	struct judging old = {.actor = actor, .days = settings->paper_after};
	struct judging untold = {.actor = actor,
	    .days = settings->paper_after_bounce,
	    .old_enough = now - settings->paper_after_bounce * DAY};
	bool more = false;

	if (old.days == 0 && letter_walk_forget(catalog, "unfetched", err) < 0)
		return -1;
	if (old.days > 0 && letter_walk(catalog, "unfetched", now - old.days * DAY, judge_old, &old,
	                        &more, err) < 0)
		return -1;
	if (untold.days > 0 && catalog_transact(catalog, judge_untold, &untold, err) < 0)
		return -1;
	*ret_more = more || untold.seen == CHUNK;
	return 0;
}
