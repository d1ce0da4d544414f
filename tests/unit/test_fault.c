/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fault.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/child.h"
#include "tests/unit/suite.h"

/*
 * A process reads the variable once, and a suite before this one may have been there. So these
 * tests have a copy of the file to themselves, which is still new in every child.
 */
#ifdef EDELIVERY_FAULTS
bool fault_here_afresh(const char *point);
#define fault_here fault_here_afresh
#include "base/fault.c"
#undef fault_here
#else
static bool fault_here_afresh(const char *point)
{
	return fault_here(point);
}
#endif

void add_suite_fault(CU_pSuite suite);

/* A child that says on stderr which of its visits to the points a, b, a, b, a, b failed. */
static void visit(const void *variable)
{
	if (variable)
		(void)setenv("EDELIVERY_FAULT", variable, 1);
	else
		(void)unsetenv("EDELIVERY_FAULT");
	for (int i = 1; i <= 6; i++) {
		bool failed = fault_here_afresh(i % 2 ? "a" : "b");

		(void)fprintf(stderr, "%s%d", failed ? "!" : "", i);
	}
}

static const struct {
	const char *variable;
	const char *said;
	int signal; /* that ended it */
} rows[] = {
    {NULL, "123456", 0},
    {"", "123456", 0},
    {"a=fail", "!123456", 0},
    {"b=fail", "1!23456", 0},
    {"a=fail@1", "!123456", 0},
    {"a=fail@2", "12!3456", 0},
    {"b=fail@3", "12345!6", 0},
    {"b=fail@4", "123456", 0},
    {"a=fail@0", "123456", 0},
    {"c=fail", "123456", 0},
    {"a", "123456", 0},
    {"=fail", "123456", 0},
    {"a=", "123456", 0},
    {"a=explode", "123456", 0},
    {"a=failfailfail", "123456", 0},
    {"a=kill", "", SIGKILL},
    {"b=kill@2", "123", SIGKILL},
    {"c=kill", "123456", 0},
};

static void does_what_the_variable_says_at_the_point(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct child_end end;

		child_run(visit, rows[i].variable, &end);
#ifdef EDELIVERY_FAULTS
		CU_ASSERT_STRING_EQUAL(end.said, rows[i].said);
		CU_ASSERT_EQUAL(
		    WIFSIGNALED(end.status) ? WTERMSIG(end.status) : end.status, rows[i].signal);
#else
		CU_ASSERT_STRING_EQUAL(end.said, "123456");
		CU_ASSERT_EQUAL(end.status, 0);
#endif
	}
}

#ifdef EDELIVERY_FAULTS
static void stops_until_it_is_continued(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		bool failed;

		(void)alarm(20);
		(void)setenv("EDELIVERY_FAULT", "a=stop", 1);
		failed = fault_here_afresh("a");
		_exit(failed ? EXIT_FAILURE : EXIT_SUCCESS);
	}
	CU_ASSERT_EQUAL(waitpid(pid, &status, WUNTRACED), pid);
	CU_ASSERT_TRUE(WIFSTOPPED(status));
	CU_ASSERT_EQUAL(kill(pid, SIGCONT), 0);
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT_EQUAL(status, 0);
}

static void takes_no_point_that_is_too_long(void)
{
	char variable[128] = "";
	struct child_end end;

	memset(variable, 'a', 64);
	memcpy(variable + 64, "=kill", sizeof("=kill"));
	child_run(visit, variable, &end);
	CU_ASSERT_STRING_EQUAL(end.said, "123456");
}
#endif

void add_suite_fault(CU_pSuite suite)
{
	TEST(does_what_the_variable_says_at_the_point);
#ifdef EDELIVERY_FAULTS
	TEST(stops_until_it_is_continued);
	TEST(takes_no_point_that_is_too_long);
#endif
}
