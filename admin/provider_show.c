/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery provider show: one provider, and who sees its letters. */
#include <inttypes.h>
#include <stdio.h>

#include "admin/commands.h"
#include "admin/listing.h"
#include "admin/membership_listing.h"
#include "admin/operator.h"
#include "spool/membership.h"
#include "spool/provider.h"

static int add_row(const struct membership *membership, void *arg, struct err *err)
{
	struct listing *listing = arg;

	(void)err;
	listing_text(listing, membership->avrs_id);
	listing_text(listing, membership->login);
	listing_text(listing, role_name(membership->role));
	listing_text(listing, membership->from);
	listing_text(listing, membership->until);
	listing_time(listing, membership->granted);
	listing_end_row(listing);
	return 0;
}

static int add_membership(const struct membership *membership, void *arg, struct err *err)
{
	(void)err;
	membership_listing_add(arg, membership);
	return 0;
}

/* The provider as one object, its memberships in it. */
static int print_json(struct catalog *catalog, const struct provider *provider, struct err *err)
{
	static const char *const columns[] = {"avrs_id", "npi", "name", "kind", "active", "added",
	    "last_sequence", "last_posted", "memberships", NULL};
	OWNED_LISTING struct listing *listing = NULL;
	json_t *memberships = json_array();

	if (membership_list_of_provider(
	        catalog, provider->avrs_id, add_membership, memberships, err) < 0 ||
	    listing_new(true, columns, &listing, err) < 0) {
		json_decref(memberships);
		return -1;
	}
	listing_text(listing, provider->avrs_id);
	listing_text(listing, provider->npi);
	listing_text(listing, provider->name);
	listing_text(listing, provider_kind_name(provider->kind));
	listing_yes_no(listing, provider->active);
	listing_time(listing, provider->added);
	listing_number(listing, provider->last_sequence);
	listing_time(listing, provider->last_posted);
	listing_json(listing, memberships, "");
	listing_end_row(listing);
	return listing_print(listing, "", err);
}

static void print_provider(const struct provider *provider)
{
	char added[TIME_SIZE];

	clock_print(provider->added, added);
	(void)printf(
	    "AVRS ID  %s\nNPI      %s\nname     %s\nkind     %s\nactive   %s\nadded    %s\n"
	    "posted   %" PRId64 "\n\n",
	    provider->avrs_id, provider->npi[0] ? provider->npi : "-",
	    provider->name[0] ? provider->name : "-", provider_kind_name(provider->kind),
	    provider->active ? "yes" : "no", added, provider->last_sequence);
}

static int run(const struct call *call, struct err *err)
{
	static const char *const columns[] = {
	    "avrs_id", "login", "role", "from", "until", "granted", NULL};
	OWNED_LISTING struct listing *listing = NULL;
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;
	struct provider provider;

	if (operator_open(call, &spool, err) < 0 ||
	    provider_get(spool.catalog, call->arguments[0], &provider, err) < 0)
		return -1;
	if (call_has(call, "json"))
		return print_json(spool.catalog, &provider, err);
	if (listing_new(false, columns, &listing, err) < 0 ||
	    membership_list_of_provider(spool.catalog, provider.avrs_id, add_row, listing, err) < 0)
		return -1;
	print_provider(&provider);
	return listing_print(listing, "no account: its letters go to paper (R2)", err);
}

static const struct option_row options[] = {OPTION_JSON, {NULL, NULL, NULL}};

const struct command command_provider_show = {
    .name = "provider show",
    .arguments = "AVRS-ID",
    .least = 1,
    .most = 1,
    .options = options,
    .about = "one provider, and the accounts that see its letters",
    .run = run,
};
