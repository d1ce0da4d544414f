/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts: logins, with what the agency and their holders settled for them. */
#ifndef SPOOL_ACCOUNT_H
#define SPOOL_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "spool/bundle_format.h"
#include "spool/catalog.h"
#include "spool/email.h"
#include "spool/event.h"

enum { LOGIN_MAX = 32, REASON_OF_STATE_MAX = 200 };

enum ack { ACK_ON_DELETE, ACK_ON_READ };

/* What a login takes. */
enum auth { AUTH_ANY, AUTH_KEY, AUTH_PASSWORD, AUTH_KEY_AND_PASSWORD, AUTH_COUNT };

/* When it is told of new letters: after mail.window, once a day, or (no master) never. */
enum mail_window { MAIL_WINDOW_DEFAULT, MAIL_WINDOW_DAILY, MAIL_WINDOW_OFF, MAIL_WINDOW_COUNT };

struct account {
	int64_t id;
	char login[LOGIN_MAX + 1];
	char email[EMAIL_MAX + 1];
	bool disabled;
	bool locked; /* password logins only (R12) */
	bool admin;
	bool print_shop;
	bool bundle; /* one archive a night over all its AVRS IDs, in this format: */
	enum bundle_format bundle_format;
	enum ack ack;
	enum auth auth;
	enum mail_window mail_window;
	bool mail_trade_files; /* asked to be told of trade files, too (R8) */
	bool email_bad;        /* mail to its address came back */
	char email_reason[REASON_OF_STATE_MAX + 1];
	int64_t email_since; /* when that changed; 0: never */
	int64_t created;
	int64_t last_login; /* 0: never */
};

/*
 * Check and store what a person wrote. A login is 1 to 32 of a-z, 0-9, ".", "_" and "-", the
 * first a letter or digit. Returns 0, or -1 with ERR_REFUSED saying what is wrong.
 */
int account_fill(
    struct account *ret_account, const char *login, const char *email, struct err *err);

/* Add a new account and set its id and created; ERR_CONFLICT when the login is taken. */
int account_add(
    struct catalog *catalog, const struct actor *actor, struct account *account, struct err *err);

int account_find(struct catalog *catalog, const char *login, struct account *ret_account,
    bool *ret_found, struct err *err);

/* The same, where it has to be there: ERR_REFUSED when it is not. */
int account_get(
    struct catalog *catalog, const char *login, struct account *ret_account, struct err *err);

/*
 * Change an account that is there (ERR_REFUSED when it is not), with its event; whoever serves it
 * hears of it within a second. Disabled, it has no logins and its sessions end; reason is shown to
 * operators. Unlocking lets it log in by password again (R12). Removing takes its roles and keys
 * with it: receipts and events stay.
 */
int account_disable(struct catalog *catalog, const struct actor *actor, const char *login,
    const char *reason, struct err *err);
int account_enable(
    struct catalog *catalog, const struct actor *actor, const char *login, struct err *err);
int account_unlock(
    struct catalog *catalog, const struct actor *actor, const char *login, struct err *err);
int account_remove(
    struct catalog *catalog, const struct actor *actor, const char *login, struct err *err);

/* "any", "key", "password", "key+password". ERR_REFUSED lists them. */
int auth_parse(const char *word, enum auth *ret_auth, struct err *err);
const char *auth_name(enum auth auth);

/* "default", "daily", "off". ERR_REFUSED lists them. */
int mail_window_parse(const char *word, enum mail_window *ret_window, struct err *err);
const char *mail_window_name(enum mail_window window);

/*
 * Store e-mail address, kinds, bundles, ack, auth and what it is told of, of an account that was
 * read. A new address is good until mail comes back. ERR_REFUSED: a master is always told of its
 * letters.
 */
int account_set(struct catalog *catalog, const struct actor *actor, const struct account *account,
    struct err *err);

/* Take email for the account's address; ERR_REFUSED when it is none. */
int account_fill_email(struct account *account, const char *email, struct err *err);

/* The account as an actor: its name is "account LOGIN", in name. */
enum { ACTOR_MAX = LOGIN_MAX + 16 };
struct actor actor_of_account(
    const char *node, const struct account *account, char name[ACTOR_MAX]);

/* Note a login that worked. */
int account_logged_in(struct catalog *catalog, const struct actor *actor,
    const struct account *account, const char *detail, struct err *err);

/* Call each(account, arg) in the order of logins until it returns less than 0. */
int account_list(struct catalog *catalog,
    int (*each)(const struct account *account, void *arg, struct err *err), void *arg,
    struct err *err);

#endif
