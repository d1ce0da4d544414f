/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/sendmail.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/number.h"
#include "base/text.h"

enum { POLL_MS = 1000 };

/* A run of the program. */
struct run {
	struct process process; /* pid 0: none */
	int64_t id;
	int64_t end_at; /* by clock_elapsed() */
};

struct sendmail {
	int channel;
	const struct orders *orders;
	struct run runs[COURIER_CONNECTIONS_MAX];
	size_t running;
	bool ended;
};

enum handover sendmail_judge(int status)
{
	if (!WIFEXITED(status))
		return HANDOVER_RETRY;
	switch (WEXITSTATUS(status)) {
	case EX_OK:
		return HANDOVER_DONE;
	case EX_NOUSER:
	case EX_NOHOST:
		return HANDOVER_REFUSED;
	case EX_USAGE:
	case EX_CONFIG:
	case EX_OSFILE:
	case EX_NOPERM:
	case 127: /* there is no such program */
		return HANDOVER_TROUBLE;
	default:
		return HANDOVER_RETRY;
	}
}

/* The text as a program reads it: lines ended by LF. */
static int make_input(const char *text, struct err *err)
{
	OWNED_FD int fd = memfd_create("mail", MFD_CLOEXEC);
	OWNED_BUFFER struct buffer lines = BUFFER(MESSAGE_MAX);

	if (fd < 0)
		return err_sys(err, "make a mail");
	for (; *text; text++)
		if (*text != '\r')
			buffer_add(&lines, text, 1);
	if (file_write(fd, buffer_text(&lines), lines.length, err) < 0)
		return -1;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(err, "make a mail");
	return TAKE_FD(fd);
}

/* Its standard input is ours at that moment. */
static int start(const struct sendmail *sendmail, const struct envelope *envelope,
    struct process *ret_process, struct err *err)
{
	const char *argv[] = {
	    sendmail->orders->relay, "-i", "-f", envelope->return_path, "--", envelope->to, NULL};
	OWNED_FD int fd = make_input(envelope->text, err);

	if (fd < 0)
		return -1;
	if (dup2(fd, STDIN_FILENO) < 0)
		return err_sys(err, "hand over a mail");
	return process_start(argv, NULL, 0, ret_process, err);
}

static int begin(struct sendmail *sendmail, const struct envelope *envelope, struct err *err)
{
	struct err reason;

	if (clock_elapsed() >= envelope->begin_before)
		return courier_answer(
		    sendmail->channel, envelope->id, HANDOVER_LATE, "not begun in time", err);
	for (size_t i = 0; i < COURIER_CONNECTIONS_MAX; i++) {
		struct run *run = &sendmail->runs[i];

		if (run->process.pid)
			continue;
		run->id = envelope->id;
		run->end_at = clock_elapsed() + sendmail->orders->timeout;
		if (start(sendmail, envelope, &run->process, &reason) < 0)
			return courier_answer(
			    sendmail->channel, envelope->id, HANDOVER_TROUBLE, reason.text, err);
		sendmail->running++;
		return 0;
	}
	return err_set(err, ERR_INTERNAL, "more mails at a time than connections");
}

static int take_mail(struct sendmail *sendmail, struct err *err)
{
	static struct message message;
	enum message_state state = MESSAGE_NONE;
	struct envelope envelope;

	if (message_receive(sendmail->channel, &message, &state, err) < 0)
		return -1;
	sendmail->ended = state == MESSAGE_END;
	if (state != MESSAGE_GOT)
		return 0;
	if (!courier_read(&message, &envelope))
		return err_set(err, ERR_INTERNAL, "maild sent what is no mail");
	return begin(sendmail, &envelope, err);
}

static int end_run(struct sendmail *sendmail, struct run *run, int status, struct err *err)
{
	char how[32];
	char text[64];

	sendmail->running--;
	process_print_end(status, how);
	(void)snprintf(text, sizeof(text), "sendmail: %s", how);
	return courier_answer(sendmail->channel, run->id, sendmail_judge(status), text, err);
}

/* Those that have ended, and those that take too long. */
static int end_runs(struct sendmail *sendmail, struct err *err)
{
	for (size_t i = 0; i < COURIER_CONNECTIONS_MAX; i++) {
		struct run *run = &sendmail->runs[i];
		int status = 0;

		if (run->process.pid == 0)
			continue;
		if (process_has_ended(&run->process, &status)) {
			if (end_run(sendmail, run, status, err) < 0)
				return -1;
		} else if (clock_elapsed() >= run->end_at) {
			process_stop(&run->process, SECOND);
			sendmail->running--;
			if (courier_answer(sendmail->channel, run->id, HANDOVER_RETRY,
			        "sendmail: it took too long", err) < 0)
				return -1;
		}
	}
	return 0;
}

/* Until a program ends, or a mail comes while one can be begun. */
static void wait_for_something(const struct sendmail *sendmail)
{
	struct pollfd fds[COURIER_CONNECTIONS_MAX + 1];
	nfds_t count = 0;

	if (sendmail->running < (size_t)sendmail->orders->connections)
		fds[count++] = (struct pollfd){.fd = sendmail->channel, .events = POLLIN};
	for (size_t i = 0; i < COURIER_CONNECTIONS_MAX; i++)
		if (sendmail->runs[i].process.pid)
			fds[count++] = (struct pollfd){
			    .fd = sendmail->runs[i].process.pidfd, .events = POLLIN};
	(void)poll(fds, count, POLL_MS);
}

int sendmail_run(int channel, const struct orders *orders, struct err *err)
{
	static struct sendmail sendmail;
	static struct message ready;
	int result = 0;

	sendmail = (struct sendmail){.channel = channel, .orders = orders};
	if (fcntl(channel, F_SETFL, O_NONBLOCK) < 0)
		return err_sys(err, "make the channel not block");
	message_start(&ready, COURIER_READY);
	if (message_send(channel, &ready, err) < 0)
		return -1;
	while (!sendmail.ended && result == 0) {
		wait_for_something(&sendmail);
		result = end_runs(&sendmail, err);
		if (result == 0 && sendmail.running < (size_t)orders->connections)
			result = take_mail(&sendmail, err);
	}
	for (size_t i = 0; i < COURIER_CONNECTIONS_MAX; i++)
		process_stop(&sendmail.runs[i].process, SECOND);
	return result;
}
