/* SPDX-License-Identifier: Apache-2.0 */
#include "server/drop_place.h"

#include <string.h>

#include "spool/drop_limit.h"
#include "tests/lib/desk_bench.h"
#include "tests/unit/suite.h"

void add_suite_drop_place(CU_pSuite suite);

/* The paths that nobody can upload to, and what is said. */
static const struct {
	const char *path;
	enum answer answer;
} nowhere[] = {
    {"/drop/EFT_1.pdf", ANSWER_DENIED},
    {"/drop/STATUS.txt", ANSWER_DENIED},
    {"/drop", ANSWER_DENIED},
    {"/drop/" DESK_ID, ANSWER_DENIED},
    {"/drop/" DESK_ID "/trade-files", ANSWER_DENIED},
    {"/drop/" DESK_ID "/sub/EFT_1.pdf", ANSWER_DENIED},
    {"/drop/" DESK_ID "/.EFT_1.pdf", ANSWER_DENIED},
    {"/drop/" DESK_ID "/.EFT_1.pdf.part", ANSWER_DENIED},
    /* The part of in.EFT_1.pdf. */
    {"/drop/" DESK_ID "/.in.EFT_1.pdf.part", ANSWER_DENIED},
    {"/drop/" DESK_ID "/.in", ANSWER_DENIED},
    {"/drop/" DESK_ID "/.1.taken", ANSWER_DENIED},
    {"/drop/" DESK_ID "/\xff.pdf", ANSWER_DENIED},
    {"/drop/222222222/EFT_1.pdf", ANSWER_DENIED},
    {"/drop/publications/other/x.pdf", ANSWER_DENIED},
    {"/" DESK_ID "/edelivery/EFT_1.pdf", ANSWER_DENIED},
    {"/EFT_1.pdf", ANSWER_DENIED},
    {"/drops/" DESK_ID "/EFT_1.pdf", ANSWER_DENIED},
};

static void files_go_where_they_belong_and_nowhere_else(void)
{
	OWNED_DESK_BENCH struct desk_bench bench;
	char longest[LETTER_NAME_MAX + 64] = "/drop/" DESK_ID "/";
	size_t start = strlen(longest);

	desk_bench_open(&bench);
	for (size_t i = 0; i < COUNT(nowhere); i++) {
		CU_ASSERT_EQUAL(
		    desk_open_as(&bench, &bench.desk, nowhere[i].path, DESK_NEW, NULL), -1);
		CU_ASSERT_EQUAL(bench.ruling.answer, nowhere[i].answer);
		CU_ASSERT_NOT_EQUAL(bench.ruling.reason[0], '\0');
	}
	memset(longest + start, 'x', LETTER_NAME_MAX + 1);
	CU_ASSERT_EQUAL(desk_upload(&bench, longest, "x"), ANSWER_DENIED);
	longest[start + LETTER_NAME_MAX] = '\0';
	CU_ASSERT_EQUAL(desk_upload(&bench, longest, "x"), ANSWER_OK);
	CU_ASSERT_EQUAL(
	    desk_upload(&bench, "/drop/" DESK_ID "/trade-files/RA_1.835", "x"), ANSWER_OK);
	CU_ASSERT_EQUAL(desk_upload(&bench, "/drop/x.batch.csv", "x"), ANSWER_OK);
	CU_ASSERT_EQUAL(desk_upload(&bench, "/drop/" DESK_ID "/.in.EFT_2.pdf", "x"), ANSWER_OK);
	CU_ASSERT_EQUAL(desk_upload(&bench, "/drop/publications/messages/M_1.pdf", "x"), ANSWER_OK);
	CU_ASSERT_TRUE(desk_has(&bench, "drop/" DESK_ID "/trade-files/RA_1.835"));
	CU_ASSERT_TRUE(desk_has(&bench, "drop/x.batch.csv"));
	CU_ASSERT_TRUE(desk_has(&bench, "drop/publications/messages/M_1.pdf"));
}

static void who_is_no_administrator_has_no_such_files(void)
{
	OWNED_DESK_BENCH struct desk_bench bench;
	struct err err;

	desk_bench_open(&bench);
	bench.view.account.admin = false;
	for (size_t i = 0; i < COUNT(nowhere); i++) {
		bool in_drop = strncmp(nowhere[i].path, "/drop/", 6) == 0 ||
		               strcmp(nowhere[i].path, "/drop") == 0;

		(void)desk_open_as(&bench, &bench.desk, nowhere[i].path, DESK_NEW, NULL);
		CU_ASSERT_EQUAL(bench.ruling.answer, in_drop ? ANSWER_NO_SUCH_FILE : ANSWER_DENIED);
	}
	CU_ASSERT_EQUAL(desk_upload(&bench, DESK_LETTER, "x"), ANSWER_NO_SUCH_FILE);
	CU_ASSERT_EQUAL(
	    upload_desk_make_folder(&bench.desk, "/drop/" DESK_ID, &bench.ruling, &err), 0);
	CU_ASSERT_EQUAL(bench.ruling.answer, ANSWER_NO_SUCH_FILE);
	CU_ASSERT_FALSE(desk_has(&bench, "drop/" DESK_ID));
}

static void a_limit_is_a_limit_for_everything(void)
{
	static const struct drop_limit limit = {DESK_ID, "EFT"};
	OWNED_DESK_BENCH struct desk_bench bench;
	struct err err;

	desk_bench_open(&bench);
	CU_ASSERT_EQUAL(desk_upload(&bench, "/drop/" DESK_ID "/PA_1.pdf", "x"), ANSWER_OK);
	CU_ASSERT_EQUAL(drop_limit_set(bench.f.catalog, &bench.f.spool.actor, &bench.view.account,
	                    &limit, 1, &err),
	    0);
	CU_ASSERT_EQUAL(desk_upload(&bench, DESK_LETTER, "x"), ANSWER_OK);
	CU_ASSERT_EQUAL(desk_upload(&bench, "/drop/" DESK_ID "/PA_2.pdf", "x"), ANSWER_DENIED);
	CU_ASSERT_EQUAL(
	    desk_upload(&bench, "/drop/" DESK_ID "/trade-files/EFT_1.pdf", "x"), ANSWER_DENIED);
	CU_ASSERT_EQUAL(desk_upload(&bench, "/drop/x.batch.csv", "x"), ANSWER_DENIED);
	CU_ASSERT_EQUAL(
	    desk_rename(&bench, DESK_LETTER, "/drop/" DESK_ID "/PA_2.pdf"), ANSWER_DENIED);
	CU_ASSERT_EQUAL(desk_size_in_view(&bench, "/drop/" DESK_ID "/PA_1.pdf"), -1);
	CU_ASSERT_EQUAL(
	    desk_rename(&bench, "/drop/" DESK_ID "/PA_1.pdf", DESK_LETTER), ANSWER_DENIED);
}

void add_suite_drop_place(CU_pSuite suite)
{
	TEST(files_go_where_they_belong_and_nowhere_else);
	TEST(who_is_no_administrator_has_no_such_files);
	TEST(a_limit_is_a_limit_for_everything);
}
