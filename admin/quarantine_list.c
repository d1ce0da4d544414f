/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery quarantine list: the files that were refused, and why. */
#include "admin/commands.h"
#include "admin/listing.h"
#include "admin/operator.h"
#include "spool/intake.h"

static const char *const columns[] = {"id", "avrs_id", "name", "reason", "when", NULL};

static int add_row(const struct intake *intake, void *arg, struct err *err)
{
	struct listing *listing = arg;

	(void)err;
	listing_number(listing, intake->id);
	listing_text(listing, intake->avrs_id);
	listing_text(listing, intake->name);
	listing_text(listing, intake->reason);
	listing_time(listing, intake->changed);
	listing_end_row(listing);
	return 0;
}

static int run(const struct call *call, struct err *err)
{
	OWNED_LISTING struct listing *listing = NULL;
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;

	if (operator_open(call, &spool, err) < 0 ||
	    listing_new(call_has(call, "json"), columns, &listing, err) < 0 ||
	    intake_list(spool.catalog, NULL, INTAKE_QUARANTINED, add_row, listing, err) < 0)
		return -1;
	return listing_print(listing, "the quarantine is empty", err);
}

static const struct option_row options[] = {OPTION_JSON, {NULL, NULL, NULL}};

const struct command command_quarantine_list = {
    .name = "quarantine list",
    .arguments = "",
    .options = options,
    .about = "the files that were refused, and why",
    .run = run,
};
