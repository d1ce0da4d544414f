/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/letter_class.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_letter_class(CU_pSuite suite);

/* R3, R9: trade files are a class of their own, apart from letters. */
static void has_the_two_names_that_are_used_everywhere(void)
{
	CU_ASSERT_EQUAL(CLASS_COUNT, 2);
	CU_ASSERT_STRING_EQUAL(letter_class_name(CLASS_EDELIVERY), "edelivery");
	CU_ASSERT_STRING_EQUAL(letter_class_name(CLASS_TRADE_FILES), "trade-files");
}

static void reads_back_every_name(void)
{
	for (enum letter_class class = CLASS_EDELIVERY; class < CLASS_COUNT; class ++) {
		enum letter_class parsed = CLASS_COUNT;
		struct err err;

		CU_ASSERT_EQUAL(letter_class_parse(letter_class_name(class), &parsed, &err), 0);
		CU_ASSERT_EQUAL(parsed, class);
	}
}

static void refuses_other_names_and_leaves_the_result_alone(void)
{
	static const char *const wrong[] = {
	    "", "EDELIVERY", "edelivery ", "trade", "trade-file", "trade_files", "edelivery/"};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		enum letter_class class = CLASS_TRADE_FILES;
		struct err err;

		CU_ASSERT_TRUE(
		    fails(letter_class_parse(wrong[i], &class, &err), &err, ERR_REFUSED));
		CU_ASSERT_EQUAL(class, CLASS_TRADE_FILES);
	}
}

void add_suite_letter_class(CU_pSuite suite)
{
	TEST(has_the_two_names_that_are_used_everywhere);
	TEST(reads_back_every_name);
	TEST(refuses_other_names_and_leaves_the_result_alone);
}
