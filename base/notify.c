/* SPDX-License-Identifier: Apache-2.0 */
#include "base/notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clean.h"

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

int notify_listen(const char *path, int *ret_fd, struct err *err)
{
	struct sockaddr_un address;
	socklen_t length = 0;
	OWNED_FD int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
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

void notify_receive(int fd, char *ret_text, size_t size)
{
	ssize_t length = recv(fd, ret_text, size - 1, 0);

	ret_text[length > 0 ? length : 0] = '\0';
}
