/* SPDX-License-Identifier: Apache-2.0 */
#include "server/helper.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/message.h"
#include "base/number.h"
#include "server/control.h"
#include "tests/lib/drops.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_helper(CU_pSuite suite);

/* A broker on a spool of its own, with us as its listener. */
struct bench {
	struct drops drops;
	char settings[SCRATCH_PATH_MAX + 32];
	struct loop *loop;
	struct helper *helper;
	struct message *message;
	int64_t ready; /* how many messages of each kind came */
	int64_t pong;
	bool is_gone;
};

static void on_message(void *arg)
{
	struct helper *helper = arg;
	struct bench *bench = helper->owner;
	enum message_state state = MESSAGE_END;
	struct err err;

	if (message_receive(helper->channel, bench->message, &state, &err) < 0 ||
	    state == MESSAGE_END) {
		bench->is_gone = true;
		helper_close(&bench->helper);
	} else {
		bench->ready += bench->message->kind == CONTROL_READY;
		bench->pong += bench->message->kind == CONTROL_PONG;
		helper->asked = 0;
	}
	loop_stop(bench->loop);
}

static void on_late(void *arg)
{
	CU_FAIL("nothing came");
	loop_stop(arg);
}

static void await_message(struct bench *bench)
{
	struct err err;

	loop_after(bench->loop, 10 * SECOND, on_late, bench->loop);
	CU_ASSERT_EQUAL(loop_run(bench->loop, &err), 0);
}

static void bench_open(struct bench *bench)
{
	struct err err;

	*bench = (struct bench){.ready = 0};
	drops_open(&bench->drops, "");
	bench->message = mem_new(1, sizeof(*bench->message));
	(void)snprintf(bench->settings, sizeof(bench->settings), "%s/edelivery.conf",
	    bench->drops.scratch.path);
	CU_ASSERT_EQUAL_FATAL(loop_new(&bench->loop, &err), 0);
	CU_ASSERT_EQUAL_FATAL(helper_start("--broker", bench->settings, bench->loop, on_message,
	                          bench, &bench->helper, &err),
	    0);
	await_message(bench);
	CU_ASSERT_EQUAL(bench->ready, 1);
}

static void bench_close(struct bench *bench)
{
	helper_end(&bench->helper, 5 * SECOND);
	loop_free(bench->loop);
	free(bench->message);
	drops_close(&bench->drops);
}
#define OWNED_BENCH OWNED(bench_close)

static void answers_when_it_is_asked(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	CU_ASSERT_FALSE(helper_is_late(bench.helper, 0));
	helper_ask(bench.helper);
	CU_ASSERT_FALSE(helper_is_late(bench.helper, HOUR));
	/* It owes one answer, however often it is asked. */
	helper_ask(bench.helper);
	await_message(&bench);
	CU_ASSERT_EQUAL(bench.pong, 1);
	CU_ASSERT_FALSE(helper_is_late(bench.helper, 0));
}

static void one_that_hangs_is_late_and_can_be_killed(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	(void)kill(bench.helper->process.pid, SIGSTOP);
	helper_ask(bench.helper);
	(void)usleep(20000);
	CU_ASSERT_TRUE(helper_is_late(bench.helper, 10000));
	helper_kill(bench.helper);
	await_message(&bench);
	CU_ASSERT_TRUE(bench.is_gone);
	CU_ASSERT_TRUE(wait(NULL) > 0);
}

static void ends_when_its_channel_is_closed(void)
{
	OWNED_BENCH struct bench bench;
	int64_t before;

	bench_open(&bench);
	before = clock_elapsed();
	helper_end(&bench.helper, 10 * SECOND);
	CU_ASSERT_PTR_NULL(bench.helper);
	CU_ASSERT_TRUE(clock_elapsed() - before < 9 * SECOND);
	CU_ASSERT_EQUAL(wait(NULL), -1);
}

static void is_killed_when_it_does_not_end(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	(void)kill(bench.helper->process.pid, SIGSTOP);
	helper_end(&bench.helper, SECOND / 50);
	CU_ASSERT_PTR_NULL(bench.helper);
	CU_ASSERT_EQUAL(wait(NULL), -1);
}

static void goes_on_with_another_listener(void)
{
	OWNED_BENCH struct bench bench;
	struct helper left;
	struct err err;

	bench_open(&bench);
	left = *bench.helper;
	left.channel = dup(left.channel);
	left.process.pidfd = dup(left.process.pidfd);
	helper_close(&bench.helper);
	CU_ASSERT_EQUAL_FATAL(
	    helper_adopt(&left, bench.loop, on_message, &bench, &bench.helper, &err), 0);
	CU_ASSERT_TRUE(bench.helper->ready);
	helper_ask(bench.helper);
	await_message(&bench);
	CU_ASSERT_EQUAL(bench.pong, 1);
}

static void tells_what_cannot_be_adopted_and_keeps_nothing_open(void)
{
	int before = fixture_open_descriptors();
	struct helper left = {.option = "--broker", .process = {1, -1}, .channel = -1};
	struct helper *helper = NULL;
	struct loop *loop = NULL;
	struct err err;

	CU_ASSERT_EQUAL_FATAL(loop_new(&loop, &err), 0);
	CU_ASSERT_EQUAL(helper_adopt(&left, loop, on_message, NULL, &helper, &err), -1);
	CU_ASSERT_PTR_NULL(helper);
	helper_close(&helper);
	helper_end(&helper, 0);
	loop_free(loop);
	CU_ASSERT_EQUAL(fixture_open_descriptors(), before);
}

void add_suite_helper(CU_pSuite suite)
{
	TEST(answers_when_it_is_asked);
	TEST(one_that_hangs_is_late_and_can_be_killed);
	TEST(ends_when_its_channel_is_closed);
	TEST(is_killed_when_it_does_not_end);
	TEST(goes_on_with_another_listener);
	TEST(tells_what_cannot_be_adopted_and_keeps_nothing_open);
}
