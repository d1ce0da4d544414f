/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/number.h"
#include "base/text.h"
#include "batch/paper.h"
#include "spool/letter.h"
#include "spool/provider.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_paper(CU_pSuite suite);

#define DAY_OF_TEST "2019-03-27"
#define MANIFEST    "paper/" DAY_OF_TEST "/manifest.csv"
#define START       (INT64_C(1553688000) * SECOND)

/* A letter in the outbox of the day, placed or still on its way. */
static void add_letter(const struct drops *drops, const char *name, const char *date, bool placed)
{
	struct letter letter = {.size = 1234,
	    .paper = PAPER_QUEUED,
	    .queued = START,
	    .taken = START,
	    .type = "EFT",
	    .sha256 = "0123",
	    .paper_reason = "the provider has no account (R2)"};
	struct catalog *catalog = drops->spool.catalog;
	struct err err;

	text_copy(letter.avrs_id, DROPS_AVRS_ID);
	text_copy(letter.name, name);
	text_copy(letter.dropped_name, name);
	text_copy(letter.paper_date, date);
	CU_ASSERT_EQUAL(catalog_take_ids(catalog, "letter", 1, &letter.id, &err), 0);
	CU_ASSERT_EQUAL(letter_add(catalog, "test", &letter, &err), 0);
	if (placed)
		CU_ASSERT_EQUAL(letter_set_placed(catalog, letter.id, START, &err), 0);
}

static void make_folder(const struct drops *drops)
{
	struct err err;

	CU_ASSERT_EQUAL(
	    file_make_folder(drops->spool.root_fd, "paper/" DAY_OF_TEST, 0750, &err), 0);
}

static void the_manifest_tells_the_print_shop_of_each_letter(void)
{
	static const char *const expected[] = {"1_EFT_a,\"b\".pdf", DROPS_AVRS_ID, "1234567893",
	    "Dr. \"Bob\", MD", "EFT", "1234", "0123", "2019-03-27T12:00:00Z", "queued",
	    "the provider has no account (R2)"};
	static struct csv csv;
	OWNED_DROPS struct drops drops;
	OWNED_MEM char *text = NULL;
	struct stat st;
	bool record = false;
	struct err err;

	drops_open(&drops, "");
	make_folder(&drops);
	drops_run(&drops, "UPDATE provider SET npi = '1234567893', name = 'Dr. \"Bob\", MD'");
	add_letter(&drops, "EFT_a,\"b\".pdf", DAY_OF_TEST, true);
	CU_ASSERT_EQUAL(paper_write_manifest(&drops.spool, DAY_OF_TEST, &err), 0);
	text = scratch_read(&drops.scratch, MANIFEST);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	csv_start(&csv, text, strlen(text));
	CU_ASSERT_EQUAL(csv_next(&csv, &record, &err), 0);
	CU_ASSERT_EQUAL(csv.count, COUNT(expected));
	CU_ASSERT_STRING_EQUAL(csv.fields[0], "file");
	CU_ASSERT_EQUAL(csv_next(&csv, &record, &err), 0);
	CU_ASSERT_TRUE_FATAL(record);
	CU_ASSERT_EQUAL_FATAL(csv.count, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++)
		CU_ASSERT_STRING_EQUAL(csv.fields[i], expected[i]);
	CU_ASSERT_EQUAL(csv_next(&csv, &record, &err), 0);
	CU_ASSERT_FALSE(record);
	CU_ASSERT_EQUAL(fstatat(drops.spool.root_fd, MANIFEST, &st, 0), 0);
	CU_ASSERT_EQUAL(st.st_mode, S_IFREG | 0440);
}

static int count_lines(const struct drops *drops)
{
	OWNED_MEM char *text = scratch_read(&drops->scratch, MANIFEST);
	int lines = 0;

	for (const char *at = text; at && *at; at++)
		lines += *at == '\n';
	return lines;
}

/* A letter without its file is not in the outbox, and yesterday's is in another one. */
static void only_what_is_in_the_folder_is_in_its_manifest(void)
{
	OWNED_DROPS struct drops drops;
	struct err err;

	drops_open(&drops, "");
	make_folder(&drops);
	add_letter(&drops, "EFT_1.pdf", DAY_OF_TEST, true);
	add_letter(&drops, "EFT_2.pdf", DAY_OF_TEST, false);
	add_letter(&drops, "EFT_3.pdf", "2019-03-26", true);
	CU_ASSERT_EQUAL(paper_write_manifest(&drops.spool, DAY_OF_TEST, &err), 0);
	CU_ASSERT_EQUAL(count_lines(&drops), 2);
	/* Made anew it is whole again, and has what came since. */
	add_letter(&drops, "EFT_4.pdf", DAY_OF_TEST, true);
	CU_ASSERT_EQUAL(paper_write_manifest(&drops.spool, DAY_OF_TEST, &err), 0);
	CU_ASSERT_EQUAL(count_lines(&drops), 3);
	/* Also when it is all handed over or withdrawn by now. */
	drops_run(&drops, "UPDATE letter SET paper = 'withdrawn' WHERE name = 'EFT_1.pdf'");
	drops_run(&drops, "UPDATE letter SET paper = 'handed-over' WHERE name = 'EFT_4.pdf'");
	CU_ASSERT_EQUAL(paper_write_manifest(&drops.spool, DAY_OF_TEST, &err), 0);
	CU_ASSERT_EQUAL(count_lines(&drops), 3);
}

static void a_manifest_that_cannot_be_made_leaves_the_one_before(void)
{
	OWNED_DROPS struct drops drops;
	struct err err;

	drops_open(&drops, "");
	CU_ASSERT_EQUAL(paper_write_manifest(&drops.spool, DAY_OF_TEST, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_RETRY);
	make_folder(&drops);
	add_letter(&drops, "EFT_1.pdf", DAY_OF_TEST, true);
	CU_ASSERT_EQUAL(paper_write_manifest(&drops.spool, DAY_OF_TEST, &err), 0);
	drops_forget_references(&drops);
	drops_run(&drops, "DELETE FROM provider");
	CU_ASSERT_EQUAL(paper_write_manifest(&drops.spool, DAY_OF_TEST, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_INTERNAL);
	CU_ASSERT_EQUAL(count_lines(&drops), 2);
}

/* The dates, each with a line end. */
static int note_date(const char *date, void *arg, struct err *err)
{
	struct buffer *dates = arg;

	buffer_print(dates, "%s\n", date);
	return strcmp(date, "2019-04-01") == 0 ? err_set(err, ERR_REFUSED, "for a test") : 0;
}

static void the_days_with_letters_to_hand_over_are_listed(void)
{
	OWNED_DROPS struct drops drops;
	OWNED_BUFFER struct buffer dates = BUFFER(4096);
	struct err err;

	drops_open(&drops, "");
	CU_ASSERT_EQUAL(paper_list_dates(drops.spool.catalog, note_date, &dates, &err), 0);
	CU_ASSERT_EQUAL(dates.length, 0);
	add_letter(&drops, "EFT_1.pdf", "2019-03-26", true);
	add_letter(&drops, "EFT_2.pdf", "2019-03-27", true);
	add_letter(&drops, "EFT_3.pdf", "2019-03-27", true);
	drops_run(&drops, "UPDATE letter SET paper = 'handed-over' WHERE name = 'EFT_1.pdf'");
	CU_ASSERT_EQUAL(paper_list_dates(drops.spool.catalog, note_date, &dates, &err), 0);
	CU_ASSERT_STRING_EQUAL(buffer_text(&dates), "2019-03-27\n");
	add_letter(&drops, "EFT_4.pdf", "2019-04-01", true);
	CU_ASSERT_EQUAL(paper_list_dates(drops.spool.catalog, note_date, &dates, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_REFUSED);
}

/* watchd was killed while it wrote a manifest, of a day that was handed over since, too. */
static void a_start_removes_what_a_killed_write_left(void)
{
	static const char *const kept[] = {
	    "paper/" DAY_OF_TEST "/1_EFT_a.pdf", "paper/" FILE_NEW_PREFIX "1", MANIFEST};
	OWNED_DROPS struct drops drops;
	struct err err;

	drops_open(&drops, "");
	make_folder(&drops);
	CU_ASSERT_EQUAL(file_make_folder(drops.spool.root_fd, "paper/2019-03-28", 0750, &err), 0);
	CU_ASSERT_EQUAL(file_make_folder(drops.spool.root_fd, "paper/elsewhere", 0750, &err), 0);
	scratch_write(&drops.scratch, "paper/" DAY_OF_TEST "/" FILE_NEW_PREFIX "1", "half");
	scratch_write(&drops.scratch, "paper/2019-03-28/" FILE_NEW_PREFIX "2", "half");
	scratch_write(&drops.scratch, "paper/elsewhere/" FILE_NEW_PREFIX "3", "somebody's");
	for (size_t i = 0; i < COUNT(kept); i++)
		scratch_write(&drops.scratch, kept[i], "a file");
	paper_remove_unfinished(&drops.spool);
	CU_ASSERT_FALSE(drops_has(&drops, "paper/" DAY_OF_TEST "/" FILE_NEW_PREFIX "1"));
	CU_ASSERT_FALSE(drops_has(&drops, "paper/2019-03-28/" FILE_NEW_PREFIX "2"));
	CU_ASSERT_TRUE(drops_has(&drops, "paper/elsewhere/" FILE_NEW_PREFIX "3"));
	for (size_t i = 0; i < COUNT(kept); i++)
		CU_ASSERT_TRUE(drops_has(&drops, kept[i]));
}

void add_suite_paper(CU_pSuite suite)
{
	TEST(a_start_removes_what_a_killed_write_left);
	TEST(the_manifest_tells_the_print_shop_of_each_letter);
	TEST(only_what_is_in_the_folder_is_in_its_manifest);
	TEST(a_manifest_that_cannot_be_made_leaves_the_one_before);
	TEST(the_days_with_letters_to_hand_over_are_listed);
}
