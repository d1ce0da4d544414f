/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/retention.h"

#include "base/number.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_retention(CU_pSuite suite);

static int64_t end_of(const char *posted, int64_t months)
{
	struct letter letter = {.id = 1};
	struct err err;

	CU_ASSERT_EQUAL_FATAL(clock_parse(posted, &letter.posted, &err), 0);
	return retention_end(&letter, months);
}

/* R11 */
static void keeps_a_letter_for_so_many_calendar_months(void)
{
	static const struct {
		const char *posted;
		int64_t months;
		const char *end;
	} rows[] = {
	    {"2024-01-15T10:20:30Z", 6, "2024-07-15T10:20:30Z"},
	    {"2024-01-15T10:20:30Z", 12, "2025-01-15T10:20:30Z"},
	    {"2024-07-01T00:00:00Z", 6, "2025-01-01T00:00:00Z"},
	    {"2024-12-31T23:59:59Z", 8, "2025-08-31T23:59:59Z"},
	    {"2024-06-15T00:00:00Z", 7, "2025-01-15T00:00:00Z"},
	    /* Over a change to or from summer time: the same time of day in UTC. */
	    {"2024-03-09T12:00:00Z", 6, "2024-09-09T12:00:00Z"},
	    {"2023-08-28T12:00:00Z", 6, "2024-02-28T12:00:00Z"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char end[TIME_SIZE];

		clock_print(end_of(rows[i].posted, rows[i].months), end);
		CU_ASSERT_STRING_EQUAL(end, rows[i].end);
	}
}

/* Where the last month is too short it is not kept less than the months, nor days longer. */
static void keeps_a_letter_of_a_months_last_days(void)
{
	static const struct {
		const char *posted;
		int64_t months;
		const char *last_day;
	} rows[] = {
	    {"2024-08-31T12:00:00Z", 6, "2025-02-28T12:00:00Z"},
	    {"2024-08-30T12:00:00Z", 6, "2025-02-28T12:00:00Z"},
	    {"2023-08-31T12:00:00Z", 6, "2024-02-29T12:00:00Z"},
	    {"2024-03-31T12:00:00Z", 8, "2024-11-30T12:00:00Z"},
	    {"2024-02-29T12:00:00Z", 12, "2025-02-28T12:00:00Z"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t least;
		int64_t end = end_of(rows[i].posted, rows[i].months);
		struct err err;

		CU_ASSERT_EQUAL(clock_parse(rows[i].last_day, &least, &err), 0);
		CU_ASSERT_TRUE(end >= least && end <= least + 3 * DAY);
	}
}

static void is_counted_from_the_posting_and_nothing_else(void)
{
	const struct letter plain = {.posted = FIXTURE_NOW};
	const struct letter other = {.posted = FIXTURE_NOW, .taken = 1, .queued = 2, .placed = 3};

	CU_ASSERT_EQUAL(retention_end(&plain, 6), retention_end(&other, 6));
	CU_ASSERT_TRUE(retention_end(&plain, 6) < retention_end(&plain, 7));
}

void add_suite_retention(CU_pSuite suite)
{
	TEST(keeps_a_letter_for_so_many_calendar_months);
	TEST(keeps_a_letter_of_a_months_last_days);
	TEST(is_counted_from_the_posting_and_nothing_else);
}
