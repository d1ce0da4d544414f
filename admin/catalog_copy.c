/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery catalog copy: from one SQL engine to the other, say, when a second machine comes. */
#include <string.h>

#include "admin/commands.h"
#include "admin/listing.h"
#include "spool/table_copy.h"

static void close_catalog(struct catalog **catalog)
{
	catalog_close(*catalog);
}

static void add_row(struct listing *listing, const struct table_digest *table)
{
	listing_text(listing, table->name);
	listing_number(listing, table->rows);
	listing_text(listing, table->sha256);
	listing_end_row(listing);
}

static int run(const struct call *call, struct err *err)
{
	static const char *const columns[] = {"table", "rows", "sha256", NULL};
	static struct table_digests digests;
	OWNED_LISTING struct listing *listing = NULL;
	OWNED(close_catalog) struct catalog *from = NULL;
	OWNED(close_catalog) struct catalog *to = NULL;

	if (strcmp(call->arguments[0], call->arguments[1]) == 0)
		return err_set(err, ERR_REFUSED, "a catalog is not copied onto itself");
	if (catalog_open(call->arguments[0], false, &from, err) < 0 ||
	    catalog_open(call->arguments[1], true, &to, err) < 0 ||
	    table_copy_all(from, to, &digests, err) < 0 ||
	    listing_new(call_has(call, "json"), columns, &listing, err) < 0)
		return -1;
	for (size_t i = 0; i < digests.count; i++)
		add_row(listing, &digests.tables[i]);
	return listing_print(listing, "no tables", err);
}

static const struct option_row options[] = {OPTION_JSON, {NULL, NULL, NULL}};

const struct command command_catalog_copy = {
    .name = "catalog copy",
    .arguments = "FROM TO",
    .least = 2,
    .most = 2,
    .options = options,
    .about = "copy FROM (sqlite:PATH or postgresql:CONNINFO) into TO, which is empty, and compare",
    .run = run,
};
