/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <stdlib.h>
#include <time.h>

#include "base/clean.h"
#include "base/mem.h"
#include "base/number.h"
#include "tests/unit/suite.h"

/* The calendar months of R11: whole months, not thirty days each. */
static void adds_calendar_months(void)
{
	static const struct {
		const char *when;
		int64_t months;
		const char *then;
	} rows[] = {
	    {"2019-03-27T12:00:00Z", 12, "2020-03-27T12:00:00Z"},
	    {"2019-11-30T00:00:01Z", 2, "2020-01-30T00:00:01Z"},
	    {"2019-01-31T12:00:00Z", 1, "2019-03-03T12:00:00Z"},
	    {"2020-02-29T12:00:00Z", 12, "2021-03-01T12:00:00Z"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char then[TIME_SIZE];
		int64_t when = 0;
		struct err err;

		CU_ASSERT_EQUAL(clock_parse(rows[i].when, &when, &err), 0);
		clock_print(clock_add_months(when, rows[i].months), then);
		CU_ASSERT_STRING_EQUAL(then, rows[i].then);
	}
}

void add_suite_clock(CU_pSuite suite);

static char *zone_before;

static void keep_zone(void)
{
	const char *zone = getenv("TZ");

	zone_before = zone ? mem_dup(zone) : NULL;
}

static void restore_zone(void)
{
	if (zone_before)
		clock_set_zone(zone_before);
	else
		(void)unsetenv("TZ");
	tzset();
	clean_mem(&zone_before);
}

static void prints_and_parses_the_same_time(void)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} rows[] = {
	    {0, "1970-01-01T00:00:00Z"},
	    {951782399, "2000-02-28T23:59:59Z"},
	    {951782400, "2000-02-29T00:00:00Z"},
	    {1553690096, "2019-03-27T12:34:56Z"},
	    {4107542399, "2100-02-28T23:59:59Z"},
	    {4107542400, "2100-03-01T00:00:00Z"},
	    {253402300799, "9999-12-31T23:59:59Z"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[TIME_SIZE] = "";
		int64_t when = -1;
		struct err err;

		clock_print(rows[i].seconds * SECOND + 999999, text);
		CU_ASSERT_STRING_EQUAL(text, rows[i].text);
		CU_ASSERT_EQUAL(clock_parse(rows[i].text, &when, &err), 0);
		CU_ASSERT_EQUAL(when, rows[i].seconds * SECOND);
	}
}

static void refuses_other_times_and_leaves_the_result_alone(void)
{
	static const char *const wrong[] = {
	    "",
	    "now",
	    "2019-03-27",
	    "2019-03-27T12:34:56",
	    "2019-03-27T12:34:56Zz",
	    "2019-03-27T12:34:56+00:00",
	    "2019-03-27 12:34:56Z",
	    "2019-03-27t12:34:56z",
	    " 2019-03-27T12:34:56Z",
	    "+019-03-27T12:34:56Z",
	    "2019-03-27T 2:34:56Z",
	    "2019-00-27T12:34:56Z",
	    "2019-13-27T12:34:56Z",
	    "2019-03-00T12:34:56Z",
	    "2019-02-29T12:34:56Z",
	    "2019-04-31T12:34:56Z",
	    "1900-02-29T12:34:56Z",
	    "2019-03-27T24:00:00Z",
	    "2019-03-27T12:60:00Z",
	    "2019-03-27T12:34:60Z",
	    "2019-03-27T12:34:61Z",
	    "2019-12-31T23:59:60Z",
	};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		int64_t when = 42;
		struct err err = {.kind = ERR_INTERNAL};

		CU_ASSERT_EQUAL(clock_parse(wrong[i], &when, &err), -1);
		CU_ASSERT_EQUAL(err.kind, ERR_REFUSED);
		CU_ASSERT_EQUAL(when, 42);
	}
}

static void knows_the_dates_of_the_calendar(void)
{
	static const struct {
		const char *text;
		bool valid;
	} rows[] = {
	    {"2019-03-27", true},
	    {"2000-02-29", true},
	    {"2020-02-29", true},
	    {"1900-02-29", false},
	    {"2019-02-29", false},
	    {"2019-02-30", false},
	    {"2019-06-31", false},
	    {"2019-13-01", false},
	    {"2019-00-01", false},
	    {"2019-01-00", false},
	    {"2019-1-01", false},
	    {"2019-01-1", false},
	    {"2019/01/01", false},
	    {"2019-01-01x", false},
	    {"2019-01-01T00:00:00Z", false},
	    {"19-01-01", false},
	    {" 019-01-01", false},
	    {"", false},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		CU_ASSERT_EQUAL(date_is_valid(rows[i].text), rows[i].valid);
}

static void stands_still_while_frozen_and_runs_again(void)
{
	struct timespec real;

	clock_freeze(5 * SECOND);
	CU_ASSERT_EQUAL(clock_now(), 5 * SECOND);
	CU_ASSERT_EQUAL(clock_now(), 5 * SECOND);
	clock_freeze(0);
	CU_ASSERT_EQUAL(clock_gettime(CLOCK_REALTIME, &real), 0);
	CU_ASSERT_TRUE(
	    getenv("EDELIVERY_CLOCK") || llabs(clock_now() - real.tv_sec * SECOND) < 10 * SECOND);
}

static void measures_time_while_frozen(void)
{
	static const struct timespec pause = {.tv_nsec = 2000000};
	int64_t before;

	clock_freeze(5 * SECOND);
	before = clock_elapsed();
	(void)nanosleep(&pause, NULL);
	CU_ASSERT_TRUE(clock_elapsed() - before >= 2000);
	CU_ASSERT_TRUE(clock_elapsed() - before < MINUTE);
	clock_freeze(0);
}

static void knows_the_time_zones_of_the_system(void)
{
	static const struct {
		const char *zone;
		int result;
	} rows[] = {
	    {"America/New_York", 0},
	    {"UTC", 0},
	    {"", -1},
	    {"No/Such_Zone", -1},
	    {"America", -1},
	    {"America/", -1},
	    {".", -1},
	    {"zone.tab", -1},
	    {"../zoneinfo/UTC", -1},
	    {"/etc/passwd", -1},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err err = {.kind = ERR_INTERNAL};

		CU_ASSERT_EQUAL(clock_check_zone(rows[i].zone, &err), rows[i].result);
		CU_ASSERT_EQUAL(err.kind, rows[i].result < 0 ? ERR_REFUSED : ERR_INTERNAL);
	}
}

static int64_t at(const char *text)
{
	int64_t when = 0;
	struct err err;

	CU_ASSERT_EQUAL(clock_parse(text, &when, &err), 0);
	return when;
}

static void prints_the_date_that_it_is_in_the_zone(void)
{
	static const struct {
		const char *zone;
		const char *when;
		const char *date;
	} rows[] = {
	    {"UTC", "2019-03-27T00:00:00Z", "2019-03-27"},
	    {"America/New_York", "2019-03-27T03:59:59Z", "2019-03-26"},
	    {"America/New_York", "2019-03-27T04:00:00Z", "2019-03-27"},
	    {"America/New_York", "2019-01-15T04:59:59Z", "2019-01-14"},
	    {"America/New_York", "2019-01-01T04:59:59Z", "2018-12-31"},
	    {"Pacific/Auckland", "2019-12-31T12:00:00Z", "2020-01-01"},
	};

	keep_zone();
	for (size_t i = 0; i < COUNT(rows); i++) {
		char date[DATE_SIZE] = "";

		clock_set_zone(rows[i].zone);
		clock_print_date(at(rows[i].when), date);
		CU_ASSERT_STRING_EQUAL(date, rows[i].date);
	}
	restore_zone();
}

static void finds_the_first_moment_of_a_date(void)
{
	static const struct {
		const char *zone;
		const char *date;
		int days_later;
		const char *when;
	} rows[] = {
	    {"UTC", "2019-03-27", 0, "2019-03-27T00:00:00Z"},
	    {"UTC", "2019-12-31", 1, "2020-01-01T00:00:00Z"},
	    {"UTC", "2020-02-28", 2, "2020-03-01T00:00:00Z"},
	    {"UTC", "2019-03-27", -27, "2019-02-28T00:00:00Z"},
	    {"America/New_York", "2019-03-27", 0, "2019-03-27T04:00:00Z"},
	    {"America/New_York", "2019-03-10", 0, "2019-03-10T05:00:00Z"},
	    {"America/New_York", "2019-03-10", 1, "2019-03-11T04:00:00Z"},
	    {"America/New_York", "2019-11-03", 0, "2019-11-03T04:00:00Z"},
	    {"America/New_York", "2019-11-03", 1, "2019-11-04T05:00:00Z"},
	    {"America/New_York", "2019-03-27", 365, "2020-03-26T04:00:00Z"},
	    /* No midnight: the clock went from 23:59 to 01:00. */
	    {"America/Sao_Paulo", "2018-11-04", 0, "2018-11-04T03:00:00Z"},
	};

	keep_zone();
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[TIME_SIZE] = "";

		clock_set_zone(rows[i].zone);
		clock_print(clock_date_start(rows[i].date, rows[i].days_later), text);
		CU_ASSERT_STRING_EQUAL(text, rows[i].when);
	}
	restore_zone();
}

static void reads_times_of_day_and_nothing_else(void)
{
	static const char *const others[] = {
	    "", "4:00", "04:60", "24:00", "04:00:00", "0400", "-4:00", " 4:00", "04: 0"};
	int64_t minutes = -1;
	struct err err;

	CU_ASSERT_EQUAL(clock_parse_time_of_day("04:05", &minutes, &err), 0);
	CU_ASSERT_EQUAL(minutes, 245);
	for (size_t i = 0; i < COUNT(others); i++)
		CU_ASSERT_EQUAL(clock_parse_time_of_day(others[i], &minutes, &err), -1);
	CU_ASSERT_EQUAL(minutes, 245);
}

static void finds_the_next_moment_of_a_time_of_day(void)
{
	static const struct {
		const char *from;
		int64_t minutes;
		const char *next;
	} rows[] = {
	    {"2024-05-15T07:59:59Z", 240, "2024-05-15T08:00:00Z"},
	    {"2024-05-15T08:00:00Z", 240, "2024-05-16T08:00:00Z"},
	    {"2024-05-15T12:00:00Z", 240, "2024-05-16T08:00:00Z"},
	    {"2024-12-31T12:00:00Z", 0, "2025-01-01T05:00:00Z"},
	    /* Summer time begins: 02:30 does not come. */
	    {"2025-03-09T05:30:00Z", 150, "2025-03-09T07:30:00Z"},
	    {"2025-03-09T07:30:00Z", 150, "2025-03-10T06:30:00Z"},
	    {"2025-03-08T12:00:00Z", 240, "2025-03-09T08:00:00Z"},
	    {"2024-11-02T12:00:00Z", 240, "2024-11-03T09:00:00Z"},
	};

	keep_zone();
	clock_set_zone("America/New_York");
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[TIME_SIZE] = "";
		int64_t from = 0;
		struct err err;

		CU_ASSERT_EQUAL(clock_parse(rows[i].from, &from, &err), 0);
		clock_print(clock_next_time_of_day(from, rows[i].minutes), text);
		CU_ASSERT_STRING_EQUAL(text, rows[i].next);
	}
	restore_zone();
}

void add_suite_clock(CU_pSuite suite)
{
	TEST(prints_and_parses_the_same_time);
	TEST(refuses_other_times_and_leaves_the_result_alone);
	TEST(knows_the_dates_of_the_calendar);
	TEST(stands_still_while_frozen_and_runs_again);
	TEST(measures_time_while_frozen);
	TEST(knows_the_time_zones_of_the_system);
	TEST(prints_the_date_that_it_is_in_the_zone);
	TEST(finds_the_first_moment_of_a_date);
	TEST(adds_calendar_months);
	TEST(reads_times_of_day_and_nothing_else);
	TEST(finds_the_next_moment_of_a_time_of_day);
}
