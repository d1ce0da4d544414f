/* SPDX-License-Identifier: Apache-2.0 */
#include "server/listening.h"

#include <fcntl.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/number.h"

enum {
	BACKLOG = 512,
	ACTIVATED_FD = 3, /* the first of those that are handed to us */
	HOST_MAX = 64,
};

/* "127.0.0.1:2022" and "[::1]:2022" apart. */
static int split_address(const char *text, char ret_host[128], const char **ret_port)
{
	const char *colon = strrchr(text, ':');
	size_t length = (size_t)(colon - text);

	if (text[0] == '[' && length > 2 && text[length - 1] == ']') {
		text++;
		length -= 2;
	}
	if (length >= 128)
		return -1;
	memcpy(ret_host, text, length);
	ret_host[length] = '\0';
	*ret_port = colon + 1;
	return 0;
}

static int bind_to(const struct addrinfo *info, const char *text, int *ret_fd, struct err *err)
{
	OWNED_FD int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int yes = 1;

	if (fd < 0)
		return err_sys(err, "make a socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, info->ai_addr, info->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0)
		return err_sys(err, "listen on %s", text);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* systemd's socket activation (sd_listen_fds(3)), of one socket. */
static bool is_activated(void)
{
	const char *pid = getenv("LISTEN_PID");
	const char *count = getenv("LISTEN_FDS");
	int64_t number = 0;
	struct err err;

	return pid && count && strcmp(count, "1") == 0 && number_parse(pid, &number, &err) == 0 &&
	       number == getpid();
}

static int open_at(const char *where, int *ret_fd, struct err *err)
{
	struct addrinfo hints = {
	    .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
	struct addrinfo *info = NULL;
	char host[128];
	const char *port = NULL;
	int result;

	if (split_address(where, host, &port) < 0 || getaddrinfo(host, port, &hints, &info) != 0)
		return err_set(
		    err, ERR_REFUSED, "server.listen %s: not an address of this form", where);
	result = bind_to(info, where, ret_fd, err);
	freeaddrinfo(info);
	return result;
}

int listening_open(const char *where, int *ret_fd, bool *ret_activated, struct err *err)
{
	if (!is_activated()) {
		*ret_activated = false;
		return open_at(where, ret_fd, err);
	}
	if (fcntl(ACTIVATED_FD, F_SETFD, FD_CLOEXEC) < 0 ||
	    fcntl(ACTIVATED_FD, F_SETFL, O_NONBLOCK) < 0)
		return err_sys(err, "use the socket that was handed over");
	*ret_activated = true;
	*ret_fd = ACTIVATED_FD;
	return 0;
}

void listening_print(const struct sockaddr *address, socklen_t length, char *ret_text, size_t size)
{
	ret_text[0] = '\0';
	(void)getnameinfo(address, length, ret_text, (socklen_t)size, NULL, 0, NI_NUMERICHOST);
}

int listening_where(int fd, char ret_text[LISTENING_ADDRESS], struct err *err)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	char host[HOST_MAX] = "";
	char port[16] = "";

	if (getsockname(fd, (struct sockaddr *)&address, &length) < 0)
		return err_sys(err, "find the address of the socket");
	(void)getnameinfo((const struct sockaddr *)&address, length, host, sizeof(host), port,
	    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
	(void)snprintf(
	    ret_text, LISTENING_ADDRESS, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
	return 0;
}
