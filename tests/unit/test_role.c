/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/role.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_role(CU_pSuite suite);

static const struct {
	enum role role;
	const char *name;
	const char *title;
	bool letters;
	bool trade_files;
} rows[] = {
    {ROLE_NONE, "none", "no role", false, false},
    /* R4 */
    {ROLE_MASTER, "master", "Master", true, true},
    /* R5 */
    {ROLE_INCLUDES_E_DELIVERY, "includes-e-delivery", "Trade Files Includes E-Delivery", true,
        true},
    {ROLE_E_DELIVERY_ONLY, "e-delivery-only", "Trade Files E-Delivery Only", true, false},
};

static void shows_what_the_bulletin_gives_to_each_role(void)
{
	CU_ASSERT_EQUAL_FATAL(COUNT(rows), ROLE_COUNT);
	for (size_t i = 0; i < COUNT(rows); i++) {
		CU_ASSERT_EQUAL(role_shows(rows[i].role, CLASS_EDELIVERY), rows[i].letters);
		CU_ASSERT_EQUAL(role_shows(rows[i].role, CLASS_TRADE_FILES), rows[i].trade_files);
	}
}

static void has_a_name_and_a_title_for_every_role(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		CU_ASSERT_STRING_EQUAL(role_name(rows[i].role), rows[i].name);
		CU_ASSERT_STRING_EQUAL(role_title(rows[i].role), rows[i].title);
	}
}

static void reads_back_every_name(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		enum role role = ROLE_COUNT;
		struct err err;

		CU_ASSERT_EQUAL(role_parse(rows[i].name, &role, &err), 0);
		CU_ASSERT_EQUAL(role, rows[i].role);
	}
}

static void refuses_other_names_and_leaves_the_result_alone(void)
{
	static const char *const wrong[] = {
	    "", "Master", "clerk", "includes-e-delivery,e-delivery-only", "trade-files", "no role"};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		enum role role = ROLE_E_DELIVERY_ONLY;
		struct err err;

		CU_ASSERT_TRUE(fails(role_parse(wrong[i], &role, &err), &err, ERR_REFUSED));
		CU_ASSERT_EQUAL(role, ROLE_E_DELIVERY_ONLY);
	}
}

void add_suite_role(CU_pSuite suite)
{
	TEST(shows_what_the_bulletin_gives_to_each_role);
	TEST(has_a_name_and_a_title_for_every_role);
	TEST(reads_back_every_name);
	TEST(refuses_other_names_and_leaves_the_result_alone);
}
