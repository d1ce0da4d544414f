/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/lease.h"

#include <string.h>

#include "base/number.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_lease(CU_pSuite suite);

static void only_one_has_it_and_may_renew_it(void)
{
	OWNED_FIXTURE struct fixture f;
	struct err err;

	fixture_open(&f);
	CU_ASSERT_EQUAL(lease_take(f.catalog, "night", "one", MINUTE, &err), 0);
	CU_ASSERT_EQUAL(lease_take(f.catalog, "night", "one", MINUTE, &err), 0);
	CU_ASSERT(fails(lease_take(f.catalog, "night", "two", MINUTE, &err), &err, ERR_RETRY));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "held by one until 2024-05-15T12:01:00Z"));
	CU_ASSERT_EQUAL(lease_take(f.catalog, "another", "two", MINUTE, &err), 0);
}

static void ends_when_it_is_given_back_or_not_renewed(void)
{
	OWNED_FIXTURE struct fixture f;
	struct err err;

	fixture_open(&f);
	CU_ASSERT_EQUAL(lease_take(f.catalog, "night", "one", MINUTE, &err), 0);
	CU_ASSERT_EQUAL(lease_release(f.catalog, "night", "two", &err), 0);
	CU_ASSERT(fails(lease_take(f.catalog, "night", "two", MINUTE, &err), &err, ERR_RETRY));
	CU_ASSERT_EQUAL(lease_release(f.catalog, "night", "one", &err), 0);
	CU_ASSERT_EQUAL(lease_take(f.catalog, "night", "two", MINUTE, &err), 0);
	clock_freeze(FIXTURE_NOW + MINUTE + 1);
	CU_ASSERT_EQUAL(lease_take(f.catalog, "night", "one", MINUTE, &err), 0);
}

void add_suite_lease(CU_pSuite suite)
{
	TEST(only_one_has_it_and_may_renew_it);
	TEST(ends_when_it_is_given_back_or_not_renewed);
}
