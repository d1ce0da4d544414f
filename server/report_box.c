/* SPDX-License-Identifier: Apache-2.0 */
#include "server/report_box.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/mem.h"
#include "server/acknowledge.h"

enum {
	SESSIONS_AT_ONCE = 64,
	ROUNDS_MAX = 256,  /* of so many sessions, when it is emptied */
	REPORTS_MAX = 1024 /* of a session, in a round: more than its channel holds */
};

struct report_box {
	int fd; /* an epoll of all channels, in which nobody waits */
	struct watch *watch;
	struct message in; /* broker->in may hold the request that needs to know */
};

/* A session's channel, as long as it is there. */
struct reporter {
	struct broker_session *session;
	int channel;
};

/* There is a report: from now on they are for the commit. */
static void on_report(void *arg)
{
	struct broker *broker = arg;

	loop_pause(broker->loop, broker->box->watch, true);
	broker_commit_soon(broker);
}

int report_box_new(struct broker *broker, struct err *err)
{
	struct report_box *box = mem_new(1, sizeof(*box));

	box->fd = epoll_create1(EPOLL_CLOEXEC);
	if (box->fd < 0) {
		free(box);
		return err_sys(err, "make a box for reports");
	}
	if (loop_watch(broker->loop, box->fd, on_report, broker, &box->watch, err) < 0) {
		clean_fd(&box->fd);
		free(box);
		return -1;
	}
	broker->box = box;
	return 0;
}

int report_box_add(struct broker_session *s, int *ret_end, struct err *err)
{
	struct reporter *reporter;
	struct epoll_event event = {.events = EPOLLIN};
	int ends[2];

	if (message_channel(ends, err) < 0)
		return -1;
	reporter = mem_new(1, sizeof(*reporter));
	*reporter = (struct reporter){s, ends[0]};
	event.data.ptr = reporter;
	if (fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 ||
	    epoll_ctl(s->broker->box->fd, EPOLL_CTL_ADD, ends[0], &event) < 0) {
		(void)err_sys(err, "watch a channel for reports");
		(void)close(ends[0]);
		(void)close(ends[1]);
		free(reporter);
		return -1;
	}
	s->reporter = reporter;
	*ret_end = ends[1];
	return 0;
}

/* Take what the session has put there. False: it puts no more there. */
static bool take(struct report_box *box, struct broker_session *s)
{
	enum message_state state = MESSAGE_GOT;
	struct err err;

	for (int i = 0; i < REPORTS_MAX; i++) {
		if (message_receive(s->reporter->channel, &box->in, &state, &err) < 0 ||
		    state == MESSAGE_END)
			return false;
		if (state == MESSAGE_NONE)
			break;
		if (acknowledge_take_report(s, &box->in, &err) < 0) {
			message_close_fds(&box->in);
			broker_end_session(s, err.text);
			return false;
		}
	}
	return true;
}

static void close_channel(struct broker_session *s)
{
	struct reporter *reporter = s->reporter;

	(void)epoll_ctl(s->broker->box->fd, EPOLL_CTL_DEL, reporter->channel, NULL);
	(void)close(reporter->channel);
	free(reporter);
	s->reporter = NULL;
}

bool report_box_empty(struct broker *broker)
{
	struct report_box *box = broker->box;
	struct epoll_event events[SESSIONS_AT_ONCE];
	int count = 1;
	bool any = false;

	for (int round = 0; count > 0 && round < ROUNDS_MAX; round++) {
		count = epoll_wait(box->fd, events, SESSIONS_AT_ONCE, 0);
		for (int i = 0; i < count; i++) {
			struct reporter *reporter = events[i].data.ptr;

			any = true;
			if (!take(box, reporter->session))
				close_channel(reporter->session);
		}
	}
	return any;
}

void report_box_wait(struct broker *broker)
{
	loop_pause(broker->loop, broker->box->watch, false);
}

void report_box_remove(struct broker_session *s)
{
	if (!s->reporter)
		return;
	(void)take(s->broker->box, s);
	close_channel(s);
}

void report_box_free(struct broker *broker)
{
	struct report_box *box = broker->box;

	if (!box)
		return;
	loop_unwatch(broker->loop, box->watch);
	clean_fd(&box->fd);
	free(box);
	broker->box = NULL;
}
