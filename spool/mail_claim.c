/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_claim.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"
#include "spool/mail_row.h"

/* A claim being made, for the transaction's body. */
struct claiming {
	const char *owner;
	int64_t until;
	size_t limit;
	struct mail *mails;
	size_t count;
};

/* What it returns are the columns of MAIL_SELECT: one statement, however many are claimed. */
#define CLAIM(which)                                                                                                   \
	"UPDATE mail SET owner = $1, owned_until = $2, attempts = attempts + 1,"                                       \
	" first_attempt = COALESCE(first_attempt, $3) WHERE id IN"                                                     \
	" (SELECT id FROM mail WHERE state = 'queued' AND due <= $3" which                                             \
	" AND (owner IS NULL OR owned_until < $3)"                                                                     \
	" AND kind IN ('letters', 'quarantine', 'batch', 'locked', 'role-ends', 'letters-end', 'publication', 'code')" \
	" ORDER BY due, id LIMIT $4)"                                                                                  \
	" RETURNING id, account_id, (SELECT login FROM account WHERE id = account_id),"                                \
	" COALESCE(email, (SELECT a.email FROM account a WHERE a.id = account_id)), kind, state,"                      \
	" detail, created, due, attempts, first_attempt, answer, ended, expires"

static int claim_some(
    struct catalog *catalog, const char *sql, struct claiming *claiming, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (claiming->count == claiming->limit)
		return 0;
	if (catalog_find(catalog, sql,
	        VALUES(TEXT(claiming->owner), INT(claiming->until), INT(clock_now()),
	            INT((int64_t)(claiming->limit - claiming->count))),
	        &row, &found, err) < 0)
		return -1;
	while (found) {
		if (mail_row_read(row, &claiming->mails[claiming->count++], err) < 0 ||
		    statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}

/* Somebody waits in front of a screen for what has a time. */
static int claim_body(struct catalog *catalog, void *arg, struct err *err)
{
	struct claiming *claiming = arg;

	claiming->count = 0;
	return claim_some(catalog, CLAIM(" AND expires IS NOT NULL"), claiming, err) < 0 ||
	               claim_some(catalog, CLAIM(""), claiming, err) < 0
	           ? -1
	           : 0;
}

static int has_due(struct catalog *catalog, bool *ret_due, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	return catalog_find(catalog,
	    "SELECT 1 FROM mail WHERE state = 'queued' AND due <= $1"
	    " AND (owner IS NULL OR owned_until < $1) LIMIT 1",
	    VALUES(INT(clock_now())), &row, ret_due, err);
}

int mail_claim(struct catalog *catalog, const char *owner, int64_t until, size_t limit,
    struct mail *ret_mails, size_t *ret_count, struct err *err)
{
	struct claiming claiming = {owner, until, limit, ret_mails, 0};
	bool due = false;

	*ret_count = 0;
	/* Most of the time there is none: then nothing is locked. */
	if (has_due(catalog, &due, err) < 0)
		return -1;
	if (due && catalog_transact(catalog, claim_body, &claiming, err) < 0)
		return -1;
	*ret_count = claiming.count;
	return 0;
}

/* Results being recorded, for the transaction's body. */
struct recording {
	const struct actor *actor;
	const char *owner;
	const struct mail_result *results;
	size_t count;
	size_t lost;
	int64_t event_id; /* of the next event */
};

/* How the row of a mail ends up, by outcome, and what is told of it; NULL: nothing. */
static const struct {
	const char *state;
	const char *event;
} ends[MAIL_OUTCOME_COUNT] = {
    [MAIL_OUTCOME_SENT] = {"sent", "mail.sent"},
    [MAIL_OUTCOME_RETRY] = {"queued", NULL},
    [MAIL_OUTCOME_REFUSED] = {"failed", "mail.refused"},
    [MAIL_OUTCOME_GIVEN_UP] = {"failed", "mail.given-up"},
    [MAIL_OUTCOME_DROPPED] = {"failed", "mail.dropped"},
    [MAIL_OUTCOME_UNTRIED] = {"queued", NULL},
};

static int end_row(struct catalog *catalog, const struct recording *recording,
    const struct mail_result *result, bool *ret_ours, struct err *err)
{
	const struct mail *mail = &result->mail;
	bool again = result->outcome == MAIL_OUTCOME_RETRY;
	bool untried = result->outcome == MAIL_OUTCOME_UNTRIED;

	if (catalog_run(catalog,
	        "UPDATE mail SET state = $3, due = $4, attempts = attempts - $5, answer = $6,"
	        " ended = $7, owner = NULL, owned_until = NULL,"
	        " detail = CASE WHEN expires IS NULL OR $3 = 'queued' THEN detail ELSE '' END"
	        " WHERE id = $1 AND owner = $2 AND state = 'queued'",
	        VALUES(INT(mail->id), TEXT(recording->owner), TEXT(ends[result->outcome].state),
	            INT(again ? result->again : mail->due), INT(untried),
	            TEXT_OR_NULL(untried ? mail->answer : result->answer),
	            INT_OR_NULL(again || untried ? 0 : clock_now())),
	        err) < 0)
		return -1;
	*ret_ours = catalog_changes(catalog) > 0;
	return 0;
}

static int tell(struct catalog *catalog, struct recording *recording,
    const struct mail_result *result, struct err *err)
{
	char detail[MAIL_ANSWER_MAX + 64];

	(void)snprintf(detail, sizeof(detail), "mail=%" PRId64 " kind=%s %s", result->mail.id,
	    mail_kind_name(result->mail.kind), result->answer);
	return event_add_as(catalog, recording->event_id++, recording->actor,
	    &(struct event){
	        .what = ends[result->outcome].event, .login = result->mail.login, .detail = detail},
	    err);
}

static int mark_address(struct catalog *catalog, const struct recording *recording,
    const struct mail_result *result, struct err *err)
{
	struct account account = {.id = result->mail.account_id};

	text_copy(account.login, result->mail.login);
	text_copy(account.email, result->mail.email);
	return mail_distrust_address(catalog, recording->actor, &account, result->answer, err);
}

static int record_one(struct catalog *catalog, struct recording *recording,
    const struct mail_result *result, struct err *err)
{
	bool ours = false;

	if (end_row(catalog, recording, result, &ours, err) < 0)
		return -1;
	if (!ours) {
		recording->lost++;
		return 0;
	}
	if (ends[result->outcome].event && tell(catalog, recording, result, err) < 0)
		return -1;
	if (result->outcome == MAIL_OUTCOME_REFUSED)
		return mark_address(catalog, recording, result, err);
	/* What was told needs no count any more; what failed may be told later. */
	if (result->outcome == MAIL_OUTCOME_SENT || result->outcome == MAIL_OUTCOME_DROPPED)
		return catalog_run(catalog,
		    /* The plus: see count_rows() in mail_news.c. */
		    "DELETE FROM notification WHERE account_id = $1 AND +mail_id = $2",
		    VALUES(INT(result->mail.account_id), INT(result->mail.id)), err);
	return 0;
}

static int record_body(struct catalog *catalog, void *arg, struct err *err)
{
	struct recording *recording = arg;

	int64_t events = 0;

	recording->lost = 0;
	for (size_t i = 0; i < recording->count; i++)
		events += ends[recording->results[i].outcome].event != NULL;
	if (events && catalog_take_ids(catalog, "event", events, &recording->event_id, err) < 0)
		return -1;
	for (size_t i = 0; i < recording->count; i++)
		if (record_one(catalog, recording, &recording->results[i], err) < 0)
			return -1;
	return 0;
}

int mail_record(struct catalog *catalog, const struct actor *actor, const char *owner,
    const struct mail_result *results, size_t count, size_t *ret_lost, struct err *err)
{
	struct recording recording = {
	    .actor = actor, .owner = owner, .results = results, .count = count};

	*ret_lost = 0;
	if (count == 0)
		return 0;
	if (catalog_transact(catalog, record_body, &recording, err) < 0)
		return -1;
	*ret_lost = recording.lost;
	return 0;
}

int mail_unclaim(struct catalog *catalog, const char *owner, struct err *err)
{
	return catalog_run(catalog,
	    /* That we died says nothing about the relay: it is no attempt that failed. */
	    "UPDATE mail SET owned_until = 0, attempts = attempts - 1"
	    " WHERE owner = $1 AND state = 'queued' AND owned_until > 0",
	    VALUES(TEXT(owner)), err);
}
