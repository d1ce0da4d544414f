/* SPDX-License-Identifier: Apache-2.0 */
#include "base/notify.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/number.h"

/* "@name" is an abstract socket: its first byte is NUL. */
static int address_of(const char *path, struct sockaddr_un *address, socklen_t *ret_length)
{
	size_t length = strlen(path);

	if (length == 0 || length >= sizeof(address->sun_path))
		return -1;
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(address->sun_path, path, length);
	if (path[0] == '@')
		address->sun_path[0] = '\0';
	*ret_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	return 0;
}

void notify_send(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address;
	socklen_t length = 0;
	OWNED_FD int fd = -1;

	if (!path || address_of(path, &address, &length) < 0)
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* A starter that went away needs no news. */
	if (fd >= 0)
		(void)sendto(fd, state, strlen(state), MSG_NOSIGNAL,
		    (const struct sockaddr *)&address, length);
}

void notify_ready(const char *more)
{
	char state[512];

	(void)snprintf(state, sizeof(state), "READY=1\nMAINPID=%d\n%s", (int)getpid(), more);
	notify_send(state);
}

void notify_reloading(void)
{
	char state[64];

	(void)snprintf(
	    state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_elapsed());
	notify_send(state);
}

void notify_stopping(int64_t grace)
{
	char state[64];

	(void)snprintf(state, sizeof(state), "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRId64, grace);
	notify_send(state);
}

int64_t notify_watchdog(void)
{
	const char *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	int64_t number = 0;
	int64_t watchdog = 0;
	struct err err;

	/* What is meant for another process was only inherited. */
	if (pid && (number_parse(pid, &number, &err) < 0 || number != getpid()))
		return 0;
	if (!usec || number_parse(usec, &watchdog, &err) < 0 || watchdog < 0)
		return 0;
	return watchdog;
}

void notify_alive(void)
{
	static _Atomic int64_t last;
	int64_t watchdog = notify_watchdog();
	int64_t now = clock_elapsed();
	char state[64];

	if (watchdog == 0 || now - atomic_load(&last) < watchdog / 4)
		return;
	atomic_store(&last, now);
	/* A start that finishes what was interrupted may take long, too. */
	(void)snprintf(state, sizeof(state), "WATCHDOG=1\nEXTEND_TIMEOUT_USEC=%" PRId64, watchdog);
	notify_send(state);
}

int notify_listen(const char *path, int *ret_fd, struct err *err)
{
	struct sockaddr_un address;
	socklen_t length = 0;
	OWNED_FD int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	int yes = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)) < 0)
		return err_sys(err, "make a notification socket");
	if (address_of(path, &address, &length) < 0)
		return err_set(err, ERR_REFUSED, "%s: too long for a socket's path", path);
	(void)unlink(path);
	if (bind(fd, (const struct sockaddr *)&address, length) < 0)
		return err_sys(err, "bind %s", path);
	if (setenv("NOTIFY_SOCKET", path, 1) < 0)
		return err_sys(err, "set NOTIFY_SOCKET");
	*ret_fd = TAKE_FD(fd);
	return 0;
}

pid_t notify_receive(int fd, char *ret_text, size_t size)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control = {.head = {0}};
	struct iovec part = {ret_text, size - 1};
	struct msghdr message = {.msg_iov = &part,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control)};
	ssize_t length = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	const struct cmsghdr *head = length < 0 ? NULL : CMSG_FIRSTHDR(&message);
	struct ucred sender = {.pid = 0};

	ret_text[length > 0 ? length : 0] = '\0';
	if (head && head->cmsg_type == SCM_CREDENTIALS)
		memcpy(&sender, CMSG_DATA(head), sizeof(sender));
	return sender.pid;
}
