/* SPDX-License-Identifier: Apache-2.0 */
#include "server/session.h"

#include <fcntl.h>
#include <libssh/callbacks.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/message.h"
#include "base/number.h"
#include "base/text.h"
#include "server/archive_command.h"
#include "server/ask.h"
#include "server/session_state.h"

enum {
	SSH_PACKET = 32758, /* one full packet for OpenSSH: its 32,768 less a header */
	READ_SIZE = 64 * 1024,
	INPUT_KEPT = 512 * 1024, /* a request cut off, and what came with it */
	BEFORE_LOGIN_PACKETS = 100,
	BEFORE_LOGIN_BYTES = 512 * 1024,
	MEMORY_MAX = 512 * 1024 * 1024,
	STUCK_SECONDS = 5,
	RSA_BITS_READ = 1024, /* a shorter key ends the session; login.c judges what is longer */
	CLOSE_MS = 2000,
	STOP_LINGER_MS = 1000, /* from the end of a file to the next, while the server stops */
};

const struct sandbox_rule session_rules[] = {
    {.number = SCMP_SYS(recvfrom)},
    {.number = SCMP_SYS(sendto)},
    {.number = SCMP_SYS(recvmsg)},
    {.number = SCMP_SYS(sendmsg)},
    {.number = SCMP_SYS(pread64)},
    {.number = SCMP_SYS(pwrite64)},
    {.number = SCMP_SYS(fsync)},
    {.number = SCMP_SYS(setsockopt),
        .only_if = {{1, UINT32_MAX, SOL_SOCKET}, {2, UINT32_MAX, SO_RCVLOWAT}}},
    {.number = -1},
};

/* Loop turns so far: a session that computes for seconds without one is stuck (CPU watchdog). */
static volatile sig_atomic_t turns;

static void on_cpu_time(int number)
{
	static sig_atomic_t last = -1;

	(void)number;
	if (turns == last)
		_exit(EXIT_FAILURE);
	last = turns;
}

int session_end(struct session *s, const char *reason)
{
	if (!s->reason[0])
		text_copy(s->reason, reason);
	return -1;
}

static ssh_channel on_channel_open(ssh_session ssh, void *arg)
{
	struct session *s = arg;

	if (s->channel)
		return NULL;
	s->channel = ssh_channel_new(ssh);
	if (s->channel)
		(void)ssh_set_channel_callbacks(s->channel, &s->channel_callbacks);
	return s->channel;
}

/* 0 says yes. One subsystem, once, and only this. */
static int on_subsystem(ssh_session ssh, ssh_channel channel, const char *name, void *arg)
{
	struct session *s = arg;

	(void)ssh;
	(void)channel;
	if (s->wants_sftp || s->command[0] || strcmp(name, "sftp") != 0)
		return 1;
	s->wants_sftp = true;
	return 0;
}

/* The same for commands: archive, and none else. */
static int on_exec(ssh_session ssh, ssh_channel channel, const char *command, void *arg)
{
	struct session *s = arg;

	(void)ssh;
	(void)channel;
	if (s->wants_sftp || s->command[0] || !archive_command_is(command) ||
	    strlen(command) >= sizeof(s->command))
		return 1;
	text_copy(s->command, command);
	return 0;
}

static void on_eof(ssh_session ssh, ssh_channel channel, void *arg)
{
	(void)ssh;
	(void)channel;
	((struct session *)arg)->saw_eof = true;
}

/* Takes none of the length bytes that libssh has by now: take_input() reads all of them. */
static int on_data(
    ssh_session ssh, ssh_channel channel, void *data, uint32_t length, int is_stderr, void *arg)
{
	struct session *s = arg;

	(void)ssh;
	(void)channel;
	(void)data;
	if (is_stderr)
		s->saw_extended = true;
	else
		s->waiting = length;
	return 0;
}

static void take_stop(struct session *s)
{
	struct signalfd_siginfo info;

	if (read(s->stop_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	s->is_stopping = true;
	/* Who fetches a file may say goodbye when he has it, or go on with the next. */
	if (s->sftp && !sftp_is_idle(s->sftp))
		s->stop_after = STOP_LINGER_MS * (SECOND / 1000);
}

static int on_broker(socket_t fd, int events, void *arg)
{
	(void)fd;
	(void)events;
	/* It speaks only when asked, so whatever comes now is its end, or ours by its will. */
	((struct session *)arg)->broker_ended = true;
	return 0;
}

static int on_stop(socket_t fd, int events, void *arg)
{
	(void)fd;
	(void)events;
	take_stop(arg);
	return 0;
}

static void set_callbacks(struct session *s)
{
	struct ssh_server_callbacks_struct *server = &s->server_callbacks;
	struct ssh_channel_callbacks_struct *channel = &s->channel_callbacks;

	login_set_callbacks(&s->login, s->ssh, server);
	server->userdata = s;
	server->channel_open_request_session_function = on_channel_open;
	ssh_callbacks_init(server);
	channel->userdata = s;
	channel->channel_subsystem_request_function = on_subsystem;
	channel->channel_exec_request_function = on_exec;
	channel->channel_data_function = on_data;
	channel->channel_eof_function = on_eof;
	channel->channel_close_function = on_eof;
	ssh_callbacks_init(channel);
	(void)ssh_set_server_callbacks(s->ssh, server);
	ssh_set_counters(s->ssh, &s->socket_counter, &s->packet_counter);
}

/* A dead peer is noticed; small answers go out at once. */
static void set_socket(int fd)
{
	int yes = 1;
	int timeout_ms = 60000;

	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof(yes));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms));
}

/* SIGTERM, which is blocked, as something to be polled. */
static int watch_stop(struct session *s, struct err *err)
{
	sigset_t stop;

	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGTERM);
	s->stop_fd = signalfd(-1, &stop, SFD_NONBLOCK | SFD_CLOEXEC);
	return s->stop_fd < 0 ? err_sys(err, "catch SIGTERM") : 0;
}

static uint64_t largest_upload(const struct settings *settings)
{
	return (uint64_t)(settings->drop_letter_max > settings->drop_trade_file_max
	                      ? settings->drop_letter_max
	                      : settings->drop_trade_file_max);
}

/* Everything that could be done with more rights than reading and writing is over here. */
static int confine(struct session *s, struct err *err)
{
	const struct itimerval watchdog = {{STUCK_SECONDS, 0}, {STUCK_SECONDS, 0}};

	(void)signal(SIGVTALRM, on_cpu_time);
	if (setitimer(ITIMER_VIRTUAL, &watchdog, NULL) < 0)
		return err_sys(err, "start the CPU watchdog");
#ifndef EDELIVERY_SANITIZED /* the sanitizers' shadow memory is larger */
	if (sandbox_limit(RLIMIT_AS, MEMORY_MAX, err) < 0)
		return -1;
#endif
	/* What is larger is an error of the write, not the end of the session. */
	(void)signal(SIGXFSZ, SIG_IGN);
	if (sandbox_limit(RLIMIT_FSIZE, largest_upload(s->means->settings), err) < 0 ||
	    sandbox_limit(RLIMIT_NPROC, 0, err) < 0)
		return -1;
	return sandbox_enter(s->means->sandbox, err);
}

/* The client may do it sooner; libssh alone does it after 64 GB, and never for time. */
static void set_rekeying(ssh_session ssh, const struct settings *settings)
{
	uint64_t bytes = (uint64_t)settings->server_rekey_data;
	uint32_t seconds = (uint32_t)(settings->server_rekey_time / SECOND);

	(void)ssh_options_set(ssh, SSH_OPTIONS_REKEY_DATA, &bytes);
	(void)ssh_options_set(ssh, SSH_OPTIONS_REKEY_TIME, &seconds);
}

int session_prepare(
    ssh_bind bind, const struct settings *settings, ssh_session *ret_ssh, struct err *err)
{
	ssh_session ssh = ssh_new();
	int one = 1;
	int rsa_bits = RSA_BITS_READ;

	if (!ssh)
		return err_set(err, ERR_INTERNAL, "cannot make an SSH session");
	/* libssh offers compression unless told: it costs memory, and a parser. */
	(void)ssh_options_set(ssh, SSH_OPTIONS_COMPRESSION_C_S, "none");
	(void)ssh_options_set(ssh, SSH_OPTIONS_COMPRESSION_S_C, "none");
	(void)ssh_options_set(ssh, SSH_OPTIONS_NODELAY, &one);
	set_rekeying(ssh, settings);
	if (ssh_bind_accept_fd(bind, ssh, SESSION_CLIENT_FD) != SSH_OK) {
		(void)err_set(err, ERR_INTERNAL, "%s", ssh_get_error(bind));
		ssh_free(ssh);
		return -1;
	}
	/* Or libssh ends the session at a key below the policy's, where others would follow. */
	(void)ssh_options_set(ssh, SSH_OPTIONS_RSA_MIN_SIZE, &rsa_bits);
	ssh_set_blocking(ssh, 0);
	*ret_ssh = ssh;
	return 0;
}

/*
 * Is there nobody any more? A socket that fails while libssh writes is closed there and then, and
 * libssh, asked whether it is connected, goes on to say yes.
 */
static bool is_gone(const struct session *s)
{
	return !ssh_is_connected(s->ssh) ||
	       (ssh_get_status(s->ssh) & (SSH_CLOSED | SSH_CLOSED_ERROR));
}

/*
 * Wait for whoever has something for us. Not in libssh, which asks whether it may write as soon as
 * it has written: each answer would cost a turn in which nothing happens. (Before the login it does
 * wait: in that turn it finds out that nothing was agreed on, before the client is gone.)
 */
static void await(struct session *s, int timeout_ms)
{
	bool is_sending = ssh_get_status(s->ssh) & SSH_WRITE_PENDING;
	struct pollfd from[] = {
	    {.fd = SESSION_CLIENT_FD, .events = is_sending ? POLLIN | POLLOUT : POLLIN},
	    {.fd = SESSION_BROKER_FD, .events = POLLIN},
	    {.fd = s->stop_fd, .events = POLLIN},
	    {.fd = s->archive_fd, .events = POLLIN},
	};

	if (doze_poll(&s->doze, from, sizeof(from) / sizeof(from[0]), timeout_ms) <= 0)
		return;
	if (from[1].revents)
		(void)on_broker(from[1].fd, from[1].revents, s);
	if (from[2].revents)
		(void)on_stop(from[2].fd, from[2].revents, s);
}

int session_turn(struct session *s, int timeout_ms)
{
	bool waits_here = s->login.done;

	turns++;
	if (waits_here && !is_gone(s))
		await(s, timeout_ms);
	if (is_gone(s) || ssh_event_dopoll(s->event, waits_here ? 0 : timeout_ms) == SSH_ERROR ||
	    is_gone(s))
		return session_end(s, s->saw_eof ? "closed by the client" : ssh_get_error(s->ssh));
	if (s->broker_ended)
		return session_end(s, s->is_stopping ? SESSION_STOPS : "ended by the broker");
	return 0;
}

int session_left_ms(const struct session *s)
{
	int64_t left = (s->deadline - clock_elapsed()) / 1000;
	int64_t most = s->is_stopping ? STOP_LINGER_MS / 4 : 60000;
	int64_t tidy = s->sftp ? sftp_tidy(s->sftp) : -1;

	if (tidy >= 0 && tidy / 1000 < most)
		most = tidy / 1000 + 1;
	return left < 0 ? 0 : (int)(left > most ? most : left + 1);
}

/* A client that is not logged in may not make us work without limit. */
static int check_stranger(struct session *s)
{
	if (clock_elapsed() > s->deadline)
		return session_end(s, "not logged in within server.login-grace");
	if (s->packet_counter.in_packets > BEFORE_LOGIN_PACKETS ||
	    s->socket_counter.in_bytes > BEFORE_LOGIN_BYTES)
		return session_end(s, "too much was sent before login");
	if (ssh_get_error_code(s->ssh) == SSH_FATAL)
		return session_end(s, ssh_get_error(s->ssh));
	if (s->login.failed)
		return session_end(s, s->login.reason);
	return 0;
}

/* From the first byte until the login is done. */
static int let_in(struct session *s)
{
	int exchange = ssh_handle_key_exchange(s->ssh);

	s->deadline = clock_elapsed() + s->means->settings->server_login_grace;
	/* Not before that call: only then libssh has something for the event to poll. */
	(void)ssh_event_add_session(s->event, s->ssh);
	(void)ssh_event_add_fd(s->event, SESSION_BROKER_FD, POLLIN, on_broker, s);
	(void)ssh_event_add_fd(s->event, s->stop_fd, POLLIN, on_stop, s);
	/* A client that pipelines its login logs in inside the exchange, which then never ends. */
	while (!s->login.done) {
		if (exchange == SSH_ERROR)
			return session_end(s, ssh_get_error(s->ssh));
		if (check_stranger(s) < 0 || session_turn(s, session_left_ms(s)) < 0)
			return -1;
		if (exchange == SSH_AGAIN && !s->login.done)
			exchange = ssh_handle_key_exchange(s->ssh);
	}
	(void)ssh_event_remove_fd(s->event, SESSION_BROKER_FD);
	(void)ssh_event_remove_fd(s->event, s->stop_fd);
	return 0;
}

/* A channel, and SFTP or a command asked for on it. */
static int await_request(struct session *s)
{
	while (!s->wants_sftp && !s->command[0]) {
		if (clock_elapsed() > s->deadline)
			return session_end(s, "no SFTP asked for within server.login-grace");
		if (s->is_stopping)
			return session_end(s, SESSION_STOPS);
		if (session_turn(s, session_left_ms(s)) < 0)
			return -1;
	}
	return 0;
}

int session_send(struct session *s, const void *bytes, size_t length, size_t *ret_sent)
{
	const unsigned char *at = bytes;
	size_t sent = 0;

	while (sent < length && !(ssh_get_status(s->ssh) & SSH_WRITE_PENDING)) {
		size_t part = length - sent;
		int count = ssh_channel_write(
		    s->channel, at + sent, (uint32_t)(part < SSH_PACKET ? part : SSH_PACKET));

		if (count < 0)
			return session_end(s, "the channel is closed");
		if (count == 0)
			break;
		sent += (size_t)count;
	}
	*ret_sent = sent;
	return 0;
}

static int send_output(struct session *s)
{
	const struct buffer *out = sftp_output(s->sftp);
	struct err err;
	size_t sent = 0;

	if (session_send(s, out->data, out->length, &sent) < 0)
		return -1;
	return sftp_sent(s->sftp, sent, &err) < 0 ? session_end(s, err.text) : 0;
}

/*
 * Read what has come, and answer the complete requests in it. libssh is not asked how much that is:
 * where it has nothing, the question is a poll(), which costs more than the rest of a small answer.
 */
static int take_input(struct session *s)
{
	struct err err;
	bool any = false;
	size_t used = 0;

	if (s->waiting > SESSION_INPUT_MAX || s->saw_extended)
		return session_end(s, "more was sent than was asked for");
	while (!sftp_is_full(s->sftp)) {
		char *at = buffer_reserve(&s->in, READ_SIZE);
		int count = 0;

		if (at && s->waiting > 0)
			count = ssh_channel_read_nonblocking(s->channel, at, READ_SIZE, 0);
		if (count < 0)
			return session_end(s, "the channel is closed");
		s->waiting -= (uint32_t)count;
		buffer_grow(&s->in, (size_t)count);
		if (sftp_feed(s->sftp, buffer_text(&s->in), s->in.length, &used, &err) < 0)
			return session_end(s, err.text);
		buffer_consume(&s->in, used);
		any |= used > 0;
		if (count > 0 || used > 0)
			s->deadline = clock_elapsed() + s->means->settings->server_idle;
		if (count == 0 || s->waiting == 0)
			break;
	}
	s->stopped_at_full = sftp_is_full(s->sftp);
	doze_note(&s->doze, s->socket_counter.in_bytes, s->packet_counter.in_packets, any);
	return 0;
}

/*
 * Requests that were left because too many answers were waiting; or that libssh came by while it
 * looked, in the middle of an answer, whether the client had opened its window. There may be
 * nothing more to come that would wake us.
 */
static bool has_requests_left(const struct session *s)
{
	return (s->stopped_at_full || s->waiting > 0) && !sftp_is_full(s->sftp);
}

static bool is_served(const struct session *s)
{
	return s->saw_eof && sftp_output(s->sftp)->length == 0 && s->waiting == 0 &&
	       !has_requests_left(s);
}

/* The server stops, and nothing is open here, long enough since the last request. */
static bool is_to_stop(const struct session *s)
{
	int64_t last = s->deadline - s->means->settings->server_idle;

	return s->is_stopping && sftp_is_idle(s->sftp) &&
	       !(ssh_get_status(s->ssh) & SSH_WRITE_PENDING) &&
	       clock_elapsed() - last >= s->stop_after;
}

/* While the client has enough to do: its next request waits for this at most. */
static int read_ahead(struct session *s)
{
	struct err err;

	if (s->waiting > 0 || sftp_output(s->sftp)->length > 0)
		return 0;
	return sftp_read_ahead(s->sftp, &err) < 0 ? session_end(s, err.text) : 0;
}

static int serve(struct session *s)
{
	s->deadline = clock_elapsed() + s->means->settings->server_idle;
	for (;;) {
		if (take_input(s) < 0 || send_output(s) < 0)
			return -1;
		if (is_served(s))
			return 0;
		if (read_ahead(s) < 0)
			return -1;
		if (clock_elapsed() > s->deadline)
			return session_end(s, "idle for longer than server.idle");
		if (is_to_stop(s))
			return session_end(s, SESSION_STOPS);
		if (session_turn(s, has_requests_left(s) ? 0 : session_left_ms(s)) < 0)
			return -1;
	}
}

void session_close(struct session *s)
{
	int64_t until = clock_elapsed() + CLOSE_MS * (SECOND / 1000);

	/* However it goes from here: some clients are gone before they have read our close. */
	text_copy(s->reason, "closed by the client");
	(void)ssh_channel_request_send_exit_status(s->channel, s->exit_status);
	while (ssh_channel_close(s->channel) == SSH_AGAIN && clock_elapsed() < until)
		if (session_turn(s, CLOSE_MS) < 0)
			return;
	while (clock_elapsed() < until)
		if (session_turn(s, CLOSE_MS) < 0)
			return;
}

static void run(struct session *s)
{
	struct err err;

	s->event = ssh_event_new();
	if (!s->event) {
		(void)session_end(s, "cannot wait for events");
		return;
	}
	set_callbacks(s);
	if (let_in(s) < 0 || await_request(s) < 0)
		return;
	if (s->command[0]) {
		session_run_archive(s);
		return;
	}
	if (ask_start(SESSION_BROKER_FD, login_client(s->ssh), &err) < 0) {
		(void)session_end(s, err.text);
		return;
	}
	s->sftp = sftp_new(SESSION_BROKER_FD, s->means->settings->server_setstat == SETSTAT_IGNORE);
	if (serve(s) == 0)
		session_close(s);
	if (!s->broker_ended)
		(void)sftp_finish(s->sftp, &err);
}

/* Tell the client why, where it can still be told. */
static void say_goodbye(struct session *s)
{
	if (is_gone(s))
		return;
	(void)ssh_session_set_disconnect_message(s->ssh, s->reason);
	ssh_disconnect(s->ssh);
}

int session_run(const struct session_means *means)
{
	static struct session s; /* its parts are large, and there is one a process */
	struct err err;

	s.means = means;
	s.ssh = means->ssh;
	s.in = (struct buffer)BUFFER(INPUT_KEPT);
	s.archive_fd = -1;
	doze_init(&s.doze, SESSION_CLIENT_FD);
	login_init(&s.login, SESSION_BROKER_FD, means->policy);
	set_socket(SESSION_CLIENT_FD);
	if (watch_stop(&s, &err) < 0 || confine(&s, &err) < 0) {
		log_error("text=\"a session cannot be confined: %s\"", err.text);
		return EXIT_FAILURE;
	}
	run(&s);
	ask_end(SESSION_BROKER_FD, s.reason);
	say_goodbye(&s);
	sftp_free(s.sftp);
	return EXIT_SUCCESS;
}
