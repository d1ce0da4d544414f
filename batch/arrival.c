/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/arrival.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/mem.h"

/* An arrival with its key, <AVRS-ID>/<class>/<name>, in the order of arriving. */
struct queued {
	struct arrival arrival; /* first: what arrivals_take() returns is freed as this */
	UT_hash_handle hh;
	char key[];
};

struct arrivals {
	struct queued *table;
};

struct arrivals *arrivals_new(void)
{
	return mem_new(1, sizeof(struct arrivals));
}

void arrivals_free(struct arrivals *arrivals)
{
	struct arrival *arrival;

	if (!arrivals)
		return;
	while ((arrival = arrivals_take(arrivals, false)) != NULL)
		free(arrival);
	free(arrivals);
}

void arrivals_add(struct arrivals *arrivals, const struct arrival *arrival)
{
	size_t prefix = strlen(arrival->avrs_id) + 3;
	size_t length = prefix + strlen(arrival->name);
	struct queued *queued = mem_new(1, sizeof(*queued) + length + 1);
	struct queued *known = NULL;

	(void)snprintf(queued->key, length + 1, "%s/%d/%s", arrival->avrs_id, (int)arrival->class,
	    arrival->name);
	HASH_FIND(hh, arrivals->table, queued->key, length, known);
	if (known) {
		free(queued);
		return;
	}
	queued->arrival = *arrival;
	queued->arrival.name = queued->key + prefix;
	HASH_ADD_KEYPTR(hh, arrivals->table, queued->key, length, queued);
}

/* uthash keeps its elements in the order of adding, as a list. */
static struct queued *newest_of(struct queued *table)
{
	return ELMT_FROM_HH(table->hh.tbl, table->hh.tbl->tail);
}

struct arrival *arrivals_take(struct arrivals *arrivals, bool newest)
{
	struct queued *queued = arrivals->table;

	if (!queued)
		return NULL;
	if (newest)
		queued = newest_of(queued);
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it does not follow uthash */
	HASH_DEL(arrivals->table, queued);
	return &queued->arrival;
}

size_t arrivals_count(const struct arrivals *arrivals)
{
	return HASH_COUNT(arrivals->table);
}
