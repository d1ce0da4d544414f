/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_daily.h"

#include "base/clock.h"
#include "base/number.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_mail_daily(CU_pSuite suite);

static void run(const struct fixture *f)
{
	bool more = true;
	struct err err;

	while (more)
		CU_ASSERT_EQUAL_FATAL(
		    mail_daily(f->catalog, &f->spool.actor, &f->spool.settings, &more, &err), 0);
}

static int64_t mails(const struct fixture *f)
{
	return fixture_number(f, "SELECT COUNT(*) FROM mail WHERE kind = 'quarantine'");
}

static void quarantine(const struct fixture *f)
{
	fixture_sql(f,
	    "INSERT INTO intake (id, avrs_id, class, name, state, reason, node, size,"
	    " source_device, source_inode, source_changed, seen, changed) VALUES"
	    " (7, '111111111', 'edelivery', 'x', 'quarantined', 'r', 'n', 1, 1, 1, 1, 1, 1)");
}

/* 07:00 in New York is 11:00 in UTC in May. */
static void a_day_begins_at_its_hour_in_the_agency(void)
{
	OWNED_FIXTURE struct fixture f;

	fixture_open(&f);
	CU_ASSERT_EQUAL(mail_daily_moment(FIXTURE_NOW, 7), FIXTURE_NOW - HOUR);
	CU_ASSERT_EQUAL(mail_daily_moment(FIXTURE_NOW, 8), FIXTURE_NOW);
	CU_ASSERT_EQUAL(mail_daily_moment(FIXTURE_NOW, 9), FIXTURE_NOW - 23 * HOUR);
}

static void administrators_hear_of_quarantine_once_a_day(void)
{
	OWNED_FIXTURE struct fixture f;

	fixture_open(&f);
	(void)scratch_account(&f.spool, "root1", "", "");
	(void)scratch_account(&f.spool, "root2", "", "");
	fixture_sql(&f, "UPDATE account SET admin = 1");
	run(&f);
	CU_ASSERT_EQUAL(mails(&f), 0);
	quarantine(&f);
	/* Today's turn was taken. */
	run(&f);
	CU_ASSERT_EQUAL(mails(&f), 0);
	for (int day = 1; day <= 3; day++) {
		for (int i = 0; i < 2; i++) {
			clock_freeze(FIXTURE_NOW + day * DAY + i * HOUR);
			run(&f);
		}
		CU_ASSERT_EQUAL(mails(&f), 2 * day);
		fixture_sql(&f, "UPDATE mail SET state = 'sent'");
	}
}

/* A relay that is down for a week does not make seven mails of it. */
static void what_was_not_told_yesterday_is_not_told_twice_today(void)
{
	OWNED_FIXTURE struct fixture f;

	fixture_open(&f);
	(void)scratch_account(&f.spool, "root1", "", "");
	fixture_sql(&f, "UPDATE account SET admin = 1");
	quarantine(&f);
	for (int day = 0; day < 3; day++) {
		clock_freeze(FIXTURE_NOW + day * DAY);
		run(&f);
	}
	CU_ASSERT_EQUAL(mails(&f), 1);
}

void add_suite_mail_daily(CU_pSuite suite)
{
	TEST(a_day_begins_at_its_hour_in_the_agency);
	TEST(administrators_hear_of_quarantine_once_a_day);
	TEST(what_was_not_told_yesterday_is_not_told_twice_today);
}
