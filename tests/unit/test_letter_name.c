/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/letter_name.h"

#include <string.h>

#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_letter_name(CU_pSuite suite);

static void takes_any_name_of_printable_utf8(void)
{
	static const char *const right[] = {"a", "EFT_20190327_000123.pdf", "RA 0001 (copy).835",
	    "Gr\xc3\xbc\xc3\x9f.pdf", "\xe6\x97\xa5\xe6\x9c\xac.pdf", "back\\slash",
	    "\"quoted\",comma", "-rf", "$HOME", "\xf0\x9f\x93\xa7"};
	struct err err;

	for (size_t i = 0; i < COUNT(right); i++)
		CU_ASSERT_EQUAL(letter_name_check(right[i], &err), 0);
}

static void refuses_names_that_harm_whoever_shows_them(void)
{
	static const char *const wrong[] = {"", "a\nb", "a\tb", "a\x1b[2Jb", "a\x7f", "a/b", "/",
	    "\xff", "a\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xc2\x85", "\xe2\x80\xa8",
	    "\xe2\x80\xae"};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct err err;

		CU_ASSERT_TRUE(fails(letter_name_check(wrong[i], &err), &err, ERR_REFUSED));
	}
}

static void takes_two_hundred_bytes_and_no_more(void)
{
	char name[LETTER_NAME_MAX + 2];
	struct err err;

	memset(name, 'x', sizeof(name));
	name[LETTER_NAME_MAX] = '\0';
	CU_ASSERT_EQUAL(LETTER_NAME_MAX, 200);
	CU_ASSERT_EQUAL(letter_name_check(name, &err), 0);
	name[LETTER_NAME_MAX] = 'x';
	name[LETTER_NAME_MAX + 1] = '\0';
	CU_ASSERT_TRUE(fails(letter_name_check(name, &err), &err, ERR_REFUSED));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "201"));
}

static void knows_the_names_of_files_being_written(void)
{
	static const struct {
		const char *name;
		bool unfinished;
	} rows[] = {
	    {".EFT_1.pdf", true},
	    {".", true},
	    {"..", true},
	    {"EFT_1.pdf.tmp", true},
	    {"EFT_1.part", true},
	    {"EFT_1.partial", true},
	    {"EFT_1.filepart", true},
	    {"EFT_1.writing", true},
	    {"EFT_1.inprogress", true},
	    {"EFT_1.pdf~", true},
	    {"~", true},
	    {"EFT_1.pdf", false},
	    {"tmp", false},
	    {"part", false},
	    {"EFT_1.TMP", false},
	    {"EFT_1.tmp.pdf", false},
	    {"EFT_1.partly", false},
	    {"~EFT_1", false},
	    {"", false},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		CU_ASSERT_EQUAL(letter_name_is_unfinished(rows[i].name), rows[i].unfinished);
}

/* R1: a letter type has a code, which is at the front of the name. */
static void finds_the_type_code_at_the_front(void)
{
	static const struct {
		const char *name;
		const char *code;
	} rows[] = {
	    {"EFT_20190327_000123.pdf", "EFT"},
	    {"EFT-1.pdf", "EFT"},
	    {"EFT.pdf", "EFT"},
	    {"PA1_x", "PA1"},
	    {"835.txt", "835"},
	    {"ABCDEFGHIJKLMNOP.pdf", "ABCDEFGHIJKLMNOP"},
	    {"ABCDEFGHIJKLMNOPQ.pdf", ""},
	    {"EFT", ""},
	    {"EFT 1.pdf", ""},
	    {"EFTx_1.pdf", ""},
	    {"eft_1.pdf", ""},
	    {"_EFT_1.pdf", ""},
	    {".EFT", ""},
	    {"", ""},
	    {"\xc3\x84_1.pdf", ""},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char code[TYPE_CODE_MAX + 1] = "unset";

		letter_name_type(rows[i].name, code);
		CU_ASSERT_STRING_EQUAL(code, rows[i].code);
	}
}

static void numbers_the_second_file_of_a_name(void)
{
	static const struct {
		const char *name;
		int64_t number;
		const char *served;
	} rows[] = {
	    {"EFT_1.pdf", 1, "EFT_1.pdf"},
	    {"EFT_1.pdf", 0, "EFT_1.pdf"},
	    {"EFT_1.pdf", 2, "EFT_1.2.pdf"},
	    {"EFT_1.pdf", 10, "EFT_1.10.pdf"},
	    {"RA", 2, "RA.2"},
	    {"a.tar.gz", 3, "a.tar.3.gz"},
	    {".hidden", 2, ".hidden.2"},
	    {"a.", 2, "a.2."},
	    {"EFT_1.2.pdf", 2, "EFT_1.2.2.pdf"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char served[SERVED_NAME_MAX + 1] = "unset";

		letter_name_number(rows[i].name, rows[i].number, served);
		CU_ASSERT_STRING_EQUAL(served, rows[i].served);
	}
}

static void has_room_for_the_number_of_the_longest_name(void)
{
	char name[LETTER_NAME_MAX + 1];
	char served[SERVED_NAME_MAX + 1];

	memset(name, 'x', LETTER_NAME_MAX - 4);
	memcpy(name + LETTER_NAME_MAX - 4, ".pdf", sizeof(".pdf"));
	letter_name_number(name, INT64_C(12345678901), served);
	CU_ASSERT_EQUAL(strlen(served), SERVED_NAME_MAX);
	CU_ASSERT_STRING_EQUAL(served + LETTER_NAME_MAX - 4, ".12345678901.pdf");
}

void add_suite_letter_name(CU_pSuite suite)
{
	TEST(takes_any_name_of_printable_utf8);
	TEST(refuses_names_that_harm_whoever_shows_them);
	TEST(takes_two_hundred_bytes_and_no_more);
	TEST(knows_the_names_of_files_being_written);
	TEST(finds_the_type_code_at_the_front);
	TEST(numbers_the_second_file_of_a_name);
	TEST(has_room_for_the_number_of_the_longest_name);
}
