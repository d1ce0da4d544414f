/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the settings again, without ending a session: fresh helpers read them and take over,
 * and then this process becomes the program that is installed now.
 */
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "base/clean.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/number.h"
#include "base/process.h"
#include "base/text.h"
#include "server/handover.h"
#include "server/listener_state.h"

#define RELOAD_PATIENCE (60 * SECOND) /* for fresh helpers to get ready */

static void on_reload_late(void *arg)
{
	listener_keep_old(arg, "the fresh processes are not ready in time");
}

/* Fresh helpers that nobody wants any more end by themselves; the next have all their time. */
void listener_abandon(struct listener *l)
{
	loop_cancel(l->loop, on_reload_late, l);
	helper_close(&l->next_zygote);
	helper_close(&l->next_broker);
}

void listener_keep_old(struct listener *l, const char *why)
{
	listener_abandon(l);
	log_error("text=\"not reloaded, what was in force stays so: %s\"", why);
	listener_tell_ready(l);
}

static void put_helper(struct buffer *out, const char *word, const struct helper *helper)
{
	struct handover_line line = {.numbers = {helper->process.pid, helper->process.pidfd,
	                                 helper->channel, helper->sessions}};

	text_copy(line.word, word);
	handover_put(out, &line);
}

static void put_connections(struct buffer *out, const struct listener *l)
{
	for (const struct connection *c = l->connections.first; c; c = c->hh.next) {
		const struct helper *broker = c->broker;
		struct handover_line line = {.word = "connection",
		    .numbers = {c->number, c->is_stranger, broker->process.pid}};

		text_copy(line.text, c->address);
		handover_put(out, &line);
	}
}

static void put_all(struct buffer *out, const struct listener *l)
{
	const struct settings *s = &l->settings;
	struct handover_line socket = {.word = "socket", .numbers = {l->socket_fd, l->next_number}};
	struct handover_line limits = {.word = "limits",
	    .numbers = {s->server_sessions, s->server_sessions_per_address, s->server_strangers,
	        s->server_strangers_per_address, s->server_stop_grace}};

	text_copy(socket.text, l->asked_for);
	handover_put(out, &socket);
	handover_put(out, &limits);
	put_helper(out, "zygote", l->zygote);
	put_helper(out, "broker", l->broker);
	for (const struct helper *broker = l->retired; broker; broker = broker->next)
		put_helper(out, "retired", broker);
	put_connections(out, l);
}

static void keep_over_exec(const struct listener *l, bool keep)
{
	int flags = keep ? 0 : FD_CLOEXEC;

	(void)fcntl(l->socket_fd, F_SETFD, flags);
	(void)fcntl(l->zygote->channel, F_SETFD, flags);
	(void)fcntl(l->zygote->process.pidfd, F_SETFD, flags);
	(void)fcntl(l->broker->channel, F_SETFD, flags);
	(void)fcntl(l->broker->process.pidfd, F_SETFD, flags);
	for (const struct helper *broker = l->retired; broker; broker = broker->next) {
		(void)fcntl(broker->channel, F_SETFD, flags);
		(void)fcntl(broker->process.pidfd, F_SETFD, flags);
	}
}

/* Become the program that is installed now, in this process and with all that it holds. */
static int become_new(struct listener *l, struct err *err)
{
	OWNED_BUFFER struct buffer lines = BUFFER(HANDOVER_MAX);
	OWNED_FD int fd = -1;
	char path[PATH_MAX];
	const char *argv[] = {path, "-c", l->settings_path, NULL};

	put_all(&lines, l);
	if (process_sibling("edelivery-sftpd", path, sizeof(path), err) < 0 ||
	    handover_leave(&lines, &fd, err) < 0)
		return -1;
	keep_over_exec(l, true);
	(void)process_become(argv, err);
	keep_over_exec(l, false);
	return -1;
}

static void retire_broker(struct listener *l)
{
	struct helper *broker = TAKE(l->broker);

	if (!broker)
		return;
	broker->next = l->retired;
	l->retired = broker;
	listener_let_go(l, broker);
}

bool listener_take_over(struct listener *l)
{
	struct err err;

	if (!helper_is_ready(l->next_zygote) || !helper_is_ready(l->next_broker))
		return false;
	loop_cancel(l->loop, on_reload_late, l);
	listener_tell_traffic(l);
	helper_close(&l->zygote);
	retire_broker(l);
	l->zygote = TAKE(l->next_zygote);
	l->broker = TAKE(l->next_broker);
	log_info("text=\"reloaded; %zu sessions go on with what they have\"",
	    connections_count(&l->connections));
	/* What is left of the words to those who were refused is lost with this. */
	if (become_new(l, &err) < 0) {
		log_error("text=\"the listener itself goes on as it is: %s\"", err.text);
		listener_update_accepting(l);
		listener_tell_ready(l);
	}
	return true;
}

static int start_fresh(struct listener *l, struct err *err)
{
	struct settings settings;

	if (settings_load(l->settings_path, &settings, err) < 0 ||
	    helper_start("--broker", l->settings_path, l->loop, listener_on_helper, l,
	        &l->next_broker, err) < 0 ||
	    helper_start("--zygote", l->settings_path, l->loop, listener_on_helper, l,
	        &l->next_zygote, err) < 0)
		return -1;
	return 0;
}

void listener_on_reload(void *arg)
{
	struct listener *l = arg;
	struct err err;

	if (l->is_stopping || !l->told_ready)
		return;
	notify_reloading();
	listener_abandon(l);
	if (start_fresh(l, &err) < 0)
		listener_keep_old(l, err.text);
	else
		loop_after(l->loop, RELOAD_PATIENCE, on_reload_late, l);
}

/* The broker that has that process. */
static struct helper *find_broker(const struct listener *l, int64_t pid)
{
	if (l->broker && l->broker->process.pid == pid)
		return l->broker;
	for (struct helper *broker = l->retired; broker; broker = broker->next)
		if (broker->process.pid == pid)
			return broker;
	return NULL;
}

static int adopt(struct listener *l, const char *option, const struct handover_line *line,
    struct helper **ret_helper, struct err *err)
{
	const struct helper left = {.option = option,
	    .process = {(pid_t)line->numbers[0], (int)line->numbers[1]},
	    .channel = (int)line->numbers[2],
	    .sessions = line->numbers[3]};

	(void)fcntl(left.channel, F_SETFD, FD_CLOEXEC);
	(void)fcntl(left.process.pidfd, F_SETFD, FD_CLOEXEC);
	return helper_adopt(&left, l->loop, listener_on_helper, l, ret_helper, err);
}

static int take_socket(struct listener *l, const struct handover_line *line, struct err *err)
{
	l->socket_fd = (int)line->numbers[0];
	l->next_number = line->numbers[1];
	text_copy(l->asked_for, line->text);
	(void)fcntl(l->socket_fd, F_SETFD, FD_CLOEXEC);
	return listening_where(l->socket_fd, l->address, err);
}

/* Those of before: they hold until the settings file has been read. */
static void take_limits(struct settings *settings, const struct handover_line *line)
{
	settings->server_sessions = line->numbers[0];
	settings->server_sessions_per_address = line->numbers[1];
	settings->server_strangers = line->numbers[2];
	settings->server_strangers_per_address = line->numbers[3];
	settings->server_stop_grace = line->numbers[4];
}

static void take_connection(struct listener *l, const struct handover_line *line)
{
	const struct helper *broker = find_broker(l, line->numbers[2]);
	struct connection *c;

	if (!broker)
		return;
	c = connections_add(&l->connections, line->numbers[0], line->text, broker);
	if (!line->numbers[1])
		connections_welcome(&l->connections, c);
}

static int take_line(struct listener *l, const struct handover_line *line, struct err *err)
{
	struct helper *broker = NULL;

	if (strcmp(line->word, "socket") == 0)
		return take_socket(l, line, err);
	if (strcmp(line->word, "zygote") == 0)
		return adopt(l, "--zygote", line, &l->zygote, err);
	if (strcmp(line->word, "broker") == 0)
		return adopt(l, "--broker", line, &l->broker, err);
	if (strcmp(line->word, "retired") == 0) {
		if (adopt(l, "--broker", line, &broker, err) < 0)
			return -1;
		broker->next = l->retired;
		l->retired = broker;
	}
	if (strcmp(line->word, "limits") == 0)
		take_limits(&l->settings, line);
	if (strcmp(line->word, "connection") == 0)
		take_connection(l, line);
	return 0;
}

int listener_resume(struct listener *l, const struct buffer *lines, struct err *err)
{
	const char *at = buffer_text(lines);
	struct handover_line line;
	struct settings settings;

	while (*at)
		if (handover_get(&at, &line, err) < 0 || take_line(l, &line, err) < 0)
			return err_context(err, "cannot go on");
	if (l->socket_fd < 0 || !l->zygote || !l->broker)
		return err_set(err, ERR_INTERNAL, "cannot go on: something was not handed over");
	l->told_ready = true;
	/* The fresh broker and zygote have just read them, so this is a rare thing. */
	if (settings_load(l->settings_path, &settings, err) < 0)
		log_error("text=\"the limits stay as they were: %s\"", err->text);
	else
		l->settings = settings;
	if (l->asked_for[0] && l->settings.server_listen[0] &&
	    strcmp(l->asked_for, l->settings.server_listen) != 0)
		log_warning("text=\"server.listen is %s now, which takes a restart; until then it "
		            "is %s\"",
		    l->settings.server_listen, l->asked_for);
	return 0;
}
