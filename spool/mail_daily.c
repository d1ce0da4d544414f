/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_daily.h"

#include "base/clock.h"
#include "base/number.h"
#include "spool/mail_waiting.h"
#include "spool/mail_warning.h"

/* The day's mails, for a transaction's body. */
struct day {
	const struct actor *actor;
	int64_t moment;
};

int64_t mail_daily_moment(int64_t now, int64_t hour)
{
	char today[DATE_SIZE];
	int64_t when;

	clock_print_date(now, today);
	when = clock_date_start(today, 0) + hour * HOUR;
	return when <= now ? when : clock_date_start(today, -1) + hour * HOUR;
}

/* Is it for us to do today's? The lease says from when on the next are due. */
static int take_turn(
    struct catalog *catalog, const struct day *day, bool *ret_ours, struct err *err)
{
	if (catalog_run(catalog,
	        "INSERT INTO lease (name, owner, until) VALUES ('mail.daily', $1, $2)"
	        " ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until"
	        " WHERE lease.until < excluded.until",
	        VALUES(TEXT(day->actor->node), INT(day->moment)), err) < 0)
		return -1;
	*ret_ours = catalog_changes(catalog) > 0;
	return 0;
}

static int day_body(struct catalog *catalog, void *arg, struct err *err)
{
	const struct day *day = arg;
	OWNED_STATEMENT struct statement *row = NULL;
	bool ours = false;
	bool found = false;

	if (take_turn(catalog, day, &ours, err) < 0)
		return -1;
	if (!ours)
		return 0;
	if (catalog_find(catalog,
	        "SELECT 1 FROM intake WHERE state = 'quarantined'"
	        " AND state IN ('held', 'quarantined') LIMIT 1",
	        NO_VALUES, &row, &found, err) < 0)
		return -1;
	return found ? mail_tell_administrators(catalog, MAIL_QUARANTINE, clock_now(), err) : 0;
}

/* Has today's turn been taken? */
static int is_done(struct catalog *catalog, int64_t moment, bool *ret_done, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	return catalog_find(catalog,
	    "SELECT 1 FROM lease WHERE name = 'mail.daily' AND until >= $1", VALUES(INT(moment)),
	    &row, ret_done, err);
}

int mail_daily(struct catalog *catalog, const struct actor *actor, const struct settings *settings,
    bool *ret_more, struct err *err)
{
	struct day day = {actor, mail_daily_moment(clock_now(), settings->mail_daily_hour)};
	bool done = false;

	*ret_more = false;
	if (is_done(catalog, day.moment, &done, err) < 0)
		return -1;
	if (done)
		return 0;
	/* What was warned of is marked with it, so these may be done by several, and again. */
	if (mail_warning_of_roles(catalog, settings, ret_more, err) < 0 ||
	    (!*ret_more && mail_warning_of_letters(catalog, settings, ret_more, err) < 0))
		return -1;
	return *ret_more ? 0 : catalog_transact(catalog, day_body, &day, err);
}
