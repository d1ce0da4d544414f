/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_gather.h"

#include "base/clock.h"
#include "spool/mail_daily.h"
#include "spool/mail_waiting.h"

/* What is gathered, for a transaction's body. */
struct gathering {
	int64_t window_over; /* notifications up to then are due */
	int64_t daily_over;  /* the same for accounts that want one mail a day */
	bool more;
};

/* Add what is new to what that mail tells. */
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
	return mail_wake(catalog, mail_id, err);
}

static int begin(struct catalog *catalog, int64_t account_id, struct err *err)
{
	int64_t id = 0;

	if (mail_add(catalog, account_id, MAIL_LETTERS, clock_now(), &id, err) < 0)
		return -1;
	return catalog_run(catalog,
	    "UPDATE notification SET mail_id = $2 WHERE account_id = $1 AND mail_id = 0",
	    VALUES(INT(account_id), INT(id)), err);
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
	if (mail_find_waiting(catalog, account_id, MAIL_LETTERS, &waiting, err) < 0)
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
	    .daily_over = mail_daily_moment(now, settings->mail_daily_hour)};
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
