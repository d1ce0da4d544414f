/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery account show: one account, and what it is to which AVRS ID. */
#include <stdio.h>

#include "admin/commands.h"
#include "admin/listing.h"
#include "admin/membership_listing.h"
#include "admin/operator.h"
#include "spool/drop_limit.h"
#include "spool/membership.h"

static int add_row(const struct membership *membership, void *arg, struct err *err)
{
	struct listing *listing = arg;

	(void)err;
	listing_text(listing, membership->login);
	listing_text(listing, membership->avrs_id);
	listing_text(listing, role_name(membership->role));
	listing_text(listing, membership->from);
	listing_text(listing, membership->until);
	listing_time(listing, membership->granted);
	listing_number(listing, membership->mark);
	listing_number(listing, membership->last_sequence);
	listing_end_row(listing);
	return 0;
}

static int add_membership(const struct membership *membership, void *arg, struct err *err)
{
	(void)err;
	membership_listing_add(arg, membership);
	return 0;
}

/* As `account set --drop` takes it. */
static int add_drop(const struct drop_limit *limit, void *arg, struct err *err)
{
	char text[AVRS_ID_MAX + TYPE_CODE_MAX + 2];

	(void)err;
	(void)snprintf(
	    text, sizeof(text), "%s%s%s", limit->avrs_id, limit->type[0] ? ":" : "", limit->type);
	(void)json_array_append_new(arg, json_string(text));
	return 0;
}

/* The account as one object, its memberships in it. */
static int print_json(struct catalog *catalog, const struct account *account, struct err *err)
{
	static const char *const columns[] = {"id", "login", "email", "state", "locked", "admin",
	    "print_shop", "bundle", "ack", "auth", "created", "last_login", "drop", "memberships",
	    NULL};
	OWNED_LISTING struct listing *listing = NULL;
	json_t *memberships = json_array();
	json_t *drop = json_array();

	if (drop_limit_list(catalog, account->id, add_drop, drop, err) < 0 ||
	    membership_list(catalog, account->id, "", INT64_MAX, add_membership, memberships, err) <
	        0 ||
	    listing_new(true, columns, &listing, err) < 0) {
		json_decref(memberships);
		json_decref(drop);
		return -1;
	}
	listing_number(listing, account->id);
	listing_text(listing, account->login);
	listing_text(listing, account->email);
	listing_text(listing, account->disabled ? "disabled" : "active");
	listing_yes_no(listing, account->locked);
	listing_yes_no(listing, account->admin);
	listing_yes_no(listing, account->print_shop);
	listing_yes_no(listing, account->bundle);
	listing_text(listing, account->ack == ACK_ON_READ ? "on-read" : "on-delete");
	listing_text(listing, auth_name(account->auth));
	listing_time(listing, account->created);
	listing_time(listing, account->last_login);
	listing_json(listing, drop, "");
	listing_json(listing, memberships, "");
	listing_end_row(listing);
	return listing_print(listing, "", err);
}

static void print_account(const struct account *account)
{
	char created[TIME_SIZE];
	char login[TIME_SIZE] = "never";

	clock_print(account->created, created);
	if (account->last_login)
		clock_print(account->last_login, login);
	(void)printf("login       %s\ne-mail      %s%s%s\ntold        %s%s\nstate       %s%s\n"
	             "added       %s\nlast login  %s\nlogin takes %s\nacknowledge %s\n\n",
	    account->login, account->email, account->email_bad ? ": mail comes back: " : "",
	    account->email_bad ? account->email_reason : "", mail_window_name(account->mail_window),
	    account->mail_trade_files ? ", of trade files as well" : "",
	    account->disabled ? "disabled" : "active", account->locked ? ", password locked" : "",
	    created, login, auth_name(account->auth),
	    account->ack == ACK_ON_READ ? "on-read" : "on-delete");
}

/* What an administrator may drop. */
static int add_limit(const struct drop_limit *limit, void *arg, struct err *err)
{
	struct listing *listing = arg;

	(void)err;
	listing_text(listing, limit->avrs_id);
	listing_text(listing, limit->type);
	listing_end_row(listing);
	return 0;
}

static int print_limits(struct catalog *catalog, const struct account *account, struct err *err)
{
	static const char *const columns[] = {"drop", "type", NULL};
	OWNED_LISTING struct listing *listing = NULL;

	if (!account->admin)
		return 0;
	(void)printf("\n");
	if (listing_new(false, columns, &listing, err) < 0 ||
	    drop_limit_list(catalog, account->id, add_limit, listing, err) < 0)
		return -1;
	return listing_print(listing, "an administrator: drops everything", err);
}

static int run(const struct call *call, struct err *err)
{
	static const char *const columns[] = {"login", "avrs_id", "role", "from", "until",
	    "granted", "acknowledged_to", "last_sequence", NULL};
	OWNED_LISTING struct listing *listing = NULL;
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;
	struct account account;

	if (operator_open(call, &spool, err) < 0 ||
	    account_get(spool.catalog, call->arguments[0], &account, err) < 0)
		return -1;
	if (call_has(call, "json"))
		return print_json(spool.catalog, &account, err);
	if (listing_new(false, columns, &listing, err) < 0 ||
	    membership_list(spool.catalog, account.id, "", INT64_MAX, add_row, listing, err) < 0)
		return -1;
	print_account(&account);
	if (listing_print(listing, "attached to no AVRS ID: `edelivery role grant`", err) < 0)
		return -1;
	return print_limits(spool.catalog, &account, err);
}

static const struct option_row options[] = {OPTION_JSON, {NULL, NULL, NULL}};

const struct command command_account_show = {
    .name = "account show",
    .arguments = "LOGIN",
    .least = 1,
    .most = 1,
    .options = options,
    .about = "one account and its roles",
    .run = run,
};
