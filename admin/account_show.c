/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery account show: one account, and what it is to which AVRS ID. */
#include <stdio.h>

#include "admin/commands.h"
#include "admin/listing.h"
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

/* A listing of limits, and whose they are. */
struct limited {
	struct listing *listing;
	const char *login;
};

static int add_limit(const struct drop_limit *limit, void *arg, struct err *err)
{
	const struct limited *limited = arg;
	struct listing *listing = limited->listing;

	(void)err;
	listing_text(listing, limited->login);
	listing_text(listing, limit->avrs_id);
	listing_text(listing, limit->type);
	listing_end_row(listing);
	return 0;
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
static int print_limits(const struct call *call, const struct spool *spool,
    const struct account *account, struct err *err)
{
	static const char *const columns[] = {"login", "drop", "type", NULL};
	OWNED_LISTING struct listing *listing = NULL;
	struct limited limited = {.login = account->login};

	if (!account->admin)
		return 0;
	if (listing_new(call_has(call, "json"), columns, &listing, err) < 0)
		return -1;
	limited.listing = listing;
	if (!call_has(call, "json"))
		(void)printf("\n");
	if (drop_limit_list(spool->catalog, account->id, add_limit, &limited, err) < 0)
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
	    account_get(spool.catalog, call->arguments[0], &account, err) < 0 ||
	    listing_new(call_has(call, "json"), columns, &listing, err) < 0 ||
	    membership_list(spool.catalog, account.id, "", INT64_MAX, add_row, listing, err) < 0)
		return -1;
	if (!call_has(call, "json"))
		print_account(&account);
	if (listing_print(listing, "attached to no AVRS ID: `edelivery role grant`", err) < 0)
		return -1;
	return print_limits(call, &spool, &account, err);
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
