/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"

#include <stdint.h>
#include <string.h>

#include "tests/unit/suite.h"

void add_suite_buffer(CU_pSuite suite);

static void reads_as_text_even_when_nothing_was_added(void)
{
	OWNED_BUFFER struct buffer buffer = BUFFER(4);

	CU_ASSERT_STRING_EQUAL(buffer_text(&buffer), "");
	buffer_add(&buffer, "", 0);
	CU_ASSERT_STRING_EQUAL(buffer_text(&buffer), "");
	CU_ASSERT_FALSE(buffer_is_full(&buffer));
}

static void leaves_out_whole_what_would_pass_the_maximum(void)
{
	static const struct {
		size_t max;
		const char *parts[3];
		const char *text;
		bool full;
	} rows[] = {
	    {3, {"abc", "", ""}, "abc", false},
	    {2, {"abc", "", ""}, "", true},
	    {3, {"ab", "cd", ""}, "ab", true},
	    {3, {"ab", "cd", "e"}, "abe", true},
	    {0, {"", "", ""}, "", false},
	    {0, {"", "a", ""}, "", true},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_BUFFER struct buffer added = BUFFER(rows[i].max);
		OWNED_BUFFER struct buffer printed = BUFFER(rows[i].max);

		for (size_t j = 0; j < COUNT(rows[i].parts); j++) {
			buffer_add_text(&added, rows[i].parts[j]);
			buffer_print(&printed, "%s", rows[i].parts[j]);
		}
		CU_ASSERT_STRING_EQUAL(buffer_text(&added), rows[i].text);
		CU_ASSERT_STRING_EQUAL(buffer_text(&printed), rows[i].text);
		CU_ASSERT_EQUAL(added.length, strlen(rows[i].text));
		CU_ASSERT_EQUAL(printed.length, strlen(rows[i].text));
		CU_ASSERT_EQUAL(buffer_is_full(&added), rows[i].full);
		CU_ASSERT_EQUAL(buffer_is_full(&printed), rows[i].full);
	}
}

static void refuses_a_count_that_would_wrap_around(void)
{
	static const size_t counts[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 4, SIZE_MAX / 2};

	for (size_t i = 0; i < COUNT(counts); i++) {
		OWNED_BUFFER struct buffer buffer = BUFFER(1024);

		buffer_add_text(&buffer, "abcd");
		CU_ASSERT_PTR_NULL(buffer_reserve(&buffer, counts[i]));
		CU_ASSERT_TRUE(buffer_is_full(&buffer));
		CU_ASSERT_STRING_EQUAL(buffer_text(&buffer), "abcd");
	}
}

static void keeps_every_byte_while_it_grows(void)
{
	OWNED_BUFFER struct buffer buffer = BUFFER(10000);
	bool same = true;

	for (int i = 0; i < 10000; i++) {
		char byte = (char)i;

		buffer_add(&buffer, &byte, 1);
		same = same && buffer.data[buffer.length] == '\0';
	}
	CU_ASSERT_EQUAL(buffer.length, 10000);
	CU_ASSERT_FALSE(buffer_is_full(&buffer));
	for (int i = 0; i < 10000; i++)
		same = same && buffer.data[i] == (char)i;
	CU_ASSERT_TRUE(same);
	buffer_add(&buffer, "x", 1);
	CU_ASSERT_TRUE(buffer_is_full(&buffer));
}

static void counts_of_what_is_reserved_only_what_was_written(void)
{
	OWNED_BUFFER struct buffer buffer = BUFFER(1024);
	char *at;

	buffer_add_text(&buffer, "ab");
	at = buffer_reserve(&buffer, 600);
	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	memset(at, 'x', 600);
	CU_ASSERT_EQUAL(buffer.length, 2);
	buffer_grow(&buffer, 3);
	CU_ASSERT_STRING_EQUAL(buffer_text(&buffer), "abxxx");
}

/* As after reading an empty file; the memory had been used for something else. */
static void reads_as_text_when_nothing_of_what_is_reserved_was_written(void)
{
	OWNED_BUFFER struct buffer before = BUFFER(1024);
	OWNED_BUFFER struct buffer buffer = BUFFER(1024);

	memset(buffer_reserve(&before, 200), 'x', 200);
	buffer_done(&before);
	CU_ASSERT_PTR_NOT_NULL(buffer_reserve(&buffer, 200));
	CU_ASSERT_STRING_EQUAL(buffer_text(&buffer), "");
	buffer_add_text(&buffer, "abc");
	CU_ASSERT_PTR_NOT_NULL(buffer_reserve(&buffer, 1000));
	CU_ASSERT_STRING_EQUAL(buffer_text(&buffer), "abc");
}

static void drops_the_first_bytes(void)
{
	static const struct {
		size_t count;
		const char *left;
	} rows[] = {{0, "abcd"}, {1, "bcd"}, {3, "d"}, {4, ""}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_BUFFER struct buffer buffer = BUFFER(4);

		buffer_add_text(&buffer, "abcd");
		buffer_consume(&buffer, rows[i].count);
		CU_ASSERT_STRING_EQUAL(buffer_text(&buffer), rows[i].left);
		CU_ASSERT_EQUAL(buffer.length, strlen(rows[i].left));
	}
}

static void drops_nothing_from_one_that_has_no_memory_yet(void)
{
	OWNED_BUFFER struct buffer buffer = BUFFER(4);

	buffer_consume(&buffer, 0);
	CU_ASSERT_STRING_EQUAL(buffer_text(&buffer), "");
}

static void forgets_bytes_and_fullness_when_cleared(void)
{
	OWNED_BUFFER struct buffer buffer = BUFFER(4);

	buffer_clear(&buffer);
	buffer_add_text(&buffer, "abcd");
	buffer_add_text(&buffer, "e");
	CU_ASSERT_TRUE(buffer_is_full(&buffer));
	buffer_clear(&buffer);
	CU_ASSERT_FALSE(buffer_is_full(&buffer));
	CU_ASSERT_STRING_EQUAL(buffer_text(&buffer), "");
	buffer_add_text(&buffer, "wxyz");
	CU_ASSERT_STRING_EQUAL(buffer_text(&buffer), "wxyz");
	CU_ASSERT_FALSE(buffer_is_full(&buffer));
}

static void can_be_used_again_with_its_maximum_when_done(void)
{
	OWNED_BUFFER struct buffer buffer = BUFFER(4);

	buffer_add_text(&buffer, "abcde");
	buffer_done(&buffer);
	CU_ASSERT_FALSE(buffer_is_full(&buffer));
	buffer_add_text(&buffer, "abcd");
	CU_ASSERT_STRING_EQUAL(buffer_text(&buffer), "abcd");
	buffer_add_text(&buffer, "e");
	CU_ASSERT_TRUE(buffer_is_full(&buffer));
}

void add_suite_buffer(CU_pSuite suite)
{
	TEST(reads_as_text_even_when_nothing_was_added);
	TEST(leaves_out_whole_what_would_pass_the_maximum);
	TEST(refuses_a_count_that_would_wrap_around);
	TEST(keeps_every_byte_while_it_grows);
	TEST(counts_of_what_is_reserved_only_what_was_written);
	TEST(reads_as_text_when_nothing_of_what_is_reserved_was_written);
	TEST(drops_the_first_bytes);
	TEST(drops_nothing_from_one_that_has_no_memory_yet);
	TEST(forgets_bytes_and_fullness_when_cleared);
	TEST(can_be_used_again_with_its_maximum_when_done);
}
