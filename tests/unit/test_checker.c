/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/message.h"
#include "base/number.h"
#include "batch/checker.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_checker(CU_pSuite suite);

/* A file to be judged; the descriptor is the caller's. */
static struct check check_of(enum letter_format format, const char *content)
{
	struct check check = {.fd = memfd_create("check", MFD_CLOEXEC),
	    .size = (int64_t)strlen(content),
	    .format = format,
	    .verdict = FORMAT_VERDICT_COUNT};

	CU_ASSERT_EQUAL(write(check.fd, content, strlen(content)), (ssize_t)strlen(content));
	return check;
}

static void close_all(struct check *checks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		clean_fd(&checks[i].fd);
}

static void each_file_gets_its_own_verdict(void)
{
	struct check checks[] = {
	    check_of(FORMAT_PDF, DROPS_PDF),
	    check_of(FORMAT_PDF, "%PDF-1.4"),
	    check_of(FORMAT_PDF, "<html>"),
	    check_of(FORMAT_X12, DROPS_X12),
	    check_of(FORMAT_X12, DROPS_PDF),
	    check_of(FORMAT_ANY, "anything"),
	    check_of(FORMAT_ANY, ""),
	    check_of(FORMAT_PDF, "\xef\xbb\xbf" DROPS_PDF),
	    check_of(FORMAT_PDF, "PK\x03\x04" DROPS_PDF),
	    check_of(FORMAT_PDF, "<html>" DROPS_PDF),
	    check_of(FORMAT_MEDIA, "a letter, in plain words\n"),
	    check_of(FORMAT_MEDIA, DROPS_PDF),
	    check_of(FORMAT_MEDIA, ""),
	};
	static const enum format_verdict verdicts[] = {FORMAT_WHOLE, FORMAT_CUT_OFF, FORMAT_WRONG,
	    FORMAT_WHOLE, FORMAT_WRONG, FORMAT_WHOLE, FORMAT_CUT_OFF, FORMAT_WHOLE, FORMAT_WRONG,
	    FORMAT_WRONG, FORMAT_WHOLE, FORMAT_WRONG, FORMAT_CUT_OFF};
	struct checker checker;
	struct err err;

	for (size_t i = 0; i < COUNT(checks); i++)
		checks[i].media = "text/plain";

	CU_ASSERT_EQUAL_FATAL(checker_start(&checker, &err), 0);
	CU_ASSERT_EQUAL(checker_judge(&checker, checks, COUNT(checks), &err), 0);
	for (size_t i = 0; i < COUNT(checks); i++) {
		CU_ASSERT_EQUAL(checks[i].verdict, verdicts[i]);
		if (verdicts[i] != FORMAT_WHOLE)
			CU_ASSERT_NOT_EQUAL(checks[i].reason[0], '\0');
	}
	CU_ASSERT_EQUAL(checker_judge(&checker, checks, 0, &err), 0);
	checker_stop(&checker);
	close_all(checks, COUNT(checks));
}

/* The two samples are read from where they are, also of a file that is large, or shrank. */
static void a_file_is_read_at_both_ends(void)
{
	enum { LARGE = 3 * 1024 * 1024 };
	struct check checks[] = {
	    check_of(FORMAT_PDF, DROPS_PDF),
	    check_of(FORMAT_PDF, DROPS_PDF),
	    check_of(FORMAT_PDF, DROPS_PDF),
	};
	struct checker checker;
	struct err err;

	CU_ASSERT_EQUAL(pwrite(checks[0].fd, "%%EOF\n", 6, LARGE), 6);
	checks[0].size = LARGE + 6;
	CU_ASSERT_EQUAL(pwrite(checks[1].fd, "xxx", 3, LARGE), 3);
	checks[1].size = LARGE + 3;
	checks[2].size = LARGE;
	CU_ASSERT_EQUAL_FATAL(checker_start(&checker, &err), 0);
	CU_ASSERT_EQUAL(checker_judge(&checker, checks, COUNT(checks), &err), 0);
	CU_ASSERT_EQUAL(checks[0].verdict, FORMAT_WHOLE);
	CU_ASSERT_EQUAL(checks[1].verdict, FORMAT_CUT_OFF);
	CU_ASSERT_EQUAL(checks[2].verdict, FORMAT_CUT_OFF);
	checker_stop(&checker);
	close_all(checks, COUNT(checks));
}

/* Not only its ends: what an IEA says of the segments between, however many there are. */
static void an_x12_file_is_read_from_end_to_end(void)
{
	enum { LARGE = 200 * 1024 };
	static const char iea[] = "~IEA*1*000000001~";
	struct check checks[] = {
	    check_of(FORMAT_X12, DROPS_X12),
	    check_of(FORMAT_X12, DROPS_X12),
	};
	struct checker checker;
	char filler[512];
	struct err err;

	memset(filler, 'x', sizeof(filler));
	memcpy(filler, "~GS*", 4);
	for (size_t i = 0; i < COUNT(checks); i++) {
		/* One group more, in the middle of one of them. */
		off_t at = (off_t)strlen(DROPS_X12) - 18;

		for (; at < LARGE; at += (off_t)sizeof(filler)) {
			filler[1] = i == 1 && at > LARGE / 2 && at < LARGE / 2 + 512 ? 'G' : 'x';
			CU_ASSERT_EQUAL(pwrite(checks[i].fd, filler, sizeof(filler), at),
			    (ssize_t)sizeof(filler));
		}
		CU_ASSERT_EQUAL(
		    pwrite(checks[i].fd, iea, sizeof(iea) - 1, at), (ssize_t)sizeof(iea) - 1);
		checks[i].size = at + (off_t)sizeof(iea) - 1;
	}
	CU_ASSERT_EQUAL_FATAL(checker_start(&checker, &err), 0);
	CU_ASSERT_EQUAL(checker_judge(&checker, checks, COUNT(checks), &err), 0);
	CU_ASSERT_EQUAL(checks[0].verdict, FORMAT_WHOLE);
	CU_ASSERT_EQUAL(checks[1].verdict, FORMAT_WRONG);
	CU_ASSERT_PTR_NOT_NULL(strstr(checks[1].reason, "groups"));
	checker_stop(&checker);
	close_all(checks, COUNT(checks));
}

static void more_files_than_a_message_holds_are_judged(void)
{
	enum { MANY = 2 * MESSAGE_FDS_MAX + 3 };
	struct check checks[MANY];
	struct checker checker;
	struct err err;

	for (int i = 0; i < MANY; i++)
		checks[i] = check_of(FORMAT_PDF, i % 3 ? DROPS_PDF : "%PDF-");
	CU_ASSERT_EQUAL_FATAL(checker_start(&checker, &err), 0);
	CU_ASSERT_EQUAL(checker_judge(&checker, checks, MANY, &err), 0);
	for (int i = 0; i < MANY; i++)
		CU_ASSERT_EQUAL(checks[i].verdict, i % 3 ? FORMAT_WHOLE : FORMAT_CUT_OFF);
	checker_stop(&checker);
	close_all(checks, MANY);
}

static void a_checker_that_died_is_replaced(void)
{
	struct check checks[] = {check_of(FORMAT_PDF, DROPS_PDF), check_of(FORMAT_PDF, "%PDF-1.4")};
	struct checker checker;
	pid_t first;
	struct err err;

	CU_ASSERT_EQUAL_FATAL(checker_start(&checker, &err), 0);
	for (int i = 0; i < 3; i++) {
		first = checker.process.pid;
		CU_ASSERT_EQUAL(kill(first, SIGKILL), 0);
		CU_ASSERT_EQUAL(checker_judge(&checker, checks, COUNT(checks), &err), 0);
		CU_ASSERT_EQUAL(checks[0].verdict, FORMAT_WHOLE);
		CU_ASSERT_EQUAL(checks[1].verdict, FORMAT_CUT_OFF);
		CU_ASSERT_NOT_EQUAL(checker.process.pid, first);
		checks[0].verdict = FORMAT_VERDICT_COUNT;
		checks[1].verdict = FORMAT_VERDICT_COUNT;
	}
	checker_stop(&checker);
	close_all(checks, COUNT(checks));
}

static void a_stopped_checker_is_started_when_it_is_needed(void)
{
	struct check check = check_of(FORMAT_PDF, DROPS_PDF);
	struct checker checker;
	int before = drops_open_fds();
	struct err err;

	CU_ASSERT_EQUAL_FATAL(checker_start(&checker, &err), 0);
	checker_stop(&checker);
	checker_stop(&checker);
	CU_ASSERT_EQUAL(checker.process.pid, 0);
	CU_ASSERT_EQUAL(drops_open_fds(), before);
	CU_ASSERT_EQUAL(checker_judge(&checker, &check, 1, &err), 0);
	CU_ASSERT_EQUAL(check.verdict, FORMAT_WHOLE);
	CU_ASSERT_NOT_EQUAL(checker.process.pid, 0);
	checker_stop(&checker);
	CU_ASSERT_EQUAL(drops_open_fds(), before);
	clean_fd(&check.fd);
}

#ifndef EDELIVERY_SANITIZED /* the sanitizers need the memory themselves */
/* Without its libraries, say, or libmagic's database it cannot even begin: no file's fault. */
static void a_checker_that_cannot_begin_refuses_nothing(void)
{
	struct check checks[] = {check_of(FORMAT_PDF, DROPS_PDF), check_of(FORMAT_PDF, "<html>")};
	struct checker checker = {.channel = -1};
	struct rlimit before;
	struct rlimit little;
	int fds = drops_open_fds();
	struct err err;

	CU_ASSERT_EQUAL(getrlimit(RLIMIT_DATA, &before), 0);
	little = (struct rlimit){.rlim_cur = 65536, .rlim_max = before.rlim_max};
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_DATA, &little), 0);
	CU_ASSERT_EQUAL(checker_judge(&checker, checks, COUNT(checks), &err), -1);
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_DATA, &before), 0);
	CU_ASSERT_EQUAL(err.kind, ERR_RETRY);
	CU_ASSERT_EQUAL(checks[0].verdict, FORMAT_VERDICT_COUNT);
	CU_ASSERT_EQUAL(checks[1].verdict, FORMAT_VERDICT_COUNT);
	CU_ASSERT_EQUAL(drops_open_fds(), fds);
	CU_ASSERT_EQUAL(checker_judge(&checker, checks, COUNT(checks), &err), 0);
	CU_ASSERT_EQUAL(checks[0].verdict, FORMAT_WHOLE);
	checker_stop(&checker);
	close_all(checks, COUNT(checks));
}
#endif

/* A descriptor that cannot be read is judged by what there is of it: nothing. */
static void what_cannot_be_read_is_not_whole(void)
{
	struct check checks[] = {
	    {.fd = open("/dev/null", O_WRONLY | O_CLOEXEC), .size = 5, .format = FORMAT_PDF},
	    check_of(FORMAT_PDF, DROPS_PDF),
	};
	struct checker checker;
	struct err err;

	CU_ASSERT_EQUAL_FATAL(checker_start(&checker, &err), 0);
	CU_ASSERT_EQUAL(checker_judge(&checker, checks, COUNT(checks), &err), 0);
	CU_ASSERT_EQUAL(checks[0].verdict, FORMAT_CUT_OFF);
	CU_ASSERT_EQUAL(checks[1].verdict, FORMAT_WHOLE);
	checker_stop(&checker);
	close_all(checks, COUNT(checks));
}

/* What a checker gets that the daemon would never send: it goes, and answers nothing. */
static void a_request_that_is_none_ends_it(void)
{
	static struct message message;
	struct check check = check_of(FORMAT_PDF, DROPS_PDF);
	static const int64_t wrong[][2] = {{-1, FORMAT_PDF}, {21, 99}, {21, -1}};
	struct err err;

	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct checker checker;

		CU_ASSERT_EQUAL_FATAL(checker_start(&checker, &err), 0);
		message_start(&message, 1);
		message_put_fd(&message, check.fd);
		message_put_int(&message, wrong[i][0]);
		message_put_int(&message, wrong[i][1]);
		message_put_text(&message, "");
		CU_ASSERT_EQUAL(message_ask(checker.channel, &message, 5000, &err), -1);
		CU_ASSERT_EQUAL(err.kind, ERR_GONE);
		checker_stop(&checker);
	}
	clean_fd(&check.fd);
}

void add_suite_checker(CU_pSuite suite)
{
	TEST(each_file_gets_its_own_verdict);
	TEST(a_file_is_read_at_both_ends);
	TEST(an_x12_file_is_read_from_end_to_end);
	TEST(more_files_than_a_message_holds_are_judged);
	TEST(a_checker_that_died_is_replaced);
	TEST(a_stopped_checker_is_started_when_it_is_needed);
	TEST(what_cannot_be_read_is_not_whole);
	TEST(a_request_that_is_none_ends_it);
#ifndef EDELIVERY_SANITIZED
	TEST(a_checker_that_cannot_begin_refuses_nothing);
#endif
}
