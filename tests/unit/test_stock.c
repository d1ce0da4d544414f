/* SPDX-License-Identifier: Apache-2.0 */
#include "server/stock.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/mem.h"
#include "server/ahead.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_stock(CU_pSuite suite);

#define FOLDER "/123456789/edelivery/"
#define OTHER  "/987654321/edelivery/"

/* A channel: what is asked at the first end is answered at the second, before it is asked. */
struct bench {
	int ends[2];
	int reports; /* our end of the channel that was handed over, or -1 */
	struct message *message;
	struct stock stock;
};

static void bench_open(struct bench *bench)
{
	struct err err;

	*bench = (struct bench){.message = mem_new(1, sizeof(*bench->message)), .reports = -1};
	stock_init(&bench->stock);
	CU_ASSERT_EQUAL_FATAL(message_channel(bench->ends, &err), 0);
}

static void bench_close(struct bench *bench)
{
	stock_done(&bench->stock);
	clean_fd(&bench->ends[0]);
	clean_fd(&bench->ends[1]);
	clean_fd(&bench->reports);
	free(bench->message);
}
#define OWNED_BENCH OWNED(bench_close)

/* A letter of one character, which is its number, too. */
static void put_letter(struct message *out, char letter, int fd)
{
	const char name[] = {letter, '\0'};

	message_put_text(out, name);
	message_put_int(out, 0);
	message_put_int(out, letter);
	message_put_int(out, 1);
	message_put_int(out, letter);
	message_put_fd(out, fd);
}

/* The answer that the broker will give: the first of the letters, and those behind it. */
static void will_answer(struct bench *bench, enum request request, const char *letters)
{
	OWNED_FD int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	OWNED_FD int end = -1;
	struct message *out = bench->message;
	struct err err;

	message_start(out, request);
	message_put_int(out, letters[0] ? ANSWER_OK : ANSWER_NO_SUCH_FILE);
	if (letters[0])
		put_letter(out, letters[0], fd);
	if (letters[0] && request == REQUEST_OPEN_NEXT) {
		message_put_int(out, bench->reports < 0);
		if (bench->reports < 0) {
			int ends[2];

			CU_ASSERT_EQUAL_FATAL(message_channel(ends, &err), 0);
			bench->reports = ends[0];
			end = ends[1];
			message_put_fd(out, end);
		}
		message_put_int(out, (int64_t)strlen(letters) - 1);
		while (*++letters)
			put_letter(out, *letters, fd);
	}
	CU_ASSERT_EQUAL(message_send(bench->ends[1], out, &err), 0);
	message_start(out, 0);
}

/* What was asked for, or 0: nothing was. */
static uint32_t asked(struct bench *bench, int channel)
{
	struct pollfd wait = {.fd = channel, .events = POLLIN};
	enum message_state state = MESSAGE_NONE;
	struct err err;

	if (channel < 0 || poll(&wait, 1, 0) != 1)
		return 0;
	CU_ASSERT_EQUAL(message_receive(channel, bench->message, &state, &err), 0);
	return state == MESSAGE_GOT ? bench->message->kind : 0;
}

/* Open path, and get that letter. */
static void expect_opened(struct bench *bench, const char *path, char letter)
{
	struct opened opened = {.fd = -1};
	struct reply reply = {.answer = ANSWER_COUNT};
	struct err err;

	CU_ASSERT_EQUAL_FATAL(
	    stock_open(&bench->stock, bench->ends[0], path, &opened, &reply, &err), 0);
	CU_ASSERT_EQUAL(reply.answer, ANSWER_OK);
	CU_ASSERT_EQUAL(opened.entry.letter, letter);
	CU_ASSERT_TRUE(fcntl(opened.fd, F_GETFD) >= 0);
	clean_fd(&opened.fd);
}

/* The same, without the broker, who is told. */
static void expect_in_stock(struct bench *bench, const char *path, char letter)
{
	expect_opened(bench, path, letter);
	CU_ASSERT_EQUAL(asked(bench, bench->ends[1]), 0);
	CU_ASSERT_EQUAL(asked(bench, bench->reports), REQUEST_OPENED);
	CU_ASSERT_EQUAL(message_get_int(bench->message), letter);
	CU_ASSERT_TRUE(message_is_read(bench->message));
}

static void expect_asked(
    struct bench *bench, const char *path, enum request request, const char *letters)
{
	will_answer(bench, request, letters);
	expect_opened(bench, path, letters[0]);
	CU_ASSERT_EQUAL(asked(bench, bench->ends[1]), request);
	CU_ASSERT_EQUAL(asked(bench, bench->reports), 0);
}

/* In which order, and how many, the question was for that was looked at last. */
static void expect_wish(struct bench *bench, enum open_order order, int64_t most)
{
	CU_ASSERT_EQUAL(message_get_int(bench->message), order);
	CU_ASSERT_EQUAL(message_get_int(bench->message), most);
}

/* Wait until nothing is good any more. */
static void outlast(struct bench *bench)
{
	const struct timespec pause = {.tv_nsec = 510 * 1000 * 1000};

	(void)nanosleep(&pause, NULL);
	CU_ASSERT_EQUAL(stock_tidy(&bench->stock), -1);
}

/* One letter of a folder, and the one behind it, which comes with two more. */
static void begin(struct bench *bench)
{
	bench_open(bench);
	expect_asked(bench, FOLDER "a", REQUEST_OPEN, "a");
	expect_asked(bench, FOLDER "b", REQUEST_OPEN_NEXT, "bce");
}

static void who_goes_on_is_answered_without_the_broker_who_is_told(void)
{
	OWNED_BENCH struct bench bench;

	begin(&bench);
	expect_in_stock(&bench, FOLDER "c", 'c');
	expect_in_stock(&bench, FOLDER "e", 'e');
	expect_asked(&bench, FOLDER "f", REQUEST_OPEN_NEXT, "fg");
	expect_in_stock(&bench, FOLDER "g", 'g');
}

static void expect_told(struct bench *bench, const char *path, bool is_told, bool goes_on)
{
	struct entry entry;
	bool goes = !goes_on;

	CU_ASSERT_EQUAL(stock_tell(&bench->stock, path, &entry, &goes), is_told);
	CU_ASSERT_EQUAL(goes, goes_on);
	if (is_told)
		CU_ASSERT_STRING_EQUAL(entry.name, place_name(path));
	CU_ASSERT_EQUAL(asked(bench, bench->ends[1]), 0);
	CU_ASSERT_EQUAL(asked(bench, bench->reports), 0);
}

static void what_is_there_is_told_without_being_taken(void)
{
	OWNED_BENCH struct bench bench;

	begin(&bench);
	expect_told(&bench, FOLDER "e", true, false);
	expect_told(&bench, FOLDER "d", false, false);
	expect_told(&bench, OTHER "e", false, false);
	expect_in_stock(&bench, FOLDER "c", 'c');
	expect_in_stock(&bench, FOLDER "e", 'e');
}

/* rclone does not know how large a letter is that it has opened by its name. */
static void what_was_opened_is_told(void)
{
	OWNED_BENCH struct bench bench;

	begin(&bench);
	expect_told(&bench, FOLDER "b", true, false);
	expect_in_stock(&bench, FOLDER "c", 'c');
	expect_told(&bench, FOLDER "c", true, false);
	expect_told(&bench, OTHER "c", false, false);
	/* A handle each. */
	expect_asked(&bench, FOLDER "b", REQUEST_OPEN_NEXT, "b");
	expect_told(&bench, FOLDER "c", false, false);
	expect_told(&bench, FOLDER "b", false, false);
}

/* Who asks for each before he opens it needs only that one where the stock ends. */
static void who_was_told_of_all_will_be_told_of_those_behind(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	expect_asked(&bench, FOLDER "a", REQUEST_OPEN, "a");
	expect_asked(&bench, FOLDER "b", REQUEST_OPEN_NEXT, "bcdefghij");
	for (char letter = 'c'; letter <= 'j'; letter++) {
		char path[] = FOLDER "?";

		path[sizeof(path) - 2] = letter;
		expect_told(&bench, path, true, false);
		expect_in_stock(&bench, path, letter);
	}
	expect_told(&bench, FOLDER "k", false, true);
	expect_told(&bench, FOLDER "l", false, false);
}

/* Several connections share a folder: each passes over what another one gets. */
static void what_was_passed_over_is_still_there(void)
{
	OWNED_BENCH struct bench bench;

	begin(&bench);
	expect_in_stock(&bench, FOLDER "e", 'e');
	expect_in_stock(&bench, FOLDER "c", 'c');
}

/* A handle each: the second time it is opened by the broker. */
static void a_letter_is_there_once(void)
{
	OWNED_BENCH struct bench bench;

	begin(&bench);
	expect_in_stock(&bench, FOLDER "c", 'c');
	expect_asked(&bench, FOLDER "c", REQUEST_OPEN_NEXT, "c");
}

/* Jobs name the letters of all AVRS IDs alike. */
static void another_folder_has_letters_of_its_own(void)
{
	OWNED_BENCH struct bench bench;

	begin(&bench);
	expect_asked(&bench, OTHER "c", REQUEST_OPEN, "x");
	expect_asked(&bench, OTHER "e", REQUEST_OPEN_NEXT, "y");
	expect_asked(&bench, FOLDER "c", REQUEST_OPEN, "c");
}

static void what_the_broker_refuses_is_refused(void)
{
	OWNED_BENCH struct bench bench;
	struct opened opened = {.fd = -7};
	struct reply reply;
	struct err err;

	begin(&bench);
	expect_in_stock(&bench, FOLDER "c", 'c');
	will_answer(&bench, REQUEST_OPEN_NEXT, "");
	CU_ASSERT_EQUAL(
	    stock_open(&bench.stock, bench.ends[0], FOLDER "d", &opened, &reply, &err), 0);
	CU_ASSERT_EQUAL(reply.answer, ANSWER_NO_SUCH_FILE);
	CU_ASSERT_EQUAL(opened.fd, -7);
	/* What was there is gone with the question, and nothing of it is open. */
	expect_asked(&bench, FOLDER "e", REQUEST_OPEN_NEXT, "e");
}

/* The next question is for so many, by name. */
static void expect_wanted(struct bench *bench, const char *path, const char *letters, int64_t most)
{
	will_answer(bench, REQUEST_OPEN_NEXT, letters);
	expect_opened(bench, path, letters[0]);
	CU_ASSERT_EQUAL(asked(bench, bench->ends[1]), REQUEST_OPEN_NEXT);
	expect_wish(bench, OPEN_BY_NAME, most);
}

static void more_are_wanted_of_a_client_that_takes_them(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	expect_asked(&bench, FOLDER "0", REQUEST_OPEN, "0");
	expect_wanted(&bench, FOLDER "a", "abcdefghi", 16);
	/* Others may share the folder: one of eight is enough. */
	expect_in_stock(&bench, FOLDER "d", 'd');
	expect_wanted(&bench, FOLDER "j", "jklm", 32);
	expect_in_stock(&bench, FOLDER "k", 'k');
	expect_wanted(&bench, FOLDER "n", "no", 64);
	expect_in_stock(&bench, FOLDER "o", 'o');
	expect_wanted(&bench, FOLDER "p", "pqrstuvwxy", 64);
	/* Fewer of one that takes few. */
	expect_in_stock(&bench, FOLDER "y", 'y');
	expect_wanted(&bench, FOLDER "z", "z", 32);
}

static void fewer_are_wanted_of_a_client_that_takes_long(void)
{
	OWNED_BENCH struct bench bench;

	begin(&bench);
	expect_in_stock(&bench, FOLDER "c", 'c');
	expect_wanted(&bench, FOLDER "f", "fghi", 32);
	expect_in_stock(&bench, FOLDER "g", 'g');
	outlast(&bench);
	expect_wanted(&bench, FOLDER "h", "h", 16);
}

static void who_takes_none_is_tried_in_the_other_order_and_left_alone(void)
{
	OWNED_BENCH struct bench bench;

	begin(&bench);
	will_answer(&bench, REQUEST_OPEN_NEXT, "yz");
	expect_opened(&bench, FOLDER "y", 'y');
	CU_ASSERT_EQUAL(asked(&bench, bench.ends[1]), REQUEST_OPEN_NEXT);
	expect_wish(&bench, OPEN_AS_LISTED, 16);
	for (int i = 0; i < 2; i++)
		expect_asked(&bench, FOLDER "x", REQUEST_OPEN, "x");
	/* Until the next listing. */
	stock_begin(&bench.stock);
	expect_asked(&bench, FOLDER "a", REQUEST_OPEN_NEXT, "ab");
	expect_in_stock(&bench, FOLDER "b", 'b');
}

static void what_is_in_stock_is_soon_closed(void)
{
	OWNED_BENCH struct bench bench;
	int before;

	bench_open(&bench);
	CU_ASSERT_EQUAL(stock_tidy(&bench.stock), -1);
	expect_asked(&bench, FOLDER "a", REQUEST_OPEN, "a");
	before = drops_open_fds();
	expect_asked(&bench, FOLDER "b", REQUEST_OPEN_NEXT, "bcde");
	/* Three letters, and the channel's two ends. */
	CU_ASSERT_EQUAL(drops_open_fds(), before + 5);
	CU_ASSERT_TRUE(stock_tidy(&bench.stock) > 0);
	CU_ASSERT_TRUE(stock_tidy(&bench.stock) <= AHEAD_LASTS);
	expect_in_stock(&bench, FOLDER "c", 'c');
	outlast(&bench);
	CU_ASSERT_EQUAL(drops_open_fds(), before + 2);
	expect_told(&bench, FOLDER "d", false, false);
	expect_asked(&bench, FOLDER "d", REQUEST_OPEN_NEXT, "d");
}

static void a_broker_that_takes_no_reports_is_gone(void)
{
	OWNED_BENCH struct bench bench;
	struct opened opened = {.fd = -7};
	struct reply reply;
	struct err err;

	begin(&bench);
	clean_fd(&bench.reports);
	bench.reports = -1;
	CU_ASSERT_EQUAL(
	    stock_open(&bench.stock, bench.ends[0], FOLDER "c", &opened, &reply, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_GONE);
	CU_ASSERT_EQUAL(opened.fd, -7);
}

void add_suite_stock(CU_pSuite suite)
{
	TEST(who_goes_on_is_answered_without_the_broker_who_is_told);
	TEST(what_is_there_is_told_without_being_taken);
	TEST(what_was_opened_is_told);
	TEST(who_was_told_of_all_will_be_told_of_those_behind);
	TEST(what_was_passed_over_is_still_there);
	TEST(a_letter_is_there_once);
	TEST(another_folder_has_letters_of_its_own);
	TEST(what_the_broker_refuses_is_refused);
	TEST(more_are_wanted_of_a_client_that_takes_them);
	TEST(fewer_are_wanted_of_a_client_that_takes_long);
	TEST(who_takes_none_is_tried_in_the_other_order_and_left_alone);
	TEST(what_is_in_stock_is_soon_closed);
	TEST(a_broker_that_takes_no_reports_is_gone);
}
