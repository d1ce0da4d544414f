/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/folder.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_folder(CU_pSuite suite);

/* sha256("123456789") = 15e2b0d3..., sha256("000000000") = f120bb5698d5... */
static void keeps_letters_below_the_hash_of_their_avrs_id(void)
{
	static const struct {
		const char *avrs_id;
		enum letter_class class;
		const char *path;
	} rows[] = {
	    {"123456789", CLASS_EDELIVERY, "letters/15/123456789/edelivery"},
	    {"123456789", CLASS_TRADE_FILES, "letters/15/123456789/trade-files"},
	    {"000000000", CLASS_EDELIVERY, "letters/f1/000000000/edelivery"},
	};
	char path[FOLDER_PATH_MAX];

	for (size_t i = 0; i < COUNT(rows); i++) {
		folder_of_letters(rows[i].avrs_id, rows[i].class, path);
		CU_ASSERT_STRING_EQUAL(path, rows[i].path);
	}
	folder_letter("123456789", CLASS_EDELIVERY, 17, "EFT_1.pdf", path);
	CU_ASSERT_STRING_EQUAL(path, "letters/15/123456789/edelivery/17_EFT_1.pdf");
	folder_letter("123456789", CLASS_TRADE_FILES, INT64_MAX, "RA", path);
	CU_ASSERT_STRING_EQUAL(path, "letters/15/123456789/trade-files/9223372036854775807_RA");
}

static void keeps_paper_by_its_day(void)
{
	char path[FOLDER_PATH_MAX];

	folder_paper("2024-05-15", 3, NULL, path);
	CU_ASSERT_STRING_EQUAL(path, "paper/2024-05-15");
	folder_paper("2024-05-15", 3, "EFT_1.pdf", path);
	CU_ASSERT_STRING_EQUAL(path, "paper/2024-05-15/3_EFT_1.pdf");
	folder_paper_zip("2024-05-15", path);
	CU_ASSERT_STRING_EQUAL(path, "paper/2024-05-15/paper-2024-05-15.zip");
}

static void drops_trade_files_in_a_folder_of_their_own(void)
{
	char path[FOLDER_PATH_MAX];

	folder_drop("123456789", CLASS_EDELIVERY, path);
	CU_ASSERT_STRING_EQUAL(path, "123456789");
	folder_drop("123456789", CLASS_TRADE_FILES, path);
	CU_ASSERT_STRING_EQUAL(path, "123456789/trade-files");
}

/* With the longest id and ".reason" beside it, it has to be a name that a disk takes. */
static void cuts_the_name_of_a_quarantined_file_to_fit(void)
{
	char name[4 * NAME_MAX + 1];
	char path[FOLDER_PATH_MAX];
	const char *last;

	folder_quarantine("2024-05-15", 9, "a\\x0ab.pdf", path);
	CU_ASSERT_STRING_EQUAL(path, "quarantine/2024-05-15/9_a\\x0ab.pdf");
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	folder_quarantine("2024-05-15", INT64_MAX, name, path);
	last = strrchr(path, '/') + 1;
	CU_ASSERT_TRUE(strlen(last) + strlen(".reason") <= NAME_MAX);
	CU_ASSERT_TRUE(strlen(last) > 200);
}

static void never_cuts_inside_a_character(void)
{
	char path[FOLDER_PATH_MAX];

	for (size_t lead = 0; lead < 2; lead++) {
		char name[NAME_MAX * 2 + 1] = "x";
		const char *tail;

		for (size_t at = lead; at + 2 < sizeof(name); at += 2)
			memcpy(name + at, "\xc3\xa9", 2);
		folder_quarantine("2024-05-15", 1, name, path);
		tail = path + strlen(path) - 2;
		CU_ASSERT_EQUAL(memcmp(tail, "\xc3\xa9", 2), 0);
	}
}

static void makes_every_folder_that_a_spool_starts_with(void)
{
	static const char *const names[] = {"letters", "quarantine", "paper", "archives",
	    "publications/telehealth", "publications/messages", "publications/bulletins", "audit",
	    "catalog", "run"};
	OWNED_SCRATCH struct scratch scratch;
	struct stat st;
	struct err err;

	scratch_open(&scratch);
	CU_ASSERT_EQUAL(folder_make_all(scratch.fd, &err), 0);
	for (size_t i = 0; i < COUNT(names); i++) {
		CU_ASSERT_EQUAL(fstatat(scratch.fd, names[i], &st, AT_SYMLINK_NOFOLLOW), 0);
		CU_ASSERT_TRUE(S_ISDIR(st.st_mode));
		CU_ASSERT_EQUAL(st.st_mode & 0027, 0);
	}
}

static void makes_them_again_without_touching_what_is_there(void)
{
	OWNED_SCRATCH struct scratch scratch;
	OWNED_MEM char *text = NULL;
	struct err err;

	scratch_open(&scratch);
	CU_ASSERT_EQUAL(folder_make_all(scratch.fd, &err), 0);
	scratch_write(&scratch, "letters/kept", "kept");
	CU_ASSERT_EQUAL(folder_make_all(scratch.fd, &err), 0);
	text = scratch_read(&scratch, "letters/kept");
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT_STRING_EQUAL(text, "kept");
}

static void fails_where_no_folder_can_be(void)
{
	OWNED_SCRATCH struct scratch scratch;
	struct err err;

	scratch_open(&scratch);
	scratch_write(&scratch, "publications", "a file");
	CU_ASSERT_EQUAL(folder_make_all(scratch.fd, &err), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "publications"));
}

void add_suite_folder(CU_pSuite suite)
{
	TEST(keeps_letters_below_the_hash_of_their_avrs_id);
	TEST(keeps_paper_by_its_day);
	TEST(drops_trade_files_in_a_folder_of_their_own);
	TEST(cuts_the_name_of_a_quarantined_file_to_fit);
	TEST(never_cuts_inside_a_character);
	TEST(makes_every_folder_that_a_spool_starts_with);
	TEST(makes_them_again_without_touching_what_is_there);
	TEST(fails_where_no_folder_can_be);
}
