/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery drop list: the files that are held in the drop folder, and what they wait for. */
#include "admin/commands.h"
#include "admin/listing.h"
#include "admin/operator.h"
#include "spool/intake.h"

static const char *const columns[] = {
    "id", "avrs_id", "class", "name", "reason", "when", "seen", NULL};

static int add_row(const struct intake *intake, void *arg, struct err *err)
{
	struct listing *listing = arg;

	(void)err;
	listing_number(listing, intake->id);
	listing_text(listing, intake->avrs_id);
	listing_text(listing, letter_class_name(intake->class));
	listing_text(listing, intake->name);
	listing_text(listing, intake->reason);
	listing_time(listing, intake->changed);
	listing_time(listing, intake->seen);
	listing_end_row(listing);
	return 0;
}

static int run(const struct call *call, struct err *err)
{
	OWNED_LISTING struct listing *listing = NULL;
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;

	if (operator_open(call, &spool, err) < 0 ||
	    listing_new(call_has(call, "json"), columns, &listing, err) < 0)
		return -1;
	if ((call->count
	            ? intake_list_held(spool.catalog, call->arguments[0], add_row, listing, err)
	            : intake_list(spool.catalog, NULL, INTAKE_HELD, add_row, listing, err)) < 0)
		return -1;
	return listing_print(listing, "no file is held", err);
}

static const struct option_row options[] = {OPTION_JSON, {NULL, NULL, NULL}};

const struct command command_drop_list = {
    .name = "drop list",
    .arguments = "[AVRS-ID]",
    .least = 0,
    .most = 1,
    .options = options,
    .about = "the files that are held in the drop folder, and what they wait for",
    .run = run,
};
