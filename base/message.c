/* SPDX-License-Identifier: Apache-2.0 */
#include "base/message.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { SOCKET_BUFFER = 4 * MESSAGE_MAX };

int message_channel(int ret_ends[2], struct err *err)
{
	int ends[2];
	int size = SOCKET_BUFFER;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(err, "make a channel");
	for (int i = 0; i < 2; i++) {
		(void)setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
		ret_ends[i] = ends[i];
	}
	return 0;
}

void message_start(struct message *message, uint32_t kind)
{
	message->kind = kind;
	message->length = 0;
	message->at = 0;
	message->bad = false;
	message->fd_count = 0;
}

static void put(struct message *message, const void *bytes, size_t count)
{
	if (count > MESSAGE_MAX - message->length) {
		message->bad = true;
		return;
	}
	if (count)
		memcpy(message->body + message->length, bytes, count);
	message->length += (uint32_t)count;
}

void message_put_int(struct message *message, int64_t value)
{
	put(message, &value, sizeof(value));
}

void message_put_bytes(struct message *message, const void *bytes, size_t count)
{
	uint32_t length = (uint32_t)count;

	if (count + sizeof(length) > MESSAGE_MAX - message->length) {
		message->bad = true;
		return;
	}
	put(message, &length, sizeof(length));
	put(message, bytes, count);
}

void message_put_text(struct message *message, const char *text)
{
	message_put_bytes(message, text, strlen(text) + 1);
}

void message_put_all(struct message *message, const struct message *values)
{
	put(message, values->body, values->length);
	message->bad = message->bad || values->bad;
}

void message_put_fd(struct message *message, int fd)
{
	if (message->fd_count == MESSAGE_FDS_MAX)
		message->bad = true;
	else
		message->fds[message->fd_count++] = fd;
}

static const void *get(struct message *message, size_t count)
{
	const void *at = message->body + message->at;

	if (message->bad || count > message->length - message->at) {
		message->bad = true;
		return NULL;
	}
	message->at += (uint32_t)count;
	return at;
}

int64_t message_get_int(struct message *message)
{
	int64_t value = 0;
	const void *at = get(message, sizeof(value));

	if (at)
		memcpy(&value, at, sizeof(value));
	return value;
}

int64_t message_get_bounded(struct message *message, int64_t least, int64_t most)
{
	int64_t value = message_get_int(message);

	if (!message->bad && value >= least && value <= most)
		return value;
	message->bad = true;
	return least;
}

const void *message_get_bytes(struct message *message, size_t *ret_count)
{
	uint32_t length = 0;
	const void *at = get(message, sizeof(length));

	if (at)
		memcpy(&length, at, sizeof(length));
	at = get(message, length);
	*ret_count = at ? length : 0;
	return at;
}

const char *message_get_text(struct message *message)
{
	size_t count = 0;
	const char *text = message_get_bytes(message, &count);

	if (text && count > 0 && memchr(text, '\0', count) == text + count - 1)
		return text;
	message->bad = true;
	return "";
}

int message_get_fd(struct message *message)
{
	int fd = -1;

	for (unsigned i = 0; i < message->fd_count && fd < 0; i++) {
		fd = message->fds[i];
		message->fds[i] = -1;
	}
	if (fd < 0)
		message->bad = true;
	return fd;
}

bool message_is_bad(const struct message *message)
{
	return message->bad;
}

bool message_is_read(const struct message *message)
{
	for (unsigned i = 0; i < message->fd_count; i++)
		if (message->fds[i] >= 0)
			return false;
	return !message->bad && message->at == message->length;
}

void message_close_fds(struct message *message)
{
	for (unsigned i = 0; i < message->fd_count; i++)
		if (message->fds[i] >= 0)
			(void)close(message->fds[i]);
	message->fd_count = 0;
}

/* Room for the control message of SCM_RIGHTS, aligned as the kernel wants it. */
union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int) * MESSAGE_FDS_MAX)];
};

int message_send(int channel, const struct message *message, struct err *err)
{
	struct message *m = (struct message *)(uintptr_t)message; /* iovec has no const */
	struct iovec parts[] = {{&m->kind, sizeof(m->kind)}, {m->body, m->length}};
	struct msghdr header = {.msg_iov = parts, .msg_iovlen = 2};
	size_t fds_size = sizeof(int) * message->fd_count;
	union control control;

	if (message->bad)
		return err_set(err, ERR_INTERNAL, "message %u does not fit", message->kind);
	if (message->fd_count) {
		memset(&control, 0, sizeof(control));
		header.msg_control = &control;
		header.msg_controllen = CMSG_SPACE(fds_size);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(fds_size);
		memcpy(CMSG_DATA(&control.header), message->fds, fds_size);
	}
	while (sendmsg(channel, &header, MSG_NOSIGNAL) < 0) {
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN)
			return err_set(err, ERR_BUSY, "the other side does not read");
		if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN)
			return err_set(err, ERR_GONE, "the other side is gone");
		return err_sys(err, "send message %u", message->kind);
	}
	return 0;
}

static void collect_fds(struct message *message, struct msghdr *header)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		size_t size = c->cmsg_len - CMSG_LEN(0);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		memcpy(message->fds + message->fd_count, CMSG_DATA(c), size);
		message->fd_count += (unsigned)(size / sizeof(int));
	}
}

int message_receive(
    int channel, struct message *message, enum message_state *ret_state, struct err *err)
{
	struct iovec parts[] = {
	    {&message->kind, sizeof(message->kind)}, {message->body, MESSAGE_MAX}};
	union control control;
	struct msghdr header = {.msg_iov = parts,
	    .msg_iovlen = 2,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control)};
	ssize_t count;

	message_close_fds(message);
	message_start(message, 0);
	do {
		count = recvmsg(channel, &header, MSG_CMSG_CLOEXEC);
	} while (count < 0 && errno == EINTR);
	if (count < 0 && errno == EAGAIN) {
		*ret_state = MESSAGE_NONE;
		return 0;
	}
	if (count == 0 || (count < 0 && errno == ECONNRESET)) {
		*ret_state = MESSAGE_END;
		return 0;
	}
	if (count < 0)
		return err_sys(err, "receive a message");
	collect_fds(message, &header);
	message->bad = (size_t)count < sizeof(message->kind) || header.msg_flags & MSG_TRUNC ||
	               (header.msg_flags & MSG_CTRUNC && message->fd_count == MESSAGE_FDS_MAX);
	/* We have no room for them: who gets one finds none, and knows what it was for. */
	if (header.msg_flags & MSG_CTRUNC && !message->bad)
		message_close_fds(message);
	message->length = message->bad ? 0 : (uint32_t)((size_t)count - sizeof(message->kind));
	*ret_state = MESSAGE_GOT;
	return 0;
}

int message_wait(int channel, struct message *message, int timeout_ms, struct err *err)
{
	struct pollfd wait = {.fd = channel, .events = POLLIN};
	enum message_state state = MESSAGE_NONE;

	while (state == MESSAGE_NONE) {
		int ready = poll(&wait, 1, timeout_ms);

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return err_set(err, ERR_GONE, "no answer");
		/* What was put to be sent belongs to the caller, not to the answer. */
		message->fd_count = 0;
		if (message_receive(channel, message, &state, err) < 0)
			return -1;
	}
	if (state == MESSAGE_END)
		return err_set(err, ERR_GONE, "the other side is gone");
	return 0;
}

int message_ask(int channel, struct message *message, int timeout_ms, struct err *err)
{
	if (message_send(channel, message, err) < 0)
		return -1;
	return message_wait(channel, message, timeout_ms, err);
}
