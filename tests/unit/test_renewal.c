/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/renewal.h"

#include <stdio.h>

#include "spool/news.h"
#include "tests/lib/news_model.h"
#include "tests/unit/suite.h"

void add_suite_renewal(CU_pSuite suite);

static void brings_back_what_was_renewed(void)
{
	OWNED_MODEL struct model m;

	model_open(&m, "master");
	for (int i = 0; i < 5; i++)
		model_post(&m, i == 1 ? CLASS_TRADE_FILES : CLASS_EDELIVERY);
	for (int number = 1; number <= 5; number++)
		model_acknowledge(&m, number);
	model_renew(&m, 2);
	model_renew(&m, 4);
	model_check(&m, 1);
	model_acknowledge(&m, 4);
	CU_ASSERT_EQUAL(m.membership.mark, 5);
	model_check(&m, 1);
	model_acknowledge(&m, 2);
	model_check(&m, 1);
	CU_ASSERT_EQUAL(model_exceptions(&m), 0);
}

static void renews_each_letter_once_and_tells_of_it(void)
{
	OWNED_MODEL struct model m;
	char *const names[] = {m.letters[1].name, m.letters[2].name, m.letters[1].name};
	int64_t count = 0;
	struct err err;

	model_open(&m, "master");
	model_post(&m, CLASS_EDELIVERY);
	model_post(&m, CLASS_TRADE_FILES);
	model_post(&m, CLASS_EDELIVERY);
	model_acknowledge(&m, 1);
	clock_freeze(FIXTURE_NOW + 5);
	CU_ASSERT_EQUAL(
	    renewal_by_names(m.f.catalog, &m.f.spool.actor, &m.membership, names, 3, &count, &err),
	    0);
	/* The second was new all the time. */
	CU_ASSERT_EQUAL(count, 1);
	CU_ASSERT_EQUAL(fixture_number(&m.f,
	                    "SELECT COUNT(*) FROM event WHERE what = 'letter.renewed'"
	                    " AND login = 'ann' AND avrs_id = '" MODEL_ID "' AND letter_id = 1"),
	    1);
	m.renewed[1] = true;
	model_read(&m);
	model_check(&m, 2);
	/* What the texts of the view tell has changed. */
	CU_ASSERT_EQUAL(m.membership.changed, FIXTURE_NOW + 5);
}

/* It came into new/ again, so that it was opened before does not count. */
static void wants_a_renewed_letter_to_be_opened_again(void)
{
	OWNED_MODEL struct model m;
	bool opened = true;
	struct err err;

	model_open(&m, "master");
	model_post(&m, CLASS_EDELIVERY);
	CU_ASSERT_EQUAL(news_note_opening(m.f.catalog, 1, m.letters[1].id, &err), 0);
	model_acknowledge(&m, 1);
	model_renew(&m, 1);
	CU_ASSERT_EQUAL(news_was_opened(m.f.catalog, 1, m.letters[1].id, 0, &opened, &err), 0);
	CU_ASSERT_FALSE(opened);
	CU_ASSERT_EQUAL(news_note_opening(m.f.catalog, 1, m.letters[1].id, &err), 0);
	CU_ASSERT_EQUAL(news_was_opened(m.f.catalog, 1, m.letters[1].id, 0, &opened, &err), 0);
	CU_ASSERT_TRUE(opened);
}

/* R5, R11: one name that is none leaves all the others as they are. */
static void renews_nothing_that_the_role_does_not_show(void)
{
	OWNED_MODEL struct model m;
	int64_t count = 42;
	struct err err;

	model_open(&m, "e-delivery-only");
	model_post(&m, CLASS_EDELIVERY);
	model_post(&m, CLASS_TRADE_FILES);
	model_post(&m, CLASS_EDELIVERY);
	model_acknowledge(&m, 1);
	model_acknowledge(&m, 3);
	model_recall(&m, 3);
	for (int number = 2; number <= 4; number++) {
		char other[] = "EFT_9";
		char *const names[] = {
		    m.letters[1].name, number == 4 ? other : m.letters[number].name};

		CU_ASSERT_TRUE(fails(renewal_by_names(m.f.catalog, &m.f.spool.actor, &m.membership,
		                         names, 2, &count, &err),
		    &err, ERR_REFUSED));
		CU_ASSERT_EQUAL(count, 42);
	}
	CU_ASSERT_EQUAL(model_exceptions(&m), 0);
	CU_ASSERT_EQUAL(
	    renewal_since(m.f.catalog, &m.f.spool.actor, &m.membership, 0, &count, &err), 0);
	CU_ASSERT_EQUAL(count, 1);
	m.renewed[1] = true;
	model_check(&m, 2);
}

/* The trade files from before a role that shows them, by name or all: the floor is theirs. */
static void renews_trade_files_from_before_the_role(void)
{
	OWNED_MODEL struct model m;
	struct seen seen;

	model_open(&m, "e-delivery-only");
	model_post(&m, CLASS_EDELIVERY);
	model_post(&m, CLASS_TRADE_FILES);
	fixture_grant(&m.f, "ann", MODEL_ID, "includes-e-delivery");
	m.shows_trade_files = true;
	model_read(&m);
	CU_ASSERT_EQUAL(m.membership.mark, 0);
	CU_ASSERT_EQUAL(m.membership.trade_files_after, 2);
	m.acknowledged[2] = true;
	model_check(&m, 1);
	model_renew(&m, 2);
	model_list(&m, 1, &seen);
	CU_ASSERT_EQUAL(seen.times[1], 1);
	CU_ASSERT_EQUAL(seen.times[2], 1);
	model_acknowledge(&m, 2);
	model_list(&m, 1, &seen);
	CU_ASSERT_EQUAL(seen.times[2], 0);
}

/* More than one transaction renews, in either class, and only from the day on. */
static void renews_in_parts_what_was_posted_since(void)
{
	enum { MANY = 1100 };
	OWNED_FIXTURE struct fixture f;
	struct membership membership;
	struct letter letter;
	int64_t count = 0;
	bool found = false;
	struct err err;

	fixture_open(&f);
	scratch_provider(&f.spool, MODEL_ID);
	(void)scratch_account(&f.spool, "ann", MODEL_ID, "master");
	for (int i = 0; i < MANY; i++) {
		char name[16];

		clock_freeze(FIXTURE_NOW + i);
		(void)snprintf(name, sizeof(name), "EFT_%d", i);
		fixture_posted(
		    &f, MODEL_ID, i % 10 ? CLASS_EDELIVERY : CLASS_TRADE_FILES, name, &letter);
	}
	fixture_sql(&f, "UPDATE membership SET mark = 1100");
	CU_ASSERT_EQUAL(membership_find(f.catalog, 1, MODEL_ID, &membership, &found, &err), 0);
	CU_ASSERT_EQUAL(
	    renewal_since(f.catalog, &f.spool.actor, &membership, FIXTURE_NOW + 1000, &count, &err),
	    0);
	CU_ASSERT_EQUAL(count, 100);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT MIN(sequence) FROM acknowledgement"), 1001);
	CU_ASSERT_EQUAL(renewal_since(f.catalog, &f.spool.actor, &membership, 0, &count, &err), 0);
	CU_ASSERT_EQUAL(count, 1000);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM acknowledgement WHERE renewed = 1"), MANY);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM event WHERE what = 'letter.renewed'"), MANY);
	CU_ASSERT_EQUAL(renewal_since(f.catalog, &f.spool.actor, &membership, 0, &count, &err), 0);
	CU_ASSERT_EQUAL(count, 0);
}

static void renews_nothing_where_the_role_is_gone(void)
{
	OWNED_MODEL struct model m;
	char *const names[] = {m.letters[1].name};
	int64_t count = 42;
	struct err err;

	model_open(&m, "master");
	model_post(&m, CLASS_EDELIVERY);
	model_acknowledge(&m, 1);
	fixture_sql(&m.f, "DELETE FROM membership");
	CU_ASSERT_TRUE(fails(
	    renewal_by_names(m.f.catalog, &m.f.spool.actor, &m.membership, names, 1, &count, &err),
	    &err, ERR_REFUSED));
	CU_ASSERT_EQUAL(count, 42);
}

void add_suite_renewal(CU_pSuite suite)
{
	TEST(brings_back_what_was_renewed);
	TEST(renews_each_letter_once_and_tells_of_it);
	TEST(wants_a_renewed_letter_to_be_opened_again);
	TEST(renews_nothing_that_the_role_does_not_show);
	TEST(renews_trade_files_from_before_the_role);
	TEST(renews_in_parts_what_was_posted_since);
	TEST(renews_nothing_where_the_role_is_gone);
}
