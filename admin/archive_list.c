/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery archive list: the archives of a night, or of all nights. */
#include "admin/commands.h"
#include "admin/listing.h"
#include "admin/operator.h"
#include "spool/night_archive.h"

static int add_row(const struct night_archive *archive, void *arg, struct err *err)
{
	struct listing *listing = arg;
	bool is_bundle = night_archive_is_bundle(archive);

	(void)err;
	listing_number(listing, archive->id);
	listing_text(listing, archive->night);
	listing_text(listing, archive->avrs_id);
	listing_text(listing, is_bundle ? "" : letter_class_name(archive->class));
	listing_text(listing, archive->name);
	listing_text(listing, archive_state_name(archive->state));
	listing_number(listing, archive->letters);
	listing_number(listing, archive->size);
	listing_text(listing, archive->sha256);
	listing_yes_no(listing, archive->signature_size > 0);
	listing_time(listing, archive->made);
	listing_end_row(listing);
	return 0;
}

static int run(const struct call *call, struct err *err)
{
	static const char *const columns[] = {"id", "night", "avrs_id", "class", "name", "state",
	    "letters", "size", "sha256", "signed", "made", NULL};
	OWNED_LISTING struct listing *listing = NULL;
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;
	const char *night;

	if (call_date(call, "night", &night, err) < 0 || operator_open(call, &spool, err) < 0 ||
	    listing_new(call_has(call, "json"), columns, &listing, err) < 0 ||
	    night_archive_list_night(spool.catalog, night ? night : "", add_row, listing, err) < 0)
		return -1;
	return listing_print(listing, "no archives", err);
}

static const struct option_row options[] = {
    {"night", "DATE", "only those of that night"},
    OPTION_JSON,
    {NULL, NULL, NULL},
};

const struct command command_archive_list = {
    .name = "archive list",
    .arguments = "",
    .options = options,
    .about = "the night archives: those without AVRS ID are bundles of an account",
    .run = run,
};
