/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <string.h>

#include "tests/unit/suite.h"

void add_suite_utf8(CU_pSuite suite);

#define BYTES(text) text, sizeof(text) - 1

static void tells_valid_bytes_from_others(void)
{
	static const struct {
		const char *bytes;
		size_t length;
		bool valid;
	} rows[] = {
	    {BYTES(""), true},
	    {BYTES("abc"), true},
	    {BYTES("a\0b"), true},
	    {BYTES("\x7f"), true},
	    {BYTES("\xc2\x80"), true},
	    {BYTES("\xdf\xbf"), true},
	    {BYTES("\xe0\xa0\x80"), true},
	    {BYTES("\xed\x9f\xbf"), true},
	    {BYTES("\xee\x80\x80"), true},
	    {BYTES("\xef\xbf\xbf"), true},
	    {BYTES("\xf0\x90\x80\x80"), true},
	    {BYTES("\xf4\x8f\xbf\xbf"), true},
	    {BYTES("\x80"), false},
	    {BYTES("a\xbf"), false},
	    {BYTES("\xc0\x80"), false},
	    {BYTES("\xc1\xbf"), false},
	    {BYTES("\xc3"), false},
	    {BYTES("\xc3("), false},
	    {BYTES("\xe0\x9f\xbf"), false},
	    {BYTES("\xe2\x82"), false},
	    {BYTES("\xed\xa0\x80"), false},
	    {BYTES("\xed\xbf\xbf"), false},
	    {BYTES("\xf0\x8f\xbf\xbf"), false},
	    {BYTES("\xf0\x9f\x98"), false},
	    {BYTES("\xf4\x90\x80\x80"), false},
	    {BYTES("\xf8\x88\x80\x80\x80"), false},
	    {BYTES("\xfe"), false},
	    {BYTES("\xff"), false},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		CU_ASSERT_EQUAL(utf8_is_valid(rows[i].bytes, rows[i].length), rows[i].valid);
}

static void reads_no_byte_past_the_length(void)
{
	CU_ASSERT_FALSE(utf8_is_valid("\xc3\xa9", 1));
	CU_ASSERT_TRUE(utf8_is_valid("a\xff", 1));
	CU_ASSERT_TRUE(utf8_has_control("\xc3\xa9", 1));
	CU_ASSERT_FALSE(utf8_has_control("a\n", 1));
}

static void finds_what_could_make_a_name_read_as_another(void)
{
	static const struct {
		const char *bytes;
		size_t length;
		bool control;
	} rows[] = {
	    {BYTES(""), false},
	    {BYTES("EFT_1 \xc3\xa9 \xe6\x97\xa5 \xf0\x9f\x98\x80.pdf"), false},
	    {BYTES("~"), false},
	    {BYTES("\xc2\xa0"), false},
	    {BYTES("\0"), true},
	    {BYTES("a\x1f"), true},
	    {BYTES("\x7f"), true},
	    {BYTES("\xc2\x80"), true},
	    {BYTES("\xc2\x9f"), true},
	    {BYTES("\xe2\x80\xa8"), true},
	    {BYTES("\xe2\x80\xa9"), true},
	    {BYTES("\xe2\x80\xae"), true},
	    {BYTES("\xe2\x81\xa6"), true},
	    {BYTES("\xe2\x80\x8b"), true},
	    {BYTES("\xef\xbb\xbf"), true},
	    {BYTES("a\xff"), true},
	    {BYTES("\xed\xa0\x80"), true},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		CU_ASSERT_EQUAL(utf8_has_control(rows[i].bytes, rows[i].length), rows[i].control);
}

static void cuts_between_characters(void)
{
	static const char text[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z";
	static const size_t lengths[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11, 11};

	for (size_t max = 0; max < COUNT(lengths); max++)
		CU_ASSERT_EQUAL(utf8_cut(text, max), lengths[max]);
}

static void escapes_and_gets_the_bytes_back(void)
{
	static const struct {
		const char *bytes;
		size_t length;
		const char *escaped;
		const char *line;
	} rows[] = {
	    {BYTES(""), "", ""},
	    {BYTES("EFT_1.pdf"), "EFT_1.pdf", "EFT_1.pdf"},
	    {BYTES("\xc3\xa9\xf0\x9f\x98\x80"), "\xc3\xa9\xf0\x9f\x98\x80",
	        "\xc3\xa9\xf0\x9f\x98\x80"},
	    {BYTES("a/b\\c"), "a\\x2fb\\x5cc", "a/b\\c"},
	    {BYTES("\\x41"), "\\x5cx41", "\\x41"},
	    {BYTES("a\nb\0c"), "a\\x0ab\\x00c", "a\\x0ab\\x00c"},
	    {BYTES("\xff\xc3"), "\\xff\\xc3", "\\xff\\xc3"},
	    {BYTES("\xe2\x80\xae"), "\\xe2\\x80\\xae", "\\xe2\\x80\\xae"},
	    {BYTES("\xe2\x80"), "\\xe2\\x80", "\\xe2\\x80"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_BUFFER struct buffer escaped = BUFFER(256);
		OWNED_BUFFER struct buffer line = BUFFER(256);
		OWNED_BUFFER struct buffer back = BUFFER(256);

		utf8_escape(&escaped, rows[i].bytes, rows[i].length);
		CU_ASSERT_STRING_EQUAL(buffer_text(&escaped), rows[i].escaped);
		utf8_escape_line(&line, rows[i].bytes, rows[i].length);
		CU_ASSERT_STRING_EQUAL(buffer_text(&line), rows[i].line);
		utf8_unescape(&back, buffer_text(&escaped));
		CU_ASSERT_EQUAL(back.length, rows[i].length);
		CU_ASSERT_EQUAL(memcmp(buffer_text(&back), rows[i].bytes, rows[i].length), 0);
	}
}

static void leaves_alone_what_is_no_escape(void)
{
	static const char *const texts[] = {
	    "\\", "\\x", "\\x4", "\\xg1", "\\x4g", "\\x4A", "\\X41", "\\n", "x41", "\\\\"};

	for (size_t i = 0; i < COUNT(texts); i++) {
		OWNED_BUFFER struct buffer back = BUFFER(64);

		utf8_unescape(&back, texts[i]);
		CU_ASSERT_STRING_EQUAL(buffer_text(&back), texts[i]);
	}
}

static void gets_every_byte_back(void)
{
	for (int byte = 0; byte < 256; byte++) {
		OWNED_BUFFER struct buffer escaped = BUFFER(64);
		OWNED_BUFFER struct buffer back = BUFFER(64);
		char bytes[] = {'a', (char)byte, 'b'};

		utf8_escape(&escaped, bytes, sizeof(bytes));
		CU_ASSERT_FALSE(utf8_has_control(buffer_text(&escaped), escaped.length));
		utf8_unescape(&back, buffer_text(&escaped));
		CU_ASSERT_EQUAL(back.length, sizeof(bytes));
		CU_ASSERT_EQUAL(memcmp(buffer_text(&back), bytes, sizeof(bytes)), 0);
	}
}

void add_suite_utf8(CU_pSuite suite)
{
	TEST(tells_valid_bytes_from_others);
	TEST(reads_no_byte_past_the_length);
	TEST(finds_what_could_make_a_name_read_as_another);
	TEST(cuts_between_characters);
	TEST(escapes_and_gets_the_bytes_back);
	TEST(leaves_alone_what_is_no_escape);
	TEST(gets_every_byte_back);
}
