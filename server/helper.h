/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A helper process of the listener's, a zygote or a broker, and the channel to it.
 *
 * It ends by itself when the listener closes the channel. It is asked now and then whether it
 * still works: one that does not answer hangs, and is ended by force.
 */
#ifndef SERVER_HELPER_H
#define SERVER_HELPER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/loop.h"
#include "base/process.h"

struct helper {
	const char *option; /* what edelivery-sftpd is started with for it */
	struct process process;
	int channel;
	struct loop *loop;
	struct watch *watch;
	void *owner;         /* the listener */
	bool ready;          /* it has said so */
	int64_t asked;       /* since when it owes an answer, by clock_elapsed(); 0: it owes none */
	int64_t sessions;    /* that were given to it */
	struct helper *next; /* for a list of its owner's */
};

/* Start one; on_message(the helper) is called when it has something to say, or is gone. */
int helper_start(const char *option, const char *settings, struct loop *loop,
    void (*on_message)(void *helper), void *owner, struct helper **ret_helper, struct err *err);

/* One that runs already: its process and channel are the helper's from here on. */
int helper_adopt(const struct helper *from, struct loop *loop, void (*on_message)(void *helper),
    void *owner, struct helper **ret_helper, struct err *err);

/* Is there one, and has it said that it is ready? */
bool helper_is_ready(const struct helper *helper);

/* Close the channel and forget it; *helper may be NULL. It is reaped by whoever catches SIGCHLD. */
void helper_close(struct helper **helper);

/* Close the channel and wait until it has ended, at most so long; then SIGKILL. */
void helper_end(struct helper **helper, int64_t grace);

/* Ask whether it still works, if it does not owe an answer already. */
void helper_ask(struct helper *helper);

/* Does it owe an answer for longer than that? */
bool helper_is_late(const struct helper *helper, int64_t limit);

/* SIGKILL: its channel's end is told by on_message(). */
void helper_kill(const struct helper *helper);

#endif
