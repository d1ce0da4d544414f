/* SPDX-License-Identifier: Apache-2.0 */
#include "server/broker_open.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "server/report_box.h"
#include "tests/lib/broker_bench.h"
#include "tests/unit/suite.h"

void add_suite_broker_open(CU_pSuite suite);

static void a_letter_is_handed_over_and_noted(void)
{
	OWNED_BROKER_BENCH struct broker_bench bench;
	char content[64] = "";
	int fd;
	struct err err;

	broker_bench_open(&bench);
	bench.session->phase = PHASE_SFTP;
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_FIND, BENCH_LETTER), ANSWER_OK);
	expect_entry(&bench, "EFT_1.pdf", false, (int64_t)strlen(DROPS_PDF));
	CU_ASSERT_TRUE(message_is_read(&bench.broker->in));
	CU_ASSERT_EQUAL(HASH_COUNT(bench.session->handed), 0);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_OPEN, BENCH_LETTER), ANSWER_OK);
	fd = message_get_fd(&bench.broker->in);
	expect_entry(&bench, "EFT_1.pdf", false, (int64_t)strlen(DROPS_PDF));
	CU_ASSERT_EQUAL(read(fd, content, sizeof(content)), (ssize_t)strlen(DROPS_PDF));
	CU_ASSERT_STRING_EQUAL(content, DROPS_PDF);
	CU_ASSERT_EQUAL(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	(void)close(fd);
	/* What the session can read from now on is known, and that it was opened. */
	CU_ASSERT_EQUAL(HASH_COUNT(bench.session->handed), 1);
	CU_ASSERT_STRING_EQUAL(bench.session->handed->avrs_id, DROPS_AVRS_ID);
	CU_ASSERT_EQUAL(bench.session->handed->key.area, AREA_EDELIVERY);
	CU_ASSERT_EQUAL(ledger_commit(bench.broker->ledger, &err), 0);
	CU_ASSERT_EQUAL(drops_number(&bench.drops, "SELECT COUNT(*) FROM opening"), 1);
	/* A text is nobody's letter. */
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_OPEN, "/STATUS.txt"), ANSWER_OK);
	message_close_fds(&bench.broker->in);
	CU_ASSERT_EQUAL(HASH_COUNT(bench.session->handed), 1);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_OPEN, "/new"), ANSWER_FAILURE);
	expect_answer_reason(&bench, "a folder");
}

static void a_letter_whose_file_is_missing_is_our_trouble(void)
{
	OWNED_BROKER_BENCH struct broker_bench bench;
	char path[FOLDER_PATH_MAX];
	int before;

	broker_bench_open(&bench);
	bench.session->phase = PHASE_SFTP;
	folder_letter(DROPS_AVRS_ID, CLASS_EDELIVERY, 1, "EFT_1.pdf", path);
	CU_ASSERT_EQUAL(unlinkat(bench.drops.spool.root_fd, path, 0), 0);
	before = drops_open_fds();
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_OPEN, BENCH_LETTER), ANSWER_FAILURE);
	expect_answer_reason(&bench, "temporary trouble, try again later");
	CU_ASSERT_EQUAL(HASH_COUNT(bench.session->handed), 0);
	CU_ASSERT_EQUAL(drops_open_fds(), before);
}

static enum answer open_next(
    struct broker_bench *bench, enum open_order order, int64_t most, const char *path)
{
	struct message *in = ask_begin(bench, REQUEST_OPEN_NEXT);

	message_put_int(in, (int64_t)order);
	message_put_int(in, most);
	message_put_text(in, path);
	return ask_for(bench);
}

/* The next descriptor of the answer is of a file with that content, and can only be read. */
static void expect_file(struct broker_bench *bench, const char *content)
{
	OWNED_FD int fd = message_get_fd(&bench->broker->in);
	char bytes[64] = "";

	/* As sessions do it, who may share the position in a file. */
	CU_ASSERT_EQUAL(pread(fd, bytes, sizeof(bytes), 0), (ssize_t)strlen(content));
	CU_ASSERT_STRING_EQUAL(bytes, content);
	CU_ASSERT_EQUAL(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
}

/* A bench with three more letters: EFT_4, EFT_2, EFT_3 as they are listed. */
static void open_with_more(struct broker_bench *bench)
{
	broker_bench_open(bench);
	broker_bench_post(bench, DROPS_AVRS_ID "/EFT_4.pdf", DROPS_PDF "4");
	broker_bench_post(bench, DROPS_AVRS_ID "/EFT_2.pdf", DROPS_PDF "2");
	broker_bench_post(bench, DROPS_AVRS_ID "/EFT_3.pdf", DROPS_PDF "3");
	bench->session->phase = PHASE_SFTP;
}

/* The answer goes on with letters of these numbers. */
static void expect_letters(struct broker_bench *bench, const char *numbers)
{
	struct message *in = &bench->broker->in;

	CU_ASSERT_EQUAL(message_get_int(in), (int64_t)strlen(numbers));
	for (; *numbers; numbers++) {
		char name[] = "EFT_?.pdf";
		char content[] = DROPS_PDF "?";

		name[4] = *numbers;
		content[sizeof(content) - 2] = *numbers;
		expect_file(bench, content);
		expect_entry(bench, name, false, (int64_t)strlen(content));
		CU_ASSERT_TRUE(message_get_int(in) > 0);
	}
	CU_ASSERT_TRUE(message_is_read(in));
}

/* The answer begins with the first letter, and a channel for reports or none. */
static void expect_first(struct broker_bench *bench, bool channel)
{
	struct message *in = &bench->broker->in;

	expect_file(bench, DROPS_PDF);
	expect_entry(bench, "EFT_1.pdf", false, (int64_t)strlen(DROPS_PDF));
	CU_ASSERT_EQUAL(message_get_int(in), 1);
	CU_ASSERT_EQUAL(message_get_int(in), channel);
	if (channel) {
		bench->reports = message_get_fd(in);
		CU_ASSERT_TRUE(bench->reports >= 0);
	}
}

static void letters_that_follow_are_handed_over_in_the_order_asked_for(void)
{
	static const struct {
		enum open_order order;
		int64_t most;
		const char *numbers;
	} wishes[] = {
	    {OPEN_BY_NAME, OPEN_NEXT, "234"},
	    {OPEN_BY_NAME, 2, "23"},
	    {OPEN_AS_LISTED, OPEN_NEXT, "423"},
	    {OPEN_AS_LISTED, 1, "4"},
	    {OPEN_AS_LISTED, 0, ""},
	};
	OWNED_BROKER_BENCH struct broker_bench bench;

	open_with_more(&bench);
	for (size_t i = 0; i < COUNT(wishes); i++) {
		CU_ASSERT_EQUAL(
		    open_next(&bench, wishes[i].order, wishes[i].most, BENCH_LETTER), ANSWER_OK);
		expect_first(&bench, i == 0);
		expect_letters(&bench, wishes[i].numbers);
	}
}

/* It could be read, so it is known; but the client has not asked for it. */
static void what_follows_is_handed_over_but_not_opened(void)
{
	OWNED_BROKER_BENCH struct broker_bench bench;
	struct err err;

	open_with_more(&bench);
	CU_ASSERT_EQUAL(open_next(&bench, OPEN_BY_NAME, OPEN_NEXT, BENCH_LETTER), ANSWER_OK);
	expect_first(&bench, true);
	expect_letters(&bench, "234");
	CU_ASSERT_EQUAL(HASH_COUNT(bench.session->handed), 4);
	CU_ASSERT_EQUAL(ledger_commit(bench.broker->ledger, &err), 0);
	CU_ASSERT_EQUAL(
	    drops_number(&bench.drops, "SELECT COUNT(*) FROM opening WHERE letter_id = 1"), 1);
	CU_ASSERT_EQUAL(drops_number(&bench.drops, "SELECT COUNT(*) FROM opening"), 1);
}

/* What is opened once for two sessions is known of both, by the right of each. */
static void what_is_opened_once_is_noted_for_each_session(void)
{
	OWNED_BROKER_BENCH struct broker_bench bench;
	const struct handed *handed;

	open_with_more(&bench);
	for (int64_t session = 1; session <= 3; session++) {
		bench.session->number = session;
		CU_ASSERT_EQUAL(
		    open_next(&bench, OPEN_BY_NAME, OPEN_NEXT, BENCH_LETTER), ANSWER_OK);
		expect_first(&bench, session == 1);
		expect_letters(&bench, "234");
		CU_ASSERT_EQUAL(HASH_COUNT(bench.session->handed), 4);
		for (handed = bench.session->handed; handed; handed = handed->hh.next)
			CU_ASSERT_EQUAL(handed->open, session);
	}
	/* Without a right there is nothing, whatever another one has just got. */
	bench.session->view.account.id++;
	CU_ASSERT_EQUAL(
	    open_next(&bench, OPEN_BY_NAME, OPEN_NEXT, BENCH_LETTER), ANSWER_NO_SUCH_FILE);
	CU_ASSERT_EQUAL(bench.broker->in.fd_count, 0);
}

/* Who asks for the one that cannot be opened is told so; the one before can be had. */
static void a_missing_file_ends_what_follows(void)
{
	OWNED_BROKER_BENCH struct broker_bench bench;
	char path[FOLDER_PATH_MAX];
	int before;

	open_with_more(&bench);
	folder_letter(DROPS_AVRS_ID, CLASS_EDELIVERY,
	    drops_number(&bench.drops, "SELECT id FROM letter WHERE name = 'EFT_3.pdf'"),
	    "EFT_3.pdf", path);
	CU_ASSERT_EQUAL(unlinkat(bench.drops.spool.root_fd, path, 0), 0);
	CU_ASSERT_EQUAL(open_next(&bench, OPEN_BY_NAME, OPEN_NEXT, BENCH_LETTER), ANSWER_OK);
	expect_first(&bench, true);
	expect_letters(&bench, "2");
	before = drops_open_fds();
	CU_ASSERT_EQUAL(
	    open_next(&bench, OPEN_BY_NAME, OPEN_NEXT, "/" DROPS_AVRS_ID "/edelivery/EFT_3.pdf"),
	    ANSWER_FAILURE);
	expect_answer_reason(&bench, "temporary trouble, try again later");
	CU_ASSERT_EQUAL(drops_open_fds(), before);
}

static void nothing_follows_what_is_no_letter_of_a_class(void)
{
	static const char *const paths[] = {"/STATUS.txt", BENCH_NEW};
	OWNED_BROKER_BENCH struct broker_bench bench;

	open_with_more(&bench);
	for (size_t i = 0; i < COUNT(paths); i++) {
		struct message *in = &bench.broker->in;

		CU_ASSERT_EQUAL(open_next(&bench, OPEN_BY_NAME, OPEN_NEXT, paths[i]), ANSWER_OK);
		CU_ASSERT_EQUAL(close(message_get_fd(in)), 0);
		(void)message_get_text(in);
		for (int n = 0; n < 4; n++)
			(void)message_get_int(in);
		CU_ASSERT_EQUAL(message_get_int(in), i == 0);
		if (i == 0)
			bench.reports = message_get_fd(in);
		expect_letters(&bench, "");
	}
	CU_ASSERT_EQUAL(open_next(&bench, OPEN_BY_NAME, 1, "/new"), ANSWER_FAILURE);
	expect_answer_reason(&bench, "a folder");
}

static void a_wish_that_is_none_ends_the_session(void)
{
	static const int64_t wishes[][2] = {
	    {-1, 1}, {OPEN_ORDER_COUNT, 1}, {OPEN_BY_NAME, -1}, {OPEN_BY_NAME, OPEN_NEXT + 1}};
	OWNED_BROKER_BENCH struct broker_bench bench;

	open_with_more(&bench);
	for (size_t i = 0; i < COUNT(wishes); i++) {
		struct message *in = ask_begin(&bench, REQUEST_OPEN_NEXT);
		struct err err;

		message_put_int(in, wishes[i][0]);
		message_put_int(in, wishes[i][1]);
		message_put_text(in, BENCH_LETTER);
		CU_ASSERT_EQUAL(ask_raw(&bench, &err), -1);
		CU_ASSERT_EQUAL(err.kind, ERR_REFUSED);
		CU_ASSERT_FALSE(ask_answer(&bench));
	}
	CU_ASSERT_EQUAL(HASH_COUNT(bench.session->handed), 0);
}

void add_suite_broker_open(CU_pSuite suite)
{
	TEST(a_letter_is_handed_over_and_noted);
	TEST(a_letter_whose_file_is_missing_is_our_trouble);
	TEST(letters_that_follow_are_handed_over_in_the_order_asked_for);
	TEST(what_follows_is_handed_over_but_not_opened);
	TEST(what_is_opened_once_is_noted_for_each_session);
	TEST(a_missing_file_ends_what_follows);
	TEST(nothing_follows_what_is_no_letter_of_a_class);
	TEST(a_wish_that_is_none_ends_the_session);
}
