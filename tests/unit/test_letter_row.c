/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/letter_row.h"

#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_letter_row(CU_pSuite suite);

#define SELECT "SELECT " LETTER_COLUMNS " FROM letter l "

static const char *const electronic[] = {"none", "posting", "posted", "expired", "recalled"};
static const char *const paper[] = {"none", "queued", "handed-over", "withdrawn"};

static void has_a_name_for_every_state(void)
{
	CU_ASSERT_EQUAL_FATAL(ELECTRONIC_COUNT, COUNT(electronic));
	CU_ASSERT_EQUAL_FATAL(PAPER_COUNT, COUNT(paper));
	for (enum electronic state = ELECTRONIC_NONE; state < ELECTRONIC_COUNT; state++)
		CU_ASSERT_STRING_EQUAL(electronic_name(state), electronic[state]);
	for (enum paper state = PAPER_NONE; state < PAPER_COUNT; state++)
		CU_ASSERT_STRING_EQUAL(paper_name(state), paper[state]);
}

static int keep(const struct letter *letter, void *arg, struct err *err)
{
	(void)err;
	*(struct letter *)arg = *letter;
	return 0;
}

static void open_with_letter(struct fixture *f)
{
	struct letter letter;

	fixture_open(f);
	scratch_provider(&f->spool, "123456789");
	fixture_letter(f, "123456789", CLASS_EDELIVERY, "EFT_1.pdf", &letter);
}

static void reads_every_pair_of_states_as_it_was_written(void)
{
	OWNED_FIXTURE struct fixture f;
	struct letter letter;
	struct err err;

	open_with_letter(&f);
	for (int e = 0; e < ELECTRONIC_COUNT; e++)
		for (int p = e == 0; p < PAPER_COUNT; p++) {
			CU_ASSERT_EQUAL(
			    catalog_run(f.catalog, "UPDATE letter SET electronic = $1, paper = $2",
			        VALUES(TEXT(e ? electronic[e] : NULL), TEXT(p ? paper[p] : NULL)),
			        &err),
			    0);
			CU_ASSERT_EQUAL(
			    letter_row_each(f.catalog, SELECT, NO_VALUES, keep, &letter, &err), 0);
			CU_ASSERT_EQUAL((int)letter.electronic, e);
			CU_ASSERT_EQUAL((int)letter.paper, p);
		}
}

static void reads_what_is_not_there_as_nothing(void)
{
	OWNED_FIXTURE struct fixture f;
	struct letter letter = {.posted = 1, .paper_date = "x"};
	struct err err;

	open_with_letter(&f);
	CU_ASSERT_EQUAL(letter_row_each(f.catalog, SELECT, NO_VALUES, keep, &letter, &err), 0);
	CU_ASSERT_EQUAL(letter.batch_id, 0);
	CU_ASSERT_EQUAL(letter.sequence, 0);
	CU_ASSERT_EQUAL(letter.posted, 0);
	CU_ASSERT_EQUAL(letter.electronic_ended, 0);
	CU_ASSERT_EQUAL(letter.queued, 0);
	CU_ASSERT_EQUAL(letter.placed, 0);
	CU_ASSERT_EQUAL(letter.paper_ended, 0);
	CU_ASSERT_STRING_EQUAL(letter.electronic_reason, "");
	CU_ASSERT_STRING_EQUAL(letter.paper_reason, "");
	CU_ASSERT_STRING_EQUAL(letter.paper_date, "");
}

/* Each column by a value of its own, so that no two can be mixed up. */
static void reads_every_column_into_its_own_field(void)
{
	OWNED_FIXTURE struct fixture f;
	struct letter letter;
	struct err err;

	open_with_letter(&f);
	fixture_sql(&f, "INSERT INTO batch (id, name, state, seen) VALUES (12, 'b', 'held', 1)");
	fixture_sql(&f, "UPDATE letter SET type = 't', name = 'n', dropped_name = 'd', size = 6,"
	                " sha256 = 's', crc32 = 8, source_device = 9, source_inode = 10,"
	                " source_changed = 11, batch_id = 12, taken = 13, electronic = 'posted',"
	                " electronic_reason = 'er', sequence = 16, posted = 17,"
	                " electronic_ended = 18, paper = 'queued', paper_reason = 'pr',"
	                " paper_date = 'pd', queued = 22, placed = 23, paper_ended = 24");
	CU_ASSERT_EQUAL(letter_row_each(f.catalog, SELECT, NO_VALUES, keep, &letter, &err), 0);
	CU_ASSERT_EQUAL(letter.size, 6);
	CU_ASSERT_EQUAL(letter.crc32, 8);
	CU_ASSERT_EQUAL(letter.source.device, 9);
	CU_ASSERT_EQUAL(letter.source.inode, 10);
	CU_ASSERT_EQUAL(letter.source.changed, 11);
	CU_ASSERT_EQUAL(letter.batch_id, 12);
	CU_ASSERT_EQUAL(letter.taken, 13);
	CU_ASSERT_EQUAL(letter.sequence, 16);
	CU_ASSERT_EQUAL(letter.posted, 17);
	CU_ASSERT_EQUAL(letter.electronic_ended, 18);
	CU_ASSERT_EQUAL(letter.queued, 22);
	CU_ASSERT_EQUAL(letter.placed, 23);
	CU_ASSERT_EQUAL(letter.paper_ended, 24);
	CU_ASSERT_STRING_EQUAL(letter.type, "t");
	CU_ASSERT_STRING_EQUAL(letter.name, "n");
	CU_ASSERT_STRING_EQUAL(letter.dropped_name, "d");
	CU_ASSERT_STRING_EQUAL(letter.sha256, "s");
	CU_ASSERT_STRING_EQUAL(letter.electronic_reason, "er");
	CU_ASSERT_STRING_EQUAL(letter.paper_reason, "pr");
	CU_ASSERT_STRING_EQUAL(letter.paper_date, "pd");
}

static int refuse(const struct letter *letter, void *arg, struct err *err)
{
	++*(int *)arg;
	return err_set(err, ERR_USAGE, "not %s", letter->name);
}

static void stops_at_the_first_row_that_is_refused(void)
{
	OWNED_FIXTURE struct fixture f;
	struct letter letter;
	int calls = 0;
	struct err err;

	open_with_letter(&f);
	fixture_letter(&f, "123456789", CLASS_EDELIVERY, "EFT_2.pdf", &letter);
	CU_ASSERT_TRUE(fails(
	    letter_row_each(f.catalog, SELECT, NO_VALUES, refuse, &calls, &err), &err, ERR_USAGE));
	CU_ASSERT_EQUAL(calls, 1);
	/* The statement was given back: the rows can be changed. */
	fixture_sql(&f, "DELETE FROM letter");
	CU_ASSERT_EQUAL(letter_row_each(f.catalog, SELECT, NO_VALUES, refuse, &calls, &err), 0);
	CU_ASSERT_EQUAL(calls, 1);
}

void add_suite_letter_row(CU_pSuite suite)
{
	TEST(has_a_name_for_every_state);
	TEST(reads_every_pair_of_states_as_it_was_written);
	TEST(reads_what_is_not_there_as_nothing);
	TEST(reads_every_column_into_its_own_field);
	TEST(stops_at_the_first_row_that_is_refused);
}
