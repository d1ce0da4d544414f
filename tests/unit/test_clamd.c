/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/clamd.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clean.h"
#include "tests/lib/clamd_stub.h"
#include "tests/unit/suite.h"

void add_suite_clamd(CU_pSuite suite);

enum { TIMEOUT_MS = 300, FILES_MAX = 8 };

/* What clamd(8) of Debian 12 says in a session, and what it never should. */
static const struct {
	const char *line;
	bool is_answer;
	int64_t number;
	enum clamd_verdict verdict;
	const char *text;
} lines[] = {
    {"1: stream: OK", true, 1, CLAMD_CLEAN, ""},
    {"17: stream: Win.Test.EICAR_HDB-1 FOUND", true, 17, CLAMD_INFECTED, "Win.Test.EICAR_HDB-1"},
    {"2: stream: X FOUND FOUND", true, 2, CLAMD_INFECTED, "X FOUND"},
    {"2: stream: \x1b[2J\n FOUND", true, 2, CLAMD_INFECTED, " [2J "},
    {"3: INSTREAM size limit exceeded. ERROR", true, 3, CLAMD_FAILED,
        "INSTREAM size limit exceeded. ERROR"},
    {"4: stream: Can't open file ERROR", true, 4, CLAMD_FAILED, "stream: Can't open file ERROR"},
    {"5: UNKNOWN COMMAND", true, 5, CLAMD_FAILED, "UNKNOWN COMMAND"},
    /* Nothing but the two words makes it clean. */
    {"1: stream: OK ", true, 1, CLAMD_FAILED, "stream: OK "},
    {"1: stream: ok", true, 1, CLAMD_FAILED, "stream: ok"},
    {"1: stream: NOT OK", true, 1, CLAMD_FAILED, "stream: NOT OK"},
    {"1: OK", true, 1, CLAMD_FAILED, "OK"},
    {"1: stream: ", true, 1, CLAMD_FAILED, "stream: "},
    {"1: stream: FOUND", true, 1, CLAMD_FAILED, "stream: FOUND"},
    {"1: ", true, 1, CLAMD_FAILED, ""},
    {"", false, 0, CLAMD_FAILED, ""},
    {"stream: OK", false, 0, CLAMD_FAILED, ""},
    {": stream: OK", false, 0, CLAMD_FAILED, ""},
    {"1:stream: OK", false, 0, CLAMD_FAILED, ""},
    {"1", false, 0, CLAMD_FAILED, ""},
    {"-1: stream: OK", false, 0, CLAMD_FAILED, ""},
    {"99999999999999999999: stream: OK", false, 0, CLAMD_FAILED, ""},
};

static void an_answer_names_its_file_and_verdict(void)
{
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct clamd_answer answer;

		CU_ASSERT_EQUAL(clamd_parse(lines[i].line, &answer), lines[i].is_answer);
		if (!lines[i].is_answer)
			continue;
		CU_ASSERT_EQUAL(answer.number, lines[i].number);
		CU_ASSERT_EQUAL(answer.verdict, lines[i].verdict);
		CU_ASSERT_STRING_EQUAL(answer.text, lines[i].text);
		if (answer.verdict != lines[i].verdict)
			(void)fprintf(stderr, "case %zu: %d %s\n", i, answer.verdict, answer.text);
	}
}

static void count_calls(void *arg)
{
	++*(int *)arg;
}

static struct clamd_file file_of(const char *content)
{
	struct clamd_file file = {
	    .fd = memfd_create("file", MFD_CLOEXEC), .size = (int64_t)strlen(content)};

	CU_ASSERT_EQUAL(write(file.fd, content, strlen(content)), (ssize_t)strlen(content));
	return file;
}

/* What files are sent, and what comes of each. */
static const struct {
	const char *contents[FILES_MAX];
	enum clamd_verdict verdicts[FILES_MAX];
	const char *reason; /* is in it; "": all was answered */
} talks[] = {
    {{"a letter"}, {CLAMD_CLEAN}, ""},
    {{"virus"}, {CLAMD_INFECTED}, ""},
    {{"a", "virus", "b", "broken", "c"},
        {CLAMD_CLEAN, CLAMD_INFECTED, CLAMD_CLEAN, CLAMD_FAILED, CLAMD_CLEAN}, ""},
    {{"later", "virus", "later", "x"}, {CLAMD_CLEAN, CLAMD_INFECTED, CLAMD_CLEAN, CLAMD_CLEAN}, ""},
    {{"a", "large", "b"}, {CLAMD_CLEAN, CLAMD_FAILED, CLAMD_UNANSWERED}, "closed"},
    {{"a", "hang up", "b"}, {CLAMD_CLEAN, CLAMD_UNANSWERED, CLAMD_UNANSWERED}, "closed"},
    {{"hang up"}, {CLAMD_UNANSWERED}, "closed"},
    {{"a", "silent"}, {CLAMD_CLEAN, CLAMD_UNANSWERED}, "out of time"},
    {{"garbage", "b"}, {CLAMD_UNANSWERED, CLAMD_UNANSWERED}, "no answer"},
    {{"other"}, {CLAMD_UNANSWERED}, "no answer"},
    {{NULL}, {CLAMD_UNANSWERED}, ""},
};

static void each_file_gets_its_own_answer_or_none(void)
{
	for (size_t i = 0; i < COUNT(talks); i++) {
		struct clamd_file files[FILES_MAX];
		struct clamd_stub stub;
		const char *reason = NULL;
		size_t count = 0;
		int moved = 0;
		int fd;

		for (; talks[i].contents[count]; count++)
			files[count] = file_of(talks[i].contents[count]);
		clamd_stub_talk(&stub, &fd);
		CU_ASSERT_EQUAL(
		    clamd_scan(fd, files, count, TIMEOUT_MS, count_calls, &moved, &reason),
		    talks[i].reason[0] == '\0');
		CU_ASSERT_PTR_NOT_NULL(strstr(reason, talks[i].reason));
		CU_ASSERT(moved > 0);
		for (size_t j = 0; j < count; j++) {
			CU_ASSERT_EQUAL(files[j].verdict, talks[i].verdicts[j]);
			if (files[j].verdict != talks[i].verdicts[j])
				(void)fprintf(stderr, "talk %zu, file %zu: %d %s\n", i, j,
				    files[j].verdict, reason);
			clean_fd(&files[j].fd);
		}
		(void)close(fd);
		clamd_stub_end(&stub);
	}
}

/* More than sockets and memory take at once, and both ends of a chunk. */
static void a_large_file_is_sent_whole(void)
{
	static const int64_t sizes[] = {65535, 65536, 65537, 5 * 1024 * 1024 + 1};

	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct clamd_file files[] = {file_of("x"), file_of("virus"), file_of("x")};
		struct clamd_stub stub;
		const char *reason = NULL;
		int moved = 0;
		int fd;

		CU_ASSERT_EQUAL(ftruncate(files[1].fd, sizes[i]), 0);
		files[1].size = sizes[i];
		clamd_stub_talk(&stub, &fd);
		CU_ASSERT_TRUE(clamd_scan(
		    fd, files, COUNT(files), TIMEOUT_MS * 10, count_calls, &moved, &reason));
		CU_ASSERT_EQUAL(files[1].verdict, CLAMD_INFECTED);
		CU_ASSERT_EQUAL(files[2].verdict, CLAMD_CLEAN);
		(void)close(fd);
		clamd_stub_end(&stub);
		CU_ASSERT_EQUAL(stub.bytes, (size_t)sizes[i] + 2);
		for (size_t j = 0; j < COUNT(files); j++)
			clean_fd(&files[j].fd);
	}
}

/* One that has shrunk since is sent as far as it goes; one that cannot be read has no answer. */
static void what_cannot_be_sent_is_not_clean(void)
{
	struct clamd_file files[] = {
	    file_of("virus"), {.fd = open("/dev/null", O_WRONLY | O_CLOEXEC), .size = 5}};
	struct clamd_stub stub;
	const char *reason = NULL;
	int moved = 0;
	int fd;

	files[0].size = 100000;
	clamd_stub_talk(&stub, &fd);
	CU_ASSERT_FALSE(clamd_scan(fd, files, 2, TIMEOUT_MS, count_calls, &moved, &reason));
	CU_ASSERT_NOT_EQUAL(files[1].verdict, CLAMD_CLEAN);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason, "cannot be read"));
	(void)close(fd);
	clamd_stub_end(&stub);
	clean_fd(&files[0].fd);
	clean_fd(&files[1].fd);
}

void add_suite_clamd(CU_pSuite suite)
{
	TEST(an_answer_names_its_file_and_verdict);
	TEST(each_file_gets_its_own_answer_or_none);
	TEST(a_large_file_is_sent_whole);
	TEST(what_cannot_be_sent_is_not_clean);
}
