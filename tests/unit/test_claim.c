/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/claim.h"

#include "tests/unit/suite.h"

void add_suite_claim(CU_pSuite suite);

static void a_file_is_claimed_once_until_it_is_given_up(void)
{
	struct claims *claims = claims_new();
	const struct stat file = {.st_dev = 1, .st_ino = 2};
	const struct stat others[] = {{.st_dev = 1, .st_ino = 3}, {.st_dev = 2, .st_ino = 2}};

	CU_ASSERT_TRUE(claims_add(claims, &file));
	CU_ASSERT_FALSE(claims_add(claims, &file));
	for (size_t i = 0; i < COUNT(others); i++)
		CU_ASSERT_TRUE(claims_add(claims, &others[i]));
	claims_remove(claims, &file);
	CU_ASSERT_FALSE(claims_add(claims, &others[0]));
	CU_ASSERT_TRUE(claims_add(claims, &file));
	claims_free(claims);
}

static void what_nobody_claimed_can_be_given_up(void)
{
	struct claims *claims = claims_new();

	claims_remove(claims, &(struct stat){.st_ino = 1});
	CU_ASSERT_TRUE(claims_add(claims, &(struct stat){.st_ino = 1}));
	claims_free(claims);
	claims_free(NULL);
}

void add_suite_claim(CU_pSuite suite)
{
	TEST(a_file_is_claimed_once_until_it_is_given_up);
	TEST(what_nobody_claimed_can_be_given_up);
}
