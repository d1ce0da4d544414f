/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/letter_batch.h"

#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "base/utf8.h"
#include "spool/intake.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_letter_batch(CU_pSuite suite);

#define ID "123456789"

static const struct actor boss = {"test", "operator test"};

/* Three batches: "night" of three letters waits, "old" was posted, "bad" discarded. */
static void open_with_batches(struct fixture *f)
{
	fixture_open(f);
	scratch_provider(&f->spool, ID);
	fixture_sql(f,
	    "INSERT INTO batch (id, name, state, seen, alarmed, posted, discarded) VALUES"
	    " (1, 'old', 'posted', 10, NULL, 11, NULL),"
	    " (2, 'bad', 'discarded', 20, 21, NULL, 22),"
	    " (3, 'night', 'held', 30, 31, NULL, NULL)");
	fixture_sql(f, "INSERT INTO batch_member"
	               " (batch_id, line, avrs_id, class, name, size, sha256, letter_id) VALUES"
	               " (1, 2, '" ID "', 'edelivery', 'EFT_0.pdf', 1, 'a', 1),"
	               " (2, 2, '" ID "', 'edelivery', 'EFT_1.pdf', 1, 'b', NULL),"
	               " (3, 2, '" ID "', 'edelivery', 'EFT_1.pdf', 5, 'c', NULL),"
	               " (3, 3, '" ID "', 'edelivery', 'EFT_2.pdf', 1000, 'd', NULL),"
	               " (3, 4, '" ID "', 'edelivery', 'EFT_3.pdf', 5, 'e', NULL)");
}

static int add_line(const struct letter_batch *batch, void *arg, struct err *err)
{
	(void)err;
	buffer_print(arg, "%s %s %d/%d %d %d %d;", batch->name, batch->state, (int)batch->there,
	    (int)batch->letters, (int)batch->seen, (int)batch->alarmed, (int)batch->ended);
	return 0;
}

static void expect_list(struct fixture *f, bool all, const char *expected)
{
	OWNED_BUFFER struct buffer lines = BUFFER(4096);
	struct err err;

	CU_ASSERT_EQUAL(letter_batch_list(f->catalog, all, add_line, &lines, &err), 0);
	CU_ASSERT_STRING_EQUAL(buffer_text(&lines), expected);
}

static void those_that_wait_are_listed_or_all(void)
{
	OWNED_FIXTURE struct fixture f;

	open_with_batches(&f);
	expect_list(&f, false, "night held 0/3 30 31 0;");
	expect_list(
	    &f, true, "old posted 1/1 10 0 11;bad discarded 0/1 20 21 22;night held 0/3 30 31 0;");
}

static void hold(struct fixture *f, const char *name, int64_t size)
{
	struct intake intake = {.size = size, .avrs_id = ID, .state = INTAKE_HELD};
	OWNED_BUFFER struct buffer escaped = BUFFER(sizeof(intake.name) - 1);
	struct err err;

	utf8_escape(&escaped, name, strlen(name));
	text_copy(intake.name, buffer_text(&escaped));
	CU_ASSERT_EQUAL(catalog_take_ids(f->catalog, "letter", 1, &intake.id, &err), 0);
	CU_ASSERT_EQUAL(intake_add(f->catalog, "test", &intake, &err), 0);
}

/* Held, of the right size; or posted by itself, as it is. */
static void what_is_there_of_one_is_counted(void)
{
	OWNED_FIXTURE struct fixture f;
	struct letter letter;

	open_with_batches(&f);
	hold(&f, "EFT_1.pdf", 5);
	hold(&f, "EFT_3.pdf", 6);
	expect_list(&f, false, "night held 1/3 30 31 0;");
	fixture_posted(&f, ID, CLASS_EDELIVERY, "EFT_2.pdf", &letter);
	expect_list(&f, false, "night held 1/3 30 31 0;");
	fixture_sql(&f, "UPDATE letter SET sha256 = 'd'");
	expect_list(&f, false, "night held 2/3 30 31 0;");
}

/* A held file has it escaped in its row, a batch as its control file says it. */
static void a_letter_with_a_backslash_in_its_name_is_there_as_well(void)
{
	OWNED_FIXTURE struct fixture f;

	open_with_batches(&f);
	fixture_sql(
	    &f, "UPDATE batch_member SET name = 'EFT_\\1\\x5c.pdf' WHERE name = 'EFT_1.pdf'");
	hold(&f, "EFT_\\1\\x5c.pdf", 5);
	expect_list(&f, false, "night held 1/3 30 31 0;");
}

static void one_that_waits_is_discarded_once(void)
{
	OWNED_FIXTURE struct fixture f;
	struct err err;

	open_with_batches(&f);
	CU_ASSERT_EQUAL(letter_batch_discard(f.catalog, &boss, "night", &err), 0);
	expect_list(&f, false, "");
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM batch WHERE id = 3"
	                                   " AND state = 'discarded' AND discarded IS NOT NULL"),
	    1);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM event WHERE"
	                                   " what = 'batch.discarded' AND detail = 'night'"
	                                   " AND actor = 'operator test'"),
	    1);
	CU_ASSERT_TRUE(
	    fails(letter_batch_discard(f.catalog, &boss, "night", &err), &err, ERR_REFUSED));
}

static void what_does_not_wait_is_not_discarded(void)
{
	static const char *const names[] = {"old", "bad", "none", ""};
	OWNED_FIXTURE struct fixture f;

	open_with_batches(&f);
	for (size_t i = 0; i < COUNT(names); i++) {
		struct err err;

		CU_ASSERT_TRUE(fails(
		    letter_batch_discard(f.catalog, &boss, names[i], &err), &err, ERR_REFUSED));
	}
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM event WHERE what = 'batch.discarded'"), 0);
}

/* A watchd that waits for it finds out. */
static void discarding_one_is_announced(void)
{
	OWNED_FIXTURE struct fixture f;
	int64_t before;
	struct err err;

	open_with_batches(&f);
	before = fixture_number(&f, "SELECT next FROM sequence WHERE name = 'rights'");
	CU_ASSERT_EQUAL(letter_batch_discard(f.catalog, &boss, "night", &err), 0);
	CU_ASSERT_NOT_EQUAL(
	    fixture_number(&f, "SELECT next FROM sequence WHERE name = 'rights'"), before);
}

void add_suite_letter_batch(CU_pSuite suite)
{
	TEST(those_that_wait_are_listed_or_all);
	TEST(what_is_there_of_one_is_counted);
	TEST(a_letter_with_a_backslash_in_its_name_is_there_as_well);
	TEST(one_that_waits_is_discarded_once);
	TEST(what_does_not_wait_is_not_discarded);
	TEST(discarding_one_is_announced);
}
