/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery batch list: which batches wait, and for how many letters. */
#include "admin/commands.h"
#include "admin/listing.h"
#include "admin/operator.h"
#include "spool/letter_batch.h"

static const char *const columns[] = {
    "name", "state", "letters", "there", "missing", "seen", "short_since", "ended", NULL};

static int add_row(const struct letter_batch *batch, void *arg, struct err *err)
{
	struct listing *listing = arg;

	(void)err;
	listing_text(listing, batch->name);
	listing_text(listing, batch->state);
	listing_number(listing, batch->letters);
	listing_number(listing, batch->there);
	listing_number(listing, batch->letters - batch->there);
	listing_time(listing, batch->seen);
	listing_time(listing, batch->alarmed);
	listing_time(listing, batch->ended);
	listing_end_row(listing);
	return 0;
}

static int run(const struct call *call, struct err *err)
{
	OWNED_LISTING struct listing *listing = NULL;
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;

	if (operator_open(call, &spool, err) < 0 ||
	    listing_new(call_has(call, "json"), columns, &listing, err) < 0 ||
	    letter_batch_list(spool.catalog, call_has(call, "all"), add_row, listing, err) < 0)
		return -1;
	return listing_print(listing, "no batch waits", err);
}

static const struct option_row options[] = {
    {"all", NULL, "those that were posted or discarded, too"},
    OPTION_JSON,
    {NULL, NULL, NULL},
};

const struct command command_batch_list = {
    .name = "batch list",
    .arguments = "",
    .options = options,
    .about = "the batches that wait, and for how many letters",
    .run = run,
};
