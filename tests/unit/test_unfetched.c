/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/unfetched.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/number.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_unfetched(CU_pSuite suite);

#define ID "123456789"

static void open_with_master(struct fixture *f, int64_t after, int64_t after_bounce)
{
	fixture_open(f);
	scratch_provider(&f->spool, ID);
	(void)scratch_account(&f->spool, "mary", ID, "master");
	f->spool.settings.paper_after = after;
	f->spool.settings.paper_after_bounce = after_bounce;
}

static void post(const struct fixture *f, const char *name)
{
	struct letter letter;

	fixture_posted(f, ID, CLASS_EDELIVERY, name, &letter);
}

/* Judge as it would be done days after the fixture's time. */
static void judge(const struct fixture *f, int64_t days)
{
	bool more = true;
	struct err err;

	clock_freeze(FIXTURE_NOW + days * DAY);
	while (more)
		CU_ASSERT_EQUAL_FATAL(
		    unfetched_queue(f->catalog, &f->spool.actor, &f->spool.settings, &more, &err),
		    0);
}

static int64_t queued(const struct fixture *f)
{
	return fixture_number(f, "SELECT COUNT(*) FROM letter WHERE paper = 'queued'"
	                         " AND electronic = 'posted' AND placed IS NULL");
}

static void fetch(const struct fixture *f, const char *name)
{
	struct err err;

	CU_ASSERT_EQUAL(
	    catalog_run(f->catalog,
	        "INSERT INTO receipt (id, login, letter_id, completed, bytes, address,"
	        " client) SELECT id, 'mary', id, 1, 1, 'x', 'x' FROM letter WHERE name = $1",
	        VALUES(TEXT(name)), &err),
	    0);
}

static void what_nobody_got_in_time_is_printed_once(void)
{
	OWNED_FIXTURE struct fixture f;

	open_with_master(&f, 10, 0);
	judge(&f, 0);
	post(&f, "EFT_1.pdf");
	post(&f, "EFT_2.pdf");
	fetch(&f, "EFT_2.pdf");
	judge(&f, 9);
	CU_ASSERT_EQUAL(queued(&f), 0);
	judge(&f, 11);
	CU_ASSERT_EQUAL(queued(&f), 1);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM letter WHERE name = 'EFT_1.pdf'"
	                                   " AND paper_reason = 'nobody has got it in 10 days'"
	                                   " AND paper_date = '2024-05-26'"),
	    1);
	judge(&f, 12);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM event WHERE what = 'letter.unfetched'"), 1);
}

static void what_was_printed_is_not_printed_again(void)
{
	OWNED_FIXTURE struct fixture f;

	open_with_master(&f, 10, 1);
	judge(&f, 0);
	post(&f, "EFT_1.pdf");
	fixture_sql(&f, "UPDATE letter SET paper = 'handed-over'");
	fixture_sql(&f, "UPDATE account SET email_state = 'bad', email_since = 1");
	judge(&f, 20);
	CU_ASSERT_EQUAL(queued(&f), 0);
}

/* Turning it on does not print a year's letters in one night. */
static void only_letters_that_become_old_from_then_on_count(void)
{
	OWNED_FIXTURE struct fixture f;

	open_with_master(&f, 0, 0);
	post(&f, "EFT_1.pdf");
	judge(&f, 20);
	f.spool.settings.paper_after = 10;
	judge(&f, 21);
	clock_freeze(FIXTURE_NOW + 21 * DAY);
	post(&f, "EFT_2.pdf");
	judge(&f, 40);
	CU_ASSERT_EQUAL(queued(&f), 1);
	/* Off and on again is the same. */
	f.spool.settings.paper_after = 0;
	clock_freeze(FIXTURE_NOW + 40 * DAY);
	post(&f, "EFT_3.pdf");
	judge(&f, 60);
	f.spool.settings.paper_after = 10;
	judge(&f, 61);
	judge(&f, 62);
	CU_ASSERT_EQUAL(queued(&f), 1);
}

/* Some hundred a call: watchd looks at what is dropped in between. */
static void many_of_the_same_moment_are_all_judged(void)
{
	enum { MANY = 1203 };
	OWNED_FIXTURE struct fixture f;
	char name[32];
	bool more = false;
	struct err err;

	open_with_master(&f, 10, 0);
	judge(&f, 0);
	clock_freeze(FIXTURE_NOW + 1);
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof(name), "EFT_%d.pdf", i);
		post(&f, name);
	}
	clock_freeze(FIXTURE_NOW + 11 * DAY);
	CU_ASSERT_EQUAL(
	    unfetched_queue(f.catalog, &f.spool.actor, &f.spool.settings, &more, &err), 0);
	CU_ASSERT_TRUE(more && queued(&f) < MANY / 2);
	judge(&f, 11);
	CU_ASSERT_EQUAL(queued(&f), MANY);
}

static void trade_files_and_letters_that_are_gone_are_not_printed(void)
{
	OWNED_FIXTURE struct fixture f;
	struct letter letter;

	open_with_master(&f, 10, 0);
	judge(&f, 0);
	fixture_posted(&f, ID, CLASS_TRADE_FILES, "RA_1.835", &letter);
	post(&f, "EFT_1.pdf");
	fixture_sql(&f, "UPDATE letter SET electronic = 'recalled' WHERE name = 'EFT_1.pdf'");
	fixture_letter(&f, ID, CLASS_EDELIVERY, "EFT_2.pdf", &letter);
	judge(&f, 20);
	CU_ASSERT_EQUAL(queued(&f), 0);
}

static void whose_accounts_cannot_be_told_gets_paper_sooner(void)
{
	OWNED_FIXTURE struct fixture f;

	open_with_master(&f, 0, 3);
	(void)fixture_clerk(&f, "ann", ID);
	post(&f, "EFT_1.pdf");
	post(&f, "EFT_2.pdf");
	fetch(&f, "EFT_2.pdf");
	fixture_sql(&f, "UPDATE account SET email_state = 'bad', email_since = 1715774400000000"
	                " WHERE login = 'mary'");
	/* ann is told. */
	judge(&f, 4);
	CU_ASSERT_EQUAL(queued(&f), 0);
	fixture_sql(&f, "UPDATE account SET email_state = 'bad', email_since = 1715774400000000");
	judge(&f, 2);
	CU_ASSERT_EQUAL(queued(&f), 0);
	judge(&f, 4);
	CU_ASSERT_EQUAL(queued(&f), 1);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM letter WHERE paper_reason ="
	                                   " 'nobody has got it in 3 days, and mail to its"
	                                   " accounts comes back'"),
	    1);
}

/* What was told of long before mail came back was told of. */
static void letters_from_long_before_do_not_count(void)
{
	OWNED_FIXTURE struct fixture f;
	struct err err;

	open_with_master(&f, 0, 3);
	post(&f, "EFT_1.pdf");
	CU_ASSERT_EQUAL(
	    catalog_run(f.catalog, "UPDATE account SET email_state = 'bad', email_since = $1",
	        VALUES(INT(FIXTURE_NOW + 8 * DAY)), &err),
	    0);
	judge(&f, 20);
	CU_ASSERT_EQUAL(queued(&f), 0);
	CU_ASSERT_EQUAL(
	    catalog_run(f.catalog, "UPDATE account SET email_state = 'bad', email_since = $1",
	        VALUES(INT(FIXTURE_NOW + 6 * DAY)), &err),
	    0);
	judge(&f, 20);
	CU_ASSERT_EQUAL(queued(&f), 1);
}

void add_suite_unfetched(CU_pSuite suite)
{
	TEST(what_nobody_got_in_time_is_printed_once);
	TEST(what_was_printed_is_not_printed_again);
	TEST(only_letters_that_become_old_from_then_on_count);
	TEST(many_of_the_same_moment_are_all_judged);
	TEST(trade_files_and_letters_that_are_gone_are_not_printed);
	TEST(whose_accounts_cannot_be_told_gets_paper_sooner);
	TEST(letters_from_long_before_do_not_count);
}
