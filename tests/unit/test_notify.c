/* SPDX-License-Identifier: Apache-2.0 */
#include "base/notify.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/number.h"
#include "tests/lib/scratch.h"
#include "tests/unit/suite.h"

void add_suite_notify(CU_pSuite suite);

/* A listener at a path of its own, with what NOTIFY_SOCKET was before. */
struct listener {
	struct scratch scratch;
	char path[SCRATCH_PATH_MAX + 16];
	char *before;
	int fd;
};

static void start(struct listener *listener)
{
	const char *before = getenv("NOTIFY_SOCKET");
	struct err err;

	scratch_open(&listener->scratch);
	listener->before = before ? mem_dup(before) : NULL;
	(void)snprintf(listener->path, sizeof(listener->path), "%s/notify", listener->scratch.path);
	CU_ASSERT_EQUAL_FATAL(notify_listen(listener->path, &listener->fd, &err), 0);
}

static void end(struct listener *listener)
{
	clean_fd(&listener->fd);
	if (listener->before)
		(void)setenv("NOTIFY_SOCKET", listener->before, 1);
	else
		(void)unsetenv("NOTIFY_SOCKET");
	clean_mem(&listener->before);
	scratch_close(&listener->scratch);
}
#define OWNED_LISTENER OWNED(end)

static void receives_what_was_sent_message_by_message(void)
{
	OWNED_LISTENER struct listener listener;
	char text[64] = "before";

	start(&listener);
	notify_receive(listener.fd, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "");
	notify_send("STATUS=one\nX=1");
	notify_send("STOPPING=1");
	notify_receive(listener.fd, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "STATUS=one\nX=1");
	notify_receive(listener.fd, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "STOPPING=1");
	notify_receive(listener.fd, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "");
}

static void tells_that_it_is_ready_and_who_it_is(void)
{
	OWNED_LISTENER struct listener listener;
	char text[128];
	char expected[128];

	start(&listener);
	notify_ready("X_SFTP=[::]:2022");
	notify_receive(listener.fd, text, sizeof(text));
	(void)snprintf(
	    expected, sizeof(expected), "READY=1\nMAINPID=%d\nX_SFTP=[::]:2022", (int)getpid());
	CU_ASSERT_STRING_EQUAL(text, expected);
}

static void tells_who_sent_a_message(void)
{
	OWNED_LISTENER struct listener listener;
	char text[64];
	pid_t pid;

	start(&listener);
	CU_ASSERT_EQUAL(notify_receive(listener.fd, text, sizeof(text)), 0);
	notify_send("STATUS=parent");
	CU_ASSERT_EQUAL(notify_receive(listener.fd, text, sizeof(text)), getpid());
	pid = fork();
	if (pid == 0) {
		notify_send("STATUS=child");
		_exit(EXIT_SUCCESS);
	}
	(void)waitpid(pid, NULL, 0);
	CU_ASSERT_EQUAL(notify_receive(listener.fd, text, sizeof(text)), pid);
	CU_ASSERT_STRING_EQUAL(text, "STATUS=child");
}

static void tells_of_reloading_and_of_stopping(void)
{
	OWNED_LISTENER struct listener listener;
	int64_t before = clock_elapsed();
	int64_t when = 0;
	char text[128];
	struct err err;

	start(&listener);
	notify_reloading();
	notify_receive(listener.fd, text, sizeof(text));
	CU_ASSERT_NSTRING_EQUAL(text, "RELOADING=1\nMONOTONIC_USEC=", 27);
	CU_ASSERT_EQUAL(number_parse(text + 27, &when, &err), 0);
	CU_ASSERT_TRUE(before <= when && when <= clock_elapsed());
	notify_stopping(40 * SECOND);
	notify_receive(listener.fd, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "STOPPING=1\nEXTEND_TIMEOUT_USEC=40000000");
}

static void has_a_watchdog_only_when_one_is_meant_for_it(void)
{
	char self[16];
	const struct {
		const char *usec;
		const char *pid;
		int64_t watchdog;
	} rows[] = {{NULL, NULL, 0}, {"6000000", NULL, 6 * SECOND}, {"6000000", self, 6 * SECOND},
	    {"6000000", "1", 0}, {"6000000", "x", 0}, {"soon", NULL, 0}, {"-1", NULL, 0},
	    {NULL, self, 0}};

	(void)snprintf(self, sizeof(self), "%d", (int)getpid());
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (rows[i].usec)
			(void)setenv("WATCHDOG_USEC", rows[i].usec, 1);
		if (rows[i].pid)
			(void)setenv("WATCHDOG_PID", rows[i].pid, 1);
		CU_ASSERT_EQUAL(notify_watchdog(), rows[i].watchdog);
		(void)unsetenv("WATCHDOG_USEC");
		(void)unsetenv("WATCHDOG_PID");
	}
}

static void feeds_the_watchdog_four_times_in_its_while_at_most(void)
{
	OWNED_LISTENER struct listener listener;
	int told = 0;
	char text[64];

	start(&listener);
	notify_alive();
	notify_receive(listener.fd, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "");
	(void)setenv("WATCHDOG_USEC", "3600000000", 1);
	for (int i = 0; i < 100; i++)
		notify_alive();
	for (; notify_receive(listener.fd, text, sizeof(text)); told++)
		CU_ASSERT_STRING_EQUAL(text, "WATCHDOG=1\nEXTEND_TIMEOUT_USEC=3600000000");
	/* Not at all, where the machine runs for less than a quarter of an hour. */
	CU_ASSERT_TRUE(told == (clock_elapsed() >= 15 * MINUTE));
	(void)setenv("WATCHDOG_USEC", "4", 1);
	(void)usleep(10);
	notify_alive();
	(void)unsetenv("WATCHDOG_USEC");
	CU_ASSERT_EQUAL(notify_receive(listener.fd, text, sizeof(text)), getpid());
}

static void cuts_a_message_to_fit(void)
{
	OWNED_LISTENER struct listener listener;
	char text[8];

	start(&listener);
	notify_send("0123456789");
	notify_send("next");
	memset(text, 'x', sizeof(text));
	notify_receive(listener.fd, text, 5);
	CU_ASSERT_STRING_EQUAL(text, "0123");
	CU_ASSERT_EQUAL(text[5], 'x');
	notify_receive(listener.fd, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "next");
}

static void listens_where_a_dead_one_left_its_socket(void)
{
	OWNED_LISTENER struct listener listener;
	OWNED_FD int second = -1;
	char text[64] = "";
	struct err err;

	start(&listener);
	CU_ASSERT_EQUAL(notify_listen(listener.path, &second, &err), 0);
	CU_ASSERT_TRUE(fcntl(second, F_GETFD) & FD_CLOEXEC);
	notify_send("READY=1");
	notify_receive(second, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "READY=1");
}

static void says_nothing_to_those_who_did_not_ask(void)
{
	OWNED_LISTENER struct listener listener;
	static const char *const paths[] = {
	    "", "/nonexistent/notify", "relative", "/tmp", "@edelivery-unit-nobody"};
	char longest[512];
	char text[64];

	start(&listener);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	for (size_t i = 0; i < COUNT(paths); i++) {
		(void)setenv("NOTIFY_SOCKET", paths[i], 1);
		notify_send("READY=1");
	}
	(void)setenv("NOTIFY_SOCKET", longest, 1);
	notify_send("READY=1");
	(void)unsetenv("NOTIFY_SOCKET");
	notify_send("READY=1");
	notify_receive(listener.fd, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "");
}

static void speaks_to_an_abstract_socket(void)
{
	OWNED_LISTENER struct listener listener;
	OWNED_FD int fd = -1;
	char name[64];
	char text[64] = "";
	struct err err;

	start(&listener);
	(void)snprintf(name, sizeof(name), "@edelivery-unit-%d", (int)getpid());
	CU_ASSERT_EQUAL(notify_listen(name, &fd, &err), 0);
	CU_ASSERT_NOT_EQUAL(access(name, F_OK), 0);
	notify_send("READY=1");
	notify_receive(fd, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "READY=1");
}

static void listens_nowhere_else_and_leaves_the_result_alone(void)
{
	OWNED_LISTENER struct listener listener;
	char longest[512];
	char missing[SCRATCH_PATH_MAX + 32];
	const struct {
		const char *path;
		enum err_kind kind;
	} rows[] = {{"", ERR_REFUSED}, {longest, ERR_REFUSED}, {missing, ERR_RETRY}};

	start(&listener);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	(void)snprintf(missing, sizeof(missing), "%s/none/notify", listener.scratch.path);
	for (size_t i = 0; i < COUNT(rows); i++) {
		int fd = 42;
		struct err err = {.kind = ERR_INTERNAL};

		CU_ASSERT_EQUAL(notify_listen(rows[i].path, &fd, &err), -1);
		CU_ASSERT_EQUAL(err.kind, rows[i].kind);
		CU_ASSERT_EQUAL(fd, 42);
		CU_ASSERT_STRING_EQUAL(getenv("NOTIFY_SOCKET"), listener.path);
	}
}

void add_suite_notify(CU_pSuite suite)
{
	TEST(receives_what_was_sent_message_by_message);
	TEST(tells_that_it_is_ready_and_who_it_is);
	TEST(tells_who_sent_a_message);
	TEST(tells_of_reloading_and_of_stopping);
	TEST(has_a_watchdog_only_when_one_is_meant_for_it);
	TEST(feeds_the_watchdog_four_times_in_its_while_at_most);
	TEST(cuts_a_message_to_fit);
	TEST(listens_where_a_dead_one_left_its_socket);
	TEST(says_nothing_to_those_who_did_not_ask);
	TEST(speaks_to_an_abstract_socket);
	TEST(listens_nowhere_else_and_leaves_the_result_alone);
}
