/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/clock.h"
#include "server/archive_fetch.h"
#include "server/session_state.h"

/* A turn that what packs ends, too, where it is waited for. */
static int turn_for(struct session *s, const struct archive_fetch *fetch)
{
	int result;

	if (fetch->count == 0 && !fetch->has_ended)
		s->archive_fd = fetch->fd;
	result = session_turn(s, session_left_ms(s));
	s->archive_fd = -1;
	return result;
}

/* What is handed on is what the client's window takes: it sets the pace of what packs. */
static int send_archive(struct session *s, struct archive_fetch *fetch)
{
	struct err err;
	size_t sent = 0;

	do {
		if (archive_fetch_read(fetch, &err) < 0)
			return session_end(s, err.text);
		if (session_send(s, fetch->bytes, fetch->count, &sent) < 0)
			return -1;
		if (archive_fetch_sent(fetch, sent, &err) < 0)
			return session_end(s, err.text);
		if (sent > 0)
			s->deadline = clock_elapsed() + s->means->settings->server_idle;
	} while (sent > 0);
	return 0;
}

static int serve_archive(struct session *s, struct archive_fetch *fetch)
{
	s->deadline = clock_elapsed() + s->means->settings->server_idle;
	for (;;) {
		if (s->waiting > SESSION_INPUT_MAX || s->saw_extended)
			return session_end(s, "more was sent than was asked for");
		if (send_archive(s, fetch) < 0)
			return -1;
		if (fetch->has_ended && !(ssh_get_status(s->ssh) & SSH_WRITE_PENDING))
			return 0;
		if (clock_elapsed() > s->deadline)
			return session_end(s, "idle for longer than server.idle");
		if (turn_for(s, fetch) < 0)
			return -1;
	}
}

/* A line on the client's stderr. */
static void say(struct session *s, const char *line)
{
	char text[320];
	int length = snprintf(text, sizeof(text), "%s\n", line);

	if (line[0])
		(void)ssh_channel_write_stderr(s->channel, text, (uint32_t)length);
}

void session_run_archive(struct session *s)
{
	static struct archive_fetch fetch; /* a message is large */
	struct err err;

	if (archive_fetch_start(&fetch, SESSION_BROKER_FD, s->command, login_client(s->ssh), &err) <
	    0) {
		(void)session_end(s, err.text);
		return;
	}
	if (serve_archive(s, &fetch) == 0) {
		say(s, fetch.line);
		s->exit_status = fetch.status;
		session_close(s);
	}
	archive_fetch_done(&fetch);
}
