/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_gather.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/number.h"
#include "spool/mail.h"
#include "spool/notification.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_mail_gather(CU_pSuite suite);

#define FIRST     "111111111"
#define SECOND_ID "222222222"

static void open_with_ann(struct fixture *f)
{
	fixture_open(f);
	scratch_provider(&f->spool, FIRST);
	scratch_provider(&f->spool, SECOND_ID);
	(void)fixture_clerk(f, "ann", FIRST);
	fixture_grant(f, "ann", SECOND_ID, "e-delivery-only");
}

static void post(const struct fixture *f, const char *avrs_id, int64_t letters)
{
	struct err err;

	CU_ASSERT_EQUAL(notification_count(f->catalog, avrs_id, CLASS_EDELIVERY, letters, &err), 0);
}

static void gather(const struct fixture *f)
{
	bool more = true;
	struct err err;

	while (more)
		CU_ASSERT_EQUAL_FATAL(mail_gather(f->catalog, &f->spool.settings, &more, &err), 0);
}

/* How many mails there are, and how many letters the newest tells of. */
static int64_t mails(const struct fixture *f)
{
	return fixture_number(f, "SELECT COUNT(*) FROM mail");
}

static int64_t told(const struct fixture *f)
{
	return fixture_number(f, "SELECT SUM(letters) FROM notification"
	                         " WHERE mail_id = (SELECT MAX(id) FROM mail)");
}

static void one_mail_tells_of_a_window(void)
{
	OWNED_FIXTURE struct fixture f;

	open_with_ann(&f);
	post(&f, FIRST, 3);
	clock_freeze(FIXTURE_NOW + 14 * MINUTE);
	post(&f, FIRST, 2);
	post(&f, SECOND_ID, 4);
	gather(&f);
	CU_ASSERT_EQUAL(mails(&f), 0);
	clock_freeze(FIXTURE_NOW + 15 * MINUTE);
	gather(&f);
	gather(&f);
	CU_ASSERT_EQUAL(mails(&f), 1);
	CU_ASSERT_EQUAL(told(&f), 9);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM notification WHERE mail_id = 0"), 0);
}

/* Whatever was posted, the queue has a row an account and AVRS ID. */
static void the_queue_does_not_grow_with_letters(void)
{
	OWNED_FIXTURE struct fixture f;

	open_with_ann(&f);
	for (int i = 0; i < 1000; i++)
		post(&f, FIRST, 7);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM notification"), 1);
	clock_freeze(FIXTURE_NOW + HOUR);
	gather(&f);
	CU_ASSERT_EQUAL(told(&f), 7000);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM notification"), 1);
}

static void what_comes_after_is_told_by_the_next(void)
{
	OWNED_FIXTURE struct fixture f;

	open_with_ann(&f);
	post(&f, FIRST, 3);
	clock_freeze(FIXTURE_NOW + HOUR);
	gather(&f);
	fixture_sql(&f, "UPDATE mail SET state = 'sent'");
	fixture_sql(&f, "DELETE FROM notification");
	post(&f, FIRST, 2);
	clock_freeze(FIXTURE_NOW + 2 * HOUR);
	gather(&f);
	CU_ASSERT_EQUAL(mails(&f), 2);
	CU_ASSERT_EQUAL(told(&f), 2);
}

/* A relay that is down for a day must not make ten mails of one. */
static void a_mail_that_waits_grows(void)
{
	static const char *const waiting[] = {"queued", "held", "failed"};
	OWNED_FIXTURE struct fixture f;
	struct err err;

	open_with_ann(&f);
	post(&f, FIRST, 3);
	clock_freeze(FIXTURE_NOW + HOUR);
	gather(&f);
	for (size_t i = 0; i < COUNT(waiting); i++) {
		CU_ASSERT_EQUAL(catalog_run(f.catalog, "UPDATE mail SET state = $1, attempts = 5",
		                    VALUES(TEXT(waiting[i])), &err),
		    0);
		post(&f, FIRST, 1);
		post(&f, SECOND_ID, 1);
		clock_freeze(FIXTURE_NOW + ((int64_t)i + 2) * HOUR);
		gather(&f);
		CU_ASSERT_EQUAL(mails(&f), 1);
		CU_ASSERT_EQUAL(told(&f), 5 + 2 * (int64_t)i);
	}
	/* What had failed is tried again with it. */
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT attempts FROM mail WHERE state = 'queued'"), 0);
}

/* What may be on its way already says what it says. */
static void a_mail_that_is_being_sent_does_not_grow(void)
{
	OWNED_FIXTURE struct fixture f;

	open_with_ann(&f);
	post(&f, FIRST, 3);
	clock_freeze(FIXTURE_NOW + HOUR);
	gather(&f);
	fixture_sql(&f, "UPDATE mail SET owner = 'somebody', owned_until = 0");
	post(&f, FIRST, 1);
	clock_freeze(FIXTURE_NOW + 2 * HOUR);
	gather(&f);
	CU_ASSERT_EQUAL(mails(&f), 2);
	CU_ASSERT_EQUAL(told(&f), 1);
}

static void a_bad_address_keeps_one_mail_that_grows(void)
{
	OWNED_FIXTURE struct fixture f;

	open_with_ann(&f);
	fixture_sql(&f, "UPDATE account SET email_state = 'bad', email_reason = '550 nobody'");
	for (int64_t i = 1; i <= 3; i++) {
		post(&f, FIRST, 1);
		clock_freeze(FIXTURE_NOW + i * HOUR);
		gather(&f);
		CU_ASSERT_EQUAL(mails(&f), 1);
		CU_ASSERT_EQUAL(told(&f), i);
		CU_ASSERT_EQUAL(
		    fixture_number(&f, "SELECT COUNT(*) FROM mail WHERE state = 'failed'"
		                       " AND answer = '550 nobody'"),
		    1);
	}
}

/* 07:00 in New York is 11:00 in UTC in May; the fixture's day is at 12:00 UTC. */
static void an_account_that_wants_one_a_day_gets_it_in_the_morning(void)
{
	OWNED_FIXTURE struct fixture f;

	open_with_ann(&f);
	fixture_sql(&f, "UPDATE account SET mail_window = 'daily'");
	post(&f, FIRST, 3);
	clock_freeze(FIXTURE_NOW + 22 * HOUR);
	post(&f, FIRST, 1);
	gather(&f);
	CU_ASSERT_EQUAL(mails(&f), 0);
	clock_freeze(FIXTURE_NOW + 23 * HOUR);
	gather(&f);
	CU_ASSERT_EQUAL(mails(&f), 1);
	CU_ASSERT_EQUAL(told(&f), 4);
}

static void more_than_one_transaction_takes_all(void)
{
	enum { MANY = MAIL_GATHER_MAX + 30 };
	OWNED_FIXTURE struct fixture f;
	char login[LOGIN_MAX + 1];
	bool more = false;
	struct err err;

	fixture_open(&f);
	scratch_provider(&f.spool, FIRST);
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(login, sizeof(login), "clerk%d", i);
		(void)fixture_clerk(&f, login, FIRST);
	}
	post(&f, FIRST, 1);
	clock_freeze(FIXTURE_NOW + HOUR);
	CU_ASSERT_EQUAL(mail_gather(f.catalog, &f.spool.settings, &more, &err), 0);
	CU_ASSERT_TRUE(more);
	CU_ASSERT_EQUAL(mails(&f), MAIL_GATHER_MAX);
	CU_ASSERT_EQUAL(mail_gather(f.catalog, &f.spool.settings, &more, &err), 0);
	CU_ASSERT_FALSE(more);
	CU_ASSERT_EQUAL(mails(&f), MANY);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(DISTINCT account_id) FROM mail"), MANY);
}

void add_suite_mail_gather(CU_pSuite suite)
{
	TEST(one_mail_tells_of_a_window);
	TEST(the_queue_does_not_grow_with_letters);
	TEST(what_comes_after_is_told_by_the_next);
	TEST(a_mail_that_waits_grows);
	TEST(a_mail_that_is_being_sent_does_not_grow);
	TEST(a_bad_address_keeps_one_mail_that_grows);
	TEST(an_account_that_wants_one_a_day_gets_it_in_the_morning);
	TEST(more_than_one_transaction_takes_all);
}
