/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery status: queues, last events, what needs a person. */
#include <inttypes.h>
#include <stdio.h>

#include "admin/commands.h"
#include "admin/listing.h"
#include "admin/operator.h"
#include "spool/next_key.h"

/* What is counted, each by a partial index or a short walk. */
static const struct {
	const char *name;
	const char *title;
	const char *sql;
	const char *advice; /* to a person, where there are any; NULL: nothing to do */
} counts[] = {
    {"posting", "letters being posted", "SELECT COUNT(*) FROM letter WHERE electronic = 'posting'",
        NULL},
    {"held", "files held in drop/", "SELECT COUNT(*) FROM intake WHERE state = 'held'", NULL},
    {"batches", "batches that wait for letters", "SELECT COUNT(*) FROM batch WHERE state = 'held'",
        NULL},
    {"short_batches", "batches that wait for long",
        "SELECT COUNT(*) FROM batch WHERE state = 'held' AND alarmed IS NOT NULL",
        "the log of watchd names what is missing"},
    {"quarantined", "files in quarantine",
        "SELECT COUNT(*) FROM intake WHERE state = 'quarantined'",
        "`edelivery quarantine list` says why"},
    {"paper_queued", "letters to be printed",
        "SELECT COUNT(*) FROM letter WHERE paper_date IS NOT NULL AND paper = 'queued'",
        "print paper/ and hand it over"},
    {"unreadable", "files that cannot be read",
        "SELECT COUNT(*) FROM intake WHERE state = 'held' AND reason LIKE 'cannot be read%'",
        "`edelivery letter show ID` tells the command that mends it"},
    {"providers", "providers", "SELECT COUNT(*) FROM provider", NULL},
    {"accounts", "accounts", "SELECT COUNT(*) FROM account", NULL},
};
enum { COUNTS = sizeof(counts) / sizeof(counts[0]) };

static int count_all(struct catalog *catalog, int64_t values[COUNTS], struct err *err)
{
	for (size_t i = 0; i < COUNTS; i++) {
		OWNED_STATEMENT struct statement *row = NULL;
		bool found = false;

		if (catalog_find(catalog, counts[i].sql, NO_VALUES, &row, &found, err) < 0)
			return -1;
		values[i] = statement_int(row, 0);
	}
	return 0;
}

/*
 * The host keys that are announced, for people or ret_array. What is wrong with one is for the
 * person who reads this to mend; it is no reason to tell nothing else.
 */
static void list_next_keys(const struct settings *settings, json_t *ret_array)
{
	for (int kind = 0; kind < NEXT_KEYS; kind++) {
		struct next_key key;
		bool found = false;
		struct err err;

		if (next_key_read(settings, kind, &key, &found, &err) < 0)
			(void)fprintf(
			    stderr, "edelivery: a host key is not announced: %s\n", err.text);
		if (!found)
			continue;
		if (ret_array)
			(void)json_array_append_new(ret_array, json_string(key.fingerprint));
		else
			(void)printf(
			    "next host key, announced: %s %s\n", key.fingerprint, key.type);
	}
}

static int print_json(
    const struct settings *settings, const int64_t values[COUNTS], struct err *err)
{
	static const char *columns[COUNTS + 2];
	OWNED_LISTING struct listing *listing = NULL;
	json_t *keys;

	for (size_t i = 0; i < COUNTS; i++)
		columns[i] = counts[i].name;
	columns[COUNTS] = "next_host_keys";
	if (listing_new(true, columns, &listing, err) < 0)
		return -1;
	keys = json_array();
	list_next_keys(settings, keys);
	for (size_t i = 0; i < COUNTS; i++)
		listing_number(listing, values[i]);
	listing_json(listing, keys, "");
	listing_end_row(listing);
	return listing_print(listing, "", err);
}

static int print_events(struct catalog *catalog, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT at, what, actor, avrs_id, letter_id FROM event ORDER BY id DESC LIMIT 5",
	        NO_VALUES, &row, &found, err) < 0)
		return -1;
	(void)printf("\nlast events, newest first:\n");
	while (found) {
		char when[TIME_SIZE];
		const char *avrs_id = statement_text(row, 3);

		clock_print(statement_int(row, 0), when);
		(void)printf("  %s  %-20s %s %s", when, statement_text(row, 1),
		    statement_text(row, 2), avrs_id ? avrs_id : "");
		if (statement_int(row, 4))
			(void)printf(" letter %" PRId64, statement_int(row, 4));
		(void)printf("\n");
		if (statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}

/* What held files wait for, the most frequent first. */
static int print_holds(struct catalog *catalog, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT COUNT(*), MIN(changed), reason FROM intake WHERE state = 'held'"
	        " GROUP BY reason ORDER BY COUNT(*) DESC, reason LIMIT 5",
	        NO_VALUES, &row, &found, err) < 0)
		return -1;
	if (found)
		(void)printf("\nwhat held files wait for:\n");
	while (found) {
		char since[TIME_SIZE];

		clock_print(statement_int(row, 1), since);
		(void)printf("%10" PRId64 "  since %s  %s\n", statement_int(row, 0), since,
		    statement_text(row, 2));
		if (statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}

static int run(const struct call *call, struct err *err)
{
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;
	int64_t values[COUNTS];

	if (operator_open(call, &spool, err) < 0 || count_all(spool.catalog, values, err) < 0)
		return -1;
	if (call_has(call, "json"))
		return print_json(&spool.settings, values, err);
	for (size_t i = 0; i < COUNTS; i++)
		(void)printf("%10" PRId64 "  %s%s%s\n", values[i], counts[i].title,
		    values[i] && counts[i].advice ? "  <- " : "",
		    values[i] && counts[i].advice ? counts[i].advice : "");
	list_next_keys(&spool.settings, NULL);
	if (print_holds(spool.catalog, err) < 0)
		return -1;
	return print_events(spool.catalog, err);
}

static const struct option_row options[] = {OPTION_JSON, {NULL, NULL, NULL}};

const struct command command_status = {
    .name = "status",
    .arguments = "",
    .options = options,
    .about = "queues, last events, what needs a person",
    .run = run,
};
