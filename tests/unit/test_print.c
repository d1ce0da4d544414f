/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/print.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "batch/post.h"
#include "batch/recovery.h"
#include "spool/folder.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_print(CU_pSuite suite);

#define ID "123456789"

/* A posted letter with its file, which is to be printed, too. */
static void add_letter(const struct fixture *f, const char *name, struct letter *ret_letter)
{
	char path[FOLDER_PATH_MAX];
	char folder[PATH_MAX];
	struct err err;

	fixture_posted(f, ID, CLASS_EDELIVERY, name, ret_letter);
	folder_letter(ID, CLASS_EDELIVERY, ret_letter->id, name, path);
	file_parent(path, folder);
	CU_ASSERT_EQUAL_FATAL(file_make_folder(f->scratch.fd, folder, 0750, &err), 0);
	scratch_write(&f->scratch, path, name);
	CU_ASSERT_EQUAL(letter_queue_paper(f->catalog, ret_letter->id, "nobody came", &err), 0);
}

/* All that is queued is printed, and its manifest made. */
static void print_all(const struct fixture *f)
{
	struct manifest manifest = {.spool = &f->spool};
	struct printing printing = {.spool = &f->spool, .manifest = &manifest};
	bool more = true;
	struct err err;

	CU_ASSERT_EQUAL_FATAL(loop_new(&manifest.loop, &err), 0);
	while (more)
		CU_ASSERT_EQUAL_FATAL(print_queued(&printing, &more, &err), 0);
	manifest_write(&manifest);
	loop_free(manifest.loop);
}

static void open_with_letters(struct fixture *f, struct letter letters[2])
{
	fixture_open(f);
	scratch_provider(&f->spool, ID);
	(void)scratch_account(&f->spool, "mary", ID, "master");
	add_letter(f, "EFT_1.pdf", &letters[0]);
	add_letter(f, "EFT_2.pdf", &letters[1]);
}

static char *printed(const struct fixture *f, const struct letter *letter)
{
	char path[FOLDER_PATH_MAX];

	folder_paper("2024-05-15", letter->id, letter->name, path);
	return scratch_read(&f->scratch, path);
}

static void gives_each_a_name_in_the_outbox_and_leaves_it_served(void)
{
	OWNED_FIXTURE struct fixture f;
	struct letter letters[2];
	OWNED_MEM char *manifest = NULL;

	open_with_letters(&f, letters);
	print_all(&f);
	for (int i = 0; i < 2; i++) {
		OWNED_MEM char *text = printed(&f, &letters[i]);

		CU_ASSERT_PTR_NOT_NULL_FATAL(text);
		CU_ASSERT_STRING_EQUAL(text, letters[i].name);
	}
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM letter WHERE placed IS NOT NULL"
	                                   " AND electronic = 'posted' AND paper = 'queued'"),
	    2);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM event WHERE what = 'letter.on-paper'"), 2);
	manifest = scratch_read(&f.scratch, "paper/2024-05-15/manifest.csv");
	CU_ASSERT_PTR_NOT_NULL_FATAL(manifest);
	CU_ASSERT_PTR_NOT_NULL(strstr(manifest, "_EFT_1.pdf"));
	CU_ASSERT_PTR_NOT_NULL(strstr(manifest, "nobody came"));
}

/* Killed behind the link, the next run finds the name and goes on. */
static void goes_on_where_a_former_run_ended(void)
{
	OWNED_FIXTURE struct fixture f;
	struct letter letters[2];

	open_with_letters(&f, letters);
	print_all(&f);
	fixture_sql(&f, "UPDATE letter SET placed = NULL WHERE id = 1");
	print_all(&f);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM letter WHERE placed IS NULL"), 0);
}

static void one_that_cannot_be_keeps_back_no_other(void)
{
	OWNED_FIXTURE struct fixture f;
	struct letter letters[2];
	char path[FOLDER_PATH_MAX];
	OWNED_MEM char *second = NULL;

	open_with_letters(&f, letters);
	folder_letter(ID, CLASS_EDELIVERY, letters[0].id, letters[0].name, path);
	CU_ASSERT_EQUAL(unlinkat(f.scratch.fd, path, 0), 0);
	print_all(&f);
	second = printed(&f, &letters[1]);
	CU_ASSERT_PTR_NOT_NULL(second);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM letter WHERE placed IS NULL"), 1);
}

/* Recovery must not take it for a letter whose posting was interrupted, and post it twice. */
static void recovery_leaves_it_posted(void)
{
	OWNED_FIXTURE struct fixture f;
	struct letter letters[2];
	struct err err;

	open_with_letters(&f, letters);
	CU_ASSERT_EQUAL(recovery(&f.spool, &(struct doubt){0}, &err), 0);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM letter WHERE electronic = 'posted'"
	                                   " AND paper = 'queued' AND placed IS NULL"),
	    2);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM notification"), 0);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT MAX(sequence) FROM letter"), 2);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT last_sequence FROM provider"), 2);
}

/* After weeks without anybody: watchd looks at what is dropped in between. */
static void very_many_are_printed_some_at_a_time(void)
{
	enum { MANY = 300, AT_MOST = 250 };
	OWNED_FIXTURE struct fixture f;
	struct manifest manifest = {.spool = &f.spool};
	struct printing printing = {.spool = &f.spool, .manifest = &manifest};
	int64_t before;
	bool more = false;
	struct err err;

	fixture_open(&f);
	scratch_provider(&f.spool, ID);
	for (int i = 0; i < MANY; i++) {
		struct letter letter;
		char name[32];

		(void)snprintf(name, sizeof(name), "EFT_%d.pdf", i);
		add_letter(&f, name, &letter);
	}
	CU_ASSERT_EQUAL_FATAL(loop_new(&manifest.loop, &err), 0);
	before = catalog_statements(f.catalog);
	CU_ASSERT_EQUAL(print_queued(&printing, &more, &err), 0);
	CU_ASSERT_TRUE(more);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM letter WHERE placed IS NOT NULL"), AT_MOST);
	CU_ASSERT_TRUE(catalog_statements(f.catalog) - before < 4 * AT_MOST);
	CU_ASSERT_EQUAL(print_queued(&printing, &more, &err), 0);
	CU_ASSERT_FALSE(more);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM letter WHERE placed IS NOT NULL"), MANY);
	loop_free(manifest.loop);
}

void add_suite_print(CU_pSuite suite)
{
	TEST(very_many_are_printed_some_at_a_time);
	TEST(gives_each_a_name_in_the_outbox_and_leaves_it_served);
	TEST(goes_on_where_a_former_run_ended);
	TEST(one_that_cannot_be_keeps_back_no_other);
	TEST(recovery_leaves_it_posted);
}
