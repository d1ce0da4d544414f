/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/coverage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/suite.h"

void add_suite_coverage(CU_pSuite suite);

static void print(const struct coverage *coverage, char text[COVERAGE_TEXT_MAX])
{
	OWNED_BUFFER struct buffer out = BUFFER(COVERAGE_TEXT_MAX);

	coverage_print(coverage, &out);
	(void)snprintf(text, COVERAGE_TEXT_MAX, "%s", buffer_text(&out));
}

static void parts_that_touch_become_one(void)
{
	static const struct {
		int64_t parts[5][2];
		const char *text;
	} rows[] = {
	    {{{0, 10}}, "0-10"},
	    {{{0, 10}, {10, 20}}, "0-20"},
	    {{{10, 20}, {0, 10}}, "0-20"},
	    {{{0, 10}, {20, 30}}, "0-10,20-30"},
	    {{{20, 30}, {0, 10}}, "0-10,20-30"},
	    {{{0, 10}, {20, 30}, {5, 25}}, "0-30"},
	    {{{0, 10}, {20, 30}, {40, 50}, {10, 40}}, "0-50"},
	    {{{0, 100}, {20, 30}}, "0-100"},
	    {{{5, 6}, {0, 100}}, "0-100"},
	    {{{0, 10}, {20, 30}, {40, 50}, {19, 31}}, "0-10,19-31,40-50"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct coverage coverage = {.count = 0};
		struct coverage again;
		char text[COVERAGE_TEXT_MAX];

		for (size_t j = 0; j < 5 && rows[i].parts[j][1]; j++)
			coverage_add(&coverage, rows[i].parts[j][0], rows[i].parts[j][1]);
		print(&coverage, text);
		CU_ASSERT_STRING_EQUAL(text, rows[i].text);
		coverage_parse(text, &again);
		print(&again, text);
		CU_ASSERT_STRING_EQUAL(text, rows[i].text);
	}
}

static void it_is_whole_from_the_first_byte_to_the_last(void)
{
	static const struct {
		const char *text;
		int64_t size;
		bool whole;
	} rows[] = {
	    {"", 10, false},
	    {"0-10", 10, true},
	    {"0-9", 10, false},
	    {"1-10", 10, false},
	    {"0-5,6-10", 10, false},
	    {"0-11", 10, true},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct coverage coverage;

		coverage_parse(rows[i].text, &coverage);
		CU_ASSERT_EQUAL(coverage_is_whole(&coverage, rows[i].size), rows[i].whole);
	}
}

/* Against a plain array of bytes, in any order. */
static void it_never_has_a_byte_that_was_not_added(void)
{
	for (int round = 0; round < 200; round++) {
		struct coverage coverage = {.count = 0};
		bool added[512] = {false};

		for (int i = 0; i < 100; i++) {
			unsigned from = arc4random_uniform(511);
			unsigned to = from + 1 + arc4random_uniform(8);

			to = to > 512 ? 512 : to;
			coverage_add(&coverage, from, to);
			memset(added + from, true, to - from);
		}
		CU_ASSERT_TRUE(coverage.count <= COVERAGE_PARTS);
		for (size_t i = 0; i < coverage.count; i++) {
			CU_ASSERT_TRUE(i == 0 || coverage.parts[i].from > coverage.parts[i - 1].to);
			for (int64_t at = coverage.parts[i].from; at < coverage.parts[i].to; at++)
				CU_ASSERT_TRUE(added[at]);
		}
	}
}

static void what_is_no_such_text_adds_nothing(void)
{
	static const char *const wrong[] = {
	    "", ",", "-", "5", "5-", "-5", "9-3", "3-3", "a-b", "-1-5"};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct coverage coverage;

		coverage_parse(wrong[i], &coverage);
		CU_ASSERT_EQUAL(coverage.count, 0);
	}
}

void add_suite_coverage(CU_pSuite suite)
{
	TEST(parts_that_touch_become_one);
	TEST(it_is_whole_from_the_first_byte_to_the_last);
	TEST(it_never_has_a_byte_that_was_not_added);
	TEST(what_is_no_such_text_adds_nothing);
}
