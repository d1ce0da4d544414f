/* SPDX-License-Identifier: Apache-2.0 */
#include "base/loop.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <utlist.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/number.h"

enum {
	EVENTS_AT_ONCE = 64,
	TIMERS_MAX = 16,
	SIGNALS_MAX = 8,
};

struct watch {
	int fd;
	void (*ready)(void *arg);
	void *arg;
	struct watch *next;
	struct watch *prev;
	bool paused;
	bool removed; /* freed only after the events at hand are done */
};

struct timer {
	int64_t due_at; /* by clock_elapsed(); 0: free */
	int64_t period; /* 0: once */
	void (*due)(void *arg);
	void *arg;
};

struct loop {
	int epoll_fd;
	int signal_fd;
	sigset_t signals;
	struct {
		int number;
		void (*caught)(void *arg);
		void *arg;
	} caught[SIGNALS_MAX];
	struct timer timers[TIMERS_MAX];
	pid_t sender; /* of the signal at hand */
	struct watch *watches;
	struct watch *removed;
	bool stopped;
};

int loop_new(struct loop **ret_loop, struct err *err)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);
	struct loop *loop;

	if (fd < 0)
		return err_sys(err, "make an event loop");
	loop = mem_new(1, sizeof(*loop));
	loop->epoll_fd = fd;
	loop->signal_fd = -1;
	(void)sigemptyset(&loop->signals);
	*ret_loop = loop;
	return 0;
}

static void free_all(struct watch **watches)
{
	struct watch *watch = NULL;
	struct watch *next = NULL;

	DL_FOREACH_SAFE(*watches, watch, next)
	{
		free(watch);
	}
	*watches = NULL;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	free_all(&loop->watches);
	free_all(&loop->removed);
	clean_fd(&loop->epoll_fd);
	clean_fd(&loop->signal_fd);
	free(loop);
}

int loop_watch(struct loop *loop, int fd, void (*ready)(void *arg), void *arg,
    struct watch **ret_watch, struct err *err)
{
	struct watch *watch = mem_new(1, sizeof(*watch));
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = watch};

	*watch = (struct watch){.fd = fd, .ready = ready, .arg = arg};
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
		free(watch);
		return err_sys(err, "watch descriptor %d", fd);
	}
	DL_PREPEND(loop->watches, watch);
	if (ret_watch)
		*ret_watch = watch;
	return 0;
}

void loop_unwatch(struct loop *loop, struct watch *watch)
{
	if (!watch)
		return;
	(void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
	watch->removed = true;
	DL_DELETE(loop->watches, watch);
	DL_PREPEND(loop->removed, watch);
}

/* Not by EPOLL_CTL_MOD without events: the other side closing would still be told, for ever. */
void loop_pause(struct loop *loop, struct watch *watch, bool paused)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = watch};

	if (watch->paused == paused)
		return;
	watch->paused = paused;
	(void)epoll_ctl(loop->epoll_fd, paused ? EPOLL_CTL_DEL : EPOLL_CTL_ADD, watch->fd, &event);
}

static void add_timer(struct loop *loop, struct timer timer)
{
	for (int i = 0; i < TIMERS_MAX; i++) {
		if (loop->timers[i].due_at == 0) {
			loop->timers[i] = timer;
			return;
		}
	}
	abort(); /* TIMERS_MAX is for the program's own, fixed set */
}

void loop_every(struct loop *loop, int64_t period, void (*due)(void *arg), void *arg)
{
	add_timer(loop, (struct timer){clock_elapsed() + period, period, due, arg});
}

/* What is to come once, by loop_after(); NULL: it is not. */
static struct timer *find_timer(struct loop *loop, void (*due)(void *arg), const void *arg)
{
	for (int i = 0; i < TIMERS_MAX; i++) {
		struct timer *timer = &loop->timers[i];

		if (timer->due_at && !timer->period && timer->due == due && timer->arg == arg)
			return timer;
	}
	return NULL;
}

void loop_after(struct loop *loop, int64_t delay, void (*due)(void *arg), void *arg)
{
	struct timer *timer = find_timer(loop, due, arg);
	int64_t due_at = clock_elapsed() + delay;

	if (!timer)
		add_timer(loop, (struct timer){due_at, 0, due, arg});
	else if (due_at < timer->due_at)
		timer->due_at = due_at;
}

void loop_cancel(struct loop *loop, void (*due)(void *arg), void *arg)
{
	struct timer *timer = loop ? find_timer(loop, due, arg) : NULL;

	if (timer)
		timer->due_at = 0;
}

static void read_signals(void *arg)
{
	struct loop *loop = arg;
	struct signalfd_siginfo info;

	if (read(loop->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	loop->sender = (pid_t)info.ssi_pid;
	for (int i = 0; i < SIGNALS_MAX; i++)
		if (loop->caught[i].caught && loop->caught[i].number == (int)info.ssi_signo)
			loop->caught[i].caught(loop->caught[i].arg);
}

int loop_signal(
    struct loop *loop, int number, void (*caught)(void *arg), void *arg, struct err *err)
{
	int slot = 0;
	bool first = loop->signal_fd < 0;
	int fd;

	while (slot < SIGNALS_MAX && loop->caught[slot].caught)
		slot++;
	if (slot == SIGNALS_MAX)
		return err_set(err, ERR_INTERNAL, "too many signals to catch");
	(void)sigaddset(&loop->signals, number);
	if (sigprocmask(SIG_BLOCK, &loop->signals, NULL) < 0)
		return err_sys(err, "block signals");
	fd = signalfd(loop->signal_fd, &loop->signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return err_sys(err, "catch signals");
	loop->signal_fd = fd;
	loop->caught[slot].number = number;
	loop->caught[slot].caught = caught;
	loop->caught[slot].arg = arg;
	return first ? loop_watch(loop, fd, read_signals, loop, NULL, err) : 0;
}

pid_t loop_sender(const struct loop *loop)
{
	return loop->sender;
}

static int until_next_timer(const struct loop *loop)
{
	int64_t next = INT64_MAX;
	int64_t now = clock_elapsed();

	for (int i = 0; i < TIMERS_MAX; i++)
		if (loop->timers[i].due_at && loop->timers[i].due_at < next)
			next = loop->timers[i].due_at;
	if (next == INT64_MAX)
		return -1;
	return next <= now ? 0 : (int)((next - now + 999) / 1000);
}

static void run_timers(struct loop *loop)
{
	int64_t now = clock_elapsed();

	for (int i = 0; i < TIMERS_MAX && !loop->stopped; i++) {
		struct timer timer = loop->timers[i];

		if (timer.due_at == 0 || timer.due_at > now)
			continue;
		loop->timers[i].due_at = timer.period ? now + timer.period : 0;
		timer.due(timer.arg);
	}
}

int loop_run(struct loop *loop, struct err *err)
{
	struct epoll_event events[EVENTS_AT_ONCE];

	loop->stopped = false;
	while (!loop->stopped) {
		int count =
		    epoll_wait(loop->epoll_fd, events, EVENTS_AT_ONCE, until_next_timer(loop));

		if (count < 0 && errno != EINTR)
			return err_sys(err, "wait for events");
		for (int i = 0; i < count && !loop->stopped; i++) {
			struct watch *watch = events[i].data.ptr;

			if (!watch->removed && !watch->paused)
				watch->ready(watch->arg);
		}
		/* Or nothing is written: what a zygote writes after a fork is copied first. */
		if (loop->removed)
			free_all(&loop->removed);
		run_timers(loop);
	}
	return 0;
}

void loop_stop(struct loop *loop)
{
	loop->stopped = true;
}
