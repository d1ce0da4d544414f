/* SPDX-License-Identifier: Apache-2.0 */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/number.h"
#include "tests/lib/child.h"
#include "tests/unit/suite.h"

void add_suite_process(CU_pSuite suite);

enum { MS = SECOND / 1000 };

/* Run a line of shell with those descriptors. */
static struct process start(const char *line, const int *fds, size_t fd_count)
{
	const char *argv[] = {"/bin/sh", "-c", line, NULL};
	struct process process = {0, -1};
	struct err err;

	CU_ASSERT_EQUAL_FATAL(process_start(argv, fds, fd_count, &process, &err), 0);
	return process;
}

/* Wait for it to end. Returns its status. */
static int end_of(struct process *process)
{
	struct pollfd wait = {.fd = process->pidfd, .events = POLLIN};
	int status = -1;

	CU_ASSERT_EQUAL(poll(&wait, 1, 20000), 1);
	CU_ASSERT_TRUE(process_has_ended(process, &status));
	return status;
}

/* What comes out of fd until everybody has closed its other side. */
static void read_text(int fd, char *ret_text, size_t size)
{
	size_t used = 0;
	ssize_t count;

	while ((count = read(fd, ret_text + used, size - 1 - used)) > 0)
		used += (size_t)count;
	ret_text[used] = '\0';
}

static void tells_how_it_ended_and_forgets_it(void)
{
	static const struct {
		const char *line;
		const char *end;
	} rows[] = {
	    {"exit 0", "exit 0"},
	    {"exit 75", "exit 75"},
	    {"kill -9 $$", "signal 9"},
	    {"kill -TERM $$", "signal 15"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct process process = start(rows[i].line, NULL, 0);
		int pidfd = process.pidfd;
		char text[32];
		int status;

		CU_ASSERT_TRUE(process.pid > 0);
		CU_ASSERT_TRUE(fcntl(pidfd, F_GETFD) & FD_CLOEXEC);
		process_print_end(end_of(&process), text);
		CU_ASSERT_STRING_EQUAL(text, rows[i].end);
		CU_ASSERT_EQUAL(process.pid, 0);
		CU_ASSERT_EQUAL(fcntl(pidfd, F_GETFD), -1);
		status = 42;
		CU_ASSERT_FALSE(process_has_ended(&process, &status));
		CU_ASSERT_EQUAL(status, 42);
	}
}

static void has_not_ended_while_it_runs(void)
{
	struct process process;
	int ends[2];
	int status = 42;

	CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
	process = start("read line <&3; exit 3", &ends[0], 1);
	CU_ASSERT_FALSE(process_has_ended(&process, &status));
	CU_ASSERT_EQUAL(status, 42);
	CU_ASSERT_TRUE(process.pid > 0);
	CU_ASSERT_EQUAL(write(ends[1], "\n", 1), 1);
	CU_ASSERT_EQUAL(WEXITSTATUS(end_of(&process)), 3);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void puts_the_descriptors_in_their_places(void)
{
	int pipes[3][2];
	int fds[3];
	char text[64];
	struct process process;

	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL_FATAL(pipe2(pipes[i], O_CLOEXEC), 0);
	/* Backwards, so that they are in each other's way. */
	for (int i = 0; i < 3; i++)
		fds[i] = pipes[2 - i][1];
	process = start("echo three >&3; echo four >&4; echo five >&5", fds, 3);
	for (int i = 0; i < 3; i++)
		(void)close(pipes[i][1]);
	read_text(pipes[2][0], text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "three\n");
	read_text(pipes[1][0], text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "four\n");
	read_text(pipes[0][0], text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "five\n");
	CU_ASSERT_EQUAL(end_of(&process), 0);
	for (int i = 0; i < 3; i++)
		(void)close(pipes[i][0]);
}

static void gives_the_same_descriptor_twice(void)
{
	int ends[2];
	int fds[2];
	char text[64];
	struct process process;

	CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
	fds[0] = ends[1];
	fds[1] = ends[1];
	process = start("echo three >&3; echo four >&4", fds, 2);
	(void)close(ends[1]);
	read_text(ends[0], text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "three\nfour\n");
	CU_ASSERT_EQUAL(end_of(&process), 0);
	(void)close(ends[0]);
}

static void hands_down_no_other_descriptor(void)
{
	int ends[2];
	int low = dup(STDERR_FILENO);
	int high = fcntl(STDERR_FILENO, F_DUPFD, 100);
	char text[256];
	struct process process;

	CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
	process = start("fd=3; while [ $fd -lt 128 ]; do [ -e /proc/$$/fd/$fd ] && echo $fd >&3; "
	                "fd=$((fd + 1)); done; exit 0",
	    &ends[1], 1);
	(void)close(ends[1]);
	read_text(ends[0], text, sizeof(text));
	CU_ASSERT_EQUAL(end_of(&process), 0);
	CU_ASSERT_STRING_EQUAL(text, "3\n");
	(void)close(ends[0]);
	(void)close(low);
	(void)close(high);
}

static void starts_with_no_signal_blocked_or_ignored(void)
{
	static const struct {
		const char *line;
		int number;
	} rows[] = {
	    {"kill -USR1 $$; exit 0", SIGUSR1},
	    {"kill -TERM $$; exit 0", SIGTERM},
	    {"kill -PIPE $$; exit 0", SIGPIPE},
	};
	void (*handler)(int) = signal(SIGPIPE, SIG_IGN);
	sigset_t all;
	sigset_t before;

	(void)sigfillset(&all);
	CU_ASSERT_EQUAL(sigprocmask(SIG_BLOCK, &all, &before), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct process process = start(rows[i].line, NULL, 0);
		int status = end_of(&process);

		CU_ASSERT_TRUE(WIFSIGNALED(status));
		CU_ASSERT_EQUAL(WTERMSIG(status), rows[i].number);
	}
	CU_ASSERT_EQUAL(sigprocmask(SIG_SETMASK, &before, NULL), 0);
	(void)signal(SIGPIPE, handler);
}

static void start_what_there_is_not(const void *path)
{
	const char *argv[] = {path, NULL};
	struct process process;
	int status;
	struct err err;

	CHILD_MUST(process_start(argv, NULL, 0, &process, &err) == 0);
	CHILD_MUST(waitpid(process.pid, &status, 0) == process.pid);
	CHILD_MUST(WIFEXITED(status));
	CHILD_MUST(WEXITSTATUS(status) == 127);
}

static void says_why_a_program_could_not_be_run(void)
{
	struct child_end end;

	child_run(start_what_there_is_not, "/nonexistent/program", &end);
	CU_ASSERT_EQUAL(end.status, 0);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(end.said, "/nonexistent/program: No such file or directory\n"));
}

static void refuses_more_descriptors_than_it_has_room_for(void)
{
	static const int fds[9] = {0, 0, 0, 0, 0, 0, 0, 0, 0};
	static const char *const argv[] = {"/bin/sh", "-c", "exit 0", NULL};
	struct process process = {42, 43};
	struct err err = {.kind = ERR_RETRY};

	CU_ASSERT_EQUAL(process_start(argv, fds, COUNT(fds), &process, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_INTERNAL);
	CU_ASSERT_EQUAL(process.pid, 42);
	CU_ASSERT_EQUAL(process.pidfd, 43);
	CU_ASSERT_EQUAL(process_start(argv, fds, COUNT(fds) - 1, &process, &err), 0);
	CU_ASSERT_EQUAL(end_of(&process), 0);
}

/* Start one that says when it is up, and that then does as it is told in the line. */
static struct process start_and_wait(const char *line)
{
	struct process process;
	char byte;
	int ends[2];

	CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
	process = start(line, &ends[1], 1);
	(void)close(ends[1]);
	CU_ASSERT_EQUAL(read(ends[0], &byte, 1), 1);
	(void)close(ends[0]);
	return process;
}

#define SLEEPS      "echo >&3; exec sleep 30"
#define IS_STUBBORN "trap '' TERM; " SLEEPS

static void stops_one_that_obeys_at_once(void)
{
	struct process process = start_and_wait(SLEEPS);
	pid_t pid = process.pid;
	int pidfd = process.pidfd;
	int64_t before = clock_elapsed();

	process_stop(&process, 20 * SECOND);
	CU_ASSERT_TRUE(clock_elapsed() - before < 10 * SECOND);
	CU_ASSERT_EQUAL(process.pid, 0);
	CU_ASSERT_EQUAL(fcntl(pidfd, F_GETFD), -1);
	CU_ASSERT_EQUAL(waitpid(pid, NULL, 0), -1);
	process_stop(&process, 20 * SECOND);
}

static void kills_one_that_does_not(void)
{
	struct process process = start_and_wait(IS_STUBBORN);
	pid_t pid = process.pid;
	int64_t before = clock_elapsed();

	process_stop(&process, 20 * MS);
	CU_ASSERT_TRUE(clock_elapsed() - before >= 20 * MS);
	CU_ASSERT_TRUE(clock_elapsed() - before < 10 * SECOND);
	CU_ASSERT_EQUAL(process.pid, 0);
	CU_ASSERT_EQUAL(waitpid(pid, NULL, 0), -1);
}

static void interrupt(int number)
{
	(void)number;
}

static void stop_while_interrupted(const void *arg)
{
	struct sigaction caught = {.sa_handler = interrupt};
	struct itimerval often = {{.tv_usec = 2000}, {.tv_usec = 2000}};
	struct process process = start_and_wait(IS_STUBBORN);
	pid_t pid = process.pid;
	int64_t before = clock_elapsed();

	(void)arg;
	CHILD_MUST(sigaction(SIGALRM, &caught, NULL) == 0);
	CHILD_MUST(setitimer(ITIMER_REAL, &often, NULL) == 0);
	process_stop(&process, 20 * MS);
	CHILD_MUST(clock_elapsed() - before >= 20 * MS);
	CHILD_MUST(clock_elapsed() - before < 10 * SECOND);
	CHILD_MUST(waitpid(pid, NULL, 0) == -1 && errno == ECHILD);
}

static void keeps_to_the_time_however_often_it_is_interrupted(void)
{
	CU_ASSERT_TRUE(child_succeeds(stop_while_interrupted, NULL));
}

static void leave_one_alone(const void *arg)
{
	(void)arg;
	(void)start_and_wait(SLEEPS);
}

/* It has our stderr, so that child_run() would wait for it. */
static void ends_with_the_one_who_started_it(void)
{
	int64_t before = clock_elapsed();

	CU_ASSERT_TRUE(child_succeeds(leave_one_alone, NULL));
	CU_ASSERT_TRUE(clock_elapsed() - before < 10 * SECOND);
}

static void finds_programs_beside_this_one_only(void)
{
	char self[PATH_MAX] = "";
	char path[PATH_MAX] = "before";
	const char *name;
	struct err err = {.kind = ERR_INTERNAL};

	CU_ASSERT_TRUE(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	name = strrchr(self, '/') + 1;
	CU_ASSERT_EQUAL(process_sibling("no-such-program", path, sizeof(path), &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_RETRY);
	CU_ASSERT_STRING_EQUAL(path, "before");
	CU_ASSERT_EQUAL(process_sibling(name, path, strlen(self), &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_INTERNAL);
	CU_ASSERT_STRING_EQUAL(path, "before");
	CU_ASSERT_EQUAL(process_sibling(name, path, strlen(self) + 1, &err), 0);
	CU_ASSERT_STRING_EQUAL(path, self);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

struct closing {
	int first;
	int keep;
};

static void close_some(const void *arg)
{
	const struct closing *closing = arg;

	for (int fd = 3; fd < 12; fd++)
		CHILD_MUST(dup2(STDERR_FILENO, fd) == fd);
	process_close_from(closing->first, closing->keep);
	for (int fd = 3; fd < 12; fd++)
		CHILD_MUST(is_open(fd) == (fd < closing->first || fd == closing->keep));
}

static void closes_every_descriptor_but_one(void)
{
	static const struct closing rows[] = {
	    {3, -1}, {5, -1}, {3, 3}, {3, 4}, {3, 7}, {3, 11}, {5, 5}, {5, 3}, {5, 4}, {12, -1}};

	for (size_t i = 0; i < COUNT(rows); i++)
		CU_ASSERT_TRUE(child_succeeds(close_some, &rows[i]));
}

static void become_a_shell(const void *arg)
{
	const char *argv[] = {"/bin/sh", "-c", arg, NULL};
	struct err err;

	(void)process_become(argv, &err);
}

static void becomes_another_program_in_the_same_process(void)
{
	struct child_end end;
	char line[64];

	child_run(become_a_shell, "echo becomes >&2; exit 5", &end);
	CU_ASSERT_EQUAL(WEXITSTATUS(end.status), 5);
	CU_ASSERT_STRING_EQUAL(end.said, "becomes\n");
	(void)snprintf(line, sizeof(line), "test $PPID = %d", (int)getpid());
	CU_ASSERT_TRUE(child_succeeds(become_a_shell, line));
}

static void stays_what_it_is_where_there_is_no_such_program(void)
{
	const char *argv[] = {"/nonexistent/program", NULL};
	struct err err = {.kind = ERR_INTERNAL};

	CU_ASSERT_EQUAL(process_become(argv, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_RETRY);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "/nonexistent/program"));
}

void add_suite_process(CU_pSuite suite)
{
	TEST(tells_how_it_ended_and_forgets_it);
	TEST(has_not_ended_while_it_runs);
	TEST(puts_the_descriptors_in_their_places);
	TEST(gives_the_same_descriptor_twice);
	TEST(hands_down_no_other_descriptor);
	TEST(starts_with_no_signal_blocked_or_ignored);
	TEST(says_why_a_program_could_not_be_run);
	TEST(refuses_more_descriptors_than_it_has_room_for);
	TEST(stops_one_that_obeys_at_once);
	TEST(kills_one_that_does_not);
	TEST(keeps_to_the_time_however_often_it_is_interrupted);
	TEST(ends_with_the_one_who_started_it);
	TEST(finds_programs_beside_this_one_only);
	TEST(closes_every_descriptor_but_one);
	TEST(becomes_another_program_in_the_same_process);
	TEST(stays_what_it_is_where_there_is_no_such_program);
}
