/* SPDX-License-Identifier: Apache-2.0 */
#include "base/loop.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/number.h"
#include "tests/lib/child.h"
#include "tests/unit/suite.h"

void add_suite_loop(CU_pSuite suite);

enum { MS = SECOND / 1000, PLACES = 3 };

/* A socket with a watch, a timer or a signal, and how often it was called. */
struct place {
	int ours;
	int theirs;
	struct watch *watch;
	int calls;
};

static struct loop *loop;
static struct place places[PLACES];
static void (*then)(struct place *place); /* what every callback does, or NULL */
static sigset_t signals_before;

static void start(void (*do_then)(struct place *place))
{
	struct err err;

	then = do_then;
	(void)sigprocmask(SIG_BLOCK, NULL, &signals_before);
	CU_ASSERT_EQUAL_FATAL(loop_new(&loop, &err), 0);
	for (int i = 0; i < PLACES; i++) {
		int ends[2];

		CU_ASSERT_EQUAL_FATAL(
		    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
		places[i] = (struct place){.ours = ends[0], .theirs = ends[1]};
	}
}

static void end(void)
{
	for (int i = 0; i < PLACES; i++) {
		clean_fd(&places[i].ours);
		clean_fd(&places[i].theirs);
	}
	loop_free(loop);
	(void)sigprocmask(SIG_SETMASK, &signals_before, NULL);
}

static void call(void *arg)
{
	struct place *place = arg;

	place->calls++;
	if (then)
		then(place);
}

static void read_byte(void *arg)
{
	struct place *place = arg;
	char byte;

	if (read(place->ours, &byte, 1) >= 0)
		call(place);
}

static void watch(int i)
{
	struct err err;

	CU_ASSERT_EQUAL(
	    loop_watch(loop, places[i].ours, read_byte, &places[i], &places[i].watch, &err), 0);
}

static void send_byte(int i)
{
	CU_ASSERT_EQUAL(write(places[i].theirs, "x", 1), 1);
}

static void stop(void *arg)
{
	loop_stop(arg);
}

static void run(void)
{
	struct err err;

	CU_ASSERT_EQUAL(loop_run(loop, &err), 0);
}

/* So long that more calls than there should be would be seen. */
static void run_a_while(void)
{
	loop_after(loop, 10 * MS, stop, loop);
	run();
}

static int all_calls(void)
{
	return places[0].calls + places[1].calls + places[2].calls;
}

static void calls_those_that_can_be_read_as_often_as_they_can(void)
{
	start(NULL);
	for (int i = 0; i < PLACES; i++)
		watch(i);
	send_byte(0);
	send_byte(2);
	send_byte(2);
	run_a_while();
	CU_ASSERT_EQUAL(places[0].calls, 1);
	CU_ASSERT_EQUAL(places[1].calls, 0);
	CU_ASSERT_EQUAL(places[2].calls, 2);
	end();
}

static void unwatch(struct place *place)
{
	loop_unwatch(loop, place->watch);
	place->watch = NULL;
}

static void calls_when_the_other_side_closed(void)
{
	start(unwatch);
	watch(1);
	clean_fd(&places[1].theirs);
	places[1].theirs = -1;
	run_a_while();
	CU_ASSERT_EQUAL(places[1].calls, 1);
	end();
}

static void watches_nothing_that_cannot_be_and_leaves_the_result_alone(void)
{
	int ended;
	int wrong[] = {open("/dev/null", O_RDONLY | O_CLOEXEC), -1};

	start(NULL);
	watch(0);
	ended = places[0].ours;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct watch *before = places[0].watch;
		struct watch *kept = before;
		struct err err = {.kind = ERR_INTERNAL};

		CU_ASSERT_EQUAL(loop_watch(loop, wrong[i], call, NULL, &kept, &err), -1);
		CU_ASSERT_EQUAL(err.kind, ERR_RETRY);
		CU_ASSERT_PTR_EQUAL(kept, before);
		/* One that is watched already. */
		CU_ASSERT_EQUAL(loop_watch(loop, ended, call, NULL, &kept, &err), -1);
		CU_ASSERT_PTR_EQUAL(kept, before);
	}
	end();
	clean_fd(&wrong[0]);
}

static void unwatch_others(struct place *place)
{
	for (int i = 0; i < PLACES; i++)
		if (&places[i] != place)
			unwatch(&places[i]);
}

static void calls_none_that_was_removed_just_before(void)
{
	start(unwatch_others);
	for (int i = 0; i < PLACES; i++) {
		watch(i);
		send_byte(i);
	}
	run_a_while();
	CU_ASSERT_EQUAL(all_calls(), 1);
	end();
}

static void unwatch_all(struct place *place)
{
	(void)place;
	for (int i = 0; i < PLACES; i++)
		unwatch(&places[i]);
}

static void lets_a_callback_remove_its_own_watch(void)
{
	start(unwatch_all);
	for (int i = 0; i < PLACES; i++) {
		watch(i);
		send_byte(i);
		send_byte(i);
	}
	run_a_while();
	CU_ASSERT_EQUAL(all_calls(), 1);
	end();
}

static void watch_next(struct place *place)
{
	int next = (int)(place - places) + 1;

	unwatch(place);
	if (next < PLACES)
		watch(next);
}

static void lets_a_callback_add_a_watch(void)
{
	start(watch_next);
	watch(0);
	for (int i = 0; i < PLACES; i++)
		send_byte(i);
	run_a_while();
	for (int i = 0; i < PLACES; i++)
		CU_ASSERT_EQUAL(places[i].calls, 1);
	end();
}

static void calls_no_watch_that_is_paused(void)
{
	start(NULL);
	watch(0);
	watch(1);
	send_byte(0);
	send_byte(1);
	loop_pause(loop, places[0].watch, true);
	loop_pause(loop, places[0].watch, true);
	run_a_while();
	CU_ASSERT_EQUAL(places[0].calls, 0);
	CU_ASSERT_EQUAL(places[1].calls, 1);
	loop_pause(loop, places[0].watch, false);
	loop_pause(loop, places[0].watch, false);
	run_a_while();
	CU_ASSERT_EQUAL(places[0].calls, 1);
	CU_ASSERT_EQUAL(places[1].calls, 1);
	end();
}

static void pause_others(struct place *place)
{
	for (int i = 0; i < PLACES; i++)
		if (&places[i] != place)
			loop_pause(loop, places[i].watch, true);
}

static void calls_none_that_was_paused_just_before(void)
{
	start(pause_others);
	for (int i = 0; i < PLACES; i++) {
		watch(i);
		send_byte(i);
	}
	run_a_while();
	CU_ASSERT_EQUAL(all_calls(), 1);
	end();
}

static void removes_a_watch_that_is_paused(void)
{
	start(NULL);
	watch(0);
	send_byte(0);
	loop_pause(loop, places[0].watch, true);
	unwatch(&places[0]);
	unwatch(&places[0]);
	run_a_while();
	CU_ASSERT_EQUAL(places[0].calls, 0);
	watch(0);
	run_a_while();
	CU_ASSERT_EQUAL(places[0].calls, 1);
	end();
}

static void stop_now(struct place *place)
{
	(void)place;
	loop_stop(loop);
}

static void tells_a_paused_watch_later_that_the_other_side_closed(void)
{
	start(stop_now);
	watch(0);
	loop_pause(loop, places[0].watch, true);
	clean_fd(&places[0].theirs);
	places[0].theirs = -1;
	run_a_while();
	CU_ASSERT_EQUAL(places[0].calls, 0);
	loop_pause(loop, places[0].watch, false);
	run_a_while();
	CU_ASSERT_EQUAL(places[0].calls, 1);
	end();
}

static void calls_nothing_more_when_stopped_until_it_runs_again(void)
{
	start(stop_now);
	loop_after(loop, 0, call, &places[0]);
	for (int i = 0; i < PLACES; i++) {
		watch(i);
		send_byte(i);
	}
	run();
	CU_ASSERT_EQUAL(all_calls(), 1);
	run();
	CU_ASSERT_EQUAL(all_calls(), 2);
	end();
}

static void calls_once_after_the_delay(void)
{
	int64_t before = clock_elapsed();

	start(stop_now);
	loop_after(loop, 3 * MS, call, &places[0]);
	run();
	CU_ASSERT_EQUAL(places[0].calls, 1);
	CU_ASSERT_TRUE(clock_elapsed() - before >= 3 * MS);
	CU_ASSERT_TRUE(clock_elapsed() - before < SECOND);
	run_a_while();
	CU_ASSERT_EQUAL(places[0].calls, 1);
	end();
}

static void keeps_the_earlier_of_two_times(void)
{
	static const struct {
		int64_t delays[2];
	} rows[] = {{{MS, HOUR}}, {{HOUR, MS}}, {{MS, 2 * MS}}, {{2 * MS, MS}}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		start(NULL);
		loop_after(loop, rows[i].delays[0], call, &places[0]);
		loop_after(loop, rows[i].delays[1], call, &places[0]);
		run_a_while();
		CU_ASSERT_EQUAL(places[0].calls, 1);
		end();
	}
}

/* And what is asked for after that has its own time, not the earlier one's. */
static void forgets_a_time_that_is_cancelled(void)
{
	start(NULL);
	loop_cancel(loop, call, &places[0]);
	loop_cancel(NULL, call, &places[0]);
	loop_after(loop, MS, call, &places[0]);
	loop_after(loop, MS, call, &places[1]);
	loop_every(loop, MS, call, &places[2]);
	loop_cancel(loop, call, &places[0]);
	loop_cancel(loop, call, &places[2]);
	loop_after(loop, HOUR, call, &places[0]);
	run_a_while();
	CU_ASSERT_EQUAL(places[0].calls, 0);
	CU_ASSERT_EQUAL(places[1].calls, 1);
	CU_ASSERT_TRUE(places[2].calls > 0);
	end();
}

static void keeps_timers_of_different_arguments_apart(void)
{
	start(NULL);
	loop_after(loop, MS, call, &places[0]);
	loop_after(loop, HOUR, call, &places[1]);
	loop_every(loop, HOUR, call, &places[2]);
	loop_after(loop, MS, call, &places[2]);
	run_a_while();
	CU_ASSERT_EQUAL(places[0].calls, 1);
	CU_ASSERT_EQUAL(places[1].calls, 0);
	CU_ASSERT_EQUAL(places[2].calls, 1);
	end();
}

static void again(struct place *place)
{
	if (place->calls < 100)
		loop_after(loop, 0, call, place);
	else
		loop_stop(loop);
}

static void lets_a_timer_ask_for_itself_again(void)
{
	start(again);
	loop_after(loop, 0, call, &places[0]);
	run();
	CU_ASSERT_EQUAL(places[0].calls, 100);
	end();
}

static void stop_at_five(struct place *place)
{
	if (place->calls == 5)
		loop_stop(loop);
}

static void calls_every_period(void)
{
	int64_t before = clock_elapsed();

	start(stop_at_five);
	loop_every(loop, 2 * MS, call, &places[0]);
	run();
	CU_ASSERT_TRUE(clock_elapsed() - before >= 10 * MS);
	CU_ASSERT_TRUE(clock_elapsed() - before < 2 * SECOND);
	end();
}

static void ask_for_timers(const void *arg)
{
	const int *count = arg;
	struct err err;
	char args[64];

	CHILD_MUST(loop_new(&loop, &err) == 0);
	for (int i = 0; i < *count; i++)
		loop_after(loop, HOUR, call, &args[i]);
}

static void ends_the_process_that_wants_too_many_timers(void)
{
	static const int counts[] = {16, 17};
	struct child_end child;

	CU_ASSERT_TRUE(child_succeeds(ask_for_timers, &counts[0]));
	child_run(ask_for_timers, &counts[1], &child);
	CU_ASSERT_TRUE(WIFSIGNALED(child.status));
	CU_ASSERT_EQUAL(WTERMSIG(child.status), SIGABRT);
}

static void catches_signals(void)
{
	struct err err;

	start(NULL);
	CU_ASSERT_EQUAL(loop_signal(loop, SIGUSR1, call, &places[0], &err), 0);
	CU_ASSERT_EQUAL(loop_signal(loop, SIGUSR2, call, &places[1], &err), 0);
	CU_ASSERT_EQUAL(loop_signal(loop, SIGUSR2, call, &places[2], &err), 0);
	CU_ASSERT_EQUAL(raise(SIGUSR1), 0);
	CU_ASSERT_EQUAL(raise(SIGUSR1), 0);
	run_a_while();
	CU_ASSERT_EQUAL(places[0].calls, 1);
	CU_ASSERT_EQUAL(places[1].calls, 0);
	CU_ASSERT_EQUAL(raise(SIGUSR1), 0);
	CU_ASSERT_EQUAL(raise(SIGUSR2), 0);
	run_a_while();
	CU_ASSERT_EQUAL(places[0].calls, 2);
	CU_ASSERT_EQUAL(places[1].calls, 1);
	CU_ASSERT_EQUAL(places[2].calls, 1);
	end();
}

/* A zygote asks for that child alone. */
static void tells_which_child_has_ended(void)
{
	struct err err;
	pid_t pid;

	start(NULL);
	CU_ASSERT_EQUAL(loop_signal(loop, SIGCHLD, call, &places[0], &err), 0);
	pid = fork();
	if (pid == 0)
		_exit(0);
	for (int i = 0; i < 100 && places[0].calls == 0; i++)
		run_a_while();
	CU_ASSERT_EQUAL(places[0].calls, 1);
	CU_ASSERT_EQUAL(loop_sender(loop), pid);
	CU_ASSERT_EQUAL(waitpid(pid, NULL, WNOHANG), pid);
	end();
}

static void refuses_more_signals_than_it_has_room_for(void)
{
	struct err err = {.kind = ERR_RETRY};

	start(NULL);
	for (int i = 0; i < 8; i++)
		CU_ASSERT_EQUAL(loop_signal(loop, SIGRTMIN + i, call, &places[0], &err), 0);
	CU_ASSERT_EQUAL(loop_signal(loop, SIGRTMIN + 8, call, &places[1], &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_INTERNAL);
	for (int i = 0; i < 8; i++)
		CU_ASSERT_EQUAL(raise(SIGRTMIN + i), 0);
	run_a_while();
	CU_ASSERT_EQUAL(places[0].calls, 8);
	end();
}

static void make_one_without_descriptors(const void *arg)
{
	struct rlimit none = {0, 0};
	struct loop *before = NULL;
	struct loop *kept = before;
	struct err err = {.kind = ERR_INTERNAL};

	(void)arg;
	CHILD_MUST(setrlimit(RLIMIT_NOFILE, &none) == 0);
	CHILD_MUST(loop_new(&kept, &err) == -1);
	CHILD_MUST(err.kind == ERR_RETRY);
	CHILD_MUST(kept == before);
}

static void can_be_tried_again_when_there_is_no_descriptor(void)
{
	CU_ASSERT_TRUE(child_succeeds(make_one_without_descriptors, NULL));
}

/* That nothing is lost is what the sanitizer builds see. */
static void frees_the_watches_that_are_left(void)
{
	struct err err;

	start(NULL);
	watch(0);
	watch(1);
	loop_pause(loop, places[1].watch, true);
	CU_ASSERT_EQUAL(loop_watch(loop, places[2].ours, call, NULL, NULL, &err), 0);
	CU_ASSERT_EQUAL(loop_signal(loop, SIGUSR1, call, NULL, &err), 0);
	end();
	loop_free(NULL);
}

void add_suite_loop(CU_pSuite suite)
{
	TEST(calls_those_that_can_be_read_as_often_as_they_can);
	TEST(calls_when_the_other_side_closed);
	TEST(watches_nothing_that_cannot_be_and_leaves_the_result_alone);
	TEST(calls_none_that_was_removed_just_before);
	TEST(lets_a_callback_remove_its_own_watch);
	TEST(lets_a_callback_add_a_watch);
	TEST(calls_no_watch_that_is_paused);
	TEST(tells_a_paused_watch_later_that_the_other_side_closed);
	TEST(calls_none_that_was_paused_just_before);
	TEST(removes_a_watch_that_is_paused);
	TEST(calls_nothing_more_when_stopped_until_it_runs_again);
	TEST(calls_once_after_the_delay);
	TEST(keeps_the_earlier_of_two_times);
	TEST(forgets_a_time_that_is_cancelled);
	TEST(keeps_timers_of_different_arguments_apart);
	TEST(lets_a_timer_ask_for_itself_again);
	TEST(calls_every_period);
	TEST(ends_the_process_that_wants_too_many_timers);
	TEST(catches_signals);
	TEST(tells_which_child_has_ended);
	TEST(refuses_more_signals_than_it_has_room_for);
	TEST(can_be_tried_again_when_there_is_no_descriptor);
	TEST(frees_the_watches_that_are_left);
}
