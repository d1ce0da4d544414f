/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/number.h"
#include "base/text.h"
#include "batch/hold.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_hold(CU_pSuite suite);

#define START (INT64_C(1553688000) * SECOND)

/* A spool and its holds, at START. */
struct bench {
	struct drops drops;
	struct holds *holds;
};

static void reopen(struct bench *bench)
{
	struct err err;

	holds_free(bench->holds);
	bench->holds = NULL;
	CU_ASSERT_EQUAL_FATAL(holds_new(&bench->drops.spool, &bench->holds, &err), 0);
}

static void bench_open(struct bench *bench, const char *settings)
{
	clock_freeze(START);
	bench->holds = NULL;
	drops_open(&bench->drops, settings);
	reopen(bench);
}

static void bench_close(struct bench *bench)
{
	clock_freeze(0);
	holds_free(bench->holds);
	drops_close(&bench->drops);
}
#define OWNED_BENCH OWNED(bench_close)

/* A file as it was looked at: nothing of it is opened. */
static struct drop look(const char *name, int64_t size)
{
	struct arrival arrival = {.avrs_id = DROPS_AVRS_ID, .name = name};
	struct drop drop;

	drop_init(&drop, &arrival);
	drop.st.st_size = size;
	drop.st.st_ctim.tv_sec = 1553600000;
	return drop;
}

/* Look at it, find a reason to hold it, and keep it. What its verdict is then. */
static enum verdict keep(struct bench *bench, const char *name, enum hold hold, const char *reason)
{
	struct drop drop = look(name, 1);
	struct err err;

	holds_recognise(bench->holds, &drop);
	drop.hold = hold;
	drop_decide(&drop, VERDICT_HOLD, "%s", reason);
	CU_ASSERT_EQUAL(holds_keep(bench->holds, &drop, 1, &err), 0);
	CU_ASSERT_NOT_EQUAL(drop.intake_id, 0);
	return drop.verdict;
}

/* How many are due now. */
static size_t wake(struct bench *bench, bool every)
{
	struct arrivals *arrivals = arrivals_new();
	size_t count;

	holds_wake(bench->holds, every, arrivals);
	count = arrivals_count(arrivals);
	arrivals_free(arrivals);
	return count;
}

static void a_file_settles_when_it_stays_as_it_is(void)
{
	OWNED_BENCH struct bench bench;
	struct drop drop = look("RA.zip", 1);

	bench_open(&bench, "drop.settle = 10s");
	CU_ASSERT_FALSE(holds_has_settled(bench.holds, &drop));
	clock_freeze(START + 9 * SECOND);
	CU_ASSERT_EQUAL(wake(&bench, false), 0);
	CU_ASSERT_FALSE(holds_has_settled(bench.holds, &drop));
	clock_freeze(START + 10 * SECOND);
	CU_ASSERT_EQUAL(wake(&bench, false), 1);
	CU_ASSERT_TRUE(holds_has_settled(bench.holds, &drop));
	/* It has no row: nothing is wrong with it. */
	CU_ASSERT_EQUAL(drops_number(&bench.drops, "SELECT COUNT(*) FROM intake"), 0);
	holds_forget(bench.holds, &drop);
	CU_ASSERT_EQUAL(wake(&bench, true), 0);
}

static void every_change_begins_the_wait_anew(void)
{
	OWNED_BENCH struct bench bench;
	struct drop drop = look("RA.zip", 1);

	bench_open(&bench, "drop.settle = 10s");
	CU_ASSERT_FALSE(holds_has_settled(bench.holds, &drop));
	clock_freeze(START + 9 * SECOND);
	drop.st.st_size = 2;
	CU_ASSERT_FALSE(holds_has_settled(bench.holds, &drop));
	clock_freeze(START + 18 * SECOND);
	drop.st.st_ctim.tv_nsec++; /* rewritten with as many bytes */
	CU_ASSERT_FALSE(holds_has_settled(bench.holds, &drop));
	clock_freeze(START + 27 * SECOND);
	CU_ASSERT_FALSE(holds_has_settled(bench.holds, &drop));
	clock_freeze(START + 28 * SECOND);
	CU_ASSERT_TRUE(holds_has_settled(bench.holds, &drop));
}

static void without_a_time_to_settle_a_file_has_settled_at_once(void)
{
	OWNED_BENCH struct bench bench;
	struct drop drop = look("RA.zip", 1);

	bench_open(&bench, "drop.settle = 0s");
	CU_ASSERT_TRUE(holds_has_settled(bench.holds, &drop));
}

static void a_held_file_has_a_row_with_the_reason(void)
{
	OWNED_BENCH struct bench bench;
	struct intake intake;
	bool found = false;
	struct err err;

	bench_open(&bench, "");
	CU_ASSERT_EQUAL(keep(&bench, "a\nb", HOLD_UNFINISHED, "empty"), VERDICT_HOLD);
	CU_ASSERT_EQUAL(intake_find_name(bench.drops.spool.catalog, DROPS_AVRS_ID, CLASS_EDELIVERY,
	                    "a\\x0ab", &intake, &found, &err),
	    0);
	CU_ASSERT_TRUE_FATAL(found);
	CU_ASSERT_EQUAL(intake.state, INTAKE_HELD);
	CU_ASSERT_STRING_EQUAL(intake.reason, "empty");
	CU_ASSERT_EQUAL(intake.changed, START);
	/* Looked at again for the same reason nothing changes; for another one the row does. */
	clock_freeze(START + SECOND);
	CU_ASSERT_EQUAL(keep(&bench, "a\nb", HOLD_UNFINISHED, "empty"), VERDICT_HOLD);
	CU_ASSERT_EQUAL(drops_number(&bench.drops, "SELECT changed FROM intake"), START);
	CU_ASSERT_EQUAL(keep(&bench, "a\nb", HOLD_UNKNOWN, "unknown"), VERDICT_HOLD);
	CU_ASSERT_EQUAL(drops_number(&bench.drops, "SELECT changed FROM intake"), START + SECOND);
	CU_ASSERT_EQUAL(drops_number(&bench.drops, "SELECT seen FROM intake"), START);
	CU_ASSERT_EQUAL(drops_number(&bench.drops, "SELECT COUNT(*) FROM intake"), 1);
	CU_ASSERT_EQUAL(
	    drops_number(&bench.drops, "SELECT COUNT(*) FROM event WHERE what = 'letter.held'"), 2);
}

/* For how long a file is held, by reason; 0: for as long as it takes. */
static const struct {
	enum hold hold;
	int64_t limit;
} limits[] = {
    {HOLD_UNFINISHED, 1 * HOUR},
    {HOLD_UNKNOWN, 48 * HOUR},
    {HOLD_NO_ACCOUNT, 0},
    {HOLD_UNREADABLE, 0},
};

static void a_file_is_held_as_long_as_its_reason_allows(void)
{
	for (size_t i = 0; i < COUNT(limits); i++) {
		OWNED_BENCH struct bench bench;
		int64_t limit = limits[i].limit ? limits[i].limit : 1000 * DAY;

		bench_open(&bench, "");
		CU_ASSERT_EQUAL(keep(&bench, "a", limits[i].hold, "reason"), VERDICT_HOLD);
		clock_freeze(START + limit - 1);
		CU_ASSERT_EQUAL(keep(&bench, "a", limits[i].hold, "reason"), VERDICT_HOLD);
		/* A restart in between does not give it more time. */
		reopen(&bench);
		clock_freeze(START + limit);
		CU_ASSERT_EQUAL(keep(&bench, "a", limits[i].hold, "reason"),
		    limits[i].limit ? VERDICT_QUARANTINE : VERDICT_HOLD);
	}
}

static void held_files_are_woken_when_their_time_is_up(void)
{
	for (size_t i = 0; i < COUNT(limits); i++) {
		OWNED_BENCH struct bench bench;
		bool is_retried = limits[i].hold == HOLD_UNREADABLE;

		bench_open(&bench, "");
		CU_ASSERT_EQUAL(keep(&bench, "a", limits[i].hold, "reason"), VERDICT_HOLD);
		CU_ASSERT_EQUAL(wake(&bench, false), 0);
		CU_ASSERT_EQUAL(wake(&bench, true), 1);
		clock_freeze(START + MINUTE);
		CU_ASSERT_EQUAL(wake(&bench, false), is_retried);
		clock_freeze(START + 1000 * DAY);
		CU_ASSERT_EQUAL(wake(&bench, false), is_retried || limits[i].limit);
	}
}

static void a_start_looks_at_every_held_file(void)
{
	OWNED_BENCH struct bench bench;
	struct arrivals *arrivals = arrivals_new();
	struct arrival *arrival;
	struct drop drop = look("a\nb", 1);

	bench_open(&bench, "");
	CU_ASSERT_EQUAL(keep(&bench, "a\nb", HOLD_NO_ACCOUNT, "reason"), VERDICT_HOLD);
	reopen(&bench);
	holds_wake(bench.holds, false, arrivals);
	arrival = arrivals_take(arrivals, false);
	CU_ASSERT_PTR_NOT_NULL_FATAL(arrival);
	CU_ASSERT_STRING_EQUAL(arrival->avrs_id, DROPS_AVRS_ID);
	CU_ASSERT_EQUAL(arrival->class, CLASS_EDELIVERY);
	CU_ASSERT_STRING_EQUAL(arrival->name, "a\nb");
	free(arrival);
	arrivals_free(arrivals);
	holds_recognise(bench.holds, &drop);
	CU_ASSERT_EQUAL(drop.intake_id, drops_number(&bench.drops, "SELECT id FROM intake"));
	drop = look("another", 1);
	holds_recognise(bench.holds, &drop);
	CU_ASSERT_EQUAL(drop.intake_id, 0);
}

/* How many are woken when what those wait for has come. */
static size_t wake_held(struct bench *bench, enum hold hold)
{
	struct arrivals *arrivals = arrivals_new();
	size_t count;

	holds_wake_held(bench->holds, hold, arrivals);
	count = arrivals_count(arrivals);
	arrivals_free(arrivals);
	return count;
}

/* Batches and clamd tell themselves when they are there; news of anything else are none to them. */
/* Its file is in another drop folder: here it would be found gone. */
static void what_another_node_holds_is_its_own(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench, "");
	(void)keep(&bench, "EFT_1.pdf", HOLD_UNFINISHED, "cut off");
	reopen(&bench);
	CU_ASSERT_EQUAL(wake(&bench, false), 1);
	drops_run(&bench.drops, "UPDATE intake SET node = 'another'");
	reopen(&bench);
	CU_ASSERT_EQUAL(wake(&bench, false), 0);
}

static void who_waits_for_one_thing_is_woken_by_it_alone(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench, "");
	CU_ASSERT_EQUAL(keep(&bench, "a", HOLD_BATCH, "its batch"), VERDICT_HOLD);
	CU_ASSERT_EQUAL(keep(&bench, "b", HOLD_UNSCANNED, "not scanned"), VERDICT_HOLD);
	CU_ASSERT_EQUAL(keep(&bench, "c", HOLD_UNSCANNED, "not scanned"), VERDICT_HOLD);
	CU_ASSERT_EQUAL(keep(&bench, "d", HOLD_NO_ACCOUNT, "no account"), VERDICT_HOLD);
	CU_ASSERT_EQUAL(keep(&bench, "e", HOLD_UNJUDGED, "not scanned: why"), VERDICT_HOLD);
	CU_ASSERT_EQUAL(wake_held(&bench, HOLD_BATCH), 1);
	CU_ASSERT_EQUAL(wake_held(&bench, HOLD_UNSCANNED), 2);
	CU_ASSERT_EQUAL(wake(&bench, false), 0);
	CU_ASSERT_EQUAL(wake(&bench, true), 2);
	clock_freeze(START + 60 * SECOND);
	CU_ASSERT_EQUAL(wake(&bench, false), 1);
	/* A later run does not know what they wait for: it looks at each once. */
	reopen(&bench);
	CU_ASSERT_EQUAL(wake_held(&bench, HOLD_UNSCANNED), 0);
	CU_ASSERT_EQUAL(wake(&bench, false), 5);
}

static void what_is_gone_is_not_held_any_more(void)
{
	OWNED_BENCH struct bench bench;
	struct drop drop = look("a", 0);
	struct err err;

	bench_open(&bench, "");
	CU_ASSERT_EQUAL(keep(&bench, "a", HOLD_UNFINISHED, "empty"), VERDICT_HOLD);
	drop_decide(&drop, VERDICT_GONE, "gone");
	CU_ASSERT_EQUAL(holds_lose(bench.holds, &drop, &err), 0);
	CU_ASSERT_EQUAL(
	    drops_number(&bench.drops, "SELECT COUNT(*) FROM intake WHERE state = 'gone'"), 1);
	CU_ASSERT_EQUAL(
	    drops_number(&bench.drops, "SELECT COUNT(*) FROM event WHERE what = 'letter.gone'"), 1);
	CU_ASSERT_EQUAL(wake(&bench, true), 0);
	/* What was never held is none of ours. */
	CU_ASSERT_EQUAL(holds_lose(bench.holds, &drop, &err), 0);
	CU_ASSERT_EQUAL(
	    drops_number(&bench.drops, "SELECT COUNT(*) FROM event WHERE what = 'letter.gone'"), 1);
	/* And what only had to settle has no row to change. */
	drop = look("b", 1);
	CU_ASSERT_FALSE(holds_has_settled(bench.holds, &drop));
	CU_ASSERT_EQUAL(holds_lose(bench.holds, &drop, &err), 0);
	CU_ASSERT_EQUAL(drops_number(&bench.drops, "SELECT COUNT(*) FROM intake"), 1);
	CU_ASSERT_EQUAL(wake(&bench, true), 0);
}

/* It waited once, and then its posting went on: that says nothing of the new file of its name. */
static void what_was_being_removed_is_gone_by_itself(void)
{
	OWNED_BENCH struct bench bench;
	struct drop drop = look("a", 0);
	struct err err;

	bench_open(&bench, "");
	CU_ASSERT_EQUAL(keep(&bench, "a", HOLD_UNFINISHED, "empty"), VERDICT_HOLD);
	text_copy(drop.on_disk, ".7.taken");
	holds_wait(bench.holds, &drop);
	clock_freeze(START + SECOND);
	CU_ASSERT_EQUAL(wake(&bench, false), 1);
	drop_decide(&drop, VERDICT_GONE, "gone");
	CU_ASSERT_EQUAL(holds_lose(bench.holds, &drop, &err), 0);
	CU_ASSERT_EQUAL(wake(&bench, false), 0);
	CU_ASSERT_EQUAL(
	    drops_number(&bench.drops, "SELECT COUNT(*) FROM intake WHERE state = 'held'"), 1);
}

/* A .7.taken is not the file that has the name that it stands for, which may wait as well. */
static void what_was_set_aside_waits_as_what_it_is_called(void)
{
	OWNED_BENCH struct bench bench;
	struct drop drop = look(".7.taken", 1);
	struct err err;

	bench_open(&bench, "");
	CU_ASSERT_EQUAL(keep(&bench, "EFT_1.pdf", HOLD_UNKNOWN, "unknown"), VERDICT_HOLD);
	text_copy(drop.name, "EFT_1.pdf"); /* as validating finds out */
	holds_recognise(bench.holds, &drop);
	CU_ASSERT_EQUAL(drop.intake_id, 0);
	holds_wait(bench.holds, &drop);
	CU_ASSERT_EQUAL(wake(&bench, true), 2);
	/* It goes away, and the other one is held on. */
	CU_ASSERT_EQUAL(holds_lose(bench.holds, &drop, &err), 0);
	CU_ASSERT_EQUAL(wake(&bench, true), 1);
	CU_ASSERT_EQUAL(
	    drops_number(&bench.drops, "SELECT COUNT(*) FROM intake WHERE state = 'held'"), 1);
	CU_ASSERT_FALSE(holds_has_settled(bench.holds, &drop));
	holds_forget(bench.holds, &drop);
	CU_ASSERT_EQUAL(wake(&bench, true), 1);
}

/* One that has to be held itself has a row of its own, also after a start. */
static void what_was_set_aside_can_be_held(void)
{
	OWNED_BENCH struct bench bench;
	struct drop drop = look(".7.taken", 1);
	struct err err;

	bench_open(&bench, "");
	text_copy(drop.name, "EFT_1.pdf");
	drop.hold = HOLD_UNKNOWN;
	drop_decide(&drop, VERDICT_HOLD, "unknown");
	CU_ASSERT_EQUAL(holds_keep(bench.holds, &drop, 1, &err), 0);
	CU_ASSERT_NOT_EQUAL(drop.intake_id, 0);
	CU_ASSERT_EQUAL(holds_keep(bench.holds, &drop, 1, &err), 0);
	CU_ASSERT_EQUAL(drops_number(&bench.drops, "SELECT COUNT(*) FROM intake"), 1);
	CU_ASSERT_EQUAL(holds_lose(bench.holds, &drop, &err), 0);
	CU_ASSERT_EQUAL(
	    drops_number(&bench.drops, "SELECT COUNT(*) FROM intake WHERE state = 'gone'"), 1);
	CU_ASSERT_EQUAL(wake(&bench, true), 0);
}

static void a_file_that_settled_can_be_held_afterwards(void)
{
	OWNED_BENCH struct bench bench;
	struct drop drop = look("RA.zip", 1);

	bench_open(&bench, "drop.settle = 10s");
	CU_ASSERT_FALSE(holds_has_settled(bench.holds, &drop));
	clock_freeze(START + 10 * SECOND);
	CU_ASSERT_TRUE(holds_has_settled(bench.holds, &drop));
	CU_ASSERT_EQUAL(keep(&bench, "RA.zip", HOLD_NO_ACCOUNT, "nobody"), VERDICT_HOLD);
	CU_ASSERT_EQUAL(
	    drops_number(&bench.drops, "SELECT COUNT(*) FROM intake WHERE state = 'held'"), 1);
	CU_ASSERT_EQUAL(wake(&bench, true), 1);
}

/* Somebody who reads the catalog, and so keeps a commit waiting without a write-ahead log. */
struct reader {
	const char *path;
	sem_t reads;
};

/* Somebody writes to it by way of another link: no event tells when that ends. */
static void what_waits_is_looked_at_again_ever_later(void)
{
	static const int looks[] = {1, 3, 7, 15, 31, 63, 127, 191, 255};
	OWNED_BENCH struct bench bench;
	struct drop drop = look("EFT_1.pdf", 1);

	bench_open(&bench, "");
	holds_wait(bench.holds, &drop);
	for (size_t i = 0; i < COUNT(looks); i++) {
		clock_freeze(START + looks[i] * SECOND - 1);
		CU_ASSERT_EQUAL(wake(&bench, false), 0);
		clock_freeze(START + looks[i] * SECOND);
		CU_ASSERT_EQUAL(wake(&bench, false), 1);
		holds_wait(bench.holds, &drop);
	}
	CU_ASSERT_EQUAL(drops_number(&bench.drops, "SELECT COUNT(*) FROM intake"), 0);
	holds_forget(bench.holds, &drop);
	CU_ASSERT_EQUAL(wake(&bench, true), 0);
}

static void what_is_to_settle_is_not_looked_at_later_for_waiting(void)
{
	OWNED_BENCH struct bench bench;
	struct drop drop = look("RA.zip", 1);

	bench_open(&bench, "drop.settle = 2s");
	for (int i = 0; i < 5; i++) {
		drop.st.st_size++;
		CU_ASSERT_FALSE(holds_has_settled(bench.holds, &drop));
		holds_wait(bench.holds, &drop);
	}
	clock_freeze(START + 2 * SECOND);
	CU_ASSERT_EQUAL(wake(&bench, false), 1);
	CU_ASSERT_TRUE(holds_has_settled(bench.holds, &drop));
}

static void *read_for_a_moment(void *arg)
{
	struct reader *reader = arg;
	sqlite3_stmt *row = NULL;
	sqlite3 *db = NULL;

	CU_ASSERT_EQUAL(sqlite3_open(reader->path, &db), SQLITE_OK);
	CU_ASSERT_EQUAL(
	    sqlite3_prepare_v2(db, "SELECT next FROM sequence", -1, &row, NULL), SQLITE_OK);
	CU_ASSERT_EQUAL(sqlite3_step(row), SQLITE_ROW);
	(void)sem_post(&reader->reads);
	(void)usleep(20000);
	(void)sqlite3_finalize(row);
	(void)sqlite3_close(db);
	return NULL;
}

/* A commit that is refused as busy is tried again, from the start. */
static void a_row_is_there_also_when_its_commit_had_to_be_tried_again(void)
{
	OWNED_BENCH struct bench bench;
	char path[SCRATCH_PATH_MAX + 32];
	struct reader reader = {.path = path};
	pthread_t thread;

	bench_open(&bench, "");
	(void)snprintf(path, sizeof(path), "%s/catalog/catalog.db", bench.drops.scratch.path);
	drops_run(&bench.drops, "PRAGMA journal_mode = DELETE");
	drops_run(&bench.drops, "PRAGMA busy_timeout = 0");
	CU_ASSERT_EQUAL(sem_init(&reader.reads, 0, 0), 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, read_for_a_moment, &reader), 0);
	(void)sem_wait(&reader.reads);
	CU_ASSERT_EQUAL(keep(&bench, "a", HOLD_UNFINISHED, "empty"), VERDICT_HOLD);
	(void)pthread_join(thread, NULL);
	(void)sem_destroy(&reader.reads);
	CU_ASSERT_EQUAL(
	    drops_number(&bench.drops, "SELECT COUNT(*) FROM intake WHERE state = 'held'"), 1);
	CU_ASSERT_EQUAL(drops_number(&bench.drops, "SELECT letter_id FROM event WHERE"
	                                           " what = 'letter.held'"),
	    drops_number(&bench.drops, "SELECT id FROM intake"));
}

void add_suite_hold(CU_pSuite suite)
{
	TEST(a_file_settles_when_it_stays_as_it_is);
	TEST(every_change_begins_the_wait_anew);
	TEST(without_a_time_to_settle_a_file_has_settled_at_once);
	TEST(a_held_file_has_a_row_with_the_reason);
	TEST(a_file_is_held_as_long_as_its_reason_allows);
	TEST(held_files_are_woken_when_their_time_is_up);
	TEST(a_start_looks_at_every_held_file);
	TEST(what_another_node_holds_is_its_own);
	TEST(who_waits_for_one_thing_is_woken_by_it_alone);
	TEST(what_is_gone_is_not_held_any_more);
	TEST(what_was_being_removed_is_gone_by_itself);
	TEST(what_was_set_aside_waits_as_what_it_is_called);
	TEST(what_was_set_aside_can_be_held);
	TEST(a_file_that_settled_can_be_held_afterwards);
	TEST(what_waits_is_looked_at_again_ever_later);
	TEST(what_is_to_settle_is_not_looked_at_later_for_waiting);
	TEST_ON_SQLITE(a_row_is_there_also_when_its_commit_had_to_be_tried_again);
}
