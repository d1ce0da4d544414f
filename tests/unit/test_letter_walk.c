/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/letter_walk.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/number.h"
#include "spool/letter.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_letter_walk(CU_pSuite suite);

#define ID "123456789"

/* What a walk came by. */
struct seen {
	int64_t count;
	int64_t fetched;
	int64_t last;
	bool fails; /* at the next */
};

static int note(
    struct catalog *catalog, const struct walked_letter *letter, void *arg, struct err *err)
{
	struct seen *seen = arg;

	(void)catalog;
	if (seen->fails)
		return err_set(err, ERR_RETRY, "not now");
	CU_ASSERT_TRUE(letter->id > seen->last);
	CU_ASSERT_STRING_EQUAL(letter->avrs_id, ID);
	seen->count++;
	seen->fetched += letter->fetched;
	seen->last = letter->id;
	return 0;
}

static void open_spool(struct fixture *f)
{
	fixture_open(f);
	scratch_provider(&f->spool, ID);
	(void)scratch_account(&f->spool, "mary", ID, "master");
}

static void post(const struct fixture *f, int count)
{
	struct letter letter;
	char name[32];

	for (int i = 0; i < count; i++) {
		(void)snprintf(name, sizeof(name), "EFT_%d.pdf", i);
		fixture_posted(f, ID, CLASS_EDELIVERY, name, &letter);
	}
}

static void walk(const struct fixture *f, const char *name, int64_t until, struct seen *seen)
{
	bool more = true;
	struct err err;

	while (more)
		CU_ASSERT_EQUAL_FATAL(
		    letter_walk(f->catalog, name, until, note, seen, &more, &err), 0);
}

static void comes_by_each_letter_once_when_it_is_old_enough(void)
{
	enum { MANY = 1203 };
	OWNED_FIXTURE struct fixture f;
	struct seen seen = {.count = 0};

	open_spool(&f);
	walk(&f, "one", FIXTURE_NOW - 1, &seen);
	post(&f, MANY);
	walk(&f, "one", FIXTURE_NOW - 1, &seen);
	CU_ASSERT_EQUAL(seen.count, 0);
	for (int i = 0; i < 2; i++)
		walk(&f, "one", FIXTURE_NOW, &seen);
	CU_ASSERT_EQUAL(seen.count, MANY);
}

static void begins_with_what_becomes_old_later(void)
{
	OWNED_FIXTURE struct fixture f;
	struct seen seen = {.count = 0};
	struct err err;

	open_spool(&f);
	post(&f, 3);
	walk(&f, "one", FIXTURE_NOW + 1, &seen);
	walk(&f, "one", FIXTURE_NOW + 2, &seen);
	CU_ASSERT_EQUAL(seen.count, 0);
	/* Each walk has a mark of its own. */
	walk(&f, "two", FIXTURE_NOW - 1, &seen);
	walk(&f, "two", FIXTURE_NOW, &seen);
	CU_ASSERT_EQUAL(seen.count, 3);
	CU_ASSERT_EQUAL(letter_walk_forget(f.catalog, "two", &err), 0);
	walk(&f, "two", FIXTURE_NOW, &seen);
	CU_ASSERT_EQUAL(seen.count, 3);
}

static void knows_what_somebody_has_got(void)
{
	OWNED_FIXTURE struct fixture f;
	struct seen seen = {.count = 0};

	open_spool(&f);
	walk(&f, "one", FIXTURE_NOW - 1, &seen);
	post(&f, 3);
	fixture_sql(&f, "INSERT INTO receipt (id, login, letter_id, completed, bytes, address,"
	                " client) VALUES (1, 'mary', 2, 1, 1, 'x', 'x')");
	walk(&f, "one", FIXTURE_NOW, &seen);
	CU_ASSERT_EQUAL(seen.count, 3);
	CU_ASSERT_EQUAL(seen.fetched, 1);
}

static void passes_over_trade_files_and_what_is_on_paper_too(void)
{
	OWNED_FIXTURE struct fixture f;
	struct seen seen = {.count = 0};
	struct letter letter;

	open_spool(&f);
	walk(&f, "one", FIXTURE_NOW - 1, &seen);
	post(&f, 2);
	fixture_posted(&f, ID, CLASS_TRADE_FILES, "RA_1.835", &letter);
	fixture_letter(&f, ID, CLASS_EDELIVERY, "EFT_posting.pdf", &letter);
	fixture_sql(&f, "UPDATE letter SET paper = 'queued' WHERE id = 1");
	walk(&f, "one", FIXTURE_NOW, &seen);
	CU_ASSERT_EQUAL(seen.count, 1);
	CU_ASSERT_EQUAL(seen.last, 2);
}

static void a_step_that_fails_is_taken_again(void)
{
	OWNED_FIXTURE struct fixture f;
	struct seen seen = {.count = 0};
	bool more = false;
	struct err err;

	open_spool(&f);
	walk(&f, "one", FIXTURE_NOW - 1, &seen);
	post(&f, 2);
	seen.fails = true;
	CU_ASSERT_TRUE(fails(
	    letter_walk(f.catalog, "one", FIXTURE_NOW, note, &seen, &more, &err), &err, ERR_RETRY));
	seen.fails = false;
	walk(&f, "one", FIXTURE_NOW, &seen);
	CU_ASSERT_EQUAL(seen.count, 2);
}

void add_suite_letter_walk(CU_pSuite suite)
{
	TEST(comes_by_each_letter_once_when_it_is_old_enough);
	TEST(begins_with_what_becomes_old_later);
	TEST(knows_what_somebody_has_got);
	TEST(passes_over_trade_files_and_what_is_on_paper_too);
	TEST(a_step_that_fails_is_taken_again);
}
