/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/clamd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/number.h"

enum { CHUNK = 64 * 1024, COMMAND_MAX = 32, LINE_MAX_BYTES = 1024 };

/* A conversation. */
struct talk {
	int fd;
	struct clamd_file *files;
	size_t count;
	size_t answered; /* of the files; without any, of the one PING */
	size_t sending;  /* the file whose bytes go out now */
	int64_t at;      /* in it; -1: its command has not gone out yet */
	bool is_deaf;    /* clamd takes no more: only what it still says counts */
	bool is_over;
	const char *reason;
	size_t out_at;
	size_t out_length;
	size_t in_length;
	char out[CHUNK +
	         COMMAND_MAX]; /* a length, its chunk, and a command or the end of the file */
	char in[LINE_MAX_BYTES];
};

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text);

	return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

/* What clamd says goes to logs and people: bounded, and printable. */
static void copy_text(char ret_text[CLAMD_TEXT_MAX + 1], const char *text, size_t length)
{
	if (length > CLAMD_TEXT_MAX)
		length = CLAMD_TEXT_MAX;
	for (size_t i = 0; i < length; i++)
		ret_text[i] = (char)(text[i] > ' ' && text[i] < 0x7f ? text[i] : ' ');
	ret_text[length] = '\0';
}

/* "2: stream: Win.Test.EICAR FOUND", "1: stream: OK", "3: INSTREAM size limit exceeded. ERROR" */
bool clamd_parse(const char *line, struct clamd_answer *ret_answer)
{
	static const char stream[] = "stream: ";
	static const char found[] = " FOUND";
	char digits[20];
	size_t length = strspn(line, "0123456789");
	const char *text = line + length + 2;
	struct err err;

	*ret_answer = (struct clamd_answer){.verdict = CLAMD_FAILED};
	if (length == 0 || length >= sizeof(digits) || strncmp(line + length, ": ", 2) != 0)
		return false;
	memcpy(digits, line, length);
	digits[length] = '\0';
	if (number_parse(digits, &ret_answer->number, &err) < 0)
		return false;
	copy_text(ret_answer->text, text, strlen(text));
	if (strncmp(text, stream, sizeof(stream) - 1) != 0)
		return true;
	text += sizeof(stream) - 1;
	if (strcmp(text, "OK") == 0) {
		ret_answer->verdict = CLAMD_CLEAN;
		ret_answer->text[0] = '\0';
	} else if (ends_with(text, found)) {
		ret_answer->verdict = CLAMD_INFECTED;
		copy_text(ret_answer->text, text, strlen(text) - (sizeof(found) - 1));
	}
	return true;
}

static void end(struct talk *talk, const char *reason)
{
	talk->is_over = true;
	talk->reason = reason;
}

static void put(struct talk *talk, const void *bytes, size_t count)
{
	memcpy(talk->out + talk->out_length, bytes, count);
	talk->out_length += count;
}

/* The next part of the file whose turn it is; where it ends, the mark of that as well. */
static void put_part(struct talk *talk)
{
	static const char command[] = "zINSTREAM";
	struct clamd_file *file = &talk->files[talk->sending];
	size_t length_at;
	uint32_t length;
	ssize_t count;

	if (talk->at < 0) {
		put(talk, command, sizeof(command));
		talk->at = 0;
	}
	length_at = talk->out_length;
	count = talk->at < file->size
	            ? pread(file->fd, talk->out + length_at + sizeof(length),
	                  file->size - talk->at < CHUNK ? (size_t)(file->size - talk->at) : CHUNK,
	                  talk->at)
	            : 0;
	if (count < 0) {
		end(talk, "a file cannot be read");
		return;
	}
	length = htonl((uint32_t)count);
	put(talk, &length, sizeof(length));
	talk->out_length += (size_t)count;
	talk->at += count;
	if (count == 0) {
		talk->sending++;
		talk->at = -1;
	}
}

static bool has_to_send(const struct talk *talk)
{
	return !talk->is_deaf && (talk->out_length > 0 || talk->sending < talk->count);
}

/* As much as goes out at once. Returns whether anything did. */
static bool send_more(struct talk *talk)
{
	ssize_t sent;

	if (talk->out_length == 0)
		put_part(talk);
	sent =
	    send(talk->fd, talk->out + talk->out_at, talk->out_length - talk->out_at, MSG_NOSIGNAL);
	if (sent < 0) {
		/* It closed, and may have said why. */
		talk->is_deaf = errno != EAGAIN && errno != EINTR;
		return false;
	}
	talk->out_at += (size_t)sent;
	if (talk->out_at == talk->out_length) {
		talk->out_at = 0;
		talk->out_length = 0;
	}
	return true;
}

static void take_line(struct talk *talk, const char *line)
{
	struct clamd_answer answer;
	struct clamd_file *file;

	if (talk->count == 0 && strcmp(line, "1: PONG") == 0) {
		talk->answered = 1;
		return;
	}
	if (!clamd_parse(line, &answer) || answer.number < 1 ||
	    answer.number > (int64_t)talk->count) {
		end(talk, "clamd says what is no answer");
		return;
	}
	file = &talk->files[answer.number - 1];
	if (file->verdict != CLAMD_UNANSWERED ||
	    (answer.verdict != CLAMD_FAILED && answer.number > (int64_t)talk->sending)) {
		end(talk, "clamd answers what it was not asked");
		return;
	}
	file->verdict = answer.verdict;
	memcpy(file->text, answer.text, sizeof(file->text));
	talk->answered++;
}

static void take_lines(struct talk *talk)
{
	char *line = talk->in;
	char *stop;

	while (!talk->is_over &&
	       (stop = memchr(line, '\0', talk->in_length - (size_t)(line - talk->in))) != NULL) {
		take_line(talk, line);
		line = stop + 1;
	}
	talk->in_length -= (size_t)(line - talk->in);
	memmove(talk->in, line, talk->in_length);
	if (talk->in_length == sizeof(talk->in))
		end(talk, "clamd says what is no answer");
}

/* Returns whether anything came. */
static bool receive_more(struct talk *talk)
{
	ssize_t got =
	    read(talk->fd, talk->in + talk->in_length, sizeof(talk->in) - talk->in_length);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (got <= 0) {
		end(talk, "clamd closed the connection");
		return false;
	}
	talk->in_length += (size_t)got;
	take_lines(talk);
	return true;
}

static void begin(struct talk *talk)
{
	static const char session[] = "zIDSESSION";
	static const char ping[] = "zPING";

	put(talk, session, sizeof(session));
	if (talk->count == 0)
		put(talk, ping, sizeof(ping));
}

/* Wait until something can move, and move it. Returns whether anything did. */
static bool go_on(struct talk *talk, int timeout_ms)
{
	struct pollfd wait = {
	    .fd = talk->fd, .events = (short)(POLLIN | (has_to_send(talk) ? POLLOUT : 0))};
	int ready = poll(&wait, 1, timeout_ms);
	bool moved = false;

	if (ready == 0)
		end(talk, "clamd is out of time");
	if (ready <= 0)
		return false;
	if (wait.revents & (POLLIN | POLLHUP | POLLERR))
		moved = receive_more(talk);
	if (!talk->is_over && wait.revents & POLLOUT && has_to_send(talk))
		moved |= send_more(talk);
	return moved;
}

bool clamd_scan(int socket_fd, struct clamd_file *files, size_t count, int timeout_ms,
    void (*going_on)(void *arg), void *arg, const char **ret_reason)
{
	OWNED_MEM struct talk *talk = mem_new(1, sizeof(*talk));
	size_t due = count > 0 ? count : 1;

	talk->fd = socket_fd;
	talk->files = files;
	talk->count = count;
	talk->at = -1;
	begin(talk);
	while (!talk->is_over && talk->answered < due)
		if (go_on(talk, timeout_ms))
			going_on(arg);
	*ret_reason = talk->answered < due ? talk->reason : "";
	return talk->answered == due;
}
