/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_gather.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "spool/mail.h"

/* What is gathered, for a transaction's body. */
struct gathering {
	int64_t window_over; /* notifications up to then are due */
	int64_t daily_over;  /* the same for accounts that want one mail a day */
	bool more;
};

/* The last time before now that it was that hour in the agency's time zone. */
static int64_t last_daily(int64_t now, int64_t hour)
{
	char today[DATE_SIZE];
	int64_t when;

	clock_print_date(now, today);
	when = clock_date_start(today, 0) + hour * HOUR;
	return when <= now ? when : clock_date_start(today, -1) + hour * HOUR;
}

/* The account's mail that has not gone out and that nobody is sending, or 0. */
static int find_waiting(
    struct catalog *catalog, int64_t account_id, int64_t *ret_id, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT id FROM mail WHERE account_id = $1 AND state IN ('queued', 'held', 'failed')"
	        " AND kind = 'letters' AND owner IS NULL"
	        " AND (answer IS NULL OR answer NOT LIKE '" MAIL_DROPPED "%')"
	        " ORDER BY id DESC LIMIT 1",
	        VALUES(INT(account_id)), &row, &found, err) < 0)
		return -1;
	*ret_id = found ? statement_int(row, 0) : 0;
	return 0;
}

/* Add what is new to what that mail tells. One that failed is tried again, unless it would again.
 */
static int join(struct catalog *catalog, int64_t account_id, int64_t mail_id, struct err *err)
{
	if (catalog_run(catalog,
	        "INSERT INTO notification (account_id, avrs_id, class, letters, since, mail_id)"
	        " SELECT account_id, avrs_id, class, letters, since, CAST($2 AS BIGINT)"
	        " FROM notification WHERE account_id = $1 AND mail_id = 0"
	        " ON CONFLICT (account_id, avrs_id, class, mail_id)"
	        " DO UPDATE SET letters = notification.letters + excluded.letters",
	        VALUES(INT(account_id), INT(mail_id)), err) < 0 ||
	    catalog_run(catalog, "DELETE FROM notification WHERE account_id = $1 AND mail_id = 0",
	        VALUES(INT(account_id)), err) < 0)
		return -1;
	return catalog_run(catalog,
	    "UPDATE mail SET state = 'queued', due = $2, attempts = 0, first_attempt = NULL,"
	    " ended = NULL WHERE id = $1 AND state = 'failed'"
	    " AND (SELECT email_state FROM account WHERE id = account_id) <> 'bad'",
	    VALUES(INT(mail_id), INT(clock_now())), err);
}

/* A mail of its own; to an address that is bad it waits as failed until there is another. */
static int begin(struct catalog *catalog, int64_t account_id, struct err *err)
{
	int64_t id = 0;

	if (mail_add(catalog, account_id, MAIL_LETTERS, "", &id, err) < 0 ||
	    catalog_run(catalog,
	        "UPDATE notification SET mail_id = $2 WHERE account_id = $1 AND mail_id = 0",
	        VALUES(INT(account_id), INT(id)), err) < 0)
		return -1;
	return catalog_run(catalog,
	    "UPDATE mail SET state = 'failed', ended = due,"
	    " answer = (SELECT email_reason FROM account WHERE id = account_id)"
	    " WHERE id = $1 AND (SELECT email_state FROM account WHERE id = account_id) = 'bad'",
	    VALUES(INT(id)), err);
}

static int gather_account(struct catalog *catalog, int64_t account_id, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool open = false;
	int64_t waiting = 0;

	/* The rows of an account need not stand together: the first of them took all. */
	if (catalog_find(catalog,
	        "SELECT 1 FROM notification WHERE account_id = $1 AND mail_id = 0 LIMIT 1",
	        VALUES(INT(account_id)), &row, &open, err) < 0)
		return -1;
	if (!open)
		return 0;
	if (find_waiting(catalog, account_id, &waiting, err) < 0)
		return -1;
	return waiting ? join(catalog, account_id, waiting, err) : begin(catalog, account_id, err);
}

/* Whose windows are over; an account stands there once for each of its notifications. */
static int list_due(struct catalog *catalog, const struct gathering *gathering,
    int64_t ret_accounts[MAIL_GATHER_MAX], size_t *ret_count, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	*ret_count = 0;
	if (catalog_find(catalog,
	        "SELECT n.account_id FROM notification n JOIN account a ON a.id = n.account_id"
	        " WHERE n.mail_id = 0 AND n.since <= $1"
	        " AND (a.mail_window <> 'daily' OR n.since <= $2) ORDER BY n.since LIMIT $3",
	        VALUES(
	            INT(gathering->window_over), INT(gathering->daily_over), INT(MAIL_GATHER_MAX)),
	        &row, &found, err) < 0)
		return -1;
	while (found) {
		ret_accounts[(*ret_count)++] = statement_int(row, 0);
		if (statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}

static int gather_body(struct catalog *catalog, void *arg, struct err *err)
{
	struct gathering *gathering = arg;
	int64_t accounts[MAIL_GATHER_MAX];
	size_t count = 0;

	if (list_due(catalog, gathering, accounts, &count, err) < 0)
		return -1;
	gathering->more = count == MAIL_GATHER_MAX;
	for (size_t i = 0; i < count; i++)
		if (gather_account(catalog, accounts[i], err) < 0)
			return -1;
	return 0;
}

int mail_gather(
    struct catalog *catalog, const struct settings *settings, bool *ret_more, struct err *err)
{
	int64_t now = clock_now();
	struct gathering gathering = {.window_over = now - settings->mail_window,
	    .daily_over = last_daily(now, settings->mail_daily_hour)};
	int64_t accounts[MAIL_GATHER_MAX];
	size_t count = 0;

	/* Most of the time there are none: then nothing is locked. */
	if (list_due(catalog, &gathering, accounts, &count, err) < 0)
		return -1;
	*ret_more = false;
	if (count == 0)
		return 0;
	if (catalog_transact(catalog, gather_body, &gathering, err) < 0)
		return -1;
	*ret_more = gathering.more;
	return 0;
}

/* The day's mail about quarantine, for a transaction's body. */
struct digest {
	const struct actor *actor;
	int64_t moment; /* of today's mails */
};

/* Is it for us to do today's? The lease says from when on the next are due. */
static int take_turn(
    struct catalog *catalog, const struct digest *digest, bool *ret_ours, struct err *err)
{
	if (catalog_run(catalog,
	        "INSERT INTO lease (name, owner, until) VALUES ('mail.quarantine', $1, $2)"
	        " ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until"
	        " WHERE lease.until < excluded.until",
	        VALUES(TEXT(digest->actor->node), INT(digest->moment)), err) < 0)
		return -1;
	*ret_ours = catalog_changes(catalog) > 0;
	return 0;
}

static int count_quarantined(
    struct catalog *catalog, int64_t since, int64_t ret_counts[2], struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT COUNT(*), COALESCE(SUM(CASE WHEN changed > $1 THEN 1 ELSE 0 END), 0)"
	        " FROM intake WHERE state = 'quarantined'",
	        VALUES(INT(since)), &row, &found, err) < 0)
		return -1;
	ret_counts[0] = statement_int(row, 0);
	ret_counts[1] = statement_int(row, 1);
	return 0;
}

static int tell_administrators(struct catalog *catalog, const char *detail, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT id FROM account WHERE admin = 1 AND state = 'active' ORDER BY id",
	        NO_VALUES, &row, &found, err) < 0)
		return -1;
	while (found) {
		int64_t id = 0;

		if (mail_add(catalog, statement_int(row, 0), MAIL_QUARANTINE, detail, &id, err) <
		        0 ||
		    statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}

static int digest_body(struct catalog *catalog, void *arg, struct err *err)
{
	const struct digest *digest = arg;
	char detail[MAIL_DETAIL_MAX + 1];
	int64_t counts[2];
	bool ours = false;

	if (take_turn(catalog, digest, &ours, err) < 0)
		return -1;
	if (!ours)
		return 0;
	if (count_quarantined(catalog, digest->moment - DAY, counts, err) < 0)
		return -1;
	if (counts[0] == 0)
		return 0;
	(void)snprintf(
	    detail, sizeof(detail), "files=%" PRId64 " new=%" PRId64, counts[0], counts[1]);
	return tell_administrators(catalog, detail, err);
}

/* Has today's turn been taken? */
static int is_done(struct catalog *catalog, int64_t moment, bool *ret_done, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	return catalog_find(catalog,
	    "SELECT 1 FROM lease WHERE name = 'mail.quarantine' AND until >= $1",
	    VALUES(INT(moment)), &row, ret_done, err);
}

int mail_gather_daily(struct catalog *catalog, const struct actor *actor,
    const struct settings *settings, struct err *err)
{
	struct digest digest = {actor, last_daily(clock_now(), settings->mail_daily_hour)};
	bool done = false;

	if (is_done(catalog, digest.moment, &done, err) < 0)
		return -1;
	return done ? 0 : catalog_transact(catalog, digest_body, &digest, err);
}
