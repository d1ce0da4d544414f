/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery account list: every login. */
#include "admin/commands.h"
#include "admin/listing.h"
#include "admin/operator.h"
#include "spool/account.h"

static int add_row(const struct account *account, void *arg, struct err *err)
{
	struct listing *listing = arg;

	(void)err;
	listing_text(listing, account->login);
	listing_text(listing, account->email);
	listing_text(listing, account->disabled ? "disabled" : "active");
	listing_yes_no(listing, account->locked);
	listing_yes_no(listing, account->admin);
	listing_yes_no(listing, account->print_shop);
	listing_yes_no(listing, account->bundle);
	listing_time(listing, account->last_login);
	listing_end_row(listing);
	return 0;
}

static int run(const struct call *call, struct err *err)
{
	static const char *const columns[] = {"login", "email", "state", "locked", "admin",
	    "print_shop", "bundle", "last_login", NULL};
	OWNED_LISTING struct listing *listing = NULL;
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;

	if (operator_open(call, &spool, err) < 0 ||
	    listing_new(call_has(call, "json"), columns, &listing, err) < 0 ||
	    account_list(spool.catalog, add_row, listing, err) < 0)
		return -1;
	return listing_print(
	    listing, "no accounts yet: `edelivery account add LOGIN --email E`", err);
}

static const struct option_row options[] = {OPTION_JSON, {NULL, NULL, NULL}};

const struct command command_account_list = {
    .name = "account list",
    .arguments = "",
    .options = options,
    .about = "every account, its state and last login",
    .run = run,
};
