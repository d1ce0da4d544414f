/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/npi.h"
#include "tests/unit/suite.h"

void add_suite_npi(CU_pSuite suite);

static void accepts_a_right_check_digit(void)
{
	CU_ASSERT_TRUE(npi_is_valid("1234567893"));
}

static void refuses_every_other_check_digit(void)
{
	char npi[] = "1234567890";

	for (char last = '0'; last <= '9'; last++) {
		npi[9] = last;
		CU_ASSERT_EQUAL(npi_is_valid(npi), last == '3');
	}
}

static void refuses_what_is_not_ten_digits(void)
{
	static const char *const wrong[] = {
	    "", "123456789", "12345678931", "123456789x", " 234567893"};

	for (size_t i = 0; i < COUNT(wrong); i++)
		CU_ASSERT_FALSE(npi_is_valid(wrong[i]));
}

void add_suite_npi(CU_pSuite suite)
{
	TEST(accepts_a_right_check_digit);
	TEST(refuses_every_other_check_digit);
	TEST(refuses_what_is_not_ten_digits);
}
