/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery status: queues, last events, what needs a person. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "admin/commands.h"
#include "admin/listing.h"
#include "admin/operator.h"
#include "base/number.h"
#include "spool/mail.h"
#include "spool/next_key.h"
#include "spool/traffic.h"

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
        "the log of watchd names what is missing; `edelivery batch discard NAME` gives one up"},
    {"quarantined", "files in quarantine",
        "SELECT COUNT(*) FROM intake WHERE state = 'quarantined'"
        " AND state IN ('held', 'quarantined')", /* as its index says */
        "`edelivery quarantine list` says why"},
    {"paper_queued", "letters to be printed",
        "SELECT COUNT(*) FROM letter WHERE paper_date IS NOT NULL AND paper = 'queued'",
        "print paper/ and hand it over"},
    {"unreadable", "files that cannot be read",
        "SELECT COUNT(*) FROM intake WHERE state = 'held' AND reason LIKE 'cannot be read%'",
        "`edelivery drop list` says what mends it"},
    {"unscanned", "files that wait for the virus scanner",
        "SELECT COUNT(*) FROM intake WHERE state = 'held' AND reason LIKE 'not scanned%'",
        "is it there (systemctl status clamav-daemon), and may it take files of that size?"},
    {"mail_waiting", "mails to be sent",
        "SELECT (SELECT COUNT(*) FROM mail WHERE state = 'queued')"
        " + (SELECT COUNT(DISTINCT account_id) FROM notification WHERE mail_id = 0)",
        NULL},
    {"mail_age", "seconds that the oldest of them has been due",
        "SELECT MIN(COALESCE(first_attempt, due)) FROM mail WHERE state = 'queued'", NULL},
    {"mail_held", "mails held", "SELECT COUNT(*) FROM mail WHERE state = 'held'",
        "`edelivery mail retry ID` sends one"},
    {"mail_failed", "mails that failed or came back",
        "SELECT COUNT(*) FROM mail WHERE state IN ('failed', 'bounced')"
        " AND answer NOT LIKE '" MAIL_DROPPED "%'",
        "`edelivery mail list --state failed` (and bounced) tells why"},
    {"email_bad", "accounts whose mail comes back",
        "SELECT COUNT(*) FROM account WHERE email_state = 'bad'",
        "`edelivery account set LOGIN --email E`"},
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
		/* An age, as seconds; what is due later has none. */
		if (strcmp(counts[i].name, "mail_age") == 0 && values[i])
			values[i] =
			    values[i] < clock_now() ? (clock_now() - values[i]) / SECOND : 0;
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

static int add_up(const char *node, const struct traffic *traffic, void *arg, struct err *err)
{
	struct traffic *sum = arg;

	(void)node;
	(void)err;
	for (int i = 0; i < TRAFFIC_COUNT; i++)
		sum->values[i] += traffic->values[i];
	return 0;
}

/* The numbers of all servers together. */
static int print_json(const struct spool *spool, const int64_t values[COUNTS], struct err *err)
{
	static const char *columns[COUNTS + TRAFFIC_COUNT + 2];
	OWNED_LISTING struct listing *listing = NULL;
	struct traffic sum = {.has_now = true};
	json_t *keys;

	for (size_t i = 0; i < COUNTS; i++)
		columns[i] = counts[i].name;
	for (int i = 0; i < TRAFFIC_COUNT; i++)
		columns[COUNTS + i] = traffic_name((enum traffic_kind)i);
	columns[COUNTS + TRAFFIC_COUNT] = "next_host_keys";
	if (traffic_list(spool->catalog, add_up, &sum, err) < 0 ||
	    listing_new(true, columns, &listing, err) < 0)
		return -1;
	keys = json_array();
	list_next_keys(&spool->settings, keys);
	for (size_t i = 0; i < COUNTS; i++)
		listing_number(listing, values[i]);
	for (int i = 0; i < TRAFFIC_COUNT; i++)
		listing_number(listing, sum.values[i]);
	listing_json(listing, keys, "");
	listing_end_row(listing);
	return listing_print(listing, "", err);
}

static int print_traffic(
    const char *node, const struct traffic *traffic, void *arg, struct err *err)
{
	(void)arg;
	(void)err;
	(void)printf("\nSFTP server of %s:\n", node);
	for (int i = 0; i < TRAFFIC_COUNT; i++)
		(void)printf(
		    "%10" PRId64 "  %s\n", traffic->values[i], traffic_title((enum traffic_kind)i));
	return 0;
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
		(void)printf("\nwhat held files wait for (`edelivery drop list`):\n");
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
		return print_json(&spool, values, err);
	for (size_t i = 0; i < COUNTS; i++)
		(void)printf("%10" PRId64 "  %s%s%s\n", values[i], counts[i].title,
		    values[i] && counts[i].advice ? "  <- " : "",
		    values[i] && counts[i].advice ? counts[i].advice : "");
	list_next_keys(&spool.settings, NULL);
	if (print_holds(spool.catalog, err) < 0)
		return -1;
	if (traffic_list(spool.catalog, print_traffic, NULL, err) < 0)
		return -1;
	if (!spool.settings.mail_relay[0])
		(void)printf("\nmail.relay is not set: mails wait\n");
	return print_events(spool.catalog, err);
}

static const struct option_row options[] = {OPTION_JSON, {NULL, NULL, NULL}};

const struct command command_status = {
    .name = "status",
    .arguments = "",
    .options = options,
    .about = "queues, the server's counts, last events, what needs a person",
    .run = run,
};
