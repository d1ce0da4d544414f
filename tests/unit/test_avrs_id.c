/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/avrs_id.h"

#include <string.h>

#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_avrs_id(CU_pSuite suite);

#define DEFAULT_PATTERN "[0-9]{9}"

static void is_nine_digits_by_default(void)
{
	static const char *const right[] = {"123456789", "000000000", "999999999"};
	static const char *const wrong[] = {"", "12345678", "1234567890", "12345678a", " 23456789",
	    "123456789 ", "123456789\n", "-23456789", "12345678_", "12345/789", "1234567\xc3\xa9"};

	for (size_t i = 0; i < COUNT(right); i++)
		CU_ASSERT_TRUE(avrs_id_is_valid(right[i]));
	for (size_t i = 0; i < COUNT(wrong); i++)
		CU_ASSERT_FALSE(avrs_id_is_valid(wrong[i]));
}

static void is_what_matches_the_pattern_as_a_whole(void)
{
	static const struct {
		const char *pattern;
		const char *text;
		bool valid;
	} rows[] = {
	    {"[0-9]{3}", "123", true},
	    {"[0-9]{3}", "1234", false},
	    {"[0-9]{3}", "x123", false},
	    {"[0-9]{2}|[A-Z]{2}", "12", true},
	    {"[0-9]{2}|[A-Z]{2}", "AB", true},
	    {"[0-9]{2}|[A-Z]{2}", "12x", false},
	    {"[0-9]{2}|[A-Z]{2}", "xAB", false},
	    {"[A-Za-z]+-[0-9]+", "CT-17", true},
	};
	struct err err;

	for (size_t i = 0; i < COUNT(rows); i++) {
		CU_ASSERT_EQUAL(avrs_id_set_pattern(rows[i].pattern, &err), 0);
		CU_ASSERT_EQUAL(avrs_id_is_valid(rows[i].text), rows[i].valid);
	}
	CU_ASSERT_EQUAL(avrs_id_set_pattern(DEFAULT_PATTERN, &err), 0);
}

/* It is the name of a folder, and new/ joins it to a letter's name by "_". */
static void is_safe_as_a_folder_whatever_the_pattern_says(void)
{
	static const char *const wrong[] = {"", ".", "..", "a/b", "/", "a_b", "-a", "a.b", "a b",
	    "a\nb", "\xc3\xa4", "123456789012345678901234567890123"};
	struct err err;

	CU_ASSERT_EQUAL_FATAL(avrs_id_set_pattern(".*", &err), 0);
	for (size_t i = 0; i < COUNT(wrong); i++)
		CU_ASSERT_FALSE(avrs_id_is_valid(wrong[i]));
	CU_ASSERT_TRUE(avrs_id_is_valid("12345678901234567890123456789012"));
	CU_ASSERT_TRUE(avrs_id_is_valid("a-b-"));
	CU_ASSERT_EQUAL(avrs_id_set_pattern(DEFAULT_PATTERN, &err), 0);
}

static void refuses_what_is_no_pattern_and_keeps_the_one_in_force(void)
{
	static const char *const wrong[] = {"", "(", "[0-9", "a{2,1}", "*[", "[[:none:]]"};
	struct err err;

	for (size_t i = 0; i < COUNT(wrong); i++) {
		CU_ASSERT_TRUE(fails(avrs_id_check_pattern(wrong[i], &err), &err, ERR_REFUSED));
		CU_ASSERT_TRUE(fails(avrs_id_set_pattern(wrong[i], &err), &err, ERR_REFUSED));
	}
	CU_ASSERT_TRUE(avrs_id_is_valid("123456789"));
	CU_ASSERT_FALSE(avrs_id_is_valid("12345678"));
}

static void refuses_a_pattern_that_is_too_long(void)
{
	char pattern[253];
	struct err err;

	memset(pattern, 'a', sizeof(pattern));
	pattern[252] = '\0';
	CU_ASSERT_TRUE(fails(avrs_id_check_pattern(pattern, &err), &err, ERR_REFUSED));
	pattern[251] = '\0';
	CU_ASSERT_EQUAL(avrs_id_check_pattern(pattern, &err), 0);
}

static void checks_a_pattern_without_using_it(void)
{
	struct err err;

	CU_ASSERT_EQUAL(avrs_id_check_pattern("x", &err), 0);
	CU_ASSERT_FALSE(avrs_id_is_valid("x"));
	CU_ASSERT_TRUE(avrs_id_is_valid("123456789"));
}

void add_suite_avrs_id(CU_pSuite suite)
{
	TEST(is_nine_digits_by_default);
	TEST(is_what_matches_the_pattern_as_a_whole);
	TEST(is_safe_as_a_folder_whatever_the_pattern_says);
	TEST(refuses_what_is_no_pattern_and_keeps_the_one_in_force);
	TEST(refuses_a_pattern_that_is_too_long);
	TEST(checks_a_pattern_without_using_it);
}
