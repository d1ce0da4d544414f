/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery letter list: the newest letters. */
#include <string.h>

#include "admin/commands.h"
#include "admin/letter_listing.h"
#include "admin/operator.h"
#include "base/number.h"

enum { LIMIT = 100 };

static int add_row(const struct letter *letter, void *arg, struct err *err)
{
	(void)err;
	letter_listing_add(arg, letter);
	return 0;
}

static int run(const struct call *call, struct err *err)
{
	OWNED_LISTING struct listing *listing = NULL;
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;
	const char *avrs_id = call->count ? call->arguments[0] : "";
	int64_t limit = LIMIT;

	if (call_has(call, "limit") && number_parse(call_option(call, "limit"), &limit, err) < 0)
		return -1;
	if (limit < 1)
		return err_set(err, ERR_REFUSED, "--limit: at least 1");
	if (operator_open(call, &spool, err) < 0 ||
	    listing_new(call_has(call, "json"), letter_listing_columns, &listing, err) < 0 ||
	    letter_list_newest(spool.catalog, avrs_id, limit, add_row, listing, err) < 0)
		return -1;
	return listing_print(listing, "no letters", err);
}

static const struct option_row options[] = {
    {"limit", "N", "at most so many, the newest (100)"},
    OPTION_JSON,
    {NULL, NULL, NULL},
};

const struct command command_letter_list = {
    .name = "letter list",
    .arguments = "[AVRS-ID]",
    .least = 0,
    .most = 1,
    .options = options,
    .about = "the newest letters and trade files, of one AVRS ID or of all",
    .run = run,
};
