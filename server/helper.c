/* SPDX-License-Identifier: Apache-2.0 */
#include "server/helper.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/message.h"
#include "base/number.h"
#include "server/control.h"

/* Telling a helper that hangs must not make the listener hang. */
static const struct timeval send_patience = {.tv_sec = 2};

static int watch(struct helper *helper, void (*on_message)(void *helper), struct err *err)
{
	if (setsockopt(helper->channel, SOL_SOCKET, SO_SNDTIMEO, &send_patience,
	        sizeof(send_patience)) < 0)
		return err_sys(err, "set up the channel of %s", helper->option);
	return loop_watch(helper->loop, helper->channel, on_message, helper, &helper->watch, err);
}

static int run(struct helper *helper, const char *settings, struct err *err)
{
	bool is_zygote = strcmp(helper->option, "--zygote") == 0;
	const char *program = is_zygote ? "edelivery-session" : "edelivery-sftpd";
	char path[PATH_MAX];
	const char *argv[] = {path, helper->option, settings, NULL};
	int ends[2];
	int result;

	if (process_sibling(program, path, sizeof(path), err) < 0 || message_channel(ends, err) < 0)
		return -1;
	/* Sessions look no name up any more in what they do not have: see fork_memory.h. */
	(void)setenv("LD_BIND_NOW", "1", 1);
	result = process_start(argv, &ends[1], 1, &helper->process, err);
	(void)close(ends[1]);
	helper->channel = ends[0];
	return result;
}

int helper_start(const char *option, const char *settings, struct loop *loop,
    void (*on_message)(void *helper), void *owner, struct helper **ret_helper, struct err *err)
{
	struct helper *helper = mem_new(1, sizeof(*helper));

	*helper = (struct helper){.option = option,
	    .process = {.pidfd = -1},
	    .channel = -1,
	    .loop = loop,
	    .owner = owner};
	if (run(helper, settings, err) < 0 || watch(helper, on_message, err) < 0) {
		helper_close(&helper);
		return -1;
	}
	*ret_helper = helper;
	return 0;
}

int helper_adopt(const struct helper *from, struct loop *loop, void (*on_message)(void *helper),
    void *owner, struct helper **ret_helper, struct err *err)
{
	struct helper *helper = mem_new(1, sizeof(*helper));

	*helper = (struct helper){.option = from->option,
	    .process = from->process,
	    .channel = from->channel,
	    .loop = loop,
	    .owner = owner,
	    .ready = true,
	    .sessions = from->sessions};
	if (watch(helper, on_message, err) < 0) {
		helper_close(&helper);
		return -1;
	}
	*ret_helper = helper;
	return 0;
}

bool helper_is_ready(const struct helper *helper)
{
	return helper && helper->ready;
}

void helper_close(struct helper **helper)
{
	struct helper *closing = TAKE(*helper);

	if (!closing)
		return;
	loop_unwatch(closing->loop, closing->watch);
	clean_fd(&closing->channel);
	clean_fd(&closing->process.pidfd);
	free(closing);
}

void helper_end(struct helper **helper, int64_t grace)
{
	struct helper *ending = *helper;
	struct pollfd ended = {.fd = ending ? ending->process.pidfd : -1, .events = POLLIN};

	if (!ending)
		return;
	loop_unwatch(ending->loop, ending->watch);
	ending->watch = NULL;
	clean_fd(&ending->channel);
	ending->channel = -1;
	if (poll(&ended, 1, (int)(grace / (SECOND / 1000))) <= 0)
		helper_kill(ending);
	(void)waitpid(ending->process.pid, NULL, 0);
	helper_close(helper);
}

void helper_ask(struct helper *helper)
{
	static struct message ping;
	struct err err;

	if (helper->asked)
		return;
	helper->asked = clock_elapsed();
	message_start(&ping, CONTROL_PING);
	/* One that is gone is told of by its channel. */
	(void)message_send(helper->channel, &ping, &err);
}

bool helper_is_late(const struct helper *helper, int64_t limit)
{
	return helper->asked && clock_elapsed() - helper->asked > limit;
}

void helper_kill(const struct helper *helper)
{
	(void)syscall(SYS_pidfd_send_signal, helper->process.pidfd, SIGKILL, NULL, 0);
}
