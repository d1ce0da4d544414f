/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery up: all daemons in the foreground; restarts what dies, stops cleanly. */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/commands.h"
#include "base/clean.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/notify.h"
#include "base/number.h"
#include "base/process.h"
#include "base/text.h"
#include "spool/settings.h"

static const char *const programs[] = {"edelivery-watchd", "edelivery-maild", "edelivery-sftpd"};
enum { MAILD = 1, DAEMONS = sizeof(programs) / sizeof(programs[0]) };

#define QUICK       (5 * SECOND) /* who dies sooner is started more and more slowly */
#define DELAY_FIRST (SECOND / 5)
#define DELAY_MOST  (30 * SECOND)
#define STOP_GRACE  (20 * SECOND)

struct daemon {
	bool left_out; /* the settings leave nothing for it to do */
	struct process process;
	int64_t started;
	int64_t delay;    /* before it is started again */
	int64_t start_at; /* 0: it runs */
	bool ready;
};

struct supervisor {
	const char *settings;
	struct loop *loop;
	int lock_fd;
	int notify_fd;
	struct daemon daemons[DAEMONS];
	char sftp[128]; /* where the SFTP server listens, as it told us */
	bool told_ready;
	bool never_ready_ended; /* a daemon ended before it was ever ready: nothing starts */
};

static int start_daemon(struct supervisor *s, int which, struct err *err)
{
	struct daemon *daemon = &s->daemons[which];
	char path[PATH_MAX];
	const char *argv[] = {path, "-c", s->settings, NULL};

	if (process_sibling(programs[which], path, sizeof(path), err) < 0 ||
	    process_start(argv, NULL, 0, &daemon->process, err) < 0)
		return -1;
	daemon->started = clock_elapsed();
	daemon->start_at = 0;
	return 0;
}

/* It ended by itself: start it again, sooner or later. */
static void note_end(struct supervisor *s, int which, int status)
{
	struct daemon *daemon = &s->daemons[which];
	char how[32];

	process_print_end(status, how);
	if (!daemon->ready && !s->told_ready) {
		log_error("daemon=%s text=\"ended before it was ready: %s\"", programs[which], how);
		s->never_ready_ended = true;
		loop_stop(s->loop);
		return;
	}
	if (clock_elapsed() - daemon->started > QUICK)
		daemon->delay = DELAY_FIRST;
	else if (daemon->delay < DELAY_MOST)
		daemon->delay *= 2;
	daemon->ready = false;
	daemon->start_at = clock_elapsed() + daemon->delay;
	log_error("daemon=%s text=\"ended: %s; starting it again in %lld ms\"", programs[which],
	    how, (long long)(daemon->delay / 1000));
}

static void on_child(void *arg)
{
	struct supervisor *s = arg;
	int status;

	for (int i = 0; i < DAEMONS; i++)
		if (process_has_ended(&s->daemons[i].process, &status))
			note_end(s, i, status);
}

static void on_tick(void *arg)
{
	struct supervisor *s = arg;
	struct err err;

	for (int i = 0; i < DAEMONS; i++) {
		struct daemon *daemon = &s->daemons[i];

		if (daemon->start_at == 0 || clock_elapsed() < daemon->start_at)
			continue;
		if (start_daemon(s, i, &err) < 0) {
			log_error("daemon=%s text=\"%s\"", programs[i], err.text);
			daemon->start_at = clock_elapsed() + DELAY_MOST;
		}
	}
}

/* "READY=1\nMAINPID=...\nX_SFTP=...": which daemon it was, and what the SFTP server adds. */
static void take_notice(struct supervisor *s, const char *text)
{
	static const char sftp[] = "X_SFTP=";
	const char *pid = strstr(text, "MAINPID=");
	const char *address = strstr(text, sftp);
	int64_t number = 0;
	char digits[16];
	struct err err;

	if (!strstr(text, "READY=1") || !pid)
		return;
	(void)snprintf(digits, sizeof(digits), "%.*s", (int)strcspn(pid + 8, "\n"), pid + 8);
	if (number_parse(digits, &number, &err) < 0)
		return;
	for (int i = 0; i < DAEMONS; i++)
		if (s->daemons[i].process.pid == (pid_t)number)
			s->daemons[i].ready = true;
	if (address)
		(void)snprintf(s->sftp, sizeof(s->sftp), "%.*s",
		    (int)strcspn(address + sizeof(sftp) - 1, "\n"), address + sizeof(sftp) - 1);
}

static void on_notice(void *arg)
{
	struct supervisor *s = arg;
	char text[512];
	bool all = true;

	notify_receive(s->notify_fd, text, sizeof(text));
	take_notice(s, text);
	for (int i = 0; i < DAEMONS; i++)
		all = all && (s->daemons[i].ready || s->daemons[i].left_out);
	if (!all || s->told_ready)
		return;
	s->told_ready = true;
	(void)printf("ready sftp=%s\n", s->sftp);
	(void)fflush(stdout);
}

static void on_stop(void *arg)
{
	loop_stop(((struct supervisor *)arg)->loop);
}

static int prepare(struct supervisor *s, const struct settings *settings, struct err *err)
{
	OWNED_FD int root_fd = -1;
	char owner[64];
	char path[64];

	(void)snprintf(owner, sizeof(owner), "edelivery up, process %d", (int)getpid());
	(void)snprintf(path, sizeof(path), "@edelivery-up-%d", (int)getpid());
	if (file_open_folder(AT_FDCWD, settings->root, &root_fd, err) < 0)
		return err_context(err, "spool.root");
	if (file_lock(root_fd, "run/up.lock", owner, &s->lock_fd, err) < 0) {
		if (err->kind == ERR_CONFLICT)
			return err_context(err, "%s is served already", settings->root);
		return -1;
	}
	return notify_listen(path, &s->notify_fd, err);
}

static int serve(struct supervisor *s, struct err *err)
{
	if (loop_new(&s->loop, err) < 0 || loop_signal(s->loop, SIGTERM, on_stop, s, err) < 0 ||
	    loop_signal(s->loop, SIGINT, on_stop, s, err) < 0 ||
	    loop_signal(s->loop, SIGCHLD, on_child, s, err) < 0 ||
	    loop_watch(s->loop, s->notify_fd, on_notice, s, NULL, err) < 0)
		return -1;
	for (int i = 0; i < DAEMONS; i++) {
		s->daemons[i].delay = DELAY_FIRST;
		if (!s->daemons[i].left_out && start_daemon(s, i, err) < 0)
			return -1;
	}
	loop_every(s->loop, SECOND / 10, on_tick, s);
	if (loop_run(s->loop, err) < 0)
		return -1;
	if (s->never_ready_ended)
		return err_set(err, ERR_REFUSED, "nothing runs: a daemon could not start");
	return 0;
}

static int run(const struct call *call, struct err *err)
{
	struct supervisor s = {.settings = call->settings, .lock_fd = -1, .notify_fd = -1};
	struct settings settings;
	int result;

	log_open("edelivery-up", LOG_LEVEL_INFO);
	if (settings_load(call->settings, &settings, err) < 0)
		return -1;
	s.daemons[MAILD].left_out = !settings.mail_relay[0];
	result = prepare(&s, &settings, err);
	if (result == 0)
		result = serve(&s, err);
	for (int i = DAEMONS - 1; i >= 0; i--)
		process_stop(&s.daemons[i].process, STOP_GRACE);
	loop_free(s.loop);
	clean_fd(&s.notify_fd);
	clean_fd(&s.lock_fd);
	return result;
}

const struct command command_up = {
    .name = "up",
    .arguments = "",
    .about = "run all daemons in the foreground; prints `ready sftp=ADDRESS:PORT` once they serve",
    .run = run,
};
