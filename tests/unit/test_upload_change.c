/* SPDX-License-Identifier: Apache-2.0 */
#include "server/upload_change.h"

#include <fcntl.h>
#include <unistd.h>

#include "tests/lib/desk_bench.h"
#include "tests/unit/suite.h"

/*
 * In a batch the letter waits for others with its copy linked: it would come though it was told as
 * removed, and to two if it were renamed into another folder.
 */
static void what_a_letter_on_its_way_was_copied_from_is_neither_renamed_nor_removed(void)
{
	OWNED_DESK_BENCH struct desk_bench bench;
	struct letter letter;

	desk_bench_open(&bench);
	CU_ASSERT_EQUAL(desk_upload(&bench, DESK_LETTER, "x"), ANSWER_OK);
	fixture_letter(&bench.f, DESK_ID, CLASS_EDELIVERY, "EFT_1.pdf", &letter);
	fixture_sql(&bench.f, "UPDATE letter SET source_device = (SELECT MAX(device) FROM upload),"
	                      " source_inode = (SELECT MAX(inode) FROM upload)");
	CU_ASSERT_EQUAL(desk_remove(&bench, DESK_LETTER), ANSWER_FAILURE);
	CU_ASSERT_EQUAL(desk_rename(&bench, DESK_LETTER, DESK_LETTER ".2"), ANSWER_FAILURE);
	CU_ASSERT_TRUE(desk_has(&bench, DESK_DISK));
	/* A posted one is over: what has its inode now is another file. */
	fixture_post(&bench.f, &letter);
	CU_ASSERT_EQUAL(desk_remove(&bench, DESK_LETTER), ANSWER_OK);
}

void add_suite_upload_change(CU_pSuite suite);

static void sizes_and_times_are_set_for_the_client_alone(void)
{
	OWNED_DESK_BENCH struct desk_bench bench;
	struct view_found found;
	enum view_answer answer = VIEW_NOTHING;
	int64_t most;
	int64_t number;
	struct err err;

	desk_bench_open(&bench);
	most = bench.f.spool.settings.drop_letter_max;
	number = desk_open_as(&bench, &bench.desk, DESK_LETTER, DESK_NEW, "hello");
	CU_ASSERT_EQUAL(desk_set(&bench, DESK_LETTER, UPLOAD_SET_SIZE, 3, 0), ANSWER_OK);
	CU_ASSERT_EQUAL(desk_set(&bench, DESK_LETTER, UPLOAD_SET_SIZE, most + 1, 0), ANSWER_DENIED);
	CU_ASSERT_EQUAL(desk_set(&bench, DESK_LETTER, UPLOAD_SET_TIME, 0, 7 * SECOND), ANSWER_OK);
	CU_ASSERT_EQUAL(desk_close(&bench, number, ""), ANSWER_OK);
	desk_expect_content(&bench, DESK_DISK, "hel");
	CU_ASSERT_EQUAL(desk_set(&bench, DESK_LETTER, UPLOAD_SET_SIZE, 3, 0), ANSWER_OK);
	CU_ASSERT_EQUAL(desk_set(&bench, DESK_LETTER, UPLOAD_SET_SIZE, 2, 0), ANSWER_DENIED);
	CU_ASSERT_EQUAL(view_find(&bench.view, DESK_LETTER, &found, &answer, &err), 0);
	CU_ASSERT_EQUAL(found.entry.changed, 7 * SECOND);
	CU_ASSERT_EQUAL(desk_set(&bench, DESK_LETTER, UPLOAD_SET_TIME, 0, 8 * SECOND), ANSWER_OK);
	CU_ASSERT_EQUAL(view_find(&bench.view, DESK_LETTER, &found, &answer, &err), 0);
	CU_ASSERT_EQUAL(found.entry.changed, 8 * SECOND);
	CU_ASSERT_EQUAL(
	    desk_set(&bench, "/drop/" DESK_ID, UPLOAD_SET_TIME, 0, 8 * SECOND), ANSWER_OK);
	CU_ASSERT_EQUAL(
	    desk_set(&bench, "/drop/" DESK_ID "/EFT_2.pdf", 0, 0, 0), ANSWER_NO_SUCH_FILE);
	scratch_write(&bench.f.scratch, "drop/" DESK_ID "/EFT_2.pdf", "job's");
	CU_ASSERT_EQUAL(desk_set(&bench, "/drop/" DESK_ID "/EFT_2.pdf", 0, 0, 0), ANSWER_DENIED);
}

static void own_uploads_that_are_still_there_are_renamed_and_removed(void)
{
	OWNED_DESK_BENCH struct desk_bench bench;
	int64_t number;

	desk_bench_open(&bench);
	CU_ASSERT_EQUAL(desk_upload(&bench, DESK_LETTER ".filepart", "x"), ANSWER_OK);
	CU_ASSERT_EQUAL(desk_rename(&bench, DESK_LETTER ".filepart", DESK_LETTER), ANSWER_OK);
	CU_ASSERT_EQUAL(desk_size_in_view(&bench, DESK_LETTER), 1);
	CU_ASSERT_EQUAL(desk_size_in_view(&bench, DESK_LETTER ".filepart"), -1);
	scratch_write(&bench.f.scratch, "drop/" DESK_ID "/EFT_2.pdf", "job's");
	CU_ASSERT_EQUAL(
	    desk_rename(&bench, DESK_LETTER, "/drop/" DESK_ID "/EFT_2.pdf"), ANSWER_DENIED);
	CU_ASSERT_EQUAL(
	    desk_rename(&bench, "/drop/" DESK_ID "/EFT_2.pdf", DESK_LETTER ".2"), ANSWER_DENIED);
	CU_ASSERT_EQUAL(desk_remove(&bench, "/drop/" DESK_ID "/EFT_2.pdf"), ANSWER_DENIED);
	CU_ASSERT_EQUAL(
	    desk_rename(&bench, DESK_LETTER, "/drop/222222222/EFT_1.pdf"), ANSWER_DENIED);
	CU_ASSERT_EQUAL(
	    desk_rename(&bench, DESK_LETTER, "/drop/" DESK_ID "/trade-files/R_1"), ANSWER_OK);
	CU_ASSERT_TRUE(desk_has(&bench, "drop/" DESK_ID "/trade-files/R_1"));
	CU_ASSERT_EQUAL(desk_remove(&bench, "/drop/" DESK_ID "/trade-files/R_1"), ANSWER_OK);
	CU_ASSERT_FALSE(desk_has(&bench, "drop/" DESK_ID "/trade-files/R_1"));
	CU_ASSERT_EQUAL(
	    desk_remove(&bench, "/drop/" DESK_ID "/trade-files/R_1"), ANSWER_NO_SUCH_FILE);
	/* A part, too, though it gets no name this way. */
	number = desk_open_as(&bench, &bench.desk, DESK_LETTER, DESK_NEW, "x");
	(void)desk_close(&bench, number, "broken");
	CU_ASSERT_EQUAL(desk_rename(&bench, DESK_LETTER, DESK_LETTER ".2"), ANSWER_DENIED);
	CU_ASSERT_EQUAL(desk_remove(&bench, DESK_LETTER), ANSWER_OK);
	CU_ASSERT_FALSE(desk_has(&bench, DESK_PART));
	CU_ASSERT_EQUAL(fixture_number(&bench.f, "SELECT COUNT(*) FROM event WHERE what ="
	                                         " 'upload.removed' AND actor = 'account adam'"),
	    2);
}

/* watchd reads it under a lease: what it is about to post must not be told as removed. */
static void what_is_being_taken_is_neither_renamed_nor_removed(void)
{
	OWNED_DESK_BENCH struct desk_bench bench;
	int fd;

	desk_bench_open(&bench);
	CU_ASSERT_EQUAL(desk_upload(&bench, DESK_LETTER, "x"), ANSWER_OK);
	fd = openat(bench.f.scratch.fd, DESK_DISK, O_RDONLY | O_CLOEXEC);
	CU_ASSERT_EQUAL(desk_remove(&bench, DESK_LETTER), ANSWER_FAILURE);
	CU_ASSERT_EQUAL(desk_rename(&bench, DESK_LETTER, DESK_LETTER ".2"), ANSWER_FAILURE);
	CU_ASSERT_TRUE(desk_has(&bench, DESK_DISK));
	(void)close(fd);
	/* Taken: nothing that is posted is removed. */
	CU_ASSERT_EQUAL(unlinkat(bench.f.scratch.fd, DESK_DISK, 0), 0);
	CU_ASSERT_EQUAL(desk_remove(&bench, DESK_LETTER), ANSWER_DENIED);
	CU_ASSERT_EQUAL(desk_rename(&bench, DESK_LETTER, DESK_LETTER ".2"), ANSWER_DENIED);
}

void add_suite_upload_change(CU_pSuite suite)
{
	TEST(sizes_and_times_are_set_for_the_client_alone);
	TEST(own_uploads_that_are_still_there_are_renamed_and_removed);
	TEST(what_is_being_taken_is_neither_renamed_nor_removed);
	TEST(what_a_letter_on_its_way_was_copied_from_is_neither_renamed_nor_removed);
}
