/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/dispatch.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/mem.h"
#include "base/text.h"
#include "batch/route.h"
#include "spool/membership.h"
#include "spool/provider.h"

enum { KNOWN_MAX = 65536 }; /* AVRS IDs that are remembered */

/* What routing wants to know of an AVRS ID. */
struct known {
	char avrs_id[AVRS_ID_MAX + 1];
	bool active;
	enum provider_kind kind;
	bool has_master;
	bool shows_trade_files;
	UT_hash_handle hh;
};

struct dispatcher {
	const struct spool *spool;
	struct known *table;
};

struct dispatcher *dispatcher_new(const struct spool *spool)
{
	struct dispatcher *dispatcher = mem_new(1, sizeof(*dispatcher));

	dispatcher->spool = spool;
	return dispatcher;
}

void dispatcher_forget(struct dispatcher *dispatcher)
{
	while (dispatcher->table) {
		struct known *known = dispatcher->table;

		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it does not follow uthash */
		HASH_DEL(dispatcher->table, known);
		free(known);
	}
}

void dispatcher_free(struct dispatcher *dispatcher)
{
	if (!dispatcher)
		return;
	dispatcher_forget(dispatcher);
	free(dispatcher);
}

static int read_known(struct catalog *catalog, const char *avrs_id, struct known *ret_known,
    bool *ret_found, struct err *err)
{
	struct provider provider;

	if (provider_find(catalog, avrs_id, &provider, ret_found, err) < 0)
		return -1;
	if (!*ret_found)
		return 0;
	*ret_known = (struct known){.active = provider.active, .kind = provider.kind};
	text_copy(ret_known->avrs_id, avrs_id);
	return membership_audience(
	    catalog, avrs_id, &ret_known->has_master, &ret_known->shows_trade_files, err);
}

/* *ret_known NULL: nothing is known of it. That is asked every time. */
static int find_known(struct dispatcher *dispatcher, const char *avrs_id,
    const struct known **ret_known, struct err *err)
{
	struct known *known = NULL;
	struct known read;
	bool found = false;

	HASH_FIND_STR(dispatcher->table, avrs_id, known);
	if (!known) {
		if (read_known(dispatcher->spool->catalog, avrs_id, &read, &found, err) < 0)
			return -1;
		if (found) {
			if (HASH_COUNT(dispatcher->table) >= KNOWN_MAX)
				dispatcher_forget(dispatcher);
			known = mem_new(1, sizeof(*known));
			*known = read;
			HASH_ADD_STR(dispatcher->table, avrs_id, known);
		}
	}
	*ret_known = known;
	return 0;
}

static void follow_route(struct drop *drop, const struct route_facts *facts, int64_t now)
{
	char reason[REASON_MAX + 1];
	struct letter *letter = &drop->letter;

	letter->taken = now;
	letter->posted = letter->taken;
	drop->verdict = VERDICT_POST;
	switch (route_choose(facts, reason)) {
	case ROUTE_ELECTRONIC:
		letter->electronic = ELECTRONIC_POSTING;
		break;
	case ROUTE_PAPER:
		letter->paper = PAPER_QUEUED;
		letter->queued = letter->taken;
		text_copy(letter->paper_reason, reason);
		text_copy(letter->paper_date, facts->today);
		break;
	case ROUTE_HOLD:
		drop->hold = HOLD_NO_ACCOUNT;
		drop_decide(drop, VERDICT_HOLD, "%s", reason);
		break;
	}
}

/* now and today are the same time. */
static int dispatch_one(struct dispatcher *dispatcher, struct drop *drop, int64_t now,
    const char *today, struct err *err)
{
	const struct known *known = NULL;
	struct route_facts facts = {.today = today, .class = drop->class};

	if (find_known(dispatcher, drop->avrs_id, &known, err) < 0)
		return -1;
	if (!known) {
		drop->hold = HOLD_UNKNOWN;
		drop_decide(drop, VERDICT_HOLD,
		    "AVRS ID %s is not known; `edelivery provider add %s` makes it so",
		    drop->avrs_id, drop->avrs_id);
		return 0;
	}
	facts.type = letter_types_find(&dispatcher->spool->types, drop->letter.type);
	facts.provider_active = known->active;
	facts.provider_kind = known->kind;
	facts.has_master = known->has_master;
	facts.shows_trade_files = known->shows_trade_files;
	follow_route(drop, &facts, now);
	return 0;
}

int dispatch(struct dispatcher *dispatcher, struct drop *drops, size_t count, struct err *err)
{
	/* The same for all: none of them has to be given another one when they are numbered. */
	int64_t now = clock_now();
	char today[DATE_SIZE];

	clock_print_date(now, today);
	for (size_t i = 0; i < count; i++)
		if (drops[i].verdict == VERDICT_NONE &&
		    dispatch_one(dispatcher, &drops[i], now, today, err) < 0)
			return -1;
	return 0;
}
