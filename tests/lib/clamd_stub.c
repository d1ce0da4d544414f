/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/clamd_stub.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clean.h"

enum { START = 16 };

static void must(bool worked, const char *what)
{
	if (worked)
		return;
	perror(what);
	abort();
}

static bool get(int fd, void *bytes, size_t count)
{
	return recv(fd, bytes, count, MSG_WAITALL) == (ssize_t)count;
}

static bool get_command(int fd, char ret_command[START + 1])
{
	for (size_t i = 0; i <= START; i++) {
		if (!get(fd, &ret_command[i], 1))
			return false;
		if (ret_command[i] == '\0')
			return true;
	}
	return false;
}

/* One file; how it begins is kept. */
static bool get_file(struct clamd_stub *stub, int fd, char ret_start[START + 1])
{
	static __thread char chunk[1024 * 1024];
	size_t kept = 0;
	uint32_t length;

	while (get(fd, &length, sizeof(length))) {
		size_t count = ntohl(length);

		ret_start[kept] = '\0';
		if (count == 0)
			return true;
		if (count > sizeof(chunk) || !get(fd, chunk, count))
			return false;
		stub->bytes += count;
		for (size_t i = 0; i < count && kept < START; i++)
			ret_start[kept++] = chunk[i];
	}
	return false;
}

static void say(int fd, int number, const char *text)
{
	char line[128];
	int length = snprintf(line, sizeof(line), "%d: %s", number, text);

	/* In two parts, as a stream may bring it. */
	(void)send(fd, line, 2, MSG_NOSIGNAL);
	(void)send(fd, line + 2, (size_t)length - 1, MSG_NOSIGNAL);
}

static bool begins(const char *text, const char *word)
{
	return strncmp(text, word, strlen(word)) == 0;
}

/* False: it hangs up. */
static bool answer(int fd, int number, const char *start, int *later)
{
	if (begins(start, "hang up"))
		return false;
	if (begins(start, "later")) {
		*later = number;
		return true;
	}
	if (begins(start, "virus"))
		say(fd, number, "stream: Test.Virus FOUND");
	else if (begins(start, "broken"))
		say(fd, number, "stream: Can't do that ERROR");
	else if (begins(start, "large"))
		say(fd, number, "INSTREAM size limit exceeded. ERROR");
	else if (begins(start, "garbage"))
		(void)send(fd, "what?", 6, MSG_NOSIGNAL);
	else if (begins(start, "other"))
		say(fd, number + 7, "stream: OK");
	else if (!begins(start, "silent"))
		say(fd, number, "stream: OK");
	if (*later)
		say(fd, *later, "stream: OK");
	*later = 0;
	return !begins(start, "large");
}

static void serve(struct clamd_stub *stub, int fd)
{
	char command[START + 1];
	char start[START + 1];
	int number = 0;
	int later = 0;

	stub->connections++;
	while (get_command(fd, command)) {
		if (strcmp(command, "zIDSESSION") == 0)
			continue;
		number++;
		if (strcmp(command, "zPING") == 0)
			say(fd, number, "PONG");
		else if (strcmp(command, "zINSTREAM") != 0 || !get_file(stub, fd, start) ||
		         !answer(fd, number, start, &later))
			return;
	}
}

static void *run(void *arg)
{
	struct clamd_stub *stub = arg;
	int fd;

	if (!stub->listens) {
		serve(stub, stub->fd);
		(void)shutdown(stub->fd, SHUT_RDWR);
		return NULL;
	}
	while ((fd = accept4(stub->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		serve(stub, fd);
		(void)close(fd);
	}
	return NULL;
}

static void start(struct clamd_stub *stub)
{
	must(pthread_create(&stub->thread, NULL, run, stub) == 0, "a thread");
}

void clamd_stub_listen(struct clamd_stub *stub, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	*stub = (struct clamd_stub){.listens = true};
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	(void)unlink(path);
	stub->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(bind(stub->fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	         listen(stub->fd, 8) == 0,
	    path);
	start(stub);
}

void clamd_stub_talk(struct clamd_stub *stub, int *ret_fd)
{
	int ends[2];
	int on = 1;

	*stub = (struct clamd_stub){.listens = false};
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 &&
	         ioctl(ends[1], FIONBIO, &on) == 0,
	    "a connection");
	stub->fd = ends[0];
	*ret_fd = ends[1];
	start(stub);
}

void clamd_stub_end(struct clamd_stub *stub)
{
	(void)shutdown(stub->fd, SHUT_RDWR);
	(void)pthread_join(stub->thread, NULL);
	(void)close(stub->fd);
}
