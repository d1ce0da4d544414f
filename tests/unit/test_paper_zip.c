/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/paper_zip.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/number.h"
#include "spool/folder.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_paper_zip(CU_pSuite suite);

#define ID    "123456789"
#define OTHER "200000002"
#define DATE  "2024-05-14" /* before the fixture's */
#define ZIP   "paper/" DATE "/paper-" DATE ".zip"

/* A letter to be printed, and its file with these bytes. */
static void put(const struct fixture *f, const char *avrs_id, const char *name, const char *bytes)
{
	char path[FOLDER_PATH_MAX];
	struct letter letter;
	struct err err;

	fixture_on_paper(f, avrs_id, DATE, name, &letter);
	CU_ASSERT_EQUAL(file_make_folder(f->spool.root_fd, "paper/" DATE, 0750, &err), 0);
	folder_paper(DATE, letter.id, name, path);
	scratch_write(&f->scratch, path, bytes);
}

static void open_with_letters(struct fixture *f)
{
	fixture_open(f);
	scratch_provider(&f->spool, ID);
	scratch_provider(&f->spool, OTHER);
	put(f, ID, "EFT_1.pdf", "");
	put(f, OTHER, "EFT_1.pdf", "");
	/* As they would be of files with nothing in them. */
	fixture_sql(f, "UPDATE letter SET size = 0, sha256 ="
	               " 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'");
}

static bool has_zip(const struct fixture *f)
{
	return faccessat(f->spool.root_fd, ZIP, F_OK, 0) == 0;
}

static void a_day_is_one_file_that_cannot_be_written_to(void)
{
	OWNED_FIXTURE struct fixture f;
	struct stat st = {0};
	struct err err;

	open_with_letters(&f);
	CU_ASSERT_EQUAL(paper_zip_run(f.spool.settings.path, DATE, &err), 0);
	CU_ASSERT_EQUAL(fstatat(f.spool.root_fd, ZIP, &st, 0), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0440);
	CU_ASSERT_TRUE(st.st_size > 0);
	/* Its time says which letters are in it: those that were there when it was begun. */
	CU_ASSERT_EQUAL(st.st_mtim.tv_sec * SECOND, FIXTURE_NOW);
}

static void a_letter_that_is_not_what_was_queued_makes_no_zip(void)
{
	OWNED_FIXTURE struct fixture f;
	struct err err;

	open_with_letters(&f);
	put(&f, ID, "EFT_2.pdf", "these bytes were never dropped");
	CU_ASSERT_TRUE(fails(paper_zip_run(f.spool.settings.path, DATE, &err), &err, ERR_INTERNAL));
	CU_ASSERT_FALSE(has_zip(&f));
}

static void nothing_is_started_before_the_day_is_complete_or_twice(void)
{
	OWNED_FIXTURE struct fixture f;
	struct process process = {0, -1};
	struct err err;

	open_with_letters(&f);
	/* One is on its way into the outbox. */
	fixture_sql(&f, "UPDATE letter SET placed = NULL WHERE avrs_id = '" OTHER "'");
	CU_ASSERT_EQUAL(paper_zip_start(&f.spool, &process, &err), 0);
	CU_ASSERT_EQUAL(process.pid, 0);
	fixture_sql(&f, "UPDATE letter SET placed = 1 WHERE avrs_id = '" OTHER "'");
	/* The day is not over. */
	clock_freeze(FIXTURE_NOW - 24 * HOUR);
	CU_ASSERT_EQUAL(paper_zip_start(&f.spool, &process, &err), 0);
	CU_ASSERT_EQUAL(process.pid, 0);
	clock_freeze(FIXTURE_NOW);
	/* It is there. */
	scratch_write(&f.scratch, ZIP, "made before");
	CU_ASSERT_EQUAL(paper_zip_start(&f.spool, &process, &err), 0);
	CU_ASSERT_EQUAL(process.pid, 0);
}

void add_suite_paper_zip(CU_pSuite suite)
{
	TEST(a_day_is_one_file_that_cannot_be_written_to);
	TEST(a_letter_that_is_not_what_was_queued_makes_no_zip);
	TEST(nothing_is_started_before_the_day_is_complete_or_twice);
}
