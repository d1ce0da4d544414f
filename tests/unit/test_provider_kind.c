/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/provider_kind.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_provider_kind(CU_pSuite suite);

/* R1: an audience is a set of these. */
static void has_a_name_for_every_kind(void)
{
	static const char *const names[] = {"billing", "performing", "trading-partner"};

	CU_ASSERT_EQUAL_FATAL(KIND_COUNT, COUNT(names));
	for (enum provider_kind kind = KIND_BILLING; kind < KIND_COUNT; kind++) {
		enum provider_kind parsed = KIND_COUNT;
		struct err err;

		CU_ASSERT_STRING_EQUAL(provider_kind_name(kind), names[kind]);
		CU_ASSERT_EQUAL(provider_kind_parse(names[kind], &parsed, &err), 0);
		CU_ASSERT_EQUAL(parsed, kind);
	}
}

static void refuses_other_names_and_leaves_the_result_alone(void)
{
	static const char *const wrong[] = {
	    "", "Billing", "bill", "billing,performing", "trading partner", "trading-partners"};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		enum provider_kind kind = KIND_PERFORMING;
		struct err err;

		CU_ASSERT_TRUE(
		    fails(provider_kind_parse(wrong[i], &kind, &err), &err, ERR_REFUSED));
		CU_ASSERT_EQUAL(kind, KIND_PERFORMING);
	}
}

void add_suite_provider_kind(CU_pSuite suite)
{
	TEST(has_a_name_for_every_kind);
	TEST(refuses_other_names_and_leaves_the_result_alone);
}
