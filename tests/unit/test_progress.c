/* SPDX-License-Identifier: Apache-2.0 */
#include "base/progress.h"

#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/suite.h"

void add_suite_progress(CU_pSuite suite);

/* Up to the NUL: a terminal gives what was written in pieces. */
static void read_text(int fd, char *ret_text, size_t size)
{
	size_t length = 0;
	ssize_t count;

	do {
		count = read(fd, ret_text + length, size - 1 - length);
		length += count > 0 ? (size_t)count : 0;
		ret_text[length] = '\0';
	} while (count > 0 && strlen(ret_text) == length && length < size - 1);
}

/* Standard error is a terminal (or a pipe) while work goes on; what it shows is in ret_text. */
static void work(int reading, int writing, struct progress *progress, char *ret_text, size_t size)
{
	const struct timespec moment = {.tv_nsec = 250000000};
	int before = dup(STDERR_FILENO);

	(void)dup2(writing, STDERR_FILENO);
	progress_add(progress, 1);
	(void)nanosleep(&moment, NULL);
	progress_add(progress, 24);
	progress_end(progress);
	(void)fflush(stderr);
	(void)dup2(before, STDERR_FILENO);
	(void)close(before);
	CU_ASSERT_EQUAL(write(writing, "", 1), 1);
	read_text(reading, ret_text, size);
}

static void a_person_at_a_terminal_sees_how_far_it_is(void)
{
	struct progress progress;
	char text[256];
	int reading;
	int writing;

	CU_ASSERT_EQUAL_FATAL(openpty(&reading, &writing, NULL, NULL, NULL), 0);
	progress_start(&progress, "letters", 100);
	work(reading, writing, &progress, text, sizeof(text));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "25 of 100 letters, about "));
	/* The line is gone when the work is done. */
	CU_ASSERT_PTR_NOT_NULL(strstr(text, " s left\r\033[K"));
	(void)close(reading);
	(void)close(writing);
}

static void nothing_is_printed_where_nobody_looks(void)
{
	struct progress progress;
	char text[256] = "x";
	int ends[2];

	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	progress_start(&progress, "letters", 0);
	work(ends[0], ends[1], &progress, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "");
	(void)close(ends[0]);
	(void)close(ends[1]);
}

void add_suite_progress(CU_pSuite suite)
{
	TEST(a_person_at_a_terminal_sees_how_far_it_is);
	TEST(nothing_is_printed_where_nobody_looks);
}
