/* SPDX-License-Identifier: Apache-2.0 */
#include "base/number.h"

#include "tests/unit/suite.h"

void add_suite_number(CU_pSuite suite);

typedef int parse_fn(const char *text, int64_t *ret_value, struct err *err);

static void reads_numbers_durations_and_sizes(void)
{
	static const struct {
		parse_fn *parse;
		const char *text;
		int64_t value;
	} rows[] = {
	    {number_parse, "0", 0},
	    {number_parse, "-0", 0},
	    {number_parse, "007", 7},
	    {number_parse, "-12", -12},
	    {number_parse, "9223372036854775807", INT64_MAX},
	    {number_parse, "-9223372036854775807", -INT64_MAX},
	    {number_parse_duration, "0", 0},
	    {number_parse_duration, "0s", 0},
	    {number_parse_duration, "90s", 90 * SECOND},
	    {number_parse_duration, "15m", 15 * MINUTE},
	    {number_parse_duration, "48h", 2 * DAY},
	    {number_parse_duration, "30d", 30 * DAY},
	    {number_parse_duration, "106751991d", 106751991 * DAY},
	    {number_parse_size, "0", 0},
	    {number_parse_size, "512", 512},
	    {number_parse_size, "64K", 64 * KIB},
	    {number_parse_size, "64M", 64 * MIB},
	    {number_parse_size, "4G", 4 * GIB},
	    {number_parse_size, "8589934591G", INT64_C(8589934591) * GIB},
	    {number_parse_size, "9223372036854775807", INT64_MAX},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t value = 42;
		struct err err;

		CU_ASSERT_EQUAL(rows[i].parse(rows[i].text, &value, &err), 0);
		CU_ASSERT_EQUAL(value, rows[i].value);
	}
}

static void reads_the_least_number_there_is(void)
{
	int64_t value = 42;
	struct err err;

	CU_ASSERT_EQUAL(number_parse("-9223372036854775808", &value, &err), 0);
	CU_ASSERT_EQUAL(value, INT64_MIN);
}

static void refuses_the_rest_and_leaves_the_result_alone(void)
{
	static const struct {
		parse_fn *parse;
		const char *text;
	} rows[] = {
	    {number_parse, ""},
	    {number_parse, "-"},
	    {number_parse, "--1"},
	    {number_parse, "+1"},
	    {number_parse, "- 1"},
	    {number_parse, " 1"},
	    {number_parse, "1 "},
	    {number_parse, "1\n"},
	    {number_parse, "0x10"},
	    {number_parse, "1.0"},
	    {number_parse, "1e3"},
	    {number_parse, "1K"},
	    {number_parse, "9223372036854775808"},
	    {number_parse, "-9223372036854775809"},
	    {number_parse, "99999999999999999999999999999999999999999999999999"},
	    {number_parse, "\xd9\xa1"},
	    {number_parse_duration, ""},
	    {number_parse_duration, "s"},
	    {number_parse_duration, "1"},
	    {number_parse_duration, "00"},
	    {number_parse_duration, "-1s"},
	    {number_parse_duration, "1S"},
	    {number_parse_duration, "1 s"},
	    {number_parse_duration, "1sec"},
	    {number_parse_duration, "1m30s"},
	    {number_parse_duration, "1K"},
	    {number_parse_duration, "106751992d"},
	    {number_parse_duration, "9223372036854775807s"},
	    {number_parse_size, ""},
	    {number_parse_size, "K"},
	    {number_parse_size, "-1"},
	    {number_parse_size, "1k"},
	    {number_parse_size, "1KB"},
	    {number_parse_size, "1T"},
	    {number_parse_size, "1m"},
	    {number_parse_size, "1.5G"},
	    {number_parse_size, "8589934592G"},
	    {number_parse_size, "9223372036854775808"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t value = 42;
		struct err err = {.kind = ERR_INTERNAL};

		CU_ASSERT_EQUAL(rows[i].parse(rows[i].text, &value, &err), -1);
		CU_ASSERT_EQUAL(err.kind, ERR_REFUSED);
		CU_ASSERT_EQUAL(value, 42);
	}
}

static void prints_the_shortest_that_is_read_as_that_value(void)
{
	static const struct {
		void (*print)(struct buffer *out, int64_t value);
		parse_fn *parse;
		int64_t value;
		const char *text;
	} rows[] = {
	    {number_print_duration, number_parse_duration, 0, "0s"},
	    {number_print_duration, number_parse_duration, SECOND, "1s"},
	    {number_print_duration, number_parse_duration, 90 * SECOND, "90s"},
	    {number_print_duration, number_parse_duration, 120 * SECOND, "2m"},
	    {number_print_duration, number_parse_duration, 36 * HOUR, "36h"},
	    {number_print_duration, number_parse_duration, 48 * HOUR, "2d"},
	    {number_print_duration, number_parse_duration, DAY + SECOND, "86401s"},
	    {number_print_size, number_parse_size, 0, "0"},
	    {number_print_size, number_parse_size, 1, "1"},
	    {number_print_size, number_parse_size, 1023, "1023"},
	    {number_print_size, number_parse_size, KIB, "1K"},
	    {number_print_size, number_parse_size, MIB + KIB, "1025K"},
	    {number_print_size, number_parse_size, 1024 * GIB, "1024G"},
	    {number_print_size, number_parse_size, INT64_MAX, "9223372036854775807"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_BUFFER struct buffer out = BUFFER(64);
		int64_t value = 42;
		struct err err;

		rows[i].print(&out, rows[i].value);
		CU_ASSERT_STRING_EQUAL(buffer_text(&out), rows[i].text);
		CU_ASSERT_EQUAL(rows[i].parse(buffer_text(&out), &value, &err), 0);
		CU_ASSERT_EQUAL(value, rows[i].value);
	}
}

void add_suite_number(CU_pSuite suite)
{
	TEST(reads_numbers_durations_and_sizes);
	TEST(reads_the_least_number_there_is);
	TEST(refuses_the_rest_and_leaves_the_result_alone);
	TEST(prints_the_shortest_that_is_read_as_that_value);
}
