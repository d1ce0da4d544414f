/* SPDX-License-Identifier: Apache-2.0 */
/* What the listener holds, for its two files: listener.c, and listener_reload.c for SIGHUP. */
#ifndef SERVER_LISTENER_STATE_H
#define SERVER_LISTENER_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/err.h"
#include "base/loop.h"
#include "server/connections.h"
#include "server/helper.h"
#include "server/listening.h"
#include "server/refusal.h"
#include "spool/settings.h"
#include "spool/traffic.h"

struct listener {
	struct settings settings;
	const char *settings_path;
	int socket_fd;
	char address[LISTENING_ADDRESS]; /* that the socket has */
	char asked_for[CONF_TEXT_MAX];   /* server.listen of then; "": systemd's socket */
	struct loop *loop;
	struct watch *socket_watch;
	struct helper *zygote;
	struct helper *broker;
	struct helper *next_zygote; /* those that take over when both are ready */
	struct helper *next_broker;
	struct helper *retired; /* brokers whose last sessions are still there */
	struct connections connections;
	int64_t next_number;
	struct refused refused;
	struct traffic counted; /* since the broker was told */
	int64_t refusal_logged; /* when, by clock_elapsed() */
	int64_t refusals_unlogged;
	bool told_ready;
	bool is_stopping;
	bool failed;
	struct err fatal;
};

/* --- listener.c */

/* A helper (arg) has said something, or is gone: what helper_start() calls. */
void listener_on_helper(void *arg);

/* Accept while both helpers are ready, and tell our manager at the first time. */
void listener_update_accepting(struct listener *l);
void listener_tell_ready(const struct listener *l);

/* Let the broker go, if it is a retired one without a session. */
void listener_let_go(struct listener *l, struct helper *broker);

/* Tell the broker what was counted. */
void listener_tell_traffic(struct listener *l);

/* --- listener_reload.c */

/* SIGHUP: fresh helpers read the settings; arg is the listener. */
void listener_on_reload(void *arg);

/* Are the fresh helpers ready? Then they take over, and this process begins anew. */
bool listener_take_over(struct listener *l);

/* One of them could not start: what was in force stays so. Nothing, where there are none. */
void listener_keep_old(struct listener *l, const char *why);
void listener_abandon(struct listener *l);

/* Go on with what the program before us in this process has left. */
int listener_resume(struct listener *l, const struct buffer *lines, struct err *err);

#endif
