/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/traffic.h"

#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/text.h"

static const struct {
	const char *name;
	const char *title;
} kinds[TRAFFIC_COUNT] = {
    [TRAFFIC_ACCEPTED] = {"connections", "connections accepted"},
    [TRAFFIC_REFUSED_SESSIONS] = {"refused_sessions", "refused by server.sessions"},
    [TRAFFIC_REFUSED_ADDRESS] = {"refused_sessions_per_address",
        "refused by server.sessions-per-address"},
    [TRAFFIC_REFUSED_STRANGERS] = {"refused_strangers", "refused by server.strangers"},
    [TRAFFIC_REFUSED_STRANGERS_ADDRESS] = {"refused_strangers_per_address",
        "refused by server.strangers-per-address"},
    [TRAFFIC_LOGINS] = {"logins", "logins"},
    [TRAFFIC_LOGINS_REFUSED] = {"logins_refused", "keys and passwords refused"},
    [TRAFFIC_BYTES_SENT] = {"bytes_sent", "bytes of letters sent"},
    [TRAFFIC_SESSIONS] = {"sessions", "sessions now"},
    [TRAFFIC_STRANGERS] = {"strangers", "of these, not logged in"},
};

const char *traffic_name(enum traffic_kind kind)
{
	return kinds[kind].name;
}

const char *traffic_title(enum traffic_kind kind)
{
	return kinds[kind].title;
}

struct addition {
	const char *node;
	const struct traffic *traffic;
};

static int add_body(struct catalog *catalog, void *arg, struct err *err)
{
	const struct addition *addition = arg;
	int64_t now = clock_now();

	for (int i = 0; i < TRAFFIC_TOTALS; i++)
		if (addition->traffic->values[i] &&
		    catalog_run(catalog,
		        "INSERT INTO traffic (node, name, value, changed) VALUES ($1, $2, $3, $4)"
		        " ON CONFLICT (node, name) DO UPDATE"
		        " SET value = traffic.value + excluded.value, changed = excluded.changed",
		        VALUES(TEXT(addition->node), TEXT(kinds[i].name),
		            INT(addition->traffic->values[i]), INT(now)),
		        err) < 0)
			return -1;
	for (int i = TRAFFIC_TOTALS; addition->traffic->has_now && i < TRAFFIC_COUNT; i++)
		if (catalog_run(catalog,
		        "INSERT INTO traffic (node, name, value, changed) VALUES ($1, $2, $3, $4)"
		        " ON CONFLICT (node, name) DO UPDATE"
		        " SET value = excluded.value, changed = excluded.changed",
		        VALUES(TEXT(addition->node), TEXT(kinds[i].name),
		            INT(addition->traffic->values[i]), INT(now)),
		        err) < 0)
			return -1;
	return 0;
}

int traffic_add(
    struct catalog *catalog, const char *node, const struct traffic *traffic, struct err *err)
{
	struct addition addition = {node, traffic};

	return catalog_transact(catalog, add_body, &addition, err);
}

/* A row's value into its place; a name that this version does not know is passed over. */
static void take_row(struct statement *row, struct traffic *traffic)
{
	const char *name = statement_text(row, 1);
	bool is_fresh = clock_now() - statement_int(row, 3) < TRAFFIC_FRESH;
	int known = is_fresh ? TRAFFIC_COUNT : TRAFFIC_TOTALS;

	for (int i = 0; i < known; i++)
		if (strcmp(name, kinds[i].name) == 0)
			traffic->values[i] = statement_int(row, 2);
}

int traffic_list(struct catalog *catalog,
    int (*visit)(const char *node, const struct traffic *traffic, void *arg, struct err *err),
    void *arg, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT node, name, value, changed FROM traffic ORDER BY node, name", NO_VALUES,
	        &row, &found, err) < 0)
		return -1;
	while (found) {
		struct traffic traffic = {.has_now = true};
		char node[256];

		text_copy(node, statement_text(row, 0));
		while (found && strcmp(statement_text(row, 0), node) == 0) {
			take_row(row, &traffic);
			if (statement_next(row, &found, err) < 0)
				return -1;
		}
		if (visit(node, &traffic, arg, err) < 0)
			return -1;
	}
	return 0;
}
