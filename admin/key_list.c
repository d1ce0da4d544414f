/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery key list: an account's public keys. */
#include "admin/commands.h"
#include "admin/listing.h"
#include "admin/operator.h"
#include "spool/public_key.h"

static int add_row(const struct public_key *key, void *arg, struct err *err)
{
	struct listing *listing = arg;

	(void)err;
	listing_number(listing, key->id);
	listing_text(listing, key->type);
	listing_text(listing, key->fingerprint);
	listing_text(listing, key->comment);
	listing_text(listing, key->from_addresses);
	listing_time(listing, key->added);
	listing_time(listing, key->last_used);
	listing_end_row(listing);
	return 0;
}

static int run(const struct call *call, struct err *err)
{
	static const char *const columns[] = {
	    "id", "type", "fingerprint", "comment", "from", "added", "last_used", NULL};
	OWNED_LISTING struct listing *listing = NULL;
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;
	struct account account;

	if (operator_open(call, &spool, err) < 0 ||
	    account_get(spool.catalog, call->arguments[0], &account, err) < 0 ||
	    listing_new(call_has(call, "json"), columns, &listing, err) < 0 ||
	    public_key_list(spool.catalog, account.id, add_row, listing, err) < 0)
		return -1;
	return listing_print(listing, "no keys: `edelivery key add LOGIN FILE`", err);
}

static const struct option_row options[] = {OPTION_JSON, {NULL, NULL, NULL}};

const struct command command_key_list = {
    .name = "key list",
    .arguments = "LOGIN",
    .least = 1,
    .most = 1,
    .options = options,
    .about = "the public keys of an account",
    .run = run,
};
