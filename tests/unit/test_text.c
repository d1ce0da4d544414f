/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <string.h>

#include "tests/unit/suite.h"

void add_suite_text(CU_pSuite suite);

static void copies_what_fits_and_ends_it(void)
{
	static const struct {
		const char *from;
		const char *copy;
	} rows[] = {
	    {"", ""},
	    {NULL, ""},
	    {"a", "a"},
	    {"abc", "abc"},
	    {"abcd", "abc"},
	    {"abcdefgh", "abc"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char to[8] = "xxxxxxx";

		text_copy_part(to, 4, rows[i].from);
		CU_ASSERT_STRING_EQUAL(to, rows[i].copy);
		CU_ASSERT_EQUAL(to[4], 'x');
	}
}

static void knows_the_size_of_the_array(void)
{
	char to[3];

	text_copy(to, "abcdef");
	CU_ASSERT_STRING_EQUAL(to, "ab");
}

static void copies_nothing_into_one_byte(void)
{
	char to[2] = {'x', 'x'};

	text_copy_part(to, 1, "abc");
	CU_ASSERT_EQUAL(to[0], '\0');
	CU_ASSERT_EQUAL(to[1], 'x');
}

static void accepts_what_is_fit_to_be_stored_and_shown(void)
{
	static const struct {
		const char *text;
		const char *why; /* NULL: it is fit */
	} rows[] = {
	    {"", NULL},
	    {"abcdefgh", NULL},
	    {"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", NULL},
	    {"a b", NULL},
	    {"abcdefghi", "the name is longer than 8 bytes"},
	    {"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", "the name is longer than 8 bytes"},
	    {"a\nb", "the name has control characters"},
	    {"a\tb", "the name has control characters"},
	    {"\x7f", "the name has control characters"},
	    {"\xc2\x85", "the name has control characters"},
	    {"\xe2\x80\xae", "the name has control characters"},
	    {"\xff", "the name has control characters or is not valid UTF-8"},
	    {"a\xc3", "the name has control characters or is not valid UTF-8"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err err = {.kind = ERR_INTERNAL, .text = ""};

		CU_ASSERT_EQUAL(text_check("name", rows[i].text, 8, &err), rows[i].why ? -1 : 0);
		CU_ASSERT_EQUAL(err.kind, rows[i].why ? ERR_REFUSED : ERR_INTERNAL);
		CU_ASSERT_EQUAL(strncmp(err.text, rows[i].why ? rows[i].why : "",
		                    rows[i].why ? strlen(rows[i].why) : 1),
		    0);
	}
}

void add_suite_text(CU_pSuite suite)
{
	TEST(copies_what_fits_and_ends_it);
	TEST(knows_the_size_of_the_array);
	TEST(copies_nothing_into_one_byte);
	TEST(accepts_what_is_fit_to_be_stored_and_shown);
}
