/* SPDX-License-Identifier: Apache-2.0 */
#include "base/backoff.h"

#include "tests/unit/suite.h"

void add_suite_backoff(CU_pSuite suite);

static void doubles_up_to_the_bound_and_never_beyond(void)
{
	static const struct {
		int64_t delay, most, next;
	} rows[] = {
	    {1, 30, 2},
	    {15, 30, 30},
	    {16, 30, 30},
	    {25, 30, 30},
	    {30, 30, 30},
	    {51, 30, 30},
	    {15, 31, 30},
	    {16, 31, 31},
	    {INT64_MAX / 2, INT64_MAX, INT64_MAX - 1},
	    {INT64_MAX, INT64_MAX, INT64_MAX},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		CU_ASSERT_EQUAL(backoff_next(rows[i].delay, rows[i].most), rows[i].next);
}

void add_suite_backoff(CU_pSuite suite)
{
	TEST(doubles_up_to_the_bound_and_never_beyond);
}
