/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery provider list: every provider. */
#include "admin/commands.h"
#include "admin/listing.h"
#include "admin/operator.h"
#include "spool/provider.h"

static int add_row(const struct provider *provider, void *arg, struct err *err)
{
	struct listing *listing = arg;

	(void)err;
	listing_text(listing, provider->avrs_id);
	listing_text(listing, provider->npi);
	listing_text(listing, provider->name);
	listing_text(listing, provider_kind_name(provider->kind));
	listing_yes_no(listing, provider->active);
	listing_number(listing, provider->last_sequence);
	listing_time(listing, provider->last_posted);
	listing_end_row(listing);
	return 0;
}

static int run(const struct call *call, struct err *err)
{
	static const char *const columns[] = {
	    "avrs_id", "npi", "name", "kind", "active", "letters", "last_posted", NULL};
	OWNED_LISTING struct listing *listing = NULL;
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;

	if (operator_open(call, &spool, err) < 0 ||
	    listing_new(call_has(call, "json"), columns, &listing, err) < 0 ||
	    provider_list(spool.catalog, add_row, listing, err) < 0)
		return -1;
	return listing_print(listing, "no providers yet: `edelivery provider add AVRS-ID`", err);
}

static const struct option_row options[] = {OPTION_JSON, {NULL, NULL, NULL}};

const struct command command_provider_list = {
    .name = "provider list",
    .arguments = "",
    .options = options,
    .about = "every provider, with the number of letters posted so far",
    .run = run,
};
