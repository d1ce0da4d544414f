/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/mail_results.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "tests/lib/captured.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_mail_results(CU_pSuite suite);

#define ID "123456789"

static struct mail_results results;

static void each_attempt_waits_twice_as_long_but_not_for_ever(void)
{
	CU_ASSERT_EQUAL(mail_results_delay(MINUTE, 1), MINUTE);
	CU_ASSERT_EQUAL(mail_results_delay(MINUTE, 2), 2 * MINUTE);
	CU_ASSERT_EQUAL(mail_results_delay(MINUTE, 5), 16 * MINUTE);
	CU_ASSERT_EQUAL(mail_results_delay(MINUTE, 9), 4 * HOUR);
	CU_ASSERT_EQUAL(mail_results_delay(MINUTE, INT64_MAX), 4 * HOUR);
	CU_ASSERT_EQUAL(mail_results_delay(SECOND, 0), SECOND);
}

static const struct mail_result *retry(int64_t first_attempt, int64_t expires)
{
	struct mail mail = {.id = 7, .first_attempt = first_attempt, .expires = expires};

	results.count = 0;
	mail_results_retry(&results, &mail, MINUTE, DAY, "451 later");
	CU_ASSERT_EQUAL(results.count, 1);
	CU_ASSERT_EQUAL(results.rows[0].mail.id, 7);
	CU_ASSERT_STRING_EQUAL(results.rows[0].answer, "451 later");
	return &results.rows[0];
}

static void a_mail_is_given_up_after_its_days_or_where_later_is_too_late(void)
{
	OWNED_FIXTURE struct fixture f;
	const int64_t now = FIXTURE_NOW;

	fixture_open(&f);
	CU_ASSERT_EQUAL(retry(now, 0)->outcome, MAIL_OUTCOME_RETRY);
	CU_ASSERT_EQUAL(results.rows[0].again, now + MINUTE);
	CU_ASSERT_EQUAL(retry(now - DAY + 1, 0)->outcome, MAIL_OUTCOME_RETRY);
	CU_ASSERT_EQUAL(retry(now - DAY, 0)->outcome, MAIL_OUTCOME_GIVEN_UP);
	CU_ASSERT_EQUAL(retry(now, now + MINUTE + 1)->outcome, MAIL_OUTCOME_RETRY);
	CU_ASSERT_EQUAL(retry(now, now + MINUTE)->outcome, MAIL_OUTCOME_GIVEN_UP);
}

/* A clerk's mail, claimed. */
static struct mail claimed(struct fixture *f)
{
	struct mail mail = {0};
	int64_t id = 0;
	size_t count = 0;
	struct err err;

	fixture_open(f);
	scratch_provider(&f->spool, ID);
	CU_ASSERT_EQUAL(
	    mail_add(f->catalog, fixture_clerk(f, "ann", ID), MAIL_LETTERS, clock_now(), &id, &err),
	    0);
	fixture_sql(f, "INSERT INTO notification (account_id, avrs_id, class, letters, since,"
	               " mail_id) SELECT account_id, '" ID "', 'edelivery', 1, 1, id FROM mail");
	CU_ASSERT_EQUAL_FATAL(mail_claim(f->catalog, f->spool.actor.node, clock_now() + MINUTE, 1,
	                          &mail, &count, &err),
	    0);
	CU_ASSERT_EQUAL(count, 1);
	results.count = 0;
	return mail;
}

static void what_is_recorded_is_said_and_kept_no_longer(void)
{
	OWNED_FIXTURE struct fixture f;
	struct mail mail = claimed(&f);
	struct captured captured;
	struct err err;

	mail_results_add(&results, &mail, MAIL_OUTCOME_SENT, "250 taken");
	log_open("unit", LOG_LEVEL_INFO);
	captured_begin(&captured, &f.scratch);
	CU_ASSERT_EQUAL(mail_results_record(&results, f.catalog, &f.spool.actor, &err), 0);
	captured_end(&captured);
	log_open("unit", LOG_LEVEL_ERROR);
	CU_ASSERT_EQUAL(results.count, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(captured.err, " sent account=ann kind=letters attempts=1 "
	                                            "answer=\"250 taken\""));
	captured_done(&captured);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM mail WHERE state = 'sent'"), 1);
	/* Nothing is there to be recorded. */
	CU_ASSERT_EQUAL(mail_results_record(&results, f.catalog, &f.spool.actor, &err), 0);
}

static void another_ones_mail_is_told_of(void)
{
	OWNED_FIXTURE struct fixture f;
	struct mail mail = claimed(&f);
	struct captured captured;
	struct err err;

	fixture_sql(&f, "UPDATE mail SET owner = 'other'");
	mail_results_add(&results, &mail, MAIL_OUTCOME_SENT, "");
	log_open("unit", LOG_LEVEL_INFO);
	captured_begin(&captured, &f.scratch);
	CU_ASSERT_EQUAL(mail_results_record(&results, f.catalog, &f.spool.actor, &err), 0);
	captured_end(&captured);
	log_open("unit", LOG_LEVEL_ERROR);
	CU_ASSERT_PTR_NOT_NULL(strstr(captured.err, "1 mails were another maild's"));
	captured_done(&captured);
}

static void what_cannot_be_recorded_is_kept(void)
{
	OWNED_FIXTURE struct fixture f;
	struct mail mail = claimed(&f);
	struct err err;

	fixture_sql(&f, "ALTER TABLE mail RENAME TO elsewhere");
	mail_results_add(&results, &mail, MAIL_OUTCOME_SENT, "");
	CU_ASSERT_EQUAL(mail_results_record(&results, f.catalog, &f.spool.actor, &err), -1);
	CU_ASSERT_EQUAL(results.count, 1);
}

void add_suite_mail_results(CU_pSuite suite)
{
	TEST(each_attempt_waits_twice_as_long_but_not_for_ever);
	TEST(a_mail_is_given_up_after_its_days_or_where_later_is_too_late);
	TEST(what_is_recorded_is_said_and_kept_no_longer);
	TEST(another_ones_mail_is_told_of);
	TEST(what_cannot_be_recorded_is_kept);
}
