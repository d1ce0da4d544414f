/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "tests/lib/child.h"
#include "tests/unit/suite.h"

void add_suite_log(CU_pSuite suite);

/* A line of each level, from a child in which journald reads, or a person. */
struct setting {
	enum log_level least;
	bool journal;
	const char *text;
};

static void log_all(const void *arg)
{
	const struct setting *setting = arg;

	if (setting->journal)
		(void)setenv("JOURNAL_STREAM", "1:2", 1);
	else
		(void)unsetenv("JOURNAL_STREAM");
	clock_freeze(1553690096 * SECOND);
	log_open("test", setting->least);
	log_error("%s=1", setting->text);
	log_warning("%s=2", setting->text);
	log_info("%s=3", setting->text);
	log_debug("%s=4", setting->text);
}

/* What the child said, without the numbers of processes. */
static void said(const struct setting *setting, char *ret_said, size_t size)
{
	struct child_end end;
	size_t used = 0;

	child_run(log_all, setting, &end);
	CU_ASSERT_EQUAL(end.status, 0);
	for (const char *at = end.said; *at && used < size - 1; at++) {
		ret_said[used++] = *at;
		if (*at == '[')
			at += strspn(at + 1, "0123456789");
	}
	ret_said[used] = '\0';
}

static void drops_lines_below_the_least_level(void)
{
	static const struct {
		enum log_level least;
		const char *said;
	} rows[] = {
	    {LOG_LEVEL_ERROR, "<3>a=1\n"},
	    {LOG_LEVEL_WARNING, "<3>a=1\n<4>a=2\n"},
	    {LOG_LEVEL_INFO, "<3>a=1\n<4>a=2\n<6>a=3\n"},
	    {LOG_LEVEL_DEBUG, "<3>a=1\n<4>a=2\n<6>a=3\n<7>a=4\n"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct setting setting = {rows[i].least, true, "a"};
		char text[1024];

		said(&setting, text, sizeof(text));
		CU_ASSERT_STRING_EQUAL(text, rows[i].said);
	}
}

/* They come all, in order, and whole, more of them than are written at a time. */
static void log_many(const void *arg)
{
	(void)arg;
	(void)setenv("JOURNAL_STREAM", "1:2", 1);
	log_open("test", LOG_LEVEL_INFO);
	log_gather();
	for (int i = 0; i < 20; i++)
		log_info("%d=%0*d", i, i == 10 ? 2000 : 90, 0);
	log_release();
	log_info("end");
}

static void gathered_lines_are_those_that_were_logged(void)
{
	static struct child_end end;
	const char *at = end.said;

	child_run(log_many, NULL, &end);
	for (int i = 0; i < 20; i++) {
		char start[32];

		(void)snprintf(start, sizeof(start), "<6>%d=0", i);
		CU_ASSERT_EQUAL(strncmp(at, start, strlen(start)), 0);
		at = strchr(at, '\n') ? strchr(at, '\n') + 1 : "";
	}
	CU_ASSERT_STRING_EQUAL(at, "<6>end\n");
}

static void tells_people_time_program_and_level(void)
{
	static const struct setting setting = {LOG_LEVEL_DEBUG, false, "a"};
	char text[1024];

	said(&setting, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "2019-03-27T12:34:56Z test[] error: a=1\n"
	                             "2019-03-27T12:34:56Z test[] warning: a=2\n"
	                             "2019-03-27T12:34:56Z test[] info: a=3\n"
	                             "2019-03-27T12:34:56Z test[] debug: a=4\n");
}

static void names_the_process_that_writes(void)
{
	static const struct setting setting = {LOG_LEVEL_ERROR, false, "a"};
	struct child_end end;
	char own[32];

	child_run(log_all, &setting, &end);
	(void)snprintf(own, sizeof(own), " test[%d] ", (int)getpid());
	CU_ASSERT_PTR_NOT_NULL(strstr(end.said, " test["));
	CU_ASSERT_PTR_NULL(strstr(end.said, own));
}

static void keeps_every_call_on_one_harmless_line(void)
{
	static const struct {
		const char *text;
		const char *said;
	} rows[] = {
	    {"a\n<3>b", "<3>a\\x0a<3>b=1\n"},
	    {"\x1b[J\r\t\x7f", "<3>\\x1b[J\\x0d\\x09\\x7f=1\n"},
	    {"\xc3\xa9/\\", "<3>\xc3\xa9/\\=1\n"},
	    {"\xff\xc2\x9b", "<3>\\xff\\xc2\\x9b=1\n"},
	    {"\xe2\x80\xae", "<3>\\xe2\\x80\\xae=1\n"},
	    {"%s%n", "<3>%s%n=1\n"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct setting setting = {LOG_LEVEL_ERROR, true, rows[i].text};
		char text[1024];

		said(&setting, text, sizeof(text));
		CU_ASSERT_STRING_EQUAL(text, rows[i].said);
	}
}

static void cuts_a_long_line_and_ends_it(void)
{
	static char bytes[8192];
	struct setting setting = {LOG_LEVEL_ERROR, true, bytes};
	struct child_end end;

	memset(bytes, 'a', sizeof(bytes) - 1);
	child_run(log_all, &setting, &end);
	CU_ASSERT_EQUAL(strlen(end.said), 3 + 2047 + 1);
	CU_ASSERT_EQUAL(end.said[strlen(end.said) - 1], '\n');
	/* Four characters for each byte. */
	memset(bytes, '\n', sizeof(bytes) - 1);
	setting.journal = false;
	child_run(log_all, &setting, &end);
	CU_ASSERT_EQUAL(strlen(end.said), sizeof(end.said) - 1);
	CU_ASSERT_PTR_NULL(strchr(end.said, '\n'));
}

static void log_to_nobody(const void *arg)
{
	(void)close(STDERR_FILENO);
	log_all(arg);
}

static void goes_on_when_nobody_reads(void)
{
	static const struct setting setting = {LOG_LEVEL_DEBUG, false, "a"};

	CU_ASSERT_TRUE(child_succeeds(log_to_nobody, &setting));
}

void add_suite_log(CU_pSuite suite)
{
	TEST(drops_lines_below_the_least_level);
	TEST(gathered_lines_are_those_that_were_logged);
	TEST(tells_people_time_program_and_level);
	TEST(names_the_process_that_writes);
	TEST(keeps_every_call_on_one_harmless_line);
	TEST(cuts_a_long_line_and_ends_it);
	TEST(goes_on_when_nobody_reads);
}
