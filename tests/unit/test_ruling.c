/* SPDX-License-Identifier: Apache-2.0 */
#include "server/ruling.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/suite.h"

void add_suite_ruling(CU_pSuite suite);

static void a_no_says_why_and_is_no_error(void)
{
	struct ruling ruling = {.answer = ANSWER_OK};
	char longest[300];

	CU_ASSERT_EQUAL(rule(&ruling, ANSWER_DENIED, "not more than %d", 7), 0);
	CU_ASSERT_EQUAL(ruling.answer, ANSWER_DENIED);
	CU_ASSERT_STRING_EQUAL(ruling.reason, "not more than 7");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	CU_ASSERT_EQUAL(rule(&ruling, ANSWER_FAILURE, "%s", longest), 0);
	CU_ASSERT_EQUAL(strlen(ruling.reason), sizeof(ruling.reason) - 1);
}

static void a_full_disk_is_the_clients_to_know_and_other_trouble_ours(void)
{
	static const struct {
		int error;
		int result;
		enum answer answer;
	} errors[] = {
	    {ENOSPC, 0, ANSWER_FAILURE},
	    {EDQUOT, 0, ANSWER_FAILURE},
	    {ELOOP, 0, ANSWER_DENIED},
	    {EXDEV, 0, ANSWER_DENIED},
	    {ENOTDIR, 0, ANSWER_DENIED},
	    {EIO, -1, ANSWER_OK},
	    {EACCES, -1, ANSWER_OK},
	    {ENOENT, -1, ANSWER_OK},
	};

	for (size_t i = 0; i < COUNT(errors); i++) {
		struct ruling ruling = {.answer = ANSWER_OK};
		struct err err = {.text = ""};

		CU_ASSERT_EQUAL(
		    rule_error(&ruling, "open a part", errors[i].error, &err), errors[i].result);
		CU_ASSERT_EQUAL(ruling.answer, errors[i].answer);
		CU_ASSERT_EQUAL(strstr(err.text, "open a part") != NULL, errors[i].result < 0);
	}
}

void add_suite_ruling(CU_pSuite suite)
{
	TEST(a_no_says_why_and_is_no_error);
	TEST(a_full_disk_is_the_clients_to_know_and_other_trouble_ours);
}
