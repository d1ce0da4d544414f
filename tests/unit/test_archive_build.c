/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/archive_build.h"

#include <fcntl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/number.h"
#include "batch/archive_plan.h"
#include "spool/archive_check.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_archive_build(CU_pSuite suite);

#define ID "123456789"

/* A night of two letters, planned and not built; its archive is the one of id 1. */
static void open_night(struct fixture *f, struct letter letters[2])
{
	struct err err;

	CU_ASSERT_PTR_NOT_NULL(setlocale(LC_CTYPE, "C.UTF-8"));
	fixture_open(f);
	f->spool.settings.archive_reserve = 0;
	scratch_provider(&f->spool, ID);
	fixture_stored(f, ID, CLASS_EDELIVERY, "EFT_1.pdf", "the first letter", &letters[0]);
	fixture_stored(f, ID, CLASS_EDELIVERY, "EFT_2.pdf", "the second letter", &letters[1]);
	CU_ASSERT_EQUAL(archive_plan_night(&f->spool, "2024-05-15", FIXTURE_NOW + 1, &err), 0);
}

static int build(const struct fixture *f, struct err *err)
{
	struct archive_progress progress = {0};
	const struct archive_builder builder = {&f->spool, NULL, &progress};

	return archive_build(&builder, 1, err);
}

static void find(const struct fixture *f, struct night_archive *ret_archive)
{
	bool found = false;
	struct err err;

	CU_ASSERT_EQUAL(night_archive_find(f->catalog, 1, ret_archive, &found, &err), 0);
	CU_ASSERT_FATAL(found);
}

static bool exists(const struct fixture *f, const struct night_archive *archive)
{
	char path[FOLDER_PATH_MAX];
	struct stat st;

	night_archive_path(archive, path);
	return fstatat(f->spool.root_fd, path, &st, 0) == 0;
}

static void publishes_a_file_that_holds_exactly_its_letters(void)
{
	OWNED_FIXTURE struct fixture f;
	struct archive_progress progress = {0};
	const struct archive_builder builder = {&f.spool, NULL, &progress};
	struct night_archive archive;
	struct letter letters[2];
	struct err err;

	open_night(&f, letters);
	CU_ASSERT_EQUAL(archive_build(&builder, 1, &err), 0);
	CU_ASSERT_EQUAL(progress.letters, 2);
	CU_ASSERT_EQUAL(progress.bytes, letters[0].size + letters[1].size);
	find(&f, &archive);
	CU_ASSERT_EQUAL(archive.state, ARCHIVE_READY);
	CU_ASSERT_EQUAL(archive.letters, 2);
	CU_ASSERT_EQUAL(archive_check(&f.spool, &archive, &err), 0);
	/* Built again it would be the same; but it is not built again. */
	CU_ASSERT_EQUAL(archive_build(&builder, 1, &err), 0);
	CU_ASSERT_EQUAL(progress.letters, 2);
}

static void the_same_night_built_twice_is_the_same_file(void)
{
	struct night_archive archives[2];

	for (int i = 0; i < 2; i++) {
		OWNED_FIXTURE struct fixture f;
		struct letter letters[2];
		struct err err;

		open_night(&f, letters);
		CU_ASSERT_EQUAL(build(&f, &err), 0);
		find(&f, &archives[i]);
	}
	CU_ASSERT_EQUAL(archives[0].size, archives[1].size);
	CU_ASSERT_STRING_EQUAL(archives[0].sha256, archives[1].sha256);
}

static void a_file_that_a_killed_run_left_is_replaced(void)
{
	OWNED_FIXTURE struct fixture f;
	struct night_archive archive;
	struct letter letters[2];
	struct err err;

	open_night(&f, letters);
	CU_ASSERT_EQUAL(build(&f, &err), 0);
	fixture_sql(&f, "UPDATE archive SET state = 'building'");
	CU_ASSERT_EQUAL(build(&f, &err), 0);
	find(&f, &archive);
	CU_ASSERT_EQUAL(archive.state, ARCHIVE_READY);
	CU_ASSERT_EQUAL(archive_check(&f.spool, &archive, &err), 0);
}

static void what_was_recalled_before_is_not_in_it_and_without_letters_there_is_none(void)
{
	OWNED_FIXTURE struct fixture f;
	struct night_archive archive;
	struct letter letters[2];
	struct err err;

	open_night(&f, letters);
	fixture_sql(&f, "UPDATE letter SET electronic = 'recalled' WHERE name = 'EFT_1.pdf'");
	CU_ASSERT_EQUAL(build(&f, &err), 0);
	find(&f, &archive);
	CU_ASSERT_EQUAL(archive.letters, 1);
	CU_ASSERT_EQUAL(archive_check(&f.spool, &archive, &err), 0);
	fixture_sql(&f, "UPDATE archive SET state = 'building'");
	fixture_sql(&f, "UPDATE letter SET electronic = 'recalled'");
	CU_ASSERT_EQUAL(build(&f, &err), 0);
	find(&f, &archive);
	CU_ASSERT_EQUAL(archive.state, ARCHIVE_EXPIRED);
	CU_ASSERT_FALSE(exists(&f, &archive));
}

static void a_letter_that_is_not_what_was_posted_leaves_no_file(void)
{
	OWNED_FIXTURE struct fixture f;
	struct night_archive archive;
	struct letter letters[2];
	struct err err;

	open_night(&f, letters);
	fixture_sql(&f, "UPDATE letter SET sha256 = '00' WHERE name = 'EFT_2.pdf'");
	CU_ASSERT(fails(build(&f, &err), &err, ERR_INTERNAL));
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(err.text, "archive=1 name=edelivery-2024-05-15.zip: letter="));
	find(&f, &archive);
	CU_ASSERT_EQUAL(archive.state, ARCHIVE_BUILDING);
	CU_ASSERT_FALSE(exists(&f, &archive));
	fixture_sql(&f, "UPDATE letter SET name = 'gone.pdf' WHERE name = 'EFT_2.pdf'");
	CU_ASSERT(fails(build(&f, &err), &err, ERR_INTERNAL));
}

static void is_not_begun_where_the_disk_would_be_filled(void)
{
	OWNED_FIXTURE struct fixture f;
	struct night_archive archive;
	struct letter letters[2];
	struct err err;

	open_night(&f, letters);
	CU_ASSERT_EQUAL(archive_check_space(&f.spool, 1, &err), 0);
	f.spool.settings.archive_reserve = 1024 * 1024 * GIB;
	CU_ASSERT(fails(build(&f, &err), &err, ERR_RETRY));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "no space"));
	find(&f, &archive);
	CU_ASSERT_FALSE(exists(&f, &archive));
}

void add_suite_archive_build(CU_pSuite suite)
{
	TEST(publishes_a_file_that_holds_exactly_its_letters);
	TEST(the_same_night_built_twice_is_the_same_file);
	TEST(a_file_that_a_killed_run_left_is_replaced);
	TEST(what_was_recalled_before_is_not_in_it_and_without_letters_there_is_none);
	TEST(a_letter_that_is_not_what_was_posted_leaves_no_file);
	TEST(is_not_begun_where_the_disk_would_be_filled);
}
