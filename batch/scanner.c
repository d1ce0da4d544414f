/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/scanner.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/message.h"
#include "base/notify.h"
#include "base/number.h"
#include "base/sandbox.h"
#include "base/text.h"

enum scanner_message {
	SCAN = 1, /* to it: a time, a connection, per file a descriptor and its size */
	GOING_ON, /* from it: something moved */
	SCANNED,  /* from it: did clamd answer all, why not, and per file what it said */
};

enum {
	FILES_MAX = 64, /* a connection */
	PROBE_MS = 2000,
	SLICE_MS = 200,   /* between looks at whether to stop */
	HANGS_MS = 10000, /* what the scanner itself may take over its own limits */
};

#define PROBE_EVERY (5 * SECOND)

static const struct sandbox_rule rules[] = {
    {.number = SCMP_SYS(recvmsg)},
    {.number = SCMP_SYS(sendmsg)},
    {.number = SCMP_SYS(sendto)},
    {.number = SCMP_SYS(pread64)},
    {.number = -1},
};

void scanner_init(struct scanner *scanner, const struct settings *settings)
{
	*scanner = (struct scanner){
	    .socket = settings->drop_clamd, .timeout = settings->drop_clamd_timeout, .channel = -1};
}

bool scanner_is_on(const struct scanner *scanner)
{
	return scanner->socket[0] != '\0';
}

/* --- in the scanner's process */

struct report {
	int channel;
	int64_t next; /* not before this */
};

static void report(void *arg)
{
	static struct message message;
	struct report *r = arg;
	struct err err;

	if (clock_elapsed() < r->next)
		return;
	r->next = clock_elapsed() + SECOND;
	message_start(&message, GOING_ON);
	/* Where nobody reads it any more, the next receive ends this process. */
	(void)message_send(r->channel, &message, &err);
}

static void scan(int channel, struct message *in, struct message *out)
{
	struct clamd_file files[FILES_MAX] = {{.fd = -1}};
	struct report r = {.channel = channel};
	int timeout_ms = (int)message_get_bounded(in, 1, INT_MAX);
	OWNED_FD int socket_fd = message_get_fd(in);
	size_t count = (size_t)message_get_bounded(in, 0, FILES_MAX);
	const char *reason = "";
	bool all = false;

	for (size_t i = 0; i < count; i++) {
		files[i].fd = message_get_fd(in);
		files[i].size = message_get_bounded(in, 0, INT64_MAX);
	}
	if (!message_is_bad(in))
		all = clamd_scan(socket_fd, files, count, timeout_ms, report, &r, &reason);
	message_start(out, SCANNED);
	message_put_int(out, all);
	message_put_text(out, reason);
	for (size_t i = 0; i < count; i++) {
		message_put_int(out, (int64_t)files[i].verdict);
		message_put_text(out, files[i].text);
		clean_fd(&files[i].fd);
	}
}

static int confine(struct err *err)
{
	struct sandbox *sandbox = NULL;
	int result;

	if (sandbox_forget_files(err) < 0 || sandbox_new(rules, &sandbox, err) < 0)
		return -1;
	result = sandbox_limit(RLIMIT_FSIZE, 0, err);
	if (result == 0)
		result = sandbox_limit(RLIMIT_NPROC, 0, err);
	if (result == 0)
		result = sandbox_enter(sandbox, err);
	sandbox_free(sandbox);
	return result;
}

int scanner_run(int channel)
{
	static struct message in;
	static struct message out;
	enum message_state state = MESSAGE_GOT;
	struct err err;

	if (confine(&err) < 0) {
		log_error("process=scanner text=\"%s\"", err.text);
		return EXIT_FAILURE;
	}
	while (message_receive(channel, &in, &state, &err) == 0 && state == MESSAGE_GOT) {
		scan(channel, &in, &out);
		if (message_is_bad(&in) || message_send(channel, &out, &err) < 0)
			break;
	}
	return EXIT_SUCCESS;
}

/* --- in watchd */

static int start_process(struct scanner *scanner, struct err *err)
{
	char path[PATH_MAX];
	const char *argv[] = {path, "--scanner", NULL};
	int ends[2];
	int result;

	if (process_sibling("edelivery-watchd", path, sizeof(path), err) < 0 ||
	    message_channel(ends, err) < 0)
		return -1;
	result = process_start(argv, &ends[1], 1, &scanner->process, err);
	(void)close(ends[1]);
	if (result < 0)
		(void)close(ends[0]);
	else
		scanner->channel = ends[0];
	return result;
}

void scanner_done(struct scanner *scanner)
{
	if (scanner->process.pid == 0)
		return;
	clean_fd(&scanner->channel);
	scanner->channel = -1;
	process_stop(&scanner->process, 0);
}

static int connect_to_clamd(const struct scanner *scanner, int *ret_fd, struct err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	OWNED_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	text_copy(address.sun_path, scanner->socket);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return err_set(err, ERR_RETRY, "clamd is not there: %s", strerror(errno));
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* Was this process told to stop, or to begin anew? Its loop waits for these signals, blocked. */
static bool is_told_to_stop(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 &&
	       (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1 ||
	           sigismember(&pending, SIGHUP) == 1);
}

/*
 * The answer, into message. Returns 0, or -1: there is none. ERR_BUSY: this process was told to
 * stop meanwhile.
 */
static int await(struct scanner *scanner, struct message *message, int timeout_ms, struct err *err)
{
	struct pollfd wait = {.fd = scanner->channel, .events = POLLIN};
	enum message_state state = MESSAGE_NONE;
	int64_t until = clock_elapsed() + (int64_t)timeout_ms * (SECOND / 1000);

	while (clock_elapsed() < until) {
		notify_alive();
		if (is_told_to_stop())
			return err_set(err, ERR_BUSY, "told to stop");
		if (poll(&wait, 1, SLICE_MS) <= 0)
			continue;
		if (message_receive(scanner->channel, message, &state, err) < 0)
			return -1;
		if (state == MESSAGE_END)
			return err_set(err, ERR_GONE, "the scanner ended");
		if (state == MESSAGE_GOT && message->kind == SCANNED)
			return 0;
		until = clock_elapsed() + (int64_t)timeout_ms * (SECOND / 1000);
	}
	return err_set(err, ERR_GONE, "the scanner hangs");
}

/* Over one connection. Returns 0 when clamd answered all, or -1: some have no answer. */
static int ask(struct scanner *scanner, struct clamd_file *files, size_t count, int timeout_ms,
    struct err *err)
{
	static struct message message;
	OWNED_FD int socket_fd = -1;
	bool all;

	if (connect_to_clamd(scanner, &socket_fd, err) < 0 ||
	    (scanner->process.pid == 0 && start_process(scanner, err) < 0))
		return -1;
	message_start(&message, SCAN);
	message_put_int(&message, timeout_ms);
	message_put_fd(&message, socket_fd);
	message_put_int(&message, (int64_t)count);
	for (size_t i = 0; i < count; i++) {
		message_put_fd(&message, files[i].fd);
		message_put_int(&message, files[i].size);
	}
	if (message_send(scanner->channel, &message, err) < 0)
		return -1;
	/* They are the caller's. */
	message.fd_count = 0;
	if (await(scanner, &message, timeout_ms + HANGS_MS, err) < 0)
		return -1;
	all = message_get_bounded(&message, 0, 1);
	(void)err_set(err, ERR_RETRY, "%s", message_get_text(&message));
	for (size_t i = 0; i < count; i++) {
		files[i].verdict = (enum clamd_verdict)message_get_bounded(
		    &message, CLAMD_UNANSWERED, CLAMD_VERDICT_COUNT - 1);
		text_copy(files[i].text, message_get_text(&message));
	}
	if (!message_is_read(&message))
		return err_set(err, ERR_GONE, "the scanner says what is no answer");
	return all ? 0 : -1;
}

static void go_down(struct scanner *scanner, const struct err *err)
{
	scanner->is_down = true;
	text_copy(scanner->why, err->text);
}

/* The first of those that have no answer yet, as many as a connection is asked about. */
static size_t collect(const struct clamd_file *files, size_t count, size_t ret_which[FILES_MAX],
    struct clamd_file ret_files[FILES_MAX])
{
	size_t left = 0;

	for (size_t i = 0; i < count && left < FILES_MAX; i++) {
		if (files[i].verdict != CLAMD_UNANSWERED)
			continue;
		ret_which[left] = i;
		ret_files[left++] = files[i];
	}
	return left;
}

/* Ask about count files, and store what was answered in files. Returns how many that were. */
static size_t ask_some(struct scanner *scanner, struct clamd_file *files, const size_t *which,
    struct clamd_file *asked, size_t count, struct err *err)
{
	size_t answered = 0;

	if (ask(scanner, asked, count, (int)(scanner->timeout / (SECOND / 1000)), err) < 0 &&
	    err->kind != ERR_RETRY) {
		/* It hangs, or died: the next question starts another. */
		scanner_done(scanner);
		return 0;
	}
	for (size_t i = 0; i < count; i++) {
		files[which[i]] = asked[i];
		answered += asked[i].verdict != CLAMD_UNANSWERED;
	}
	return answered;
}

bool scanner_scan(struct scanner *scanner, struct clamd_file *files, size_t count)
{
	struct clamd_file asked[FILES_MAX];
	size_t which[FILES_MAX];
	size_t part;
	struct err err;

	for (size_t i = 0; i < count; i++)
		files[i].verdict = CLAMD_UNANSWERED;
	/* clamd hangs up over a file that is too large for it: the rest is asked again. */
	while (!scanner->is_down && (part = collect(files, count, which, asked)) > 0) {
		if (ask_some(scanner, files, which, asked, part, &err) > 0)
			continue;
		if (err.kind == ERR_BUSY)
			return false;
		go_down(scanner, &err);
	}
	return true;
}

static bool probe(struct scanner *scanner)
{
	struct err err;

	if (ask(scanner, NULL, 0, PROBE_MS, &err) == 0) {
		scanner->is_down = false;
		return true;
	}
	if (err.kind != ERR_RETRY)
		scanner_done(scanner);
	go_down(scanner, &err);
	return false;
}

enum scanner_news scanner_look(struct scanner *scanner)
{
	if (!scanner->is_down || (scanner->is_told && clock_elapsed() < scanner->next_probe))
		return SCANNER_AS_BEFORE;
	if (scanner->is_told && probe(scanner)) {
		log_info("clamd=%s text=\"it answers again\"", scanner->socket);
		scanner->is_told = false;
		return SCANNER_IS_BACK;
	}
	scanner->next_probe = clock_elapsed() + PROBE_EVERY;
	if (scanner->is_told)
		return SCANNER_AS_BEFORE;
	log_warning(
	    "clamd=%s text=\"%s: files wait in the drop folder until it answers; "
	    "start it (systemctl start clamav-daemon), or see to the rights on its socket\"",
	    scanner->socket, scanner->why);
	scanner->is_told = true;
	return SCANNER_IS_DOWN;
}
