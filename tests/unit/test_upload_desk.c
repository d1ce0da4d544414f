/* SPDX-License-Identifier: Apache-2.0 */
#include "server/upload_desk.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool/drop_limit.h"
#include "tests/lib/desk_bench.h"
#include "tests/unit/suite.h"

void add_suite_upload_desk(CU_pSuite suite);

static void a_file_is_a_part_until_it_is_closed(void)
{
	OWNED_DESK_BENCH struct desk_bench bench;
	struct stat st;
	int64_t number;

	desk_bench_open(&bench);
	number = desk_open_as(&bench, &bench.desk, DESK_LETTER, DESK_NEW, "hello");
	CU_ASSERT_TRUE(desk_has(&bench, DESK_PART));
	CU_ASSERT_FALSE(desk_has(&bench, DESK_DISK));
	CU_ASSERT_EQUAL(desk_size_in_view(&bench, DESK_LETTER), 5);
	CU_ASSERT_EQUAL(desk_close(&bench, number, ""), ANSWER_OK);
	CU_ASSERT_FALSE(desk_has(&bench, DESK_PART));
	desk_expect_content(&bench, DESK_DISK, "hello");
	CU_ASSERT_EQUAL(fstatat(bench.f.scratch.fd, DESK_DISK, &st, 0), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0660);
	CU_ASSERT_EQUAL(fstatat(bench.f.scratch.fd, "drop/" DESK_ID, &st, 0), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0770);
	CU_ASSERT_EQUAL(desk_close(&bench, number, ""), ANSWER_FAILURE);
	CU_ASSERT_EQUAL(desk_close(&bench, UPLOADS_MAX, ""), ANSWER_FAILURE);
	CU_ASSERT_EQUAL(desk_close(&bench, -1, ""), ANSWER_FAILURE);
}

static void what_is_not_whole_stays_a_part_and_can_be_gone_on_with(void)
{
	OWNED_DESK_BENCH struct desk_bench bench;
	int64_t number;

	desk_bench_open(&bench);
	number = desk_open_as(&bench, &bench.desk, DESK_LETTER, DESK_NEW, "hello");
	CU_ASSERT_EQUAL(desk_close(&bench, number, "the disk is full"), ANSWER_FAILURE);
	CU_ASSERT_STRING_EQUAL(bench.ruling.reason, "the disk is full");
	CU_ASSERT_FALSE(desk_has(&bench, DESK_DISK));
	CU_ASSERT_EQUAL(desk_size_in_view(&bench, DESK_LETTER), 5);
	/* Of a session that ended, too. */
	CU_ASSERT_NOT_EQUAL(desk_open_as(&bench, &bench.desk, DESK_LETTER, 0, " wor"), -1);
	upload_desk_done(&bench.desk);
	upload_desk_init(&bench.desk, &bench.view, &bench.all);
	number = desk_open_as(&bench, &bench.desk, DESK_LETTER, UPLOAD_CREATE, "ld");
	CU_ASSERT_EQUAL(desk_close(&bench, number, ""), ANSWER_OK);
	desk_expect_content(&bench, DESK_DISK, "hello world");
}

static void a_part_is_emptied_or_refused_as_the_client_says(void)
{
	OWNED_DESK_BENCH struct desk_bench bench;
	int64_t number;

	desk_bench_open(&bench);
	number = desk_open_as(&bench, &bench.desk, DESK_LETTER, DESK_NEW, "hello");
	(void)desk_close(&bench, number, "broken");
	CU_ASSERT_EQUAL(
	    desk_open_as(&bench, &bench.desk, DESK_LETTER, UPLOAD_CREATE | UPLOAD_EXCLUSIVE, NULL),
	    -1);
	CU_ASSERT_EQUAL(bench.ruling.answer, ANSWER_DENIED);
	number = desk_open_as(&bench, &bench.desk, DESK_LETTER, DESK_NEW, "new");
	CU_ASSERT_EQUAL(desk_close(&bench, number, ""), ANSWER_OK);
	desk_expect_content(&bench, DESK_DISK, "new");
}

static void nothing_that_is_there_is_overwritten(void)
{
	OWNED_DESK_BENCH struct desk_bench bench;
	int64_t number;

	desk_bench_open(&bench);
	CU_ASSERT_EQUAL(desk_upload(&bench, DESK_LETTER, "mine"), ANSWER_OK);
	CU_ASSERT_EQUAL(desk_upload(&bench, DESK_LETTER, "again"), ANSWER_DENIED);
	scratch_write(&bench.f.scratch, "drop/" DESK_ID "/EFT_2.pdf", "job's");
	CU_ASSERT_EQUAL(desk_upload(&bench, "/drop/" DESK_ID "/EFT_2.pdf", "x"), ANSWER_DENIED);
	/* Nor what came while it was written: then what was sent stays a part. */
	number = desk_open_as(&bench, &bench.desk, "/drop/" DESK_ID "/EFT_3.pdf", DESK_NEW, "sent");
	scratch_write(&bench.f.scratch, "drop/" DESK_ID "/EFT_3.pdf", "job's");
	CU_ASSERT_EQUAL(desk_close(&bench, number, ""), ANSWER_DENIED);
	desk_expect_content(&bench, DESK_DISK, "mine");
	desk_expect_content(&bench, "drop/" DESK_ID "/EFT_2.pdf", "job's");
	desk_expect_content(&bench, "drop/" DESK_ID "/EFT_3.pdf", "job's");
	desk_expect_content(&bench, "drop/" DESK_ID "/.EFT_3.pdf.part", "sent");
}

static void what_was_taken_is_sent_again_only_from_its_start(void)
{
	OWNED_DESK_BENCH struct desk_bench bench;

	desk_bench_open(&bench);
	CU_ASSERT_EQUAL(desk_upload(&bench, DESK_LETTER, "first"), ANSWER_OK);
	CU_ASSERT_EQUAL(unlinkat(bench.f.scratch.fd, DESK_DISK, 0), 0);
	CU_ASSERT_EQUAL(desk_size_in_view(&bench, DESK_LETTER), 5);
	CU_ASSERT_EQUAL(desk_open_as(&bench, &bench.desk, DESK_LETTER, UPLOAD_CREATE, NULL), -1);
	CU_ASSERT_EQUAL(bench.ruling.answer, ANSWER_DENIED);
	CU_ASSERT_EQUAL(
	    desk_open_as(&bench, &bench.desk, DESK_LETTER, DESK_NEW | UPLOAD_EXCLUSIVE, NULL), -1);
	CU_ASSERT_EQUAL(
	    desk_close(
	        &bench, desk_open_as(&bench, &bench.desk, DESK_LETTER, UPLOAD_EMPTY, "second"), ""),
	    ANSWER_OK);
	desk_expect_content(&bench, DESK_DISK, "second");
	/* A day later nothing is known of it. */
	CU_ASSERT_EQUAL(unlinkat(bench.f.scratch.fd, DESK_DISK, 0), 0);
	clock_freeze(FIXTURE_NOW + UPLOAD_KEPT + SECOND);
	CU_ASSERT_EQUAL(desk_size_in_view(&bench, DESK_LETTER), -1);
	CU_ASSERT_EQUAL(desk_open_as(&bench, &bench.desk, DESK_LETTER, UPLOAD_EMPTY, NULL), -1);
	CU_ASSERT_EQUAL(bench.ruling.answer, ANSWER_NO_SUCH_FILE);
}

static void links_are_never_followed(void)
{
	OWNED_DESK_BENCH struct desk_bench bench;

	desk_bench_open(&bench);
	CU_ASSERT_EQUAL(mkdirat(bench.f.scratch.fd, "outside", 0700), 0);
	scratch_write(&bench.f.scratch, "outside/secret", "s");
	CU_ASSERT_EQUAL(symlinkat("../outside", bench.f.spool.drop_fd, DESK_ID), 0);
	CU_ASSERT_EQUAL(desk_upload(&bench, DESK_LETTER, "x"), ANSWER_DENIED);
	CU_ASSERT_EQUAL(
	    desk_upload(&bench, "/drop/" DESK_ID "/trade-files/R_1", "x"), ANSWER_DENIED);
	CU_ASSERT_FALSE(desk_has(&bench, "outside/trade-files"));
	CU_ASSERT_EQUAL(unlinkat(bench.f.spool.drop_fd, DESK_ID, 0), 0);
	CU_ASSERT_EQUAL(mkdirat(bench.f.spool.drop_fd, DESK_ID, 0700), 0);
	/* In the place of a new part, and of one that is gone on with; hard links, too. */
	CU_ASSERT_EQUAL(symlinkat("../../outside/secret", bench.f.scratch.fd, DESK_PART), 0);
	CU_ASSERT_EQUAL(desk_upload(&bench, DESK_LETTER, "x"), ANSWER_DENIED);
	CU_ASSERT_EQUAL(unlinkat(bench.f.scratch.fd, DESK_PART, 0), 0);
	(void)desk_close(
	    &bench, desk_open_as(&bench, &bench.desk, DESK_LETTER, DESK_NEW, "x"), "broken");
	CU_ASSERT_EQUAL(unlinkat(bench.f.scratch.fd, DESK_PART, 0), 0);
	CU_ASSERT_EQUAL(
	    linkat(bench.f.scratch.fd, "outside/secret", bench.f.scratch.fd, DESK_PART, 0), 0);
	CU_ASSERT_EQUAL(desk_upload(&bench, DESK_LETTER, "x"), ANSWER_DENIED);
	CU_ASSERT_EQUAL(desk_set(&bench, DESK_LETTER, UPLOAD_SET_SIZE, 0, 0), ANSWER_DENIED);
	desk_expect_content(&bench, "outside/secret", "s");
}

static void one_session_at_a_time_writes_a_file(void)
{
	const struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
	OWNED_DESK_BENCH struct desk_bench bench;
	bool may = false;
	struct err err;

	desk_bench_open(&bench);
	CU_ASSERT_NOT_EQUAL(desk_open_as(&bench, &bench.desk, DESK_LETTER, DESK_NEW, "hello"), -1);
	CU_ASSERT_EQUAL(desk_open_as(&bench, &bench.desk, DESK_LETTER, DESK_NEW, NULL), -1);
	CU_ASSERT_EQUAL(bench.ruling.answer, ANSWER_FAILURE);
	CU_ASSERT_EQUAL(desk_open_as(&bench, &bench.other, DESK_LETTER, DESK_NEW, NULL), -1);
	CU_ASSERT_EQUAL(bench.ruling.answer, ANSWER_FAILURE);
	CU_ASSERT_EQUAL(desk_remove(&bench, DESK_LETTER), ANSWER_FAILURE);
	CU_ASSERT_EQUAL(
	    desk_rename(&bench, DESK_LETTER, "/drop/" DESK_ID "/EFT_2.pdf"), ANSWER_FAILURE);
	CU_ASSERT_EQUAL(upload_desk_may_stay(&bench.desk, &may, &err), 0);
	CU_ASSERT_TRUE(may);
	/* One that writes no more, since its client is gone, is ended for the one that asks. */
	CU_ASSERT_EQUAL(utimensat(bench.f.scratch.fd, DESK_PART, old, 0), 0);
	CU_ASSERT_EQUAL(desk_open_as(&bench, &bench.other, DESK_LETTER, DESK_NEW, NULL), -1);
	CU_ASSERT_EQUAL(bench.ruling.answer, ANSWER_FAILURE);
	CU_ASSERT_EQUAL(upload_desk_may_stay(&bench.desk, &may, &err), 0);
	CU_ASSERT_FALSE(may);
	upload_desk_done(&bench.desk);
	CU_ASSERT_NOT_EQUAL(desk_open_as(&bench, &bench.other, DESK_LETTER, 0, " world"), -1);
}

/* A reload leaves the old broker with its sessions; the new one knows nothing of their desks. */
static void what_a_session_of_another_broker_writes_is_not_touched(void)
{
	OWNED_DESK_BENCH struct desk_bench bench;
	struct upload_desk *all = NULL;
	struct upload_desk beside;
	int64_t number;

	desk_bench_open(&bench);
	upload_desk_init(&beside, &bench.view, &all);
	number = desk_open_as(&bench, &bench.desk, DESK_LETTER, DESK_NEW, "hello");
	for (unsigned how = 0; how <= UPLOAD_HOW; how++) {
		CU_ASSERT_EQUAL(desk_open_as(&bench, &beside, DESK_LETTER, how, NULL), -1);
		CU_ASSERT_EQUAL(bench.ruling.answer, ANSWER_FAILURE);
	}
	desk_expect_content(&bench, DESK_PART, "hello");
	CU_ASSERT_EQUAL(desk_close(&bench, number, ""), ANSWER_OK);
	desk_expect_content(&bench, DESK_DISK, "hello");
	/* What was left is anybody's to go on with. */
	number = desk_open_as(&bench, &bench.desk, DESK_LETTER ".2", DESK_NEW, "hello");
	CU_ASSERT_EQUAL(desk_close(&bench, number, "broken"), ANSWER_FAILURE);
	CU_ASSERT_NOT_EQUAL(desk_open_as(&bench, &beside, DESK_LETTER ".2", 0, " world"), -1);
	CU_ASSERT_EQUAL(desk_open_as(&bench, &bench.desk, DESK_LETTER ".2", 0, NULL), -1);
	CU_ASSERT_EQUAL(desk_remove(&bench, DESK_LETTER ".2"), ANSWER_FAILURE);
	CU_ASSERT_EQUAL(desk_set(&bench, DESK_LETTER ".2", UPLOAD_SET_SIZE, 0, 0), ANSWER_FAILURE);
	upload_desk_done(&beside);
	CU_ASSERT_EQUAL(desk_remove(&bench, DESK_LETTER ".2"), ANSWER_OK);
}

static void a_session_has_only_so_many_at_a_time(void)
{
	OWNED_DESK_BENCH struct desk_bench bench;
	char path[64];

	desk_bench_open(&bench);
	for (int i = 0; i <= UPLOADS_MAX; i++) {
		(void)snprintf(path, sizeof(path), "/drop/" DESK_ID "/EFT_%d.pdf", i);
		CU_ASSERT_EQUAL(
		    desk_open_as(&bench, &bench.desk, path, DESK_NEW, NULL) >= 0, i < UPLOADS_MAX);
	}
	CU_ASSERT_EQUAL(bench.ruling.answer, ANSWER_FAILURE);
	CU_ASSERT_EQUAL(desk_close(&bench, 7, ""), ANSWER_OK);
	CU_ASSERT_EQUAL(desk_open_as(&bench, &bench.desk, path, DESK_NEW, NULL), 7);
}

static void folders_are_those_of_known_avrs_ids(void)
{
	static const struct {
		const char *path;
		enum answer answer;
	} folders[] = {
	    {"/drop/" DESK_ID, ANSWER_OK},
	    {"/drop/" DESK_ID, ANSWER_FAILURE},
	    {"/drop/" DESK_ID "/trade-files", ANSWER_OK},
	    {"/drop/" DESK_ID "/other", ANSWER_DENIED},
	    {"/drop/222222222", ANSWER_DENIED},
	    {"/drop/other", ANSWER_DENIED},
	    {"/drop/publications/messages", ANSWER_OK},
	    {"/new/folder", ANSWER_DENIED},
	};
	OWNED_DESK_BENCH struct desk_bench bench;

	desk_bench_open(&bench);
	for (size_t i = 0; i < COUNT(folders); i++) {
		struct err err;

		CU_ASSERT_EQUAL(
		    upload_desk_make_folder(&bench.desk, folders[i].path, &bench.ruling, &err), 0);
		CU_ASSERT_EQUAL(bench.ruling.answer, folders[i].answer);
	}
	CU_ASSERT_TRUE(desk_has(&bench, "drop/" DESK_ID "/trade-files"));
	CU_ASSERT_TRUE(desk_has(&bench, "drop/publications/messages"));
	CU_ASSERT_FALSE(desk_has(&bench, "drop/222222222"));
}

static void the_right_to_write_goes_with_the_right_to_drop(void)
{
	static const struct drop_limit limit = {"222222222", ""};
	OWNED_DESK_BENCH struct desk_bench bench;
	bool may = false;
	struct err err;

	desk_bench_open(&bench);
	scratch_provider(&bench.f.spool, "222222222");
	CU_ASSERT_NOT_EQUAL(desk_open_as(&bench, &bench.desk, DESK_LETTER, DESK_NEW, NULL), -1);
	CU_ASSERT_EQUAL(upload_desk_may_stay(&bench.desk, &may, &err), 0);
	CU_ASSERT_TRUE(may);
	CU_ASSERT_EQUAL(drop_limit_set(bench.f.catalog, &bench.f.spool.actor, &bench.view.account,
	                    &limit, 1, &err),
	    0);
	CU_ASSERT_EQUAL(upload_desk_may_stay(&bench.desk, &may, &err), 0);
	CU_ASSERT_FALSE(may);
	CU_ASSERT_EQUAL(upload_desk_may_stay(&bench.other, &may, &err), 0);
	CU_ASSERT_TRUE(may);
	CU_ASSERT_EQUAL(drop_limit_set(bench.f.catalog, &bench.f.spool.actor, &bench.view.account,
	                    NULL, 0, &err),
	    0);
	bench.view.account.admin = false;
	CU_ASSERT_EQUAL(upload_desk_may_stay(&bench.desk, &may, &err), 0);
	CU_ASSERT_FALSE(may);
}

void add_suite_upload_desk(CU_pSuite suite)
{
	TEST(a_file_is_a_part_until_it_is_closed);
	TEST(what_is_not_whole_stays_a_part_and_can_be_gone_on_with);
	TEST(a_part_is_emptied_or_refused_as_the_client_says);
	TEST(nothing_that_is_there_is_overwritten);
	TEST(what_was_taken_is_sent_again_only_from_its_start);
	TEST(links_are_never_followed);
	TEST(one_session_at_a_time_writes_a_file);
	TEST(what_a_session_of_another_broker_writes_is_not_touched);
	TEST(a_session_has_only_so_many_at_a_time);
	TEST(folders_are_those_of_known_avrs_ids);
	TEST(the_right_to_write_goes_with_the_right_to_drop);
}
