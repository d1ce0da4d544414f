/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Typed messages between our own processes, with descriptors beside the bytes.
 *
 * A channel is a pair of SOCK_SEQPACKET sockets: what is sent as one message arrives as one or
 * not at all. Values are put and got in the same order; getting past the end, or a text that is
 * not one, marks the message bad and yields zeros, so a reader gets everything and then asks
 * message_is_bad() once. Nothing received is trusted beyond that: the reader checks the values.
 */
#ifndef BASE_MESSAGE_H
#define BASE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
	MESSAGE_MAX = 64 * 1024, /* bytes of values in one message */
	MESSAGE_FDS_MAX = 128,
};

struct message {
	uint32_t kind; /* the protocol's own number */
	uint32_t length;
	uint32_t at;
	bool bad;
	unsigned fd_count;
	int fds[MESSAGE_FDS_MAX];
	unsigned char body[MESSAGE_MAX];
};

enum message_state {
	MESSAGE_NONE, /* nothing there now (non-blocking channel) */
	MESSAGE_GOT,
	MESSAGE_END, /* the other side closed, or it died */
};

/* Two ends of a channel, close-on-exec and blocking. */
int message_channel(int ret_ends[2], struct err *err);

/* Begin an empty message; descriptors that *message held are not closed. */
void message_start(struct message *message, uint32_t kind);

void message_put_int(struct message *message, int64_t value);
void message_put_text(struct message *message, const char *text);
void message_put_bytes(struct message *message, const void *bytes, size_t count);
/* All values of another message, as if they had been put here. */
void message_put_all(struct message *message, const struct message *values);
/* fd stays the caller's, and must be open until the message is sent. */
void message_put_fd(struct message *message, int fd);

int64_t message_get_int(struct message *message);
/* An int within least and most; anything else is bad and yields least. */
int64_t message_get_bounded(struct message *message, int64_t least, int64_t most);
/* Borrowed from the message; "" when bad. Holds no NUL but the last. */
const char *message_get_text(struct message *message);
const void *message_get_bytes(struct message *message, size_t *ret_count);
/* The next descriptor, now the caller's; -1 when there is none left (which is bad). */
int message_get_fd(struct message *message);

/* Has something not fit, not been there, or not been of its type? */
bool message_is_bad(const struct message *message);
/* Has everything that was sent been got, descriptors as well? */
bool message_is_read(const struct message *message);

/*
 * Send and receive whole messages. Sending to a side that is gone is ERR_GONE, on a full
 * non-blocking channel ERR_BUSY. Descriptors received belong to the message until they are got:
 * message_close_fds() closes the rest, and a receive begins with it. To a process that has no room
 * for them they do not come, and the values do.
 */
int message_send(int channel, const struct message *message, struct err *err);
int message_receive(
    int channel, struct message *message, enum message_state *ret_state, struct err *err);
void message_close_fds(struct message *message);

/*
 * Send *message and receive the answer into it, or fail with ERR_GONE after timeout_ms; or wait for
 * the answer to one that was sent.
 */
int message_wait(int channel, struct message *message, int timeout_ms, struct err *err);
int message_ask(int channel, struct message *message, int timeout_ms, struct err *err);

#endif
