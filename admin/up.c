/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery up: all daemons and the nightly job; restarts what dies, stops cleanly. */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/commands.h"
#include "base/backoff.h"
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

#define QUICK           (5 * SECOND) /* who dies sooner is started more and more slowly */
#define DELAY_FIRST     (SECOND / 5)
#define DELAY_MOST      (30 * SECOND)
#define STOP_GRACE      (20 * SECOND) /* besides what a daemon asks for */
#define STOP_GRACE_MOST DAY

struct daemon {
	bool left_out; /* the settings leave nothing for it to do */
	struct process process;
	int64_t started;
	int64_t delay;    /* before it is started again */
	int64_t start_at; /* 0: it runs */
	bool ready;
	int64_t stop_by; /* when it is told to stop: after that it is killed, by clock_elapsed() */
};

struct supervisor {
	const char *settings;
	struct loop *loop;
	int lock_fd;
	int notify_fd;
	struct daemon daemons[DAEMONS];
	struct process archive; /* the nightly job, while it runs */
	int64_t archive_minutes;
	int64_t archive_at; /* when it runs next */
	char sftp[128];     /* where the SFTP server listens, as it told us */
	bool told_ready;
	bool is_stopping;
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
	daemon->delay = clock_elapsed() - daemon->started > QUICK
	                    ? DELAY_FIRST
	                    : backoff_next(daemon->delay, DELAY_MOST);
	daemon->ready = false;
	daemon->start_at = clock_elapsed() + daemon->delay;
	log_error("daemon=%s text=\"ended: %s; starting it again in %lld ms\"", programs[which],
	    how, (long long)(daemon->delay / 1000));
}

static void stop_when_done(struct supervisor *s)
{
	for (int i = 0; i < DAEMONS; i++)
		if (s->daemons[i].process.pid)
			return;
	if (s->is_stopping)
		loop_stop(s->loop);
}

/* missed: only if letters wait that a night before should have taken. */
static void start_archive(struct supervisor *s, bool missed)
{
	char path[PATH_MAX];
	const char *argv[] = {path, "-c", s->settings, missed ? "--missed" : NULL, NULL};
	struct err err;

	s->archive_at = clock_next_time_of_day(clock_now(), s->archive_minutes);
	if (s->archive.pid) {
		log_warning("text=\"the night archives of the last run are being made still\"");
		return;
	}
	if (process_sibling("edelivery-archive", path, sizeof(path), &err) < 0 ||
	    process_start(argv, NULL, 0, &s->archive, &err) < 0)
		log_error("text=\"the night archives are not made: %s\"", err.text);
}

static void note_archive_end(int status)
{
	char how[32];

	if (status == 0)
		return;
	process_print_end(status, how);
	log_error(
	    "text=\"not all night archives are made: %s; `edelivery archive run` tries again\"",
	    how);
}

static void on_child(void *arg)
{
	struct supervisor *s = arg;
	int status;

	if (process_has_ended(&s->archive, &status))
		note_archive_end(status);
	for (int i = 0; i < DAEMONS; i++)
		if (process_has_ended(&s->daemons[i].process, &status) && !s->is_stopping)
			note_end(s, i, status);
	stop_when_done(s);
}

static void on_tick(void *arg)
{
	struct supervisor *s = arg;
	struct err err;

	if (!s->is_stopping && clock_now() >= s->archive_at)
		start_archive(s, false);
	for (int i = 0; i < DAEMONS; i++) {
		struct daemon *daemon = &s->daemons[i];

		if (s->is_stopping) {
			if (daemon->process.pid && clock_elapsed() > daemon->stop_by)
				(void)kill(daemon->process.pid, SIGKILL);
			continue;
		}
		if (daemon->start_at == 0 || clock_elapsed() < daemon->start_at)
			continue;
		if (start_daemon(s, i, &err) < 0) {
			log_error("daemon=%s text=\"%s\"", programs[i], err.text);
			daemon->start_at = clock_elapsed() + DELAY_MOST;
		}
	}
}

/* What stands behind name in a notice, a number; false: nothing. */
static bool find_number(const char *text, const char *name, int64_t *ret_number)
{
	const char *at = strstr(text, name);
	char digits[24];
	struct err err;

	if (!at)
		return false;
	at += strlen(name);
	(void)snprintf(digits, sizeof(digits), "%.*s", (int)strcspn(at, "\n"), at);
	return number_parse(digits, ret_number, &err) == 0;
}

/* "READY=1\nX_SFTP=..." of a daemon, or that it takes longer to stop than we thought. */
static void take_notice(struct supervisor *s, struct daemon *daemon, const char *text)
{
	static const char sftp[] = "X_SFTP=";
	const char *address = strstr(text, sftp);
	int64_t grace = 0;

	if (strstr(text, "READY=1"))
		daemon->ready = true;
	if (address)
		(void)snprintf(s->sftp, sizeof(s->sftp), "%.*s",
		    (int)strcspn(address + sizeof(sftp) - 1, "\n"), address + sizeof(sftp) - 1);
	if (strstr(text, "STOPPING=1") && find_number(text, "EXTEND_TIMEOUT_USEC=", &grace) &&
	    grace < STOP_GRACE_MOST)
		daemon->stop_by = clock_elapsed() + grace + STOP_GRACE;
}

static void on_notice(void *arg)
{
	struct supervisor *s = arg;
	char text[512];
	pid_t sender = notify_receive(s->notify_fd, text, sizeof(text));
	bool all = true;

	for (int i = 0; i < DAEMONS; i++) {
		if (s->daemons[i].process.pid && s->daemons[i].process.pid == sender)
			take_notice(s, &s->daemons[i], text);
		all = all && (s->daemons[i].ready || s->daemons[i].left_out);
	}
	if (!all || s->told_ready)
		return;
	s->told_ready = true;
	(void)printf("ready sftp=%s\n", s->sftp);
	(void)fflush(stdout);
}

static void signal_all(const struct supervisor *s, int number)
{
	for (int i = 0; i < DAEMONS; i++)
		if (s->daemons[i].process.pid)
			(void)kill(s->daemons[i].process.pid, number);
}

/* The daemons know what they finish first; told again, they end at once. */
static void on_stop(void *arg)
{
	struct supervisor *s = arg;

	for (int i = 0; i < DAEMONS && !s->is_stopping; i++)
		s->daemons[i].stop_by = clock_elapsed() + STOP_GRACE;
	s->is_stopping = true;
	signal_all(s, SIGTERM);
	stop_when_done(s);
}

/* Those that are not ready read their settings anyhow. */
static void on_reload(void *arg)
{
	const struct supervisor *s = arg;

	for (int i = 0; i < DAEMONS; i++)
		if (s->daemons[i].process.pid && s->daemons[i].ready)
			(void)kill(s->daemons[i].process.pid, SIGHUP);
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
	    loop_signal(s->loop, SIGHUP, on_reload, s, err) < 0 ||
	    loop_signal(s->loop, SIGCHLD, on_child, s, err) < 0 ||
	    loop_watch(s->loop, s->notify_fd, on_notice, s, NULL, err) < 0)
		return -1;
	for (int i = 0; i < DAEMONS; i++) {
		s->daemons[i].delay = DELAY_FIRST;
		if (!s->daemons[i].left_out && start_daemon(s, i, err) < 0)
			return -1;
	}
	start_archive(s, true);
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
		result = clock_parse_time_of_day(settings.archive_at, &s.archive_minutes, err);
	if (result == 0)
		result = serve(&s, err);
	process_stop(&s.archive, STOP_GRACE);
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
