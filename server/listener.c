/* SPDX-License-Identifier: Apache-2.0 */
#include "server/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uthash.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/message.h"
#include "base/notify.h"
#include "base/number.h"
#include "base/process.h"
#include "base/text.h"
#include "server/control.h"
#include "spool/settings.h"

enum {
	BACKLOG = 512,
	ADDRESS_MAX = 64,
	SESSIONS_A_ZYGOTE = 5000, /* then a fresh one, with other addresses in its memory */
	RESTART_MS = 200,
};

/* For the broker to write down what it knows when everything stops. */
#define BROKER_GRACE (5 * SECOND)

/* A helper process and the channel to it. */
struct helper {
	const char *program;
	const char *option; /* that it is started with */
	struct process process;
	int channel;
	struct watch *watch;
	bool ready;
	int64_t sessions; /* that were given to it */
};

struct connection {
	int64_t number;
	char address[ADDRESS_MAX];
	UT_hash_handle hh;
};

struct listener {
	struct settings settings;
	const char *settings_path;
	int socket_fd;
	char address[128]; /* that the socket has, as ADDRESS:PORT */
	struct loop *loop;
	struct watch *socket_watch;
	struct helper zygote;
	struct helper broker;
	struct connection *connections;
	int64_t next_number;
	bool told_ready;
	bool failed;
	struct err fatal;
};

static void start_helpers(void *arg);

static void stop_with(struct listener *l, const struct err *err)
{
	l->fatal = *err;
	l->failed = true;
	loop_stop(l->loop);
}

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

static void print_address(
    const struct sockaddr *address, socklen_t length, bool with_port, char *ret_text, size_t size)
{
	char host[ADDRESS_MAX] = "";
	char port[16] = "";

	(void)getnameinfo(address, length, host, sizeof(host), port, sizeof(port),
	    NI_NUMERICHOST | NI_NUMERICSERV);
	if (!with_port)
		(void)snprintf(ret_text, size, "%s", host);
	else if (strchr(host, ':'))
		(void)snprintf(ret_text, size, "[%s]:%s", host, port);
	else
		(void)snprintf(ret_text, size, "%s:%s", host, port);
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

/* systemd's socket activation (sd_listen_fds(3)): the socket is descriptor 3. */
static bool is_activated(void)
{
	const char *pid = getenv("LISTEN_PID");
	const char *count = getenv("LISTEN_FDS");
	int64_t number = 0;
	struct err err;

	return pid && count && strcmp(count, "1") == 0 && number_parse(pid, &number, &err) == 0 &&
	       number == getpid();
}

static int open_socket(struct listener *l, struct err *err)
{
	struct addrinfo hints = {
	    .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
	struct addrinfo *info = NULL;
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	char host[128];
	const char *port = NULL;
	int result = 0;

	if (is_activated()) {
		l->socket_fd = fcntl(3, F_DUPFD_CLOEXEC, 10);
		(void)fcntl(l->socket_fd, F_SETFL, O_NONBLOCK);
	} else {
		if (split_address(l->settings.server_listen, host, &port) < 0 ||
		    getaddrinfo(host, port, &hints, &info) != 0)
			return err_set(err, ERR_REFUSED,
			    "server.listen %s: not an address of this form",
			    l->settings.server_listen);
		result = bind_to(info, l->settings.server_listen, &l->socket_fd, err);
		freeaddrinfo(info);
	}
	if (result == 0 && getsockname(l->socket_fd, (struct sockaddr *)&address, &length) < 0)
		return err_sys(err, "find the address of the socket");
	print_address(
	    (const struct sockaddr *)&address, length, true, l->address, sizeof(l->address));
	return result;
}

static size_t count_from(const struct listener *l, const char *address)
{
	size_t count = 0;

	for (const struct connection *c = l->connections; c; c = c->hh.next)
		count += strcmp(c->address, address) == 0;
	return count;
}

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
	result = message_send(l->broker.channel, &message, err);
	if (result == 0) {
		message_start(&message, CONTROL_SESSION);
		message_put_int(&message, c->number);
		message_put_fd(&message, client_fd);
		message_put_fd(&message, ends[1]);
		result = message_send(l->zygote.channel, &message, err);
	}
	(void)close(ends[0]);
	(void)close(ends[1]);
	return result;
}

static void forget_connection(struct listener *l, struct connection *c)
{
	HASH_DEL(l->connections, c);
	free(c);
}

static bool is_allowed(const struct listener *l, const char *address)
{
	const char *limit = NULL;

	if (HASH_COUNT(l->connections) >= (size_t)l->settings.server_sessions)
		limit = "server.sessions";
	else if (count_from(l, address) >= (size_t)l->settings.server_sessions_per_address)
		limit = "server.sessions-per-address";
	if (limit)
		log_warning("from=%s text=\"refused: the limit of %s is reached\"", address, limit);
	return !limit;
}

static void begin(struct listener *l, int client_fd, const char *address)
{
	struct connection *c;
	struct err err;

	if (!is_allowed(l, address))
		return;
	c = mem_new(1, sizeof(*c));
	c->number = ++l->next_number;
	text_copy(c->address, address);
	HASH_ADD(hh, l->connections, number, sizeof(c->number), c);
	if (hand_over(l, c, client_fd, &err) < 0) {
		log_error("session=%" PRId64 " from=%s text=\"%s\"", c->number, address, err.text);
		forget_connection(l, c);
		return;
	}
	l->zygote.sessions++;
}

static void on_client(void *arg)
{
	struct listener *l = arg;
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	OWNED_FD int fd = accept4(
	    l->socket_fd, (struct sockaddr *)&address, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
	char text[ADDRESS_MAX];

	if (fd < 0) {
		if (errno != EAGAIN && errno != ECONNABORTED)
			log_warning("text=\"cannot accept: %s\"", strerror(errno));
		return;
	}
	print_address((const struct sockaddr *)&address, length, false, text, sizeof(text));
	begin(l, fd, text);
}

static void close_helper(struct listener *l, struct helper *helper)
{
	loop_unwatch(l->loop, helper->watch);
	helper->watch = NULL;
	clean_fd(&helper->channel);
	clean_fd(&helper->process.pidfd);
	helper->channel = -1;
	helper->process = (struct process){.pid = 0, .pidfd = -1};
	helper->ready = false;
}

/* Accept only while both helpers are there to take what is accepted. */
static void update_accepting(struct listener *l)
{
	bool ready = l->zygote.ready && l->broker.ready;
	char more[160];

	loop_pause(l->loop, l->socket_watch, !ready);
	if (!ready || l->told_ready)
		return;
	l->told_ready = true;
	log_info("text=\"serving SFTP on %s\"", l->address);
	(void)snprintf(more, sizeof(more), "X_SFTP=%s", l->address);
	notify_ready(more);
}

/* A session was ended by a signal: whatever did that may have touched what is shared: a fresh
 * zygote. */
static void take_crash(struct listener *l, struct message *in)
{
	int64_t number = message_get_int(in);
	const char *how = message_get_text(in);

	log_error(
	    "session=%" PRId64 " text=\"crashed: %s; a fresh zygote takes over\"", number, how);
	close_helper(l, &l->zygote);
	update_accepting(l);
	loop_after(l->loop, 0, start_helpers, l);
}

static void take_closed(struct listener *l, struct message *in)
{
	int64_t number = message_get_int(in);
	struct connection *c = NULL;

	HASH_FIND(hh, l->connections, &number, sizeof(number), c);
	if (c)
		forget_connection(l, c);
	if (l->zygote.sessions > SESSIONS_A_ZYGOTE) {
		close_helper(l, &l->zygote);
		update_accepting(l);
		loop_after(l->loop, 0, start_helpers, l);
	}
}

static void forget_connections(struct listener *l)
{
	while (l->connections)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it does not follow uthash */
		forget_connection(l, l->connections);
}

static void lost_helper(struct listener *l, struct helper *helper)
{
	struct err err;

	close_helper(l, helper);
	if (!l->told_ready) {
		(void)err_set(&err, ERR_REFUSED, "%s could not start", helper->option);
		stop_with(l, &err);
		return;
	}
	log_error("text=\"%s is gone; starting another\"", helper->option);
	/* Sessions end with their broker, and nobody tells of that any more. */
	if (helper == &l->broker)
		forget_connections(l);
	update_accepting(l);
	loop_after(l->loop, RESTART_MS * (SECOND / 1000), start_helpers, l);
}

static void take_message(struct listener *l, struct helper *helper)
{
	static struct message in;
	enum message_state state = MESSAGE_END;
	struct err err;

	if (message_receive(helper->channel, &in, &state, &err) < 0 || state == MESSAGE_END) {
		lost_helper(l, helper);
		return;
	}
	switch ((enum control)in.kind) {
	case CONTROL_READY:
		helper->ready = true;
		update_accepting(l);
		break;
	case CONTROL_CRASHED:
		take_crash(l, &in);
		break;
	case CONTROL_CLOSED:
		take_closed(l, &in);
		break;
	case CONTROL_SESSION:
	case CONTROL_CHANNEL:
		break;
	}
	message_close_fds(&in);
}

static void on_zygote(void *arg)
{
	struct listener *l = arg;

	take_message(l, &l->zygote);
}

static void on_broker(void *arg)
{
	struct listener *l = arg;

	take_message(l, &l->broker);
}

static int start_helper(
    struct listener *l, struct helper *helper, void (*ready)(void *arg), struct err *err)
{
	char path[PATH_MAX];
	const char *argv[] = {path, helper->option, l->settings_path, NULL};
	int ends[2];
	int result;

	if (process_sibling(helper->program, path, sizeof(path), err) < 0 ||
	    message_channel(ends, err) < 0)
		return -1;
	result = process_start(argv, &ends[1], 1, &helper->process, err);
	(void)close(ends[1]);
	helper->channel = ends[0];
	helper->ready = false;
	helper->sessions = 0;
	if (result == 0)
		result = loop_watch(l->loop, helper->channel, ready, l, &helper->watch, err);
	if (result < 0)
		clean_fd(&helper->channel);
	return result;
}

/* Start whichever is not there. */
static void start_helpers(void *arg)
{
	struct listener *l = arg;
	struct err err;

	if ((l->broker.channel < 0 && start_helper(l, &l->broker, on_broker, &err) < 0) ||
	    (l->zygote.channel < 0 && start_helper(l, &l->zygote, on_zygote, &err) < 0)) {
		log_error("text=\"%s\"", err.text);
		loop_after(l->loop, SECOND, start_helpers, l);
	}
}

/* Helpers that were replaced end by themselves; they only have to be reaped. */
static void on_child(void *arg)
{
	(void)arg;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
}

static void on_stop(void *arg)
{
	loop_stop(((struct listener *)arg)->loop);
}

static int start(struct listener *l, struct err *err)
{
	if (settings_load(l->settings_path, &l->settings, err) < 0 || open_socket(l, err) < 0 ||
	    loop_new(&l->loop, err) < 0 || loop_signal(l->loop, SIGTERM, on_stop, l, err) < 0 ||
	    loop_signal(l->loop, SIGINT, on_stop, l, err) < 0 ||
	    loop_signal(l->loop, SIGCHLD, on_child, l, err) < 0 ||
	    loop_watch(l->loop, l->socket_fd, on_client, l, &l->socket_watch, err) < 0)
		return -1;
	loop_pause(l->loop, l->socket_watch, true);
	start_helpers(l);
	return 0;
}

int listener_run(const char *settings, struct err *err)
{
	struct listener l = {.settings_path = settings,
	    .socket_fd = -1,
	    .zygote = {.program = "edelivery-session", .option = "--zygote", .channel = -1},
	    .broker = {.program = "edelivery-sftpd", .option = "--broker", .channel = -1}};
	int result = start(&l, err);

	if (result == 0)
		result = loop_run(l.loop, err);
	if (l.failed) {
		*err = l.fatal;
		result = -1;
	}
	/* Their channels close with these: the zygote ends, the broker ends its sessions. */
	clean_fd(&l.zygote.channel);
	clean_fd(&l.broker.channel);
	if (l.broker.process.pid > 0)
		process_stop(&l.broker.process, BROKER_GRACE);
	forget_connections(&l);
	loop_free(l.loop);
	clean_fd(&l.socket_fd);
	return result;
}
