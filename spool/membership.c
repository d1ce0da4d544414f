/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/membership.h"

#include <stdio.h>

#include "base/text.h"
#include "spool/provider.h"

#define SELECT                                                                                \
	"SELECT m.account_id, m.avrs_id, m.role, m.from_date, m.until_date, m.mark,"          \
	" m.trade_files_after, m.granted, p.last_sequence, p.last_posted, a.login, m.changed" \
	" FROM membership m JOIN provider p ON p.avrs_id = m.avrs_id"                         \
	" JOIN account a ON a.id = m.account_id "

static int read_row(const struct statement *row, struct membership *ret_membership, struct err *err)
{
	struct membership m = {
	    .account_id = statement_int(row, 0),
	    .mark = statement_int(row, 5),
	    .trade_files_after = statement_int(row, 6),
	    .granted = statement_int(row, 7),
	    .last_sequence = statement_int(row, 8),
	    .last_posted = statement_int(row, 9),
	    .changed = statement_int(row, 11),
	};

	text_copy(m.avrs_id, statement_text(row, 1));
	text_copy(m.from, statement_text(row, 3));
	text_copy(m.until, statement_text(row, 4));
	text_copy(m.login, statement_text(row, 10));
	if (role_parse(statement_text(row, 2), &m.role, err) < 0)
		return -1;
	*ret_membership = m;
	return 0;
}

static int check_dates(const struct grant *grant, struct err *err)
{
	const char *const dates[] = {grant->from, grant->until};

	for (int i = 0; i < 2; i++)
		if (dates[i] && !date_is_valid(dates[i]))
			return err_set(
			    err, ERR_REFUSED, "\"%.40s\" is not a date (YYYY-MM-DD)", dates[i]);
	return 0;
}

/* A grant under way. */
struct granting {
	const struct actor *actor;
	const struct grant *grant;
	enum role before;
};

/* The sequence numbers up to which letters and trade files are nothing new to the grantee. */
static void first_news(const struct granting *granting, const struct membership *before,
    const struct provider *provider, int64_t *ret_mark, int64_t *ret_trade_files_after)
{
	int64_t start = granting->grant->backlog ? 0 : provider->last_sequence;
	bool saw_letters = role_shows(granting->before, CLASS_EDELIVERY);
	bool saw_trade_files = role_shows(granting->before, CLASS_TRADE_FILES);

	*ret_mark = saw_letters ? before->mark : start;
	*ret_trade_files_after = saw_trade_files ? before->trade_files_after : start;
}

/* Who saw nothing before begins anew: what was acknowledged or renewed then counts no more. */
static int forget_exceptions(struct catalog *catalog, const struct granting *granting,
    const struct account *account, struct err *err)
{
	if (role_shows(granting->before, CLASS_EDELIVERY))
		return 0;
	return catalog_run(catalog,
	    "DELETE FROM acknowledgement WHERE account_id = $1 AND avrs_id = $2",
	    VALUES(INT(account->id), TEXT(granting->grant->avrs_id)), err);
}

static int store(struct catalog *catalog, const struct granting *granting,
    const struct account *account, struct err *err)
{
	const struct grant *grant = granting->grant;
	struct membership before = {0};
	struct provider provider;
	int64_t mark;
	int64_t trade_files_after;
	bool found;

	if (provider_get(catalog, grant->avrs_id, &provider, err) < 0 ||
	    membership_find(catalog, account->id, grant->avrs_id, &before, &found, err) < 0)
		return -1;
	first_news(granting, &before, &provider, &mark, &trade_files_after);
	return catalog_run(catalog,
	    "INSERT INTO membership (account_id, avrs_id, role, from_date, until_date, mark,"
	    " trade_files_after, granted, changed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)"
	    " ON CONFLICT (account_id, avrs_id) DO UPDATE SET role = excluded.role,"
	    " from_date = excluded.from_date, until_date = excluded.until_date,"
	    " mark = excluded.mark, trade_files_after = excluded.trade_files_after,"
	    " changed = excluded.changed",
	    VALUES(INT(account->id), TEXT(grant->avrs_id), TEXT(role_name(grant->role)),
	        TEXT(grant->from), TEXT(grant->until), INT(mark), INT(trade_files_after),
	        INT(clock_now())),
	    err);
}

/* The backlog of trade files (R5) that the mark has passed while the role did not show them. */
static int renew_trade_files(struct catalog *catalog, const struct granting *granting,
    const struct account *account, struct err *err)
{
	const struct grant *grant = granting->grant;

	if (!grant->backlog || role_shows(granting->before, CLASS_TRADE_FILES) ||
	    !role_shows(grant->role, CLASS_TRADE_FILES))
		return 0;
	return catalog_run(catalog,
	    "INSERT INTO acknowledgement (account_id, avrs_id, sequence, renewed)"
	    " SELECT m.account_id, m.avrs_id, l.sequence, 1 FROM membership m JOIN letter l"
	    " ON l.avrs_id = m.avrs_id AND l.class = 'trade-files' AND l.electronic = 'posted'"
	    " AND l.sequence <= m.mark WHERE m.account_id = $1 AND m.avrs_id = $2"
	    " ON CONFLICT (account_id, avrs_id, sequence) DO UPDATE SET renewed = 1",
	    VALUES(INT(account->id), TEXT(grant->avrs_id)), err);
}

/* R4: at most one master, and nobody is master and clerk of the same AVRS ID. */
static int check_before(struct catalog *catalog, struct granting *granting,
    const struct account *account, struct err *err)
{
	const struct grant *grant = granting->grant;
	struct membership before;
	bool found = false;

	if (membership_find(catalog, account->id, grant->avrs_id, &before, &found, err) < 0)
		return -1;
	granting->before = found ? before.role : ROLE_NONE;
	if (granting->before == ROLE_MASTER && grant->role != ROLE_MASTER)
		return err_set(err, ERR_CONFLICT,
		    "%s is the master of %s, and sees everything of it", grant->login,
		    grant->avrs_id);
	return 0;
}

static int grant_body(struct catalog *catalog, void *arg, struct err *err)
{
	struct granting *granting = arg;
	const struct grant *grant = granting->grant;
	struct account account;
	char detail[96];

	if (account_get(catalog, grant->login, &account, err) < 0 ||
	    check_before(catalog, granting, &account, err) < 0 ||
	    forget_exceptions(catalog, granting, &account, err) < 0 ||
	    store(catalog, granting, &account, err) < 0 ||
	    renew_trade_files(catalog, granting, &account, err) < 0 ||
	    catalog_announce(catalog, err) < 0)
		return -1;
	(void)snprintf(detail, sizeof(detail), "role=%s before=%s", role_name(grant->role),
	    role_name(granting->before));
	return event_add(catalog, granting->actor,
	    &(struct event){.what = "role.granted",
	        .login = grant->login,
	        .avrs_id = grant->avrs_id,
	        .detail = detail},
	    err);
}

int membership_grant(struct catalog *catalog, const struct actor *actor, const struct grant *grant,
    enum role *ret_before, struct err *err)
{
	struct granting granting = {actor, grant, ROLE_NONE};

	if (check_dates(grant, err) < 0)
		return -1;
	if (catalog_transact(catalog, grant_body, &granting, err) < 0) {
		if (err->kind == ERR_CONFLICT && grant->role == ROLE_MASTER)
			return err_set(
			    err, ERR_CONFLICT, "%s has a master already", grant->avrs_id);
		return -1;
	}
	*ret_before = granting.before;
	return 0;
}

/* A role to be taken away, for the transaction's body. */
struct revoking {
	const struct actor *actor;
	const char *login;
	const char *avrs_id;
};

static int revoke_body(struct catalog *catalog, void *arg, struct err *err)
{
	const struct revoking *revoking = arg;
	struct account account;

	if (account_get(catalog, revoking->login, &account, err) < 0 ||
	    catalog_run(catalog, "DELETE FROM membership WHERE account_id = $1 AND avrs_id = $2",
	        VALUES(INT(account.id), TEXT(revoking->avrs_id)), err) < 0)
		return -1;
	if (catalog_changes(catalog) == 0)
		return err_set(
		    err, ERR_REFUSED, "%s has no role at %.40s", account.login, revoking->avrs_id);
	if (catalog_announce(catalog, err) < 0)
		return -1;
	return event_add(catalog, revoking->actor,
	    &(struct event){
	        .what = "role.revoked", .login = account.login, .avrs_id = revoking->avrs_id},
	    err);
}

int membership_revoke(struct catalog *catalog, const struct actor *actor, const char *login,
    const char *avrs_id, struct err *err)
{
	struct revoking revoking = {actor, login, avrs_id};

	return catalog_transact(catalog, revoke_body, &revoking, err);
}

int membership_find(struct catalog *catalog, int64_t account_id, const char *avrs_id,
    struct membership *ret_membership, bool *ret_found, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	if (catalog_find(catalog, SELECT "WHERE m.account_id = $1 AND m.avrs_id = $2",
	        VALUES(INT(account_id), TEXT(avrs_id)), &row, ret_found, err) < 0)
		return -1;
	return *ret_found ? read_row(row, ret_membership, err) : 0;
}

int membership_lock(struct catalog *catalog, struct membership *membership, struct err *err)
{
	bool found = false;

	if (catalog_run(catalog,
	        "UPDATE membership SET changed = $3 WHERE account_id = $1 AND avrs_id = $2",
	        VALUES(INT(membership->account_id), TEXT(membership->avrs_id), INT(clock_now())),
	        err) < 0 ||
	    membership_find(
	        catalog, membership->account_id, membership->avrs_id, membership, &found, err) < 0)
		return -1;
	return found ? 0 : err_set(err, ERR_REFUSED, "the role was taken away");
}

static int call_each(struct catalog *catalog, const char *sql, const struct value *values,
    int (*each)(const struct membership *membership, void *arg, struct err *err), void *arg,
    struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog, sql, values, &row, &found, err) < 0)
		return -1;
	while (found) {
		struct membership membership;

		if (read_row(row, &membership, err) < 0 || each(&membership, arg, err) < 0 ||
		    statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}

int membership_list(struct catalog *catalog, int64_t account_id, const char *after, int64_t limit,
    int (*each)(const struct membership *membership, void *arg, struct err *err), void *arg,
    struct err *err)
{
	return call_each(catalog,
	    SELECT "WHERE m.account_id = $1 AND m.avrs_id > $2 ORDER BY m.avrs_id LIMIT $3",
	    VALUES(INT(account_id), TEXT(after), INT(limit)), each, arg, err);
}

int membership_list_of_provider(struct catalog *catalog, const char *avrs_id,
    int (*each)(const struct membership *membership, void *arg, struct err *err), void *arg,
    struct err *err)
{
	return call_each(catalog, SELECT "WHERE m.avrs_id = $1 ORDER BY a.login",
	    VALUES(TEXT(avrs_id)), each, arg, err);
}

int membership_audience(struct catalog *catalog, const char *avrs_id, bool *ret_has_master,
    bool *ret_shows_trade_files, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;
	bool has_master = false;
	bool shows = false;

	if (catalog_find(catalog, "SELECT role FROM membership WHERE avrs_id = $1",
	        VALUES(TEXT(avrs_id)), &row, &found, err) < 0)
		return -1;
	while (found) {
		enum role role = ROLE_NONE;

		if (role_parse(statement_text(row, 0), &role, err) < 0 ||
		    statement_next(row, &found, err) < 0)
			return -1;
		has_master = has_master || role == ROLE_MASTER;
		shows = shows || role_shows(role, CLASS_TRADE_FILES);
	}
	*ret_has_master = has_master;
	*ret_shows_trade_files = shows;
	return 0;
}
