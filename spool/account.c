/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/account.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/utf8.h"
#include "spool/mail.h"
#include "spool/upload_orphan.h"

#define FIRST "abcdefghijklmnopqrstuvwxyz0123456789"
#define COLUMNS                                                                                       \
	"id, login, email, state, locked, admin, print_shop, bundle, ack, created, last_login, auth," \
	" mail_window, mail_trade_files, email_state, email_reason, email_since, bundle_format"

/* Logins with a meaning of their own (enrolment, unlocking), and those that invite mistakes. */
static const char *const reserved[] = {"enroll", "unlock", "root", "operator", "watchd"};

static const char *const auth_names[AUTH_COUNT] = {"any", "key", "password", "key+password"};
static const char *const mail_window_names[MAIL_WINDOW_COUNT] = {"default", "daily", "off"};

const char *auth_name(enum auth auth)
{
	return auth_names[auth];
}

int auth_parse(const char *word, enum auth *ret_auth, struct err *err)
{
	for (enum auth auth = AUTH_ANY; auth < AUTH_COUNT; auth++)
		if (strcmp(word, auth_names[auth]) == 0) {
			*ret_auth = auth;
			return 0;
		}
	return err_set(
	    err, ERR_REFUSED, "\"%.40s\" is not any, key, password or key+password", word);
}

const char *mail_window_name(enum mail_window window)
{
	return mail_window_names[window];
}

int mail_window_parse(const char *word, enum mail_window *ret_window, struct err *err)
{
	for (enum mail_window window = MAIL_WINDOW_DEFAULT; window < MAIL_WINDOW_COUNT; window++)
		if (strcmp(word, mail_window_names[window]) == 0) {
			*ret_window = window;
			return 0;
		}
	return err_set(err, ERR_REFUSED, "\"%.40s\" is not default, daily or off", word);
}

static int check_login(const char *login, struct err *err)
{
	size_t length = strspn(login, FIRST "._-");

	if (length == 0 || length > LOGIN_MAX || login[length] != '\0' || !strchr(FIRST, login[0]))
		return err_set(err, ERR_REFUSED,
		    "\"%.40s\" is not a login: 1 to %d of a-z, 0-9, \".\", \"_\" and \"-\", "
		    "the first a letter or digit",
		    login, LOGIN_MAX);
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (strcmp(login, reserved[i]) == 0)
			return err_set(err, ERR_REFUSED, "the login %s is reserved", login);
	return 0;
}

int account_fill_email(struct account *account, const char *email, struct err *err)
{
	if (email_check(email, err) < 0)
		return -1;
	text_copy(account->email, email);
	return 0;
}

int account_fill(struct account *ret_account, const char *login, const char *email, struct err *err)
{
	if (check_login(login, err) < 0 || email_check(email, err) < 0)
		return -1;
	*ret_account = (struct account){.id = 0};
	text_copy(ret_account->login, login);
	text_copy(ret_account->email, email);
	return 0;
}

/* An account and who changes it, for a transaction's body. */
struct change {
	const struct actor *actor;
	struct account *account;
};

static int insert(struct catalog *catalog, void *arg, struct err *err)
{
	struct change *change = arg;
	struct account *a = change->account;
	int64_t now = clock_now();

	if (catalog_take_ids(catalog, "account", 1, &a->id, err) < 0 ||
	    catalog_run(catalog,
	        "INSERT INTO account (id, login, email, state_since, admin, print_shop, bundle, ack,"
	        " created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $4)",
	        VALUES(INT(a->id), TEXT(a->login), TEXT(a->email), INT(now), INT(a->admin),
	            INT(a->print_shop), INT(a->bundle),
	            TEXT(a->ack == ACK_ON_READ ? "on-read" : "on-delete")),
	        err) < 0)
		return -1;
	a->created = now;
	return event_add(catalog, change->actor,
	    &(struct event){.what = "account.added", .login = a->login}, err);
}

int account_add(
    struct catalog *catalog, const struct actor *actor, struct account *account, struct err *err)
{
	struct account added = *account;
	struct change change = {actor, &added};

	if (catalog_transact(catalog, insert, &change, err) == 0) {
		*account = added;
		return 0;
	}
	if (err->kind == ERR_CONFLICT)
		return err_set(err, ERR_CONFLICT, "account %s is there already", account->login);
	return -1;
}

static void read_row(const struct statement *row, struct account *ret_account)
{
	struct err ignored;

	*ret_account = (struct account){
	    .id = statement_int(row, 0),
	    .disabled = strcmp(statement_text(row, 3), "disabled") == 0,
	    .locked = statement_int(row, 4) != 0,
	    .admin = statement_int(row, 5) != 0,
	    .print_shop = statement_int(row, 6) != 0,
	    .bundle = statement_int(row, 7) != 0,
	    .ack = strcmp(statement_text(row, 8), "on-read") == 0 ? ACK_ON_READ : ACK_ON_DELETE,
	    .created = statement_int(row, 9),
	    .last_login = statement_int(row, 10),
	    .mail_trade_files = statement_int(row, 13) != 0,
	    .email_bad = strcmp(statement_text(row, 14), "bad") == 0,
	    .email_since = statement_int(row, 16),
	};
	text_copy(ret_account->login, statement_text(row, 1));
	text_copy(ret_account->email, statement_text(row, 2));
	/* One of a later version is what everybody can open. */
	if (bundle_format_parse(statement_text(row, 17), &ret_account->bundle_format, &ignored) < 0)
		ret_account->bundle_format = BUNDLE_ZIP;
	/* A word of a later version is as strict as can be. */
	if (auth_parse(statement_text(row, 11), &ret_account->auth, &ignored) < 0)
		ret_account->auth = AUTH_KEY_AND_PASSWORD;
	if (mail_window_parse(statement_text(row, 12), &ret_account->mail_window, &ignored) < 0)
		ret_account->mail_window = MAIL_WINDOW_DEFAULT;
	text_copy(ret_account->email_reason, statement_text(row, 15));
}

int account_find(struct catalog *catalog, const char *login, struct account *ret_account,
    bool *ret_found, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	*ret_found = false;
	/* PostgreSQL takes no other text; no account has such a login. */
	if (!utf8_is_valid(login, strlen(login)))
		return 0;
	if (catalog_find(catalog, "SELECT " COLUMNS " FROM account WHERE login = $1",
	        VALUES(TEXT(login)), &row, ret_found, err) < 0)
		return -1;
	if (*ret_found)
		read_row(row, ret_account);
	return 0;
}

int account_get(
    struct catalog *catalog, const char *login, struct account *ret_account, struct err *err)
{
	bool found = false;

	if (account_find(catalog, login, ret_account, &found, err) < 0)
		return -1;
	return found ? 0
	             : err_set(err, ERR_REFUSED,
	                   "no account %.40s; `edelivery account add` adds one", login);
}

/* What is changed of an account that is there, for a transaction's body. */
struct alteration {
	const struct actor *actor;
	const char *login;
	const char *what;
	const char *sql;
	const struct value *values;
	const char *detail;
};

static int alter(struct catalog *catalog, void *arg, struct err *err)
{
	const struct alteration *alteration = arg;
	struct account account;

	if (account_get(catalog, alteration->login, &account, err) < 0 ||
	    catalog_run(catalog, alteration->sql, alteration->values, err) < 0 ||
	    event_add(catalog, alteration->actor,
	        &(struct event){
	            .what = alteration->what, .login = account.login, .detail = alteration->detail},
	        err) < 0)
		return -1;
	return catalog_announce(catalog, err);
}

int account_disable(struct catalog *catalog, const struct actor *actor, const char *login,
    const char *reason, struct err *err)
{
	struct alteration alteration = {actor, login, "account.disabled",
	    "UPDATE account SET state = 'disabled', state_reason = $2, state_since = $3"
	    " WHERE login = $1",
	    VALUES(TEXT(login), TEXT(reason), INT(clock_now())), reason};

	if (text_check("reason", reason, REASON_OF_STATE_MAX, err) < 0)
		return -1;
	return catalog_transact(catalog, alter, &alteration, err);
}

int account_enable(
    struct catalog *catalog, const struct actor *actor, const char *login, struct err *err)
{
	struct alteration alteration = {actor, login, "account.enabled",
	    "UPDATE account SET state = 'active', state_reason = NULL, state_since = $2"
	    " WHERE login = $1",
	    VALUES(TEXT(login), INT(clock_now())), NULL};

	return catalog_transact(catalog, alter, &alteration, err);
}

int account_unlock(
    struct catalog *catalog, const struct actor *actor, const char *login, struct err *err)
{
	struct alteration alteration = {actor, login, "account.unlocked",
	    "UPDATE account SET locked = NULL, failed_passwords = 0 WHERE login = $1",
	    VALUES(TEXT(login)), NULL};

	return catalog_transact(catalog, alter, &alteration, err);
}

/* What it did not finish uploading is kept in mind: the rows of it go with the account. */
static int remove_body(struct catalog *catalog, void *arg, struct err *err)
{
	const struct alteration *alteration = arg;

	return upload_orphan_keep(catalog, alteration->login, err) < 0 ? -1
	                                                               : alter(catalog, arg, err);
}

int account_remove(
    struct catalog *catalog, const struct actor *actor, const char *login, struct err *err)
{
	struct alteration alteration = {actor, login, "account.removed",
	    "DELETE FROM account WHERE login = $1", VALUES(TEXT(login)), NULL};

	return catalog_transact(catalog, remove_body, &alteration, err);
}

/* R8: the master gets an e-mail; when, is for it to say. */
static int check_mail_window(
    struct catalog *catalog, const struct account *account, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool is_master = false;

	if (account->mail_window != MAIL_WINDOW_OFF)
		return 0;
	if (catalog_find(catalog,
	        "SELECT 1 FROM membership WHERE account_id = $1 AND role = 'master' LIMIT 1",
	        VALUES(INT(account->id)), &row, &is_master, err) < 0)
		return -1;
	return is_master ? err_set(err, ERR_REFUSED,
	                       "%s is a master: its mail can be default or daily, not off (R8)",
	                       account->login)
	                 : 0;
}

static int set_body(struct catalog *catalog, void *arg, struct err *err)
{
	struct change *change = arg;
	const struct account *account = change->account;
	struct alteration alteration = {change->actor, account->login, "account.changed",
	    "UPDATE account SET email = $2, admin = $3, print_shop = $4, bundle = $5, ack = $6,"
	    " auth = $7, mail_window = $8, mail_trade_files = $9,"
	    " bundle_format = $10 WHERE login = $1",
	    VALUES(TEXT(account->login), TEXT(account->email), INT(account->admin),
	        INT(account->print_shop), INT(account->bundle),
	        TEXT(account->ack == ACK_ON_READ ? "on-read" : "on-delete"),
	        TEXT(auth_name(account->auth)), TEXT(mail_window_name(account->mail_window)),
	        INT(account->mail_trade_files), TEXT(bundle_format_name(account->bundle_format))),
	    NULL};
	struct account before;

	if (account_get(catalog, account->login, &before, err) < 0 ||
	    check_mail_window(catalog, account, err) < 0)
		return -1;
	if (strcmp(before.email, account->email) != 0 &&
	    mail_trust_address(catalog, before.id, err) < 0)
		return -1;
	return alter(catalog, &alteration, err);
}

int account_set(struct catalog *catalog, const struct actor *actor, const struct account *account,
    struct err *err)
{
	struct account changed = *account;
	struct change change = {actor, &changed};

	return catalog_transact(catalog, set_body, &change, err);
}

struct actor actor_of_account(const char *node, const struct account *account, char name[ACTOR_MAX])
{
	(void)snprintf(name, ACTOR_MAX, "account %s", account->login);
	return (struct actor){node, name};
}

int account_logged_in(struct catalog *catalog, const struct actor *actor,
    const struct account *account, const char *detail, struct err *err)
{
	if (catalog_run(catalog, "UPDATE account SET last_login = $2 WHERE id = $1",
	        VALUES(INT(account->id), INT(clock_now())), err) < 0)
		return -1;
	return event_add(catalog, actor,
	    &(struct event){.what = "account.logged-in", .login = account->login, .detail = detail},
	    err);
}

int account_list(struct catalog *catalog,
    int (*each)(const struct account *account, void *arg, struct err *err), void *arg,
    struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog, "SELECT " COLUMNS " FROM account ORDER BY login", NO_VALUES, &row,
	        &found, err) < 0)
		return -1;
	while (found) {
		struct account account;

		read_row(row, &account);
		if (each(&account, arg, err) < 0 || statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}
