/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/event.h"

#include "base/clock.h"

int event_add_as(struct catalog *catalog, int64_t id, const struct actor *actor,
    const struct event *event, struct err *err)
{
	return catalog_queue(catalog,
	    "INSERT INTO event (id, at, node, what, actor, login, avrs_id, letter_id, detail)"
	    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
	    VALUES(INT(id), INT(clock_now()), TEXT(actor->node), TEXT(event->what),
	        TEXT(actor->name), TEXT(event->login), TEXT(event->avrs_id),
	        INT_OR_NULL(event->letter_id), TEXT(event->detail)),
	    err);
}

int event_add(
    struct catalog *catalog, const struct actor *actor, const struct event *event, struct err *err)
{
	int64_t id = 0;

	if (catalog_take_ids(catalog, "event", 1, &id, err) < 0)
		return -1;
	return event_add_as(catalog, id, actor, event, err);
}

int event_list_of_letter(struct catalog *catalog, int64_t letter_id,
    int (*each)(
        const struct event *event, int64_t at, const char *actor, void *arg, struct err *err),
    void *arg, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT at, actor, what, login, avrs_id, detail FROM event"
	        " WHERE letter_id = $1 ORDER BY id",
	        VALUES(INT(letter_id)), &row, &found, err) < 0)
		return -1;
	while (found) {
		struct event event = {.what = statement_text(row, 2),
		    .login = statement_text(row, 3),
		    .avrs_id = statement_text(row, 4),
		    .letter_id = letter_id,
		    .detail = statement_text(row, 5)};

		if (each(&event, statement_int(row, 0), statement_text(row, 1), arg, err) < 0 ||
		    statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}
