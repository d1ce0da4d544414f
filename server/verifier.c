/* SPDX-License-Identifier: Apache-2.0 */
#include "server/verifier.h"

#include <limits.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/attack.h"
#include "base/clean.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/message.h"
#include "base/number.h"
#include "base/process.h"
#include "base/sandbox.h"
#include "spool/password.h"

enum {
	VERIFY = 1,
	PROCESSES = 2,    /* so that one login does not wait for another */
	WAITING_MAX = 32, /* a process; a tenth of a second each */
};

struct worker {
	struct verifier *verifier;
	struct process process;
	int channel; /* -1: not started */
	struct watch *watch;
	int64_t waiting[WAITING_MAX]; /* tickets, in the order in which they are answered */
	size_t count;
};

struct verifier {
	struct loop *loop;
	void (*answered)(void *arg, int64_t ticket, enum verdict_of_password verdict);
	void *arg;
	struct worker workers[PROCESSES];
};

struct verifier *verifier_new(struct loop *loop,
    void (*answered)(void *arg, int64_t ticket, enum verdict_of_password verdict), void *arg)
{
	struct verifier *verifier = mem_new(1, sizeof(*verifier));

	*verifier = (struct verifier){.loop = loop, .answered = answered, .arg = arg};
	for (size_t i = 0; i < PROCESSES; i++) {
		verifier->workers[i].verifier = verifier;
		verifier->workers[i].channel = -1;
	}
	return verifier;
}

static void stop(struct worker *worker)
{
	if (worker->channel < 0)
		return;
	loop_unwatch(worker->verifier->loop, worker->watch);
	clean_fd(&worker->channel);
	worker->channel = -1;
	process_stop(&worker->process, SECOND);
}

void verifier_free(struct verifier *verifier)
{
	if (!verifier)
		return;
	for (size_t i = 0; i < PROCESSES; i++)
		stop(&verifier->workers[i]);
	free(verifier);
}

static int64_t take_first(struct worker *worker)
{
	int64_t ticket = worker->waiting[0];

	worker->count--;
	memmove(worker->waiting, worker->waiting + 1, worker->count * sizeof(worker->waiting[0]));
	return ticket;
}

/* Nobody who waits learns what would have been said. */
static void give_up(struct worker *worker, const char *why)
{
	log_error("process=verifier text=\"%s\"", why);
	stop(worker);
	while (worker->count > 0)
		worker->verifier->answered(
		    worker->verifier->arg, take_first(worker), PASSWORD_UNKNOWN);
}

static void on_answer(void *arg)
{
	static struct message in;
	struct worker *worker = arg;
	enum message_state state = MESSAGE_END;
	int64_t ticket;
	bool matches;
	struct err err;

	if (message_receive(worker->channel, &in, &state, &err) < 0 || state == MESSAGE_END) {
		give_up(worker, "it is gone");
		return;
	}
	ticket = message_get_int(&in);
	matches = message_get_bounded(&in, 0, 1) == 1;
	if (!message_is_read(&in) || worker->count == 0 || worker->waiting[0] != ticket) {
		give_up(worker, "not an answer");
		return;
	}
	worker->verifier->answered(
	    worker->verifier->arg, take_first(worker), matches ? PASSWORD_RIGHT : PASSWORD_WRONG);
}

static int start(struct worker *worker, struct err *err)
{
	char path[PATH_MAX];
	const char *argv[] = {path, "--verifier", "-", NULL};
	int ends[2];
	int result;

	if (process_sibling("edelivery-sftpd", path, sizeof(path), err) < 0 ||
	    message_channel(ends, err) < 0)
		return -1;
	result = process_start(argv, &ends[1], 1, &worker->process, err);
	(void)close(ends[1]);
	worker->channel = ends[0];
	if (result == 0)
		result = loop_watch(worker->verifier->loop, worker->channel, on_answer, worker,
		    &worker->watch, err);
	if (result < 0) {
		clean_fd(&worker->channel);
		worker->channel = -1;
	}
	return result;
}

int verifier_ask(struct verifier *verifier, int64_t ticket, const char *hash, const char *password,
    struct err *err)
{
	static struct message out;
	struct worker *worker = &verifier->workers[0];
	int result;

	for (size_t i = 1; i < PROCESSES; i++)
		if (verifier->workers[i].count < worker->count)
			worker = &verifier->workers[i];
	if (worker->count == WAITING_MAX)
		return err_set(err, ERR_BUSY, "too many passwords wait to be verified");
	if (worker->channel < 0 && start(worker, err) < 0)
		return -1;
	message_start(&out, VERIFY);
	message_put_int(&out, ticket);
	message_put_text(&out, hash);
	message_put_text(&out, password);
	result = message_send(worker->channel, &out, err);
	explicit_bzero(out.body, sizeof(out.body));
	if (result == 0)
		worker->waiting[worker->count++] = ticket;
	return result;
}

/* --- the process */

static const struct sandbox_rule rules[] = {
    {.number = SCMP_SYS(recvmsg)},
    {.number = SCMP_SYS(sendmsg)},
    {.number = -1},
};

static int confine(struct err *err)
{
	struct sandbox *sandbox = NULL;

	if (sandbox_forget_files(err) < 0 || sandbox_new(rules, &sandbox, err) < 0 ||
	    sandbox_limit(RLIMIT_FSIZE, 0, err) < 0 || sandbox_limit(RLIMIT_NPROC, 0, err) < 0 ||
	    sandbox_enter(sandbox, err) < 0) {
		sandbox_free(sandbox);
		return -1;
	}
	sandbox_free(sandbox);
	return 0;
}

int verifier_run(const char *settings, int channel, struct err *err)
{
	static struct message in;
	static struct message out;
	char nobodys[PASSWORD_HASH_MAX + 1];
	enum message_state state = MESSAGE_GOT;

	(void)settings;
	if (password_hash("nobody's password", nobodys, err) < 0 || confine(err) < 0)
		return -1;
	while (message_receive(channel, &in, &state, err) == 0 && state == MESSAGE_GOT) {
		int64_t ticket = message_get_int(&in);
		const char *hash = message_get_text(&in);
		const char *password = message_get_text(&in);
		bool matches = password_matches(password, hash[0] ? hash : nobodys) && hash[0];

		attack_here(password, strlen(password), channel);
		message_start(&out, VERIFY);
		message_put_int(&out, ticket);
		message_put_int(&out, matches);
		explicit_bzero(in.body, sizeof(in.body));
		if (message_is_bad(&in) || message_send(channel, &out, err) < 0)
			break;
	}
	return 0;
}
