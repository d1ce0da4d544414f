/* SPDX-License-Identifier: Apache-2.0 */
#include "server/upload_desk.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "server/hand_in.h"
#include "spool/drop_limit.h"
#include "tests/lib/drops.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_upload_desk(CU_pSuite suite);

#define ID     "123456789"
#define LETTER "/drop/" ID "/EFT_1.pdf"
#define DISK   "drop/" ID "/EFT_1.pdf"
#define PART   "drop/" ID "/.EFT_1.pdf.part"
#define NEW    (UPLOAD_CREATE | UPLOAD_EMPTY)

/* Two sessions of adam, who is an administrator. */
struct bench {
	struct fixture f;
	struct view view;
	struct upload_desk desk;
	struct upload_desk other;
	struct upload_desk *all;
	struct ruling ruling; /* of what was asked last */
};

static void bench_open(struct bench *bench)
{
	struct account account;

	*bench = (struct bench){.all = NULL};
	fixture_open(&bench->f);
	scratch_provider(&bench->f.spool, ID);
	(void)scratch_account(&bench->f.spool, "adam", "", "");
	fixture_account(&bench->f, "adam", &account);
	account.admin = true;
	view_init(&bench->view, &bench->f.spool, &account);
	upload_desk_init(&bench->desk, &bench->view, &bench->all);
	upload_desk_init(&bench->other, &bench->view, &bench->all);
}

static void bench_close(struct bench *bench)
{
	upload_desk_done(&bench->desk);
	upload_desk_done(&bench->other);
	view_done(&bench->view);
	fixture_close(&bench->f);
}
#define OWNED_BENCH OWNED(bench_close)

/* The number of what was opened, or -1 where the ruling is no. Its descriptor is closed. */
static int64_t open_as(struct bench *bench, struct upload_desk *desk, const char *path,
    unsigned how, const char *content)
{
	struct desk_file file = {.fd = -1};
	struct err err;

	CU_ASSERT_EQUAL_FATAL(upload_desk_open(desk, path, how, &file, &bench->ruling, &err), 0);
	if (bench->ruling.answer != ANSWER_OK) {
		CU_ASSERT_EQUAL(file.fd, -1);
		return -1;
	}
	if (content)
		CU_ASSERT_EQUAL(pwrite(file.fd, content, strlen(content), file.entry.size),
		    (ssize_t)strlen(content));
	(void)close(file.fd);
	return file.number;
}

static enum answer close_it(struct bench *bench, int64_t number, const char *failure)
{
	struct err err;

	CU_ASSERT_EQUAL(upload_desk_close(&bench->desk, number, failure, &bench->ruling, &err), 0);
	return bench->ruling.answer;
}

static enum answer upload(struct bench *bench, const char *path, const char *content)
{
	int64_t number = open_as(bench, &bench->desk, path, NEW, content);

	return number < 0 ? bench->ruling.answer : close_it(bench, number, "");
}

static enum answer remove_it(struct bench *bench, const char *path)
{
	struct place place;
	struct err err;

	CU_ASSERT_TRUE_FATAL(place_parse(path, &place));
	CU_ASSERT_EQUAL(upload_desk_remove(&bench->desk, &place, &bench->ruling, &err), 0);
	return bench->ruling.answer;
}

static enum answer rename_it(struct bench *bench, const char *from, const char *to)
{
	struct err err;

	CU_ASSERT_EQUAL(upload_desk_rename(&bench->desk, from, to, &bench->ruling, &err), 0);
	return bench->ruling.answer;
}

static enum answer set(
    struct bench *bench, const char *path, unsigned what, int64_t size, int64_t modified)
{
	struct upload_change change = {what, size, modified};
	struct err err;

	CU_ASSERT_EQUAL(upload_desk_set(&bench->desk, path, &change, &bench->ruling, &err), 0);
	return bench->ruling.answer;
}

static bool has(const struct bench *bench, const char *path)
{
	return faccessat(bench->f.scratch.fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void expect_content(const struct bench *bench, const char *path, const char *content)
{
	char *text = scratch_read(&bench->f.scratch, path);

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT_STRING_EQUAL(text, content);
	free(text);
}

static int64_t size_in_view(struct bench *bench, const char *path)
{
	struct view_found found;
	enum view_answer answer = VIEW_NOTHING;
	struct err err;

	CU_ASSERT_EQUAL(view_find(&bench->view, path, &found, &answer, &err), 0);
	return answer == VIEW_FOUND ? found.entry.size : -1;
}

static void a_file_is_a_part_until_it_is_closed(void)
{
	OWNED_BENCH struct bench bench;
	struct stat st;
	int64_t number;

	bench_open(&bench);
	number = open_as(&bench, &bench.desk, LETTER, NEW, "hello");
	CU_ASSERT_TRUE(has(&bench, PART));
	CU_ASSERT_FALSE(has(&bench, DISK));
	CU_ASSERT_EQUAL(size_in_view(&bench, LETTER), 5);
	CU_ASSERT_EQUAL(close_it(&bench, number, ""), ANSWER_OK);
	CU_ASSERT_FALSE(has(&bench, PART));
	expect_content(&bench, DISK, "hello");
	CU_ASSERT_EQUAL(fstatat(bench.f.scratch.fd, DISK, &st, 0), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0660);
	CU_ASSERT_EQUAL(fstatat(bench.f.scratch.fd, "drop/" ID, &st, 0), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0770);
	CU_ASSERT_EQUAL(close_it(&bench, number, ""), ANSWER_FAILURE);
	CU_ASSERT_EQUAL(close_it(&bench, UPLOADS_MAX, ""), ANSWER_FAILURE);
	CU_ASSERT_EQUAL(close_it(&bench, -1, ""), ANSWER_FAILURE);
}

static void what_is_not_whole_stays_a_part_and_can_be_gone_on_with(void)
{
	OWNED_BENCH struct bench bench;
	int64_t number;

	bench_open(&bench);
	number = open_as(&bench, &bench.desk, LETTER, NEW, "hello");
	CU_ASSERT_EQUAL(close_it(&bench, number, "the disk is full"), ANSWER_FAILURE);
	CU_ASSERT_STRING_EQUAL(bench.ruling.reason, "the disk is full");
	CU_ASSERT_FALSE(has(&bench, DISK));
	CU_ASSERT_EQUAL(size_in_view(&bench, LETTER), 5);
	/* Of a session that ended, too. */
	CU_ASSERT_NOT_EQUAL(open_as(&bench, &bench.desk, LETTER, 0, " wor"), -1);
	upload_desk_done(&bench.desk);
	upload_desk_init(&bench.desk, &bench.view, &bench.all);
	number = open_as(&bench, &bench.desk, LETTER, UPLOAD_CREATE, "ld");
	CU_ASSERT_EQUAL(close_it(&bench, number, ""), ANSWER_OK);
	expect_content(&bench, DISK, "hello world");
}

static void a_part_is_emptied_or_refused_as_the_client_says(void)
{
	OWNED_BENCH struct bench bench;
	int64_t number;

	bench_open(&bench);
	number = open_as(&bench, &bench.desk, LETTER, NEW, "hello");
	(void)close_it(&bench, number, "broken");
	CU_ASSERT_EQUAL(
	    open_as(&bench, &bench.desk, LETTER, UPLOAD_CREATE | UPLOAD_EXCLUSIVE, NULL), -1);
	CU_ASSERT_EQUAL(bench.ruling.answer, ANSWER_DENIED);
	number = open_as(&bench, &bench.desk, LETTER, NEW, "new");
	CU_ASSERT_EQUAL(close_it(&bench, number, ""), ANSWER_OK);
	expect_content(&bench, DISK, "new");
}

static void nothing_that_is_there_is_overwritten(void)
{
	OWNED_BENCH struct bench bench;
	int64_t number;

	bench_open(&bench);
	CU_ASSERT_EQUAL(upload(&bench, LETTER, "mine"), ANSWER_OK);
	CU_ASSERT_EQUAL(upload(&bench, LETTER, "again"), ANSWER_DENIED);
	scratch_write(&bench.f.scratch, "drop/" ID "/EFT_2.pdf", "job's");
	CU_ASSERT_EQUAL(upload(&bench, "/drop/" ID "/EFT_2.pdf", "x"), ANSWER_DENIED);
	/* Nor what came while it was written: then what was sent stays a part. */
	number = open_as(&bench, &bench.desk, "/drop/" ID "/EFT_3.pdf", NEW, "sent");
	scratch_write(&bench.f.scratch, "drop/" ID "/EFT_3.pdf", "job's");
	CU_ASSERT_EQUAL(close_it(&bench, number, ""), ANSWER_DENIED);
	expect_content(&bench, DISK, "mine");
	expect_content(&bench, "drop/" ID "/EFT_2.pdf", "job's");
	expect_content(&bench, "drop/" ID "/EFT_3.pdf", "job's");
	expect_content(&bench, "drop/" ID "/.EFT_3.pdf.part", "sent");
}

static void what_was_taken_is_sent_again_only_from_its_start(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	CU_ASSERT_EQUAL(upload(&bench, LETTER, "first"), ANSWER_OK);
	CU_ASSERT_EQUAL(unlinkat(bench.f.scratch.fd, DISK, 0), 0);
	CU_ASSERT_EQUAL(size_in_view(&bench, LETTER), 5);
	CU_ASSERT_EQUAL(open_as(&bench, &bench.desk, LETTER, UPLOAD_CREATE, NULL), -1);
	CU_ASSERT_EQUAL(bench.ruling.answer, ANSWER_DENIED);
	CU_ASSERT_EQUAL(open_as(&bench, &bench.desk, LETTER, NEW | UPLOAD_EXCLUSIVE, NULL), -1);
	CU_ASSERT_EQUAL(
	    close_it(&bench, open_as(&bench, &bench.desk, LETTER, UPLOAD_EMPTY, "second"), ""),
	    ANSWER_OK);
	expect_content(&bench, DISK, "second");
	/* A day later nothing is known of it. */
	CU_ASSERT_EQUAL(unlinkat(bench.f.scratch.fd, DISK, 0), 0);
	clock_freeze(FIXTURE_NOW + UPLOAD_KEPT + SECOND);
	CU_ASSERT_EQUAL(size_in_view(&bench, LETTER), -1);
	CU_ASSERT_EQUAL(open_as(&bench, &bench.desk, LETTER, UPLOAD_EMPTY, NULL), -1);
	CU_ASSERT_EQUAL(bench.ruling.answer, ANSWER_NO_SUCH_FILE);
}

/* The paths that nobody can upload to, and what is said. */
static const struct {
	const char *path;
	enum answer answer;
} nowhere[] = {
    {"/drop/EFT_1.pdf", ANSWER_DENIED},
    {"/drop/STATUS.txt", ANSWER_DENIED},
    {"/drop", ANSWER_DENIED},
    {"/drop/" ID, ANSWER_DENIED},
    {"/drop/" ID "/trade-files", ANSWER_DENIED},
    {"/drop/" ID "/sub/EFT_1.pdf", ANSWER_DENIED},
    {"/drop/" ID "/.EFT_1.pdf", ANSWER_DENIED},
    {"/drop/" ID "/\xff.pdf", ANSWER_DENIED},
    {"/drop/222222222/EFT_1.pdf", ANSWER_DENIED},
    {"/drop/publications/other/x.pdf", ANSWER_DENIED},
    {"/" ID "/edelivery/EFT_1.pdf", ANSWER_DENIED},
    {"/EFT_1.pdf", ANSWER_DENIED},
    {"/drops/" ID "/EFT_1.pdf", ANSWER_DENIED},
};

static void files_go_where_they_belong_and_nowhere_else(void)
{
	OWNED_BENCH struct bench bench;
	char longest[LETTER_NAME_MAX + 64] = "/drop/" ID "/";
	size_t start = strlen(longest);

	bench_open(&bench);
	for (size_t i = 0; i < COUNT(nowhere); i++) {
		CU_ASSERT_EQUAL(open_as(&bench, &bench.desk, nowhere[i].path, NEW, NULL), -1);
		CU_ASSERT_EQUAL(bench.ruling.answer, nowhere[i].answer);
		CU_ASSERT_NOT_EQUAL(bench.ruling.reason[0], '\0');
	}
	memset(longest + start, 'x', LETTER_NAME_MAX + 1);
	CU_ASSERT_EQUAL(upload(&bench, longest, "x"), ANSWER_DENIED);
	longest[start + LETTER_NAME_MAX] = '\0';
	CU_ASSERT_EQUAL(upload(&bench, longest, "x"), ANSWER_OK);
	CU_ASSERT_EQUAL(upload(&bench, "/drop/" ID "/trade-files/RA_1.835", "x"), ANSWER_OK);
	CU_ASSERT_EQUAL(upload(&bench, "/drop/x.batch.csv", "x"), ANSWER_OK);
	CU_ASSERT_EQUAL(upload(&bench, "/drop/publications/messages/M_1.pdf", "x"), ANSWER_OK);
	CU_ASSERT_TRUE(has(&bench, "drop/" ID "/trade-files/RA_1.835"));
	CU_ASSERT_TRUE(has(&bench, "drop/x.batch.csv"));
	CU_ASSERT_TRUE(has(&bench, "drop/publications/messages/M_1.pdf"));
}

static void who_is_no_administrator_has_no_such_files(void)
{
	OWNED_BENCH struct bench bench;
	struct err err;

	bench_open(&bench);
	bench.view.account.admin = false;
	for (size_t i = 0; i < COUNT(nowhere); i++) {
		bool in_drop = strncmp(nowhere[i].path, "/drop/", 6) == 0 ||
		               strcmp(nowhere[i].path, "/drop") == 0;

		(void)open_as(&bench, &bench.desk, nowhere[i].path, NEW, NULL);
		CU_ASSERT_EQUAL(bench.ruling.answer, in_drop ? ANSWER_NO_SUCH_FILE : ANSWER_DENIED);
	}
	CU_ASSERT_EQUAL(upload(&bench, LETTER, "x"), ANSWER_NO_SUCH_FILE);
	CU_ASSERT_EQUAL(upload_desk_make_folder(&bench.desk, "/drop/" ID, &bench.ruling, &err), 0);
	CU_ASSERT_EQUAL(bench.ruling.answer, ANSWER_NO_SUCH_FILE);
	CU_ASSERT_FALSE(has(&bench, "drop/" ID));
}

static void a_limit_is_a_limit_for_everything(void)
{
	static const struct drop_limit limit = {ID, "EFT"};
	OWNED_BENCH struct bench bench;
	struct err err;

	bench_open(&bench);
	CU_ASSERT_EQUAL(upload(&bench, "/drop/" ID "/PA_1.pdf", "x"), ANSWER_OK);
	CU_ASSERT_EQUAL(drop_limit_set(bench.f.catalog, &bench.f.spool.actor, &bench.view.account,
	                    &limit, 1, &err),
	    0);
	CU_ASSERT_EQUAL(upload(&bench, LETTER, "x"), ANSWER_OK);
	CU_ASSERT_EQUAL(upload(&bench, "/drop/" ID "/PA_2.pdf", "x"), ANSWER_DENIED);
	CU_ASSERT_EQUAL(upload(&bench, "/drop/" ID "/trade-files/EFT_1.pdf", "x"), ANSWER_DENIED);
	CU_ASSERT_EQUAL(upload(&bench, "/drop/x.batch.csv", "x"), ANSWER_DENIED);
	CU_ASSERT_EQUAL(rename_it(&bench, LETTER, "/drop/" ID "/PA_2.pdf"), ANSWER_DENIED);
	CU_ASSERT_EQUAL(size_in_view(&bench, "/drop/" ID "/PA_1.pdf"), -1);
	CU_ASSERT_EQUAL(rename_it(&bench, "/drop/" ID "/PA_1.pdf", LETTER), ANSWER_DENIED);
}

static void links_are_never_followed(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	CU_ASSERT_EQUAL(mkdirat(bench.f.scratch.fd, "outside", 0700), 0);
	scratch_write(&bench.f.scratch, "outside/secret", "s");
	CU_ASSERT_EQUAL(symlinkat("../outside", bench.f.spool.drop_fd, ID), 0);
	CU_ASSERT_EQUAL(upload(&bench, LETTER, "x"), ANSWER_DENIED);
	CU_ASSERT_EQUAL(upload(&bench, "/drop/" ID "/trade-files/R_1", "x"), ANSWER_DENIED);
	CU_ASSERT_FALSE(has(&bench, "outside/trade-files"));
	CU_ASSERT_EQUAL(unlinkat(bench.f.spool.drop_fd, ID, 0), 0);
	CU_ASSERT_EQUAL(mkdirat(bench.f.spool.drop_fd, ID, 0700), 0);
	/* In the place of a new part, and of one that is gone on with; links of the other kind,
	 * too. */
	CU_ASSERT_EQUAL(symlinkat("../../outside/secret", bench.f.scratch.fd, PART), 0);
	CU_ASSERT_EQUAL(upload(&bench, LETTER, "x"), ANSWER_DENIED);
	CU_ASSERT_EQUAL(unlinkat(bench.f.scratch.fd, PART, 0), 0);
	(void)close_it(&bench, open_as(&bench, &bench.desk, LETTER, NEW, "x"), "broken");
	CU_ASSERT_EQUAL(unlinkat(bench.f.scratch.fd, PART, 0), 0);
	CU_ASSERT_EQUAL(
	    linkat(bench.f.scratch.fd, "outside/secret", bench.f.scratch.fd, PART, 0), 0);
	CU_ASSERT_EQUAL(upload(&bench, LETTER, "x"), ANSWER_DENIED);
	CU_ASSERT_EQUAL(set(&bench, LETTER, UPLOAD_SET_SIZE, 0, 0), ANSWER_DENIED);
	expect_content(&bench, "outside/secret", "s");
}

static void one_session_at_a_time_writes_a_file(void)
{
	const struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
	OWNED_BENCH struct bench bench;
	bool may = false;
	struct err err;

	bench_open(&bench);
	CU_ASSERT_NOT_EQUAL(open_as(&bench, &bench.desk, LETTER, NEW, "hello"), -1);
	CU_ASSERT_EQUAL(open_as(&bench, &bench.desk, LETTER, NEW, NULL), -1);
	CU_ASSERT_EQUAL(bench.ruling.answer, ANSWER_FAILURE);
	CU_ASSERT_EQUAL(open_as(&bench, &bench.other, LETTER, NEW, NULL), -1);
	CU_ASSERT_EQUAL(bench.ruling.answer, ANSWER_FAILURE);
	CU_ASSERT_EQUAL(remove_it(&bench, LETTER), ANSWER_FAILURE);
	CU_ASSERT_EQUAL(rename_it(&bench, LETTER, "/drop/" ID "/EFT_2.pdf"), ANSWER_FAILURE);
	CU_ASSERT_EQUAL(upload_desk_may_stay(&bench.desk, &may, &err), 0);
	CU_ASSERT_TRUE(may);
	/* One that writes no more, since its client is gone, is ended for the one that asks. */
	CU_ASSERT_EQUAL(utimensat(bench.f.scratch.fd, PART, old, 0), 0);
	CU_ASSERT_EQUAL(open_as(&bench, &bench.other, LETTER, NEW, NULL), -1);
	CU_ASSERT_EQUAL(bench.ruling.answer, ANSWER_FAILURE);
	CU_ASSERT_EQUAL(upload_desk_may_stay(&bench.desk, &may, &err), 0);
	CU_ASSERT_FALSE(may);
	upload_desk_done(&bench.desk);
	CU_ASSERT_NOT_EQUAL(open_as(&bench, &bench.other, LETTER, 0, " world"), -1);
}

static void a_session_has_only_so_many_at_a_time(void)
{
	OWNED_BENCH struct bench bench;
	char path[64];

	bench_open(&bench);
	for (int i = 0; i <= UPLOADS_MAX; i++) {
		(void)snprintf(path, sizeof(path), "/drop/" ID "/EFT_%d.pdf", i);
		CU_ASSERT_EQUAL(
		    open_as(&bench, &bench.desk, path, NEW, NULL) >= 0, i < UPLOADS_MAX);
	}
	CU_ASSERT_EQUAL(bench.ruling.answer, ANSWER_FAILURE);
	CU_ASSERT_EQUAL(close_it(&bench, 7, ""), ANSWER_OK);
	CU_ASSERT_EQUAL(open_as(&bench, &bench.desk, path, NEW, NULL), 7);
}

static void sizes_and_times_are_set_for_the_client_alone(void)
{
	OWNED_BENCH struct bench bench;
	struct view_found found;
	enum view_answer answer = VIEW_NOTHING;
	int64_t most;
	int64_t number;
	struct err err;

	bench_open(&bench);
	most = bench.f.spool.settings.drop_letter_max;
	number = open_as(&bench, &bench.desk, LETTER, NEW, "hello");
	CU_ASSERT_EQUAL(set(&bench, LETTER, UPLOAD_SET_SIZE, 3, 0), ANSWER_OK);
	CU_ASSERT_EQUAL(set(&bench, LETTER, UPLOAD_SET_SIZE, most + 1, 0), ANSWER_DENIED);
	CU_ASSERT_EQUAL(set(&bench, LETTER, UPLOAD_SET_TIME, 0, 7 * SECOND), ANSWER_OK);
	CU_ASSERT_EQUAL(close_it(&bench, number, ""), ANSWER_OK);
	expect_content(&bench, DISK, "hel");
	CU_ASSERT_EQUAL(set(&bench, LETTER, UPLOAD_SET_SIZE, 3, 0), ANSWER_OK);
	CU_ASSERT_EQUAL(set(&bench, LETTER, UPLOAD_SET_SIZE, 2, 0), ANSWER_DENIED);
	CU_ASSERT_EQUAL(view_find(&bench.view, LETTER, &found, &answer, &err), 0);
	CU_ASSERT_EQUAL(found.entry.changed, 7 * SECOND);
	CU_ASSERT_EQUAL(set(&bench, LETTER, UPLOAD_SET_TIME, 0, 8 * SECOND), ANSWER_OK);
	CU_ASSERT_EQUAL(view_find(&bench.view, LETTER, &found, &answer, &err), 0);
	CU_ASSERT_EQUAL(found.entry.changed, 8 * SECOND);
	CU_ASSERT_EQUAL(set(&bench, "/drop/" ID, UPLOAD_SET_TIME, 0, 8 * SECOND), ANSWER_OK);
	CU_ASSERT_EQUAL(set(&bench, "/drop/" ID "/EFT_2.pdf", 0, 0, 0), ANSWER_NO_SUCH_FILE);
	scratch_write(&bench.f.scratch, "drop/" ID "/EFT_2.pdf", "job's");
	CU_ASSERT_EQUAL(set(&bench, "/drop/" ID "/EFT_2.pdf", 0, 0, 0), ANSWER_DENIED);
}

static void folders_are_those_of_known_avrs_ids(void)
{
	static const struct {
		const char *path;
		enum answer answer;
	} folders[] = {
	    {"/drop/" ID, ANSWER_OK},
	    {"/drop/" ID, ANSWER_FAILURE},
	    {"/drop/" ID "/trade-files", ANSWER_OK},
	    {"/drop/" ID "/other", ANSWER_DENIED},
	    {"/drop/222222222", ANSWER_DENIED},
	    {"/drop/other", ANSWER_DENIED},
	    {"/drop/publications/messages", ANSWER_OK},
	    {"/new/folder", ANSWER_DENIED},
	};
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	for (size_t i = 0; i < COUNT(folders); i++) {
		struct err err;

		CU_ASSERT_EQUAL(
		    upload_desk_make_folder(&bench.desk, folders[i].path, &bench.ruling, &err), 0);
		CU_ASSERT_EQUAL(bench.ruling.answer, folders[i].answer);
	}
	CU_ASSERT_TRUE(has(&bench, "drop/" ID "/trade-files"));
	CU_ASSERT_TRUE(has(&bench, "drop/publications/messages"));
	CU_ASSERT_FALSE(has(&bench, "drop/222222222"));
}

static void own_uploads_that_are_still_there_are_renamed_and_removed(void)
{
	OWNED_BENCH struct bench bench;
	int64_t number;

	bench_open(&bench);
	CU_ASSERT_EQUAL(upload(&bench, LETTER ".filepart", "x"), ANSWER_OK);
	CU_ASSERT_EQUAL(rename_it(&bench, LETTER ".filepart", LETTER), ANSWER_OK);
	CU_ASSERT_EQUAL(size_in_view(&bench, LETTER), 1);
	CU_ASSERT_EQUAL(size_in_view(&bench, LETTER ".filepart"), -1);
	scratch_write(&bench.f.scratch, "drop/" ID "/EFT_2.pdf", "job's");
	CU_ASSERT_EQUAL(rename_it(&bench, LETTER, "/drop/" ID "/EFT_2.pdf"), ANSWER_DENIED);
	CU_ASSERT_EQUAL(rename_it(&bench, "/drop/" ID "/EFT_2.pdf", LETTER ".2"), ANSWER_DENIED);
	CU_ASSERT_EQUAL(remove_it(&bench, "/drop/" ID "/EFT_2.pdf"), ANSWER_DENIED);
	CU_ASSERT_EQUAL(rename_it(&bench, LETTER, "/drop/222222222/EFT_1.pdf"), ANSWER_DENIED);
	CU_ASSERT_EQUAL(rename_it(&bench, LETTER, "/drop/" ID "/trade-files/R_1"), ANSWER_OK);
	CU_ASSERT_TRUE(has(&bench, "drop/" ID "/trade-files/R_1"));
	CU_ASSERT_EQUAL(remove_it(&bench, "/drop/" ID "/trade-files/R_1"), ANSWER_OK);
	CU_ASSERT_FALSE(has(&bench, "drop/" ID "/trade-files/R_1"));
	CU_ASSERT_EQUAL(remove_it(&bench, "/drop/" ID "/trade-files/R_1"), ANSWER_NO_SUCH_FILE);
	/* A part, too, though it gets no name this way. */
	number = open_as(&bench, &bench.desk, LETTER, NEW, "x");
	(void)close_it(&bench, number, "broken");
	CU_ASSERT_EQUAL(rename_it(&bench, LETTER, LETTER ".2"), ANSWER_DENIED);
	CU_ASSERT_EQUAL(remove_it(&bench, LETTER), ANSWER_OK);
	CU_ASSERT_FALSE(has(&bench, PART));
	CU_ASSERT_EQUAL(fixture_number(&bench.f, "SELECT COUNT(*) FROM event WHERE what ="
	                                         " 'upload.removed' AND actor = 'account adam'"),
	    2);
}

/* watchd reads it under a lease: what it is about to post must not be told as removed. */
static void what_is_being_taken_is_neither_renamed_nor_removed(void)
{
	OWNED_BENCH struct bench bench;
	int fd;

	bench_open(&bench);
	CU_ASSERT_EQUAL(upload(&bench, LETTER, "x"), ANSWER_OK);
	fd = openat(bench.f.scratch.fd, DISK, O_RDONLY | O_CLOEXEC);
	CU_ASSERT_EQUAL(remove_it(&bench, LETTER), ANSWER_FAILURE);
	CU_ASSERT_EQUAL(rename_it(&bench, LETTER, LETTER ".2"), ANSWER_FAILURE);
	CU_ASSERT_TRUE(has(&bench, DISK));
	(void)close(fd);
	/* Taken: nothing that is posted is removed. */
	CU_ASSERT_EQUAL(unlinkat(bench.f.scratch.fd, DISK, 0), 0);
	CU_ASSERT_EQUAL(remove_it(&bench, LETTER), ANSWER_DENIED);
	CU_ASSERT_EQUAL(rename_it(&bench, LETTER, LETTER ".2"), ANSWER_DENIED);
}

static void the_right_to_write_goes_with_the_right_to_drop(void)
{
	static const struct drop_limit limit = {"222222222", ""};
	OWNED_BENCH struct bench bench;
	bool may = false;
	struct err err;

	bench_open(&bench);
	scratch_provider(&bench.f.spool, "222222222");
	CU_ASSERT_NOT_EQUAL(open_as(&bench, &bench.desk, LETTER, NEW, NULL), -1);
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
	TEST(files_go_where_they_belong_and_nowhere_else);
	TEST(who_is_no_administrator_has_no_such_files);
	TEST(a_limit_is_a_limit_for_everything);
	TEST(links_are_never_followed);
	TEST(one_session_at_a_time_writes_a_file);
	TEST(a_session_has_only_so_many_at_a_time);
	TEST(sizes_and_times_are_set_for_the_client_alone);
	TEST(folders_are_those_of_known_avrs_ids);
	TEST(own_uploads_that_are_still_there_are_renamed_and_removed);
	TEST(what_is_being_taken_is_neither_renamed_nor_removed);
	TEST(the_right_to_write_goes_with_the_right_to_drop);
}
