/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_gather.h"

#include "base/clock.h"
#include "spool/mail_daily.h"
#include "spool/mail_waiting.h"

/* An account that is to be told, and by which mail; 0: one of its own. */
struct told {
	int64_t account_id;
	int64_t mail_id;
};

/* What is gathered, for a transaction's body. */
struct gathering {
	int64_t window_over; /* notifications up to then are due */
	int64_t daily_over;  /* the same for accounts that want one mail a day */
	struct told accounts[MAIL_GATHER_MAX];
	size_t count;
	int64_t own; /* accounts that get a mail of their own */
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

static int begin(struct catalog *catalog, int64_t account_id, int64_t mail_id, struct err *err)
{
	if (mail_add_as(catalog, mail_id, account_id, MAIL_LETTERS, clock_now(), err) < 0)
		return -1;
	return catalog_queue(catalog,
	    "UPDATE notification SET mail_id = $2 WHERE account_id = $1 AND mail_id = 0",
	    VALUES(INT(account_id), INT(mail_id)), err);
}

/* Notifications that are due. Most of the time there are none: then nothing is locked. */
#define DUE                                                          \
	" FROM notification n JOIN account a ON a.id = n.account_id" \
	" WHERE n.mail_id = 0 AND n.since <= $1"                     \
	" AND (a.mail_window <> 'daily' OR n.since <= $2) ORDER BY n.since"

static int has_due(
    struct catalog *catalog, const struct gathering *gathering, bool *ret_due, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	return catalog_find(catalog, "SELECT 1" DUE " LIMIT 1",
	    VALUES(INT(gathering->window_over), INT(gathering->daily_over)), &row, ret_due, err);
}

/* Whose notifications are due, and the mail that each is added to, 0: one of its own. */
static int list_due(struct catalog *catalog, struct gathering *gathering, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	int64_t notifications = 0;
	bool found = false;

	gathering->count = 0;
	gathering->own = 0;
	if (catalog_find(catalog,
	        "SELECT due.account_id, COUNT(*), (SELECT MAX(w.id) FROM mail w"
	        " WHERE w.account_id = due.account_id AND w.kind = 'letters' AND " MAIL_WAITS(
	            "w") ") FROM (SELECT n.account_id" DUE
	                 " LIMIT $3) AS due GROUP BY due.account_id",
	        VALUES(
	            INT(gathering->window_over), INT(gathering->daily_over), INT(MAIL_GATHER_MAX)),
	        &row, &found, err) < 0)
		return -1;
	while (found) {
		struct told *told = &gathering->accounts[gathering->count++];

		*told = (struct told){statement_int(row, 0), statement_int(row, 2)};
		gathering->own += told->mail_id == 0;
		notifications += statement_int(row, 1);
		if (statement_next(row, &found, err) < 0)
			return -1;
	}
	gathering->more = notifications == MAIL_GATHER_MAX;
	return 0;
}

static int gather_body(struct catalog *catalog, void *arg, struct err *err)
{
	struct gathering *gathering = arg;
	int64_t id = 0;

	if (list_due(catalog, gathering, err) < 0 ||
	    (gathering->own && catalog_take_ids(catalog, "mail", gathering->own, &id, err) < 0))
		return -1;
	for (size_t i = 0; i < gathering->count; i++) {
		const struct told *told = &gathering->accounts[i];

		if ((told->mail_id ? join(catalog, told->account_id, told->mail_id, err)
		                   : begin(catalog, told->account_id, id++, err)) < 0)
			return -1;
	}
	return 0;
}

int mail_gather(
    struct catalog *catalog, const struct settings *settings, bool *ret_more, struct err *err)
{
	int64_t now = clock_now();
	struct gathering gathering = {.window_over = now - settings->mail_window,
	    .daily_over = mail_daily_moment(now, settings->mail_daily_hour)};
	bool due = false;

	*ret_more = false;
	if (has_due(catalog, &gathering, &due, err) < 0)
		return -1;
	if (due && catalog_transact(catalog, gather_body, &gathering, err) < 0)
		return -1;
	*ret_more = gathering.more;
	return 0;
}
