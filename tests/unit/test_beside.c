/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/resource.h>
#include <unistd.h>

#include "batch/beside.h"
#include "tests/unit/suite.h"

void add_suite_beside(CU_pSuite suite);

/* What somebody did, and who it was. */
struct deed {
	int count;
	pid_t thread;
	int niceness;
};

static void do_it(void *arg)
{
	struct deed *deed = arg;

	deed->count++;
	deed->thread = gettid();
	deed->niceness = getpriority(PRIO_PROCESS, (id_t)gettid());
}

static void goes_on_in_a_thread_of_its_own(void)
{
	struct deed deed = {0};
	struct beside beside;

	beside_begin(&beside, true, 0, do_it, &deed);
	beside_end(&beside);
	CU_ASSERT_EQUAL(deed.count, 1);
	CU_ASSERT_NOT_EQUAL(deed.thread, gettid());
}

static void is_done_at_once_where_it_is_not_worth_a_thread(void)
{
	struct deed deed = {0};
	struct beside beside;

	beside_begin(&beside, false, 5, do_it, &deed);
	CU_ASSERT_EQUAL(deed.count, 1);
	CU_ASSERT_EQUAL(deed.thread, gettid());
	beside_end(&beside);
	CU_ASSERT_EQUAL(deed.count, 1);
}

static void leaves_the_core_to_others_and_the_caller_as_it_was(void)
{
	struct deed deed = {0};
	struct beside beside;
	int own = getpriority(PRIO_PROCESS, (id_t)gettid());

	beside_begin(&beside, true, 7, do_it, &deed);
	beside_end(&beside);
	CU_ASSERT_EQUAL(deed.niceness, 7);
	CU_ASSERT_EQUAL(getpriority(PRIO_PROCESS, (id_t)gettid()), own);
}

/* Waiting is over once: what ends twice, as where trouble is cleaned up, waits for nothing. */
static void may_be_ended_twice(void)
{
	struct deed deed = {0};
	struct beside beside;

	beside_begin(&beside, true, 0, do_it, &deed);
	beside_end(&beside);
	beside_end(&beside);
	CU_ASSERT_EQUAL(deed.count, 1);
}

void add_suite_beside(CU_pSuite suite)
{
	TEST(goes_on_in_a_thread_of_its_own);
	TEST(is_done_at_once_where_it_is_not_worth_a_thread);
	TEST(leaves_the_core_to_others_and_the_caller_as_it_was);
	TEST(may_be_ended_twice);
}
