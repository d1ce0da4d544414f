/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/listing.h"

#include <inttypes.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"

struct listing {
	const char *const *columns;
	bool as_json;
	struct libscols_table *table; /* NULL for JSON */
	struct libscols_line *line;
	json_t *object;
	int at; /* the next column of the row */
	size_t rows;
};

static int make_table(struct listing *listing, struct err *err)
{
	listing->table = scols_new_table();
	if (!listing->table)
		return err_set(err, ERR_INTERNAL, "cannot make a table");
	(void)scols_table_enable_noencoding(listing->table, 1);
	if (isatty(STDOUT_FILENO))
		(void)scols_table_enable_maxout(listing->table, 0);
	for (const char *const *column = listing->columns; *column; column++)
		if (!scols_table_new_column(listing->table, *column, 0, SCOLS_FL_NOEXTREMES))
			return err_set(err, ERR_INTERNAL, "cannot make a table");
	return 0;
}

int listing_new(
    bool as_json, const char *const *columns, struct listing **ret_listing, struct err *err)
{
	struct listing *listing = mem_new(1, sizeof(*listing));

	listing->columns = columns;
	listing->as_json = as_json;
	if (!as_json && make_table(listing, err) < 0) {
		listing_free(listing);
		return -1;
	}
	*ret_listing = listing;
	return 0;
}

void listing_free(struct listing *listing)
{
	if (!listing)
		return;
	scols_unref_table(listing->table);
	json_decref(listing->object);
	free(listing);
}

void listing_clean(struct listing **listing)
{
	listing_free(*listing);
}

/* Nothing from outside reaches a terminal as it is. */
static void put_cell(struct listing *listing, const char *text)
{
	OWNED_BUFFER struct buffer safe = BUFFER(65536);

	utf8_escape_line(&safe, text, strlen(text));
	if (!listing->line)
		listing->line = scols_table_new_line(listing->table, NULL);
	(void)scols_line_set_data(
	    listing->line, (size_t)listing->at, safe.length ? buffer_text(&safe) : "-");
}

void listing_json(struct listing *listing, json_t *value, const char *text)
{
	const char *name = listing->columns[listing->at];

	if (listing->as_json) {
		if (!listing->object)
			listing->object = json_object();
		(void)json_object_set_new(listing->object, name, value);
	} else {
		json_decref(value);
		put_cell(listing, text);
	}
	listing->at++;
}

void listing_text(struct listing *listing, const char *text)
{
	bool none = !text || !text[0];

	listing_json(listing, none ? json_null() : json_string(text), none ? "" : text);
}

void listing_number(struct listing *listing, int64_t number)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%" PRId64, number);
	listing_json(listing, json_integer(number), text);
}

void listing_time(struct listing *listing, int64_t when)
{
	char text[TIME_SIZE] = "";

	if (when)
		clock_print(when, text);
	listing_text(listing, text);
}

json_t *listing_time_value(int64_t when)
{
	char text[TIME_SIZE];

	if (!when)
		return json_null();
	clock_print(when, text);
	return json_string(text);
}

void listing_yes_no(struct listing *listing, bool value)
{
	listing_json(listing, json_boolean(value), value ? "yes" : "no");
}

void listing_end_row(struct listing *listing)
{
	if (listing->as_json) {
		(void)json_dumpf(listing->object, stdout, JSON_COMPACT);
		(void)putchar('\n');
		json_decref(listing->object);
		listing->object = NULL;
	}
	listing->line = NULL;
	listing->at = 0;
	listing->rows++;
}

int listing_print(struct listing *listing, const char *empty, struct err *err)
{
	if (!listing->as_json && listing->rows == 0)
		(void)puts(empty);
	else if (!listing->as_json && scols_print_table(listing->table) < 0)
		return err_set(err, ERR_RETRY, "cannot print the table");
	return fflush(stdout) != 0 ? err_sys(err, "print") : 0;
}
