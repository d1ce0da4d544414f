/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_waiting.h"

#include "base/clock.h"
#include "base/number.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_mail_waiting(CU_pSuite suite);

static int64_t add(const struct fixture *f, int64_t account_id)
{
	int64_t id = 0;
	struct err err;

	CU_ASSERT_EQUAL_FATAL(
	    mail_add_once(f->catalog, account_id, MAIL_QUARANTINE, clock_now() + MINUTE, &id, &err),
	    0);
	return id;
}

static int64_t open_with_ann(struct fixture *f)
{
	fixture_open(f);
	return scratch_account(&f->spool, "ann", "", "");
}

static void what_waits_is_not_followed_by_a_second(void)
{
	static const char *const waiting[] = {
	    "UPDATE mail SET due = 5",
	    "UPDATE mail SET state = 'held'",
	    "UPDATE mail SET state = 'failed', answer = '450 later', attempts = 9",
	};
	OWNED_FIXTURE struct fixture f;
	int64_t ann = open_with_ann(&f);
	int64_t id = add(&f, ann);

	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT due FROM mail"), FIXTURE_NOW + MINUTE);
	for (size_t i = 0; i < COUNT(waiting); i++) {
		struct err err;

		CU_ASSERT_EQUAL(catalog_run(f.catalog, waiting[i], NO_VALUES, &err), 0);
		CU_ASSERT_EQUAL(add(&f, ann), id);
	}
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM mail"), 1);
	/* What had failed is tried again. */
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM mail WHERE state = 'queued'"
	                                   " AND attempts = 0"),
	    1);
}

static void what_went_out_or_may_have_is_followed_by_another(void)
{
	static const char *const gone[] = {
	    "UPDATE mail SET owner = 'x', owned_until = 1",
	    "UPDATE mail SET state = 'sent'",
	    "UPDATE mail SET state = 'bounced'",
	    "UPDATE mail SET state = 'failed', answer = '" MAIL_DROPPED "x'",
	};

	for (size_t i = 0; i < COUNT(gone); i++) {
		OWNED_FIXTURE struct fixture f;
		int64_t ann = open_with_ann(&f);
		int64_t id = add(&f, ann);
		struct err err;

		CU_ASSERT_EQUAL(catalog_run(f.catalog, gone[i], NO_VALUES, &err), 0);
		CU_ASSERT_NOT_EQUAL(add(&f, ann), id);
	}
}

static void another_kind_and_another_account_are_no_second(void)
{
	OWNED_FIXTURE struct fixture f;
	int64_t ann = open_with_ann(&f);
	int64_t bob = scratch_account(&f.spool, "bob", "", "");
	int64_t id = 0;
	struct err err;

	(void)add(&f, ann);
	(void)add(&f, bob);
	CU_ASSERT_EQUAL(mail_add_once(f.catalog, ann, MAIL_LETTERS, clock_now(), &id, &err), 0);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM mail"), 3);
}

static void what_failed_for_a_bad_address_stays_so(void)
{
	OWNED_FIXTURE struct fixture f;
	int64_t ann = open_with_ann(&f);

	fixture_sql(&f, "UPDATE account SET email_state = 'bad'");
	CU_ASSERT_EQUAL(add(&f, ann), add(&f, ann));
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM mail WHERE state = 'failed'"), 1);
}

static void all_administrators_are_told_and_nobody_else(void)
{
	OWNED_FIXTURE struct fixture f;
	struct err err;

	(void)open_with_ann(&f);
	(void)scratch_account(&f.spool, "root1", "", "");
	(void)scratch_account(&f.spool, "root2", "", "");
	(void)scratch_account(&f.spool, "gone", "", "");
	fixture_sql(&f, "UPDATE account SET admin = 1 WHERE login <> 'ann'");
	fixture_sql(&f, "UPDATE account SET state = 'disabled' WHERE login = 'gone'");
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(
		    mail_tell_administrators(f.catalog, MAIL_QUARANTINE, clock_now(), &err), 0);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM mail"), 2);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM mail m JOIN account a"
	                                   " ON a.id = m.account_id WHERE a.login LIKE 'root%'"),
	    2);
}

void add_suite_mail_waiting(CU_pSuite suite)
{
	TEST(what_waits_is_not_followed_by_a_second);
	TEST(what_went_out_or_may_have_is_followed_by_another);
	TEST(another_kind_and_another_account_are_no_second);
	TEST(what_failed_for_a_bad_address_stays_so);
	TEST(all_administrators_are_told_and_nobody_else);
}
