/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "spool/mail_row.h"

static const char *const state_names[MAIL_STATE_COUNT] = {
    [MAIL_QUEUED] = "queued",
    [MAIL_HELD] = "held",
    [MAIL_SENT] = "sent",
    [MAIL_FAILED] = "failed",
    [MAIL_BOUNCED] = "bounced",
};

const char *mail_state_name(enum mail_state state)
{
	return state_names[state];
}

int mail_state_parse(const char *word, enum mail_state *ret_state, struct err *err)
{
	for (enum mail_state state = MAIL_QUEUED; state < MAIL_STATE_COUNT; state++)
		if (strcmp(word, state_names[state]) == 0) {
			*ret_state = state;
			return 0;
		}
	return err_set(
	    err, ERR_REFUSED, "\"%.40s\" is not queued, held, sent, failed or bounced", word);
}

int mail_add_as(struct catalog *catalog, int64_t id, int64_t account_id, enum mail_kind kind,
    int64_t due, struct err *err)
{
	return catalog_queue(catalog,
	    "INSERT INTO mail (id, account_id, kind, state, created, due, answer, ended)"
	    " SELECT CAST($1 AS BIGINT), id, CAST($3 AS TEXT),"
	    " CASE email_state WHEN 'bad' THEN 'failed' ELSE 'queued' END,"
	    " CAST($4 AS BIGINT), CAST($5 AS BIGINT),"
	    " CASE email_state WHEN 'bad' THEN email_reason END,"
	    " CASE email_state WHEN 'bad' THEN CAST($4 AS BIGINT) END"
	    " FROM account WHERE id = $2",
	    VALUES(
	        INT(id), INT(account_id), TEXT(mail_kind_name(kind)), INT(clock_now()), INT(due)),
	    err);
}

int mail_add(struct catalog *catalog, int64_t account_id, enum mail_kind kind, int64_t due,
    int64_t *ret_id, struct err *err)
{
	int64_t id = 0;

	if (catalog_take_ids(catalog, "mail", 1, &id, err) < 0 ||
	    mail_add_as(catalog, id, account_id, kind, due, err) < 0)
		return -1;
	*ret_id = id;
	return 0;
}

int mail_find(
    struct catalog *catalog, int64_t id, struct mail *ret_mail, bool *ret_found, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	if (catalog_find(
	        catalog, MAIL_SELECT "WHERE m.id = $1", VALUES(INT(id)), &row, ret_found, err) < 0)
		return -1;
	return *ret_found ? mail_row_read(row, ret_mail, err) : 0;
}

int mail_list(struct catalog *catalog, const char *login, enum mail_state state, int64_t limit,
    int (*each)(const struct mail *mail, void *arg, struct err *err), void *arg, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        MAIL_SELECT "WHERE ($1 = '' OR a.login = $1) AND ($2 = '' OR m.state = $2)"
	                    " ORDER BY m.id DESC LIMIT $3",
	        VALUES(TEXT(login), TEXT(state < MAIL_STATE_COUNT ? state_names[state] : ""),
	            INT(limit)),
	        &row, &found, err) < 0)
		return -1;
	while (found) {
		struct mail mail;

		if (mail_row_read(row, &mail, err) < 0 || each(&mail, arg, err) < 0 ||
		    statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}

/* A mail that an operator wants something of, for a transaction's body. */
struct wish {
	const struct actor *actor;
	int64_t id;
	struct mail mail;
	const char *reason;
	bool noted;
};

static int get(struct catalog *catalog, struct wish *wish, struct err *err)
{
	bool found = false;

	if (mail_find(catalog, wish->id, &wish->mail, &found, err) < 0)
		return -1;
	return found ? 0
	             : err_set(err, ERR_REFUSED, "no mail %" PRId64 "; `edelivery mail list`",
	                   wish->id);
}

static int tell(struct catalog *catalog, const struct wish *wish, const char *what,
    const char *reason, struct err *err)
{
	char detail[MAIL_ANSWER_MAX + 40];

	(void)snprintf(detail, sizeof(detail), "mail=%" PRId64 "%s%s", wish->mail.id,
	    reason ? " " : "", reason ? reason : "");
	return event_add(catalog, wish->actor,
	    &(struct event){.what = what, .login = wish->mail.login, .detail = detail}, err);
}

static int believe_address(struct catalog *catalog, int64_t account_id, struct err *err)
{
	return catalog_run(catalog,
	    "UPDATE account SET email_state = 'unknown', email_reason = NULL, email_since = $2"
	    " WHERE id = $1 AND email_state = 'bad'",
	    VALUES(INT(account_id), INT(clock_now())), err);
}

static int retry_body(struct catalog *catalog, void *arg, struct err *err)
{
	struct wish *wish = arg;

	if (get(catalog, wish, err) < 0)
		return -1;
	if (wish->mail.state != MAIL_HELD && wish->mail.state != MAIL_FAILED &&
	    wish->mail.state != MAIL_QUEUED)
		return err_set(err, ERR_REFUSED, "mail %" PRId64 " is %s: it was handed over",
		    wish->id, state_names[wish->mail.state]);
	if (wish->mail.state == MAIL_FAILED && wish->mail.expires)
		return err_set(err, ERR_REFUSED,
		    "mail %" PRId64 " had a %s, which is forgotten: have another one asked for",
		    wish->id, mail_kind_name(wish->mail.kind));
	if (catalog_run(catalog,
	        "UPDATE mail SET state = 'queued', due = $2, attempts = 0, first_attempt = NULL,"
	        " ended = NULL WHERE id = $1 AND state IN ('queued', 'held', 'failed')",
	        VALUES(INT(wish->id), INT(clock_now())), err) < 0 ||
	    believe_address(catalog, wish->mail.account_id, err) < 0)
		return -1;
	return tell(catalog, wish, "mail.retried", NULL, err);
}

int mail_retry(struct catalog *catalog, const struct actor *actor, int64_t id, struct err *err)
{
	struct wish wish = {.actor = actor, .id = id};

	return catalog_transact(catalog, retry_body, &wish, err);
}

static int hold_body(struct catalog *catalog, void *arg, struct err *err)
{
	struct wish *wish = arg;

	if (get(catalog, wish, err) < 0 ||
	    catalog_run(catalog,
	        "UPDATE mail SET state = 'held', answer = $2"
	        " WHERE id = $1 AND state = 'queued' AND owner IS NULL",
	        VALUES(INT(wish->id), TEXT(wish->actor->name)), err) < 0)
		return -1;
	if (catalog_changes(catalog) == 0)
		return err_set(err, ERR_REFUSED, "mail %" PRId64 " is %s: there is nothing to hold",
		    wish->id,
		    wish->mail.state == MAIL_QUEUED ? "just being sent"
		                                    : state_names[wish->mail.state]);
	return tell(catalog, wish, "mail.held", NULL, err);
}

int mail_hold(struct catalog *catalog, const struct actor *actor, int64_t id, struct err *err)
{
	struct wish wish = {.actor = actor, .id = id};

	return catalog_transact(catalog, hold_body, &wish, err);
}

int mail_distrust_address(struct catalog *catalog, const struct actor *actor,
    const struct account *account, const char *reason, struct err *err)
{
	if (catalog_run(catalog,
	        "UPDATE account SET email_state = 'bad', email_reason = $2, email_since = $3"
	        " WHERE id = $1 AND email_state <> 'bad' AND email = $4",
	        VALUES(INT(account->id), TEXT(reason), INT(clock_now()), TEXT(account->email)),
	        err) < 0)
		return -1;
	if (catalog_changes(catalog) == 0)
		return 0;
	return event_add(catalog, actor,
	    &(struct event){.what = "account.email-bad", .login = account->login, .detail = reason},
	    err);
}

int mail_trust_address(struct catalog *catalog, int64_t account_id, struct err *err)
{
	if (believe_address(catalog, account_id, err) < 0)
		return -1;
	return catalog_run(catalog,
	    "UPDATE mail SET state = 'queued', due = $2, attempts = 0, first_attempt = NULL,"
	    " answer = NULL, ended = NULL"
	    " WHERE account_id = $1 AND state = 'failed' AND expires IS NULL"
	    " AND answer NOT LIKE '" MAIL_DROPPED "%'",
	    VALUES(INT(account_id), INT(clock_now())), err);
}

static int bounced_body(struct catalog *catalog, void *arg, struct err *err)
{
	struct wish *wish = arg;
	struct account account = {.id = wish->mail.account_id};

	text_copy(account.login, wish->mail.login);
	text_copy(account.email, wish->mail.email);
	if (catalog_run(catalog,
	        /* It may come back before it is recorded that it was sent. */
	        "UPDATE mail SET state = 'bounced', answer = $2, ended = $3,"
	        " detail = CASE WHEN expires IS NULL THEN detail ELSE '' END"
	        " WHERE id = $1 AND state IN ('sent', 'queued')",
	        VALUES(INT(wish->mail.id), TEXT(wish->reason), INT(clock_now())), err) < 0)
		return -1;
	wish->noted = catalog_changes(catalog) > 0;
	if (!wish->noted)
		return 0;
	if (tell(catalog, wish, "mail.bounced", wish->reason, err) < 0)
		return -1;
	return mail_distrust_address(catalog, wish->actor, &account, wish->reason, err);
}

int mail_bounced(struct catalog *catalog, const struct actor *actor, const struct mail *mail,
    const char *reason, bool *ret_noted, struct err *err)
{
	struct wish wish = {.actor = actor, .id = mail->id, .mail = *mail, .reason = reason};

	if (catalog_transact(catalog, bounced_body, &wish, err) < 0)
		return -1;
	*ret_noted = wish.noted;
	return 0;
}

/* What is to be forgotten, for a transaction's body. */
struct forgetting {
	int64_t before;
	int64_t limit;
	int64_t count;
};

/* What waits for another address is kept: new letters join it. */
#define FORGOTTEN                                                                                        \
	" FROM mail WHERE ended < $1 AND NOT (state = 'failed' AND expires IS NULL AND EXISTS (SELECT 1" \
	" FROM account a WHERE a.id = account_id AND a.email_state = 'bad'))"                            \
	" ORDER BY ended, id LIMIT $2)"

static int forget_body(struct catalog *catalog, void *arg, struct err *err)
{
	struct forgetting *forgetting = arg;
	const struct value *values = VALUES(INT(forgetting->before), INT(forgetting->limit));

	if (catalog_run(catalog,
	        "DELETE FROM notification WHERE (account_id, mail_id) IN"
	        " (SELECT account_id, id" FORGOTTEN,
	        values, err) < 0 ||
	    catalog_run(catalog, "DELETE FROM mail WHERE id IN (SELECT id" FORGOTTEN, values, err) <
	        0)
		return -1;
	forgetting->count = catalog_changes(catalog);
	return 0;
}

int mail_forget(
    struct catalog *catalog, int64_t before, int64_t limit, int64_t *ret_count, struct err *err)
{
	struct forgetting forgetting = {before, limit, 0};

	if (catalog_transact(catalog, forget_body, &forgetting, err) < 0)
		return -1;
	*ret_count = forgetting.count;
	return 0;
}
