/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/scanner.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/number.h"
#include "base/text.h"
#include "tests/lib/clamd_stub.h"
#include "tests/lib/drops.h"
#include "tests/lib/scratch.h"
#include "tests/unit/suite.h"

void add_suite_scanner(CU_pSuite suite);

/* A scanner, its clamd, and where that listens. */
struct bench {
	struct scratch scratch;
	struct settings settings;
	struct scanner scanner;
	struct clamd_stub stub;
};

static void bench_open(struct bench *bench)
{
	scratch_open(&bench->scratch);
	bench->settings = (struct settings){.drop_clamd_timeout = SECOND};
	(void)snprintf(bench->settings.drop_clamd, sizeof(bench->settings.drop_clamd), "%s/clamd",
	    bench->scratch.path);
	scanner_init(&bench->scanner, &bench->settings);
	clamd_stub_listen(&bench->stub, bench->settings.drop_clamd);
}

static void bench_close(struct bench *bench)
{
	scanner_done(&bench->scanner);
	clamd_stub_end(&bench->stub);
	scratch_close(&bench->scratch);
}
#define OWNED_BENCH OWNED(bench_close)

static struct clamd_file file_of(const char *content)
{
	struct clamd_file file = {.fd = memfd_create("file", MFD_CLOEXEC),
	    .size = (int64_t)strlen(content),
	    .verdict = CLAMD_CLEAN};

	CU_ASSERT_EQUAL(write(file.fd, content, strlen(content)), (ssize_t)strlen(content));
	return file;
}

/* The verdict about a file with that content. */
static enum clamd_verdict scan(struct bench *bench, const char *content)
{
	struct clamd_file file = file_of(content);

	CU_ASSERT_TRUE(scanner_scan(&bench->scanner, &file, 1));
	clean_fd(&file.fd);
	return file.verdict;
}

/* Five seconds later. */
static enum scanner_news look_later(struct bench *bench)
{
	bench->scanner.next_probe = 0;
	return scanner_look(&bench->scanner);
}

/* It is told once that it is down, and once that it is there again. */
static void expect_back(struct bench *bench)
{
	CU_ASSERT_EQUAL(scanner_look(&bench->scanner), SCANNER_IS_DOWN);
	CU_ASSERT_EQUAL(look_later(bench), SCANNER_IS_BACK);
	CU_ASSERT_EQUAL(look_later(bench), SCANNER_AS_BEFORE);
	CU_ASSERT_FALSE(bench->scanner.is_down);
}

static void files_are_judged_by_clamd(void)
{
	OWNED_BENCH struct bench bench;
	int before;

	bench_open(&bench);
	before = drops_open_fds();
	CU_ASSERT_TRUE(scanner_is_on(&bench.scanner));
	CU_ASSERT_EQUAL(scan(&bench, "a letter"), CLAMD_CLEAN);
	CU_ASSERT_EQUAL(scan(&bench, "virus"), CLAMD_INFECTED);
	CU_ASSERT_EQUAL(scan(&bench, "broken"), CLAMD_FAILED);
	CU_ASSERT_FALSE(bench.scanner.is_down);
	CU_ASSERT_TRUE(scanner_scan(&bench.scanner, NULL, 0));
	scanner_done(&bench.scanner);
	/* The other end is in this process, too, and closes its own when it hears of that. */
	for (int i = 0; i < 500 && drops_open_fds() != before; i++)
		(void)usleep(10000);
	CU_ASSERT_EQUAL(drops_open_fds(), before);
}

/* A file that is too large for clamd costs the connection, and the others nothing. */
static void who_is_asked_with_a_file_that_ends_the_connection_is_asked_again(void)
{
	enum { MANY = 150 };
	OWNED_BENCH struct bench bench;
	struct clamd_file files[MANY];

	bench_open(&bench);
	for (int i = 0; i < MANY; i++)
		files[i] = file_of(i % 50 == 7 ? "large" : i % 50 == 8 ? "virus" : "a letter");
	CU_ASSERT_TRUE(scanner_scan(&bench.scanner, files, MANY));
	CU_ASSERT_FALSE(bench.scanner.is_down);
	for (int i = 0; i < MANY; i++) {
		CU_ASSERT_EQUAL(files[i].verdict, i % 50 == 7   ? CLAMD_FAILED
		                                  : i % 50 == 8 ? CLAMD_INFECTED
		                                                : CLAMD_CLEAN);
		if (files[i].verdict == CLAMD_INFECTED)
			CU_ASSERT_STRING_EQUAL(files[i].text, "Test.Virus");
		clean_fd(&files[i].fd);
	}
}

/* Fail closed: away, silent or gone, it is down, nothing is clean, and nobody is asked again. */
static void without_an_answer_nothing_is_clean(void)
{
	static const char *const ends[] = {"silent", "hang up", "garbage"};
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	for (size_t i = 0; i < COUNT(ends); i++) {
		int asked;

		CU_ASSERT_EQUAL(scan(&bench, ends[i]), CLAMD_UNANSWERED);
		CU_ASSERT_TRUE(bench.scanner.is_down);
		CU_ASSERT_NOT_EQUAL(bench.scanner.why[0], '\0');
		asked = bench.stub.connections;
		CU_ASSERT_EQUAL(scan(&bench, "a letter"), CLAMD_UNANSWERED);
		CU_ASSERT_EQUAL(bench.stub.connections, asked);
		expect_back(&bench);
		CU_ASSERT_EQUAL(scan(&bench, "a letter"), CLAMD_CLEAN);
	}
}

static void clamd_may_go_and_come_back(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(scan(&bench, "a letter"), CLAMD_CLEAN);
		clamd_stub_end(&bench.stub);
		CU_ASSERT_EQUAL(scan(&bench, "a letter"), CLAMD_UNANSWERED);
		CU_ASSERT_PTR_NOT_NULL(strstr(bench.scanner.why, "not there"));
		CU_ASSERT_EQUAL(scanner_look(&bench.scanner), SCANNER_IS_DOWN);
		CU_ASSERT_EQUAL(look_later(&bench), SCANNER_AS_BEFORE);
		CU_ASSERT_TRUE(bench.scanner.is_down);
		clamd_stub_listen(&bench.stub, bench.settings.drop_clamd);
		/* It is not asked all the time. */
		CU_ASSERT_EQUAL(scanner_look(&bench.scanner), SCANNER_AS_BEFORE);
		CU_ASSERT_EQUAL(look_later(&bench), SCANNER_IS_BACK);
		CU_ASSERT_FALSE(bench.scanner.is_down);
	}
}

static void a_scanner_that_died_is_replaced(void)
{
	OWNED_BENCH struct bench bench;
	pid_t first;

	bench_open(&bench);
	CU_ASSERT_EQUAL(scan(&bench, "a letter"), CLAMD_CLEAN);
	first = bench.scanner.process.pid;
	CU_ASSERT_EQUAL(kill(first, SIGKILL), 0);
	CU_ASSERT_EQUAL(scan(&bench, "a letter"), CLAMD_UNANSWERED);
	expect_back(&bench);
	CU_ASSERT_EQUAL(scan(&bench, "virus"), CLAMD_INFECTED);
	CU_ASSERT_NOT_EQUAL(bench.scanner.process.pid, first);
}

/* However long clamd takes: who is told to stop does not wait for it. */
static void who_is_told_to_stop_does_not_wait(void)
{
	OWNED_BENCH struct bench bench;
	struct clamd_file file = file_of("silent");
	sigset_t stop;
	int number;

	bench_open(&bench);
	bench.scanner.timeout = 60 * SECOND;
	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &stop, NULL);
	(void)raise(SIGTERM);
	CU_ASSERT_FALSE(scanner_scan(&bench.scanner, &file, 1));
	CU_ASSERT_NOT_EQUAL(file.verdict, CLAMD_CLEAN);
	CU_ASSERT_FALSE(bench.scanner.is_down);
	CU_ASSERT_EQUAL(sigwait(&stop, &number), 0);
	(void)sigprocmask(SIG_UNBLOCK, &stop, NULL);
	clean_fd(&file.fd);
}

void add_suite_scanner(CU_pSuite suite)
{
	TEST(files_are_judged_by_clamd);
	TEST(who_is_asked_with_a_file_that_ends_the_connection_is_asked_again);
	TEST(without_an_answer_nothing_is_clean);
	TEST(clamd_may_go_and_come_back);
	TEST(a_scanner_that_died_is_replaced);
	TEST(who_is_told_to_stop_does_not_wait);
}
