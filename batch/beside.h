/* SPDX-License-Identifier: Apache-2.0 */
/* Work that goes on beside what the caller does, in a thread of its own. */
#ifndef BATCH_BESIDE_H
#define BATCH_BESIDE_H

#include <pthread.h>
#include <stdbool.h>

struct beside {
	void (*run)(void *arg);
	void *arg;
	int niceness;
	pthread_t thread;
	bool has_thread;
};

/*
 * Begin run(arg); beside_end() waits for it, and beside stays where it is until then. Where it is
 * not worth a thread, or there is none to be had, it is done here and now. niceness is of the
 * thread: how much of a core it leaves to the others.
 */
void beside_begin(
    struct beside *beside, bool is_worth_it, int niceness, void (*run)(void *arg), void *arg);
void beside_end(struct beside *beside);

#endif
