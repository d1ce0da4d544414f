/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/letter_batch.h"

#include "base/clock.h"
#include "base/text.h"

/* What utf8_escape() makes of the name of a letter, which has nothing else that it changes. */
#define ESCAPED_NAME "REPLACE(m.name, '\\', '\\x5c')"

/* Is the letter of a line there? One may have been posted by itself, before or after. */
#define IS_THERE                                                                               \
	"m.letter_id IS NOT NULL"                                                              \
	" OR EXISTS (SELECT 1 FROM intake i WHERE i.avrs_id = m.avrs_id"                       \
	" AND i.name = " ESCAPED_NAME                                                          \
	" AND i.class = m.class AND i.state = 'held' AND i.size = m.size)"                     \
	" OR EXISTS (SELECT 1 FROM letter l WHERE l.avrs_id = m.avrs_id AND l.class = m.class" \
	" AND l.dropped_name = m.name AND l.sha256 = m.sha256"                                 \
	" AND (l.electronic IN ('posting', 'posted') OR l.placed IS NOT NULL))"

int letter_batch_list(struct catalog *catalog, bool all,
    int (*each)(const struct letter_batch *batch, void *arg, struct err *err), void *arg,
    struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT b.name, b.state, b.seen, b.alarmed, COALESCE(b.posted, b.discarded),"
	        " COUNT(*), SUM(CASE WHEN " IS_THERE " THEN 1 ELSE 0 END)"
	        " FROM batch b JOIN batch_member m ON m.batch_id = b.id"
	        " WHERE b.state = 'held' OR $1 = 1 GROUP BY b.id ORDER BY b.id",
	        VALUES(INT(all)), &row, &found, err) < 0)
		return -1;
	while (found) {
		struct letter_batch batch = {
		    .seen = statement_int(row, 2),
		    .alarmed = statement_int(row, 3),
		    .ended = statement_int(row, 4),
		    .letters = statement_int(row, 5),
		    .there = statement_int(row, 6),
		};

		text_copy(batch.name, statement_text(row, 0));
		text_copy(batch.state, statement_text(row, 1));
		if (each(&batch, arg, err) < 0 || statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}

/* Who discards which, for the transaction's body. */
struct discarding {
	const struct actor *actor;
	const char *name;
};

static int discard_body(struct catalog *catalog, void *arg, struct err *err)
{
	const struct discarding *discarding = arg;

	if (catalog_run(catalog,
	        "UPDATE batch SET state = 'discarded', discarded = $2"
	        " WHERE name = $1 AND state = 'held'",
	        VALUES(TEXT(discarding->name), INT(clock_now())), err) < 0)
		return -1;
	if (catalog_changes(catalog) == 0)
		return err_set(err, ERR_REFUSED,
		    "no batch %.80s waits; `edelivery batch list` shows those that do",
		    discarding->name);
	if (event_add(catalog, discarding->actor,
	        &(struct event){.what = "batch.discarded", .detail = discarding->name}, err) < 0)
		return -1;
	return catalog_announce(catalog, err);
}

int letter_batch_discard(
    struct catalog *catalog, const struct actor *actor, const char *name, struct err *err)
{
	struct discarding discarding = {actor, name};

	return catalog_transact(catalog, discard_body, &discarding, err);
}
