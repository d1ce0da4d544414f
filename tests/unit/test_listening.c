/* SPDX-License-Identifier: Apache-2.0 */
#include "server/listening.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clean.h"
#include "tests/lib/child.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_listening(CU_pSuite suite);

static void listens_where_it_is_told(void)
{
	static const struct {
		const char *where;
		const char *begins;
	} rows[] = {{"127.0.0.1:0", "127.0.0.1:"}, {"[::1]:0", "[::1]:"}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_FD int fd = -1;
		char text[LISTENING_ADDRESS];
		bool activated = true;
		struct err err;

		CU_ASSERT_EQUAL_FATAL(listening_open(rows[i].where, &fd, &activated, &err), 0);
		CU_ASSERT_FALSE(activated);
		CU_ASSERT_TRUE(fcntl(fd, F_GETFL) & O_NONBLOCK);
		CU_ASSERT_TRUE(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		CU_ASSERT_EQUAL(listening_where(fd, text, &err), 0);
		CU_ASSERT_EQUAL(strncmp(text, rows[i].begins, strlen(rows[i].begins)), 0);
		CU_ASSERT_STRING_NOT_EQUAL(strrchr(text, ':'), ":0");
	}
}

static void says_what_it_cannot_listen_on(void)
{
	static const struct {
		const char *where;
		enum err_kind kind;
	} rows[] = {
	    {"name.example:0", ERR_REFUSED}, {"[::1:0", ERR_REFUSED}, {"192.0.2.1:0", ERR_RETRY}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		bool activated = false;
		struct err err;
		int fd = 42;

		CU_ASSERT_TRUE(fails(
		    listening_open(rows[i].where, &fd, &activated, &err), &err, rows[i].kind));
		CU_ASSERT_PTR_NOT_NULL(strstr(err.text, rows[i].where));
		CU_ASSERT_EQUAL(fd, 42);
	}
}

/* In a child, which may do with descriptor 3 what it wants. */
static void be_activated(const void *arg)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	char where[LISTENING_ADDRESS];
	char there[LISTENING_ADDRESS];
	char pid[16];
	int made = socket(AF_INET, SOCK_STREAM, 0);
	bool activated = false;
	int fd = -1;
	struct err err;

	(void)arg;
	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	CHILD_MUST(bind(made, (const struct sockaddr *)&address, sizeof(address)) == 0);
	CHILD_MUST(listening_where(made, there, &err) == 0);
	CHILD_MUST(made == 3 || dup2(made, 3) == 3);
	(void)setenv("LISTEN_FDS", "1", 1);
	(void)setenv("LISTEN_PID", "1", 1);
	CHILD_MUST(listening_open("127.0.0.1:0", &fd, &activated, &err) == 0);
	CHILD_MUST(!activated && fd != 3);
	(void)setenv("LISTEN_PID", pid, 1);
	CHILD_MUST(listening_open("127.0.0.1:0", &fd, &activated, &err) == 0);
	CHILD_MUST(activated && fd == 3);
	CHILD_MUST(fcntl(3, F_GETFD) == FD_CLOEXEC);
	CHILD_MUST(listening_where(3, where, &err) == 0 && strcmp(where, there) == 0);
}

static void takes_the_socket_that_was_handed_to_this_process(void)
{
	CU_ASSERT_TRUE(child_succeeds(be_activated, NULL));
}

static void prints_an_address_without_its_port(void)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(22)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_un none = {.sun_family = AF_UNSPEC};
	char text[64];

	v4.sin_addr.s_addr = htonl(0xC0000201);
	listening_print((const struct sockaddr *)&v4, sizeof(v4), text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "192.0.2.1");
	listening_print((const struct sockaddr *)&v6, sizeof(v6), text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "::1");
	listening_print((const struct sockaddr *)&none, sizeof(none), text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "");
}

void add_suite_listening(CU_pSuite suite)
{
	TEST(listens_where_it_is_told);
	TEST(says_what_it_cannot_listen_on);
	TEST(takes_the_socket_that_was_handed_to_this_process);
	TEST(prints_an_address_without_its_port);
}
