/* SPDX-License-Identifier: Apache-2.0 */
#include "server/listener.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/message.h"
#include "base/notify.h"
#include "base/number.h"
#include "base/text.h"
#include "server/control.h"
#include "server/handover.h"
#include "server/listener_state.h"

enum { SESSIONS_A_ZYGOTE = 5000 }; /* then a fresh one, with other addresses in its memory */

#define RESTART_DELAY   (SECOND / 5)
#define BROKER_GRACE    (5 * SECOND) /* to write down what it knows when everything stops */
#define REFUSAL_LINGER  (2 * SECOND)
#define TRAFFIC_DELAY   SECOND        /* what was counted is told so much later */
#define TRAFFIC_REFRESH (30 * SECOND) /* and what is there now, while something is */
#define HUNG            (30 * SECOND) /* without an answer, where no watchdog says otherwise */
#define TICK_MOST       (5 * SECOND)

static void start_helpers(void *arg);

static void stop_with(struct listener *l, const struct err *err)
{
	l->fatal = *err;
	l->failed = true;
	loop_stop(l->loop);
}

/* --- what was counted, for the broker to write down */

void listener_tell_traffic(struct listener *l)
{
	static struct message message;
	struct err err;

	if (!l->broker || !l->broker->ready)
		return;
	l->counted.values[TRAFFIC_SESSIONS] = (int64_t)connections_count(&l->connections);
	l->counted.values[TRAFFIC_STRANGERS] = (int64_t)connections_strangers(&l->connections);
	message_start(&message, CONTROL_TRAFFIC);
	message_put_int(&message, TRAFFIC_COUNT);
	for (int i = 0; i < TRAFFIC_COUNT; i++)
		message_put_int(&message, l->counted.values[i]);
	/* Told to nobody it is counted on; a broker that is gone is noticed by its channel. */
	if (message_send(l->broker->channel, &message, &err) == 0)
		l->counted = (struct traffic){.has_now = false};
}

static void on_traffic(void *arg)
{
	listener_tell_traffic(arg);
}

static void count(struct listener *l, enum traffic_kind kind)
{
	if ((int)kind < TRAFFIC_TOTALS)
		l->counted.values[kind]++;
	loop_after(l->loop, TRAFFIC_DELAY, on_traffic, l);
}

static void refresh_traffic(void *arg)
{
	struct listener *l = arg;

	if (connections_count(&l->connections) > 0)
		listener_tell_traffic(l);
}

/* --- connections */

/* Give one end of a new channel to the broker and the other, with the client, to the zygote. */
static int hand_over(struct listener *l, const struct connection *c, int client_fd, struct err *err)
{
	static struct message message;
	int ends[2];
	int result;

	if (message_channel(ends, err) < 0)
		return -1;
	message_start(&message, CONTROL_CHANNEL);
	message_put_int(&message, c->number);
	message_put_text(&message, c->address);
	message_put_fd(&message, ends[0]);
	result = message_send(l->broker->channel, &message, err);
	if (result == 0) {
		message_start(&message, CONTROL_SESSION);
		message_put_int(&message, c->number);
		message_put_fd(&message, client_fd);
		message_put_fd(&message, ends[1]);
		result = message_send(l->zygote->channel, &message, err);
	}
	(void)close(ends[0]);
	(void)close(ends[1]);
	return result;
}

/* One line a second at most: who floods us does not fill the log. */
static void log_refusal(struct listener *l, enum refusal refusal, const char *address)
{
	if (l->refusal_logged && clock_elapsed() - l->refusal_logged < SECOND) {
		l->refusals_unlogged++;
		return;
	}
	log_warning("from=%s others=%" PRId64 " text=\"refused: the limit of %s is reached\"",
	    address, l->refusals_unlogged, refusal_setting(refusal));
	l->refusal_logged = clock_elapsed();
	l->refusals_unlogged = 0;
}

static void close_refused(void *arg)
{
	struct listener *l = arg;

	if (refusal_close(&l->refused, REFUSAL_LINGER))
		loop_after(l->loop, REFUSAL_LINGER / 4, close_refused, l);
}

/* client_fd is taken. */
static void refuse(struct listener *l, enum refusal refusal, const char *address, int client_fd)
{
	log_refusal(l, refusal, address);
	refusal_tell(&l->refused, refusal, client_fd);
	count(l, refusal_kind(refusal));
	loop_after(l->loop, REFUSAL_LINGER, close_refused, l);
}

static void begin(struct listener *l, int client_fd, const char *address)
{
	struct connection *c =
	    connections_add(&l->connections, ++l->next_number, address, l->broker);
	struct err err;

	if (hand_over(l, c, client_fd, &err) < 0) {
		log_error("session=%" PRId64 " from=%s text=\"%s\"", c->number, address, err.text);
		connections_forget(&l->connections, c);
		return;
	}
	l->zygote->sessions++;
	count(l, TRAFFIC_ACCEPTED);
}

static void on_client(void *arg)
{
	struct listener *l = arg;
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	OWNED_FD int fd = accept4(
	    l->socket_fd, (struct sockaddr *)&address, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
	enum refusal refusal;
	char text[ADDRESS_MAX];

	if (fd < 0) {
		if (errno != EAGAIN && errno != ECONNABORTED)
			log_warning("text=\"cannot accept: %s\"", strerror(errno));
		return;
	}
	listening_print((const struct sockaddr *)&address, length, text, sizeof(text));
	refusal = connections_judge(&l->connections, &l->settings, text);
	if (refusal == REFUSAL_NONE)
		begin(l, fd, text);
	else
		refuse(l, refusal, text, TAKE_FD(fd));
}

/* --- helpers */

void listener_tell_ready(const struct listener *l)
{
	char more[320];

	(void)snprintf(
	    more, sizeof(more), "X_SFTP=%s\nSTATUS=serving SFTP on %s", l->address, l->address);
	notify_ready(more);
}

/* Accept only while both helpers are there to take what is accepted. */
void listener_update_accepting(struct listener *l)
{
	bool ready = helper_is_ready(l->zygote) && helper_is_ready(l->broker);

	if (l->is_stopping)
		return;
	loop_pause(l->loop, l->socket_watch, !ready);
	if (!ready || l->told_ready)
		return;
	l->told_ready = true;
	log_info("text=\"serving SFTP on %s\"", l->address);
	listener_tell_ready(l);
}

static void replace_zygote(struct listener *l)
{
	helper_close(&l->zygote);
	listener_update_accepting(l);
	loop_after(l->loop, 0, start_helpers, l);
}

/* A signal ended a session: what did that may have touched what is shared, so a fresh zygote. */
static void take_crash(struct listener *l, const struct helper *zygote, struct message *in)
{
	int64_t number = message_get_int(in);
	const char *how = message_get_text(in);

	log_error(
	    "session=%" PRId64 " text=\"crashed: %s; a fresh zygote takes over\"", number, how);
	if (zygote == l->zygote)
		replace_zygote(l);
}

/* A retired broker ends with its last session. */
void listener_let_go(struct listener *l, struct helper *broker)
{
	struct helper **at = &l->retired;

	while (*at && *at != broker)
		at = &(*at)->next;
	if (!*at || connections_of_broker(&l->connections, broker) > 0)
		return;
	*at = broker->next;
	log_info(
	    "process=broker pid=%d text=\"it has no session any more\"", (int)broker->process.pid);
	helper_close(&broker);
}

static void stop_when_done(struct listener *l)
{
	if (l->is_stopping && connections_count(&l->connections) == 0)
		loop_stop(l->loop);
}

static void take_closed(struct listener *l, struct helper *broker, struct message *in)
{
	struct connection *c = connections_find(&l->connections, message_get_int(in));

	if (c)
		connections_forget(&l->connections, c);
	count(l, TRAFFIC_SESSIONS);
	listener_let_go(l, broker);
	stop_when_done(l);
	if (l->zygote && l->zygote->sessions > SESSIONS_A_ZYGOTE && !l->is_stopping)
		replace_zygote(l);
}

static void take_login(struct listener *l, struct message *in)
{
	struct connection *c = connections_find(&l->connections, message_get_int(in));

	if (c)
		connections_welcome(&l->connections, c);
	count(l, TRAFFIC_STRANGERS);
}

/* --- messages */

/* A helper has ended. */
static void lost_helper(struct listener *l, struct helper *helper)
{
	const char *option = helper->option;
	/* One that cannot start will hardly do it a moment later. */
	int64_t delay = helper->ready ? RESTART_DELAY : 10 * RESTART_DELAY;
	struct err err;

	if (helper == l->next_zygote || helper == l->next_broker) {
		(void)err_set(
		    &err, ERR_REFUSED, "%s could not start, its last line says why", option);
		listener_keep_old(l, err.text);
		return;
	}
	/* Sessions end with their broker, and nobody tells of that any more. */
	connections_forget_broker(&l->connections, helper);
	count(l, TRAFFIC_SESSIONS);
	if (helper != l->zygote && helper != l->broker) {
		log_error("text=\"%s is gone, which was serving its last sessions\"", option);
		listener_let_go(l, helper);
	} else {
		helper_close(helper == l->zygote ? &l->zygote : &l->broker);
		log_error("text=\"%s is gone%s\"", option,
		    l->is_stopping || !l->told_ready ? "" : "; starting another");
	}
	if (!l->told_ready) {
		(void)err_set(&err, ERR_REFUSED, "%s could not start", option);
		stop_with(l, &err);
		return;
	}
	stop_when_done(l);
	listener_update_accepting(l);
	loop_after(l->loop, delay, start_helpers, l);
}

static void take_ready(struct listener *l, struct helper *helper)
{
	helper->ready = true;
	if (!listener_take_over(l))
		listener_update_accepting(l);
}

/* The helper may be gone afterwards. */
static void take_message(struct listener *l, struct helper *helper, struct message *in)
{
	switch ((enum control)in->kind) {
	case CONTROL_READY:
		take_ready(l, helper);
		break;
	case CONTROL_CRASHED:
		take_crash(l, helper, in);
		break;
	case CONTROL_CLOSED:
		take_closed(l, helper, in);
		break;
	case CONTROL_PONG:
		helper->asked = 0;
		break;
	case CONTROL_LOGGED_IN:
		take_login(l, in);
		break;
	case CONTROL_SESSION:
	case CONTROL_CHANNEL:
	case CONTROL_PING:
	case CONTROL_STOP:
	case CONTROL_TRAFFIC:
		break;
	}
}

void listener_on_helper(void *arg)
{
	static struct message in;
	struct helper *helper = arg;
	struct listener *l = helper->owner;
	enum message_state state = MESSAGE_END;
	struct err err;

	if (message_receive(helper->channel, &in, &state, &err) < 0 || state == MESSAGE_END) {
		lost_helper(l, helper);
		return;
	}
	if (state == MESSAGE_GOT)
		take_message(l, helper, &in);
	message_close_fds(&in);
}

/* Start whichever is not there. */
static void start_helpers(void *arg)
{
	struct listener *l = arg;
	struct err err;

	if (l->is_stopping)
		return;
	if ((!l->broker && helper_start("--broker", l->settings_path, l->loop, listener_on_helper,
	                       l, &l->broker, &err) < 0) ||
	    (!l->zygote && helper_start("--zygote", l->settings_path, l->loop, listener_on_helper,
	                       l, &l->zygote, &err) < 0)) {
		log_error("text=\"%s\"", err.text);
		loop_after(l->loop, SECOND, start_helpers, l);
	}
}

/* --- whether everybody still works */

static int64_t hung_after(void)
{
	int64_t watchdog = notify_watchdog();

	return watchdog ? watchdog / 3 : HUNG;
}

static int64_t tick_period(void)
{
	int64_t period = hung_after() / 8;

	return period > TICK_MOST ? TICK_MOST : period;
}

/* Returns whether it works, as far as can be told. */
static bool check(struct helper *helper)
{
	if (!helper_is_ready(helper))
		return false;
	if (helper_is_late(helper, hung_after())) {
		log_error("process=%s pid=%d text=\"does not answer; it is ended\"",
		    helper->option + 2, (int)helper->process.pid);
		helper_kill(helper);
		return false;
	}
	helper_ask(helper);
	return !helper_is_late(helper, 2 * tick_period());
}

/* The watchdog hears of us only while a client would be served. */
static void on_tick(void *arg)
{
	struct listener *l = arg;
	bool zygote_works = check(l->zygote);
	bool broker_works = check(l->broker);

	for (struct helper *broker = l->retired; broker; broker = broker->next)
		(void)check(broker);
	if ((zygote_works && broker_works) || l->is_stopping)
		notify_alive();
}

/* Helpers that were replaced end by themselves; they only have to be reaped. */
static void on_child(void *arg)
{
	(void)arg;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
}

/* --- stopping */

static void tell_stop(const struct helper *broker)
{
	static struct message message;
	struct err err;

	message_start(&message, CONTROL_STOP);
	/* One that is gone is told of by its channel. */
	(void)message_send(broker->channel, &message, &err);
}

static void on_grace_over(void *arg)
{
	loop_stop(((struct listener *)arg)->loop);
}

/* Nobody new; who fetches a file may finish it. Told again: at once. */
static void on_stop(void *arg)
{
	struct listener *l = arg;
	int64_t grace = l->settings.server_stop_grace;

	if (l->is_stopping) {
		loop_stop(l->loop);
		return;
	}
	l->is_stopping = true;
	notify_stopping(grace + 2 * BROKER_GRACE);
	loop_unwatch(l->loop, l->socket_watch);
	clean_fd(&l->socket_fd);
	l->socket_fd = -1;
	listener_abandon(l);
	log_info("text=\"stopping; files that are being fetched have %" PRId64 " seconds\"",
	    grace / SECOND);
	if (l->broker)
		tell_stop(l->broker);
	for (const struct helper *broker = l->retired; broker; broker = broker->next)
		tell_stop(broker);
	loop_after(l->loop, grace, on_grace_over, l);
	stop_when_done(l);
}

/* --- starting */

static int watch_signals(struct listener *l, struct err *err)
{
	if (loop_signal(l->loop, SIGTERM, on_stop, l, err) < 0 ||
	    loop_signal(l->loop, SIGINT, on_stop, l, err) < 0 ||
	    loop_signal(l->loop, SIGHUP, listener_on_reload, l, err) < 0)
		return -1;
	return loop_signal(l->loop, SIGCHLD, on_child, l, err);
}

static int begin_serving(struct listener *l, struct err *err)
{
	bool activated = false;

	if (settings_load(l->settings_path, &l->settings, err) < 0 ||
	    listening_open(l->settings.server_listen, &l->socket_fd, &activated, err) < 0)
		return -1;
	if (!activated)
		text_copy(l->asked_for, l->settings.server_listen);
	return listening_where(l->socket_fd, l->address, err);
}

static int start(struct listener *l, struct err *err)
{
	OWNED_BUFFER struct buffer left = BUFFER(HANDOVER_MAX);

	if (loop_new(&l->loop, err) < 0 || watch_signals(l, err) < 0 ||
	    handover_take(&left, err) < 0)
		return -1;
	if ((left.length > 0 ? listener_resume(l, &left, err) : begin_serving(l, err)) < 0)
		return -1;
	if (loop_watch(l->loop, l->socket_fd, on_client, l, &l->socket_watch, err) < 0)
		return -1;
	loop_every(l->loop, tick_period(), on_tick, l);
	loop_every(l->loop, TRAFFIC_REFRESH, refresh_traffic, l);
	listener_update_accepting(l);
	if (l->told_ready)
		listener_tell_ready(l);
	start_helpers(l);
	/* Children that ended while nobody caught SIGCHLD. */
	on_child(l);
	return 0;
}

/* Their channels close: the zygote ends, the brokers end their sessions. */
static void end_helpers(struct listener *l)
{
	listener_abandon(l);
	helper_close(&l->zygote);
	connections_done(&l->connections);
	if (helper_is_ready(l->broker))
		listener_tell_traffic(l);
	helper_end(&l->broker, BROKER_GRACE);
	while (l->retired) {
		struct helper *broker = l->retired;

		l->retired = broker->next;
		helper_end(&broker, BROKER_GRACE);
	}
}

int listener_run(const char *settings, struct err *err)
{
	struct listener l = {.settings_path = settings, .socket_fd = -1};
	int result = start(&l, err);

	if (result == 0)
		result = loop_run(l.loop, err);
	if (l.failed) {
		*err = l.fatal;
		result = -1;
	}
	end_helpers(&l);
	(void)refusal_close(&l.refused, 0);
	loop_free(l.loop);
	clean_fd(&l.socket_fd);
	return result;
}
