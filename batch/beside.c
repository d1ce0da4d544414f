/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/beside.h"

#include <sys/resource.h>
#include <unistd.h>

/* In Linux each thread has a niceness of its own. */
static void *run_thread(void *arg)
{
	const struct beside *beside = arg;

	if (beside->niceness)
		(void)setpriority(PRIO_PROCESS, (id_t)gettid(), beside->niceness);
	beside->run(beside->arg);
	return NULL;
}

void beside_begin(
    struct beside *beside, bool is_worth_it, int niceness, void (*run)(void *arg), void *arg)
{
	*beside = (struct beside){.run = run, .arg = arg, .niceness = niceness};
	beside->has_thread =
	    is_worth_it && pthread_create(&beside->thread, NULL, run_thread, beside) == 0;
	if (!beside->has_thread)
		run(arg);
}

void beside_end(struct beside *beside)
{
	if (beside->has_thread)
		(void)pthread_join(beside->thread, NULL);
	beside->has_thread = false;
}
