/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a session holds, for its two files: session.c, and session_archive.c for the command
 * archive.
 *
 * Functions that return -1 have said why the session ends.
 */
#ifndef SERVER_SESSION_STATE_H
#define SERVER_SESSION_STATE_H

#include <libssh/callbacks.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "server/doze.h"
#include "server/login.h"
#include "server/session.h"
#include "server/sftp.h"

enum {
	SESSION_COMMAND_SIZE = 512,
	SESSION_INPUT_MAX = 2 * 1024 * 1024, /* libssh keeps what a client sends past its window */
};

struct session {
	const struct session_means *means;
	ssh_session ssh;
	ssh_channel channel;
	ssh_event event;
	struct login login;
	struct sftp *sftp; /* once the subsystem was asked for */
	struct buffer in;
	uint32_t waiting;     /* bytes that libssh holds for us */
	bool stopped_at_full; /* there may be whole requests in in */
	struct doze doze;
	bool wants_sftp;
	char command[SESSION_COMMAND_SIZE]; /* that was asked for, or "" */
	int exit_status;
	bool saw_eof;
	bool saw_extended; /* data of a second stream, which nobody reads */
	bool broker_ended;
	int archive_fd;     /* while it is waited for, or -1 */
	int stop_fd;        /* tells of SIGTERM */
	bool is_stopping;   /* it came */
	int64_t stop_after; /* how long nothing may be open then */
	int64_t deadline;   /* by clock_elapsed(), of login or of idleness */
	struct ssh_counter_struct socket_counter;
	struct ssh_counter_struct packet_counter;
	struct ssh_server_callbacks_struct server_callbacks;
	struct ssh_channel_callbacks_struct channel_callbacks;
	char reason[200]; /* why it ends */
};

/* Note why it ends, unless that is known already. -1. */
int session_end(struct session *s, const char *reason);

/* One turn: libssh's packets in, its packets out, and the broker's end noticed. */
int session_turn(struct session *s, int timeout_ms);

/* How long a turn may wait. */
int session_left_ms(const struct session *s);

/* Send of length bytes as much as the client's window and the socket take. */
int session_send(struct session *s, const void *bytes, size_t length, size_t *ret_sent);

/* The client waits for status and close; then it gets a moment to go first. */
void session_close(struct session *s);

/* The session of a client that asked for s->command. */
void session_run_archive(struct session *s);

#endif
