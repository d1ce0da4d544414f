/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/group.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_group(CU_pSuite suite);

enum { LETTERS = 3, MOST = 10 };

/* A spool with an AVRS ID that has a master, and all that a group passes on its way. */
struct bench {
	struct drops drops;
	struct checker checker;
	struct holds *holds;
	struct batches *batches;
	struct claims *claims;
	struct scanner scanner;
	struct dispatcher *dispatcher;
	struct manifest manifest;
	struct doubt doubt;
	struct group_way way;
};

static void bench_open(struct bench *bench)
{
	struct spool *spool = &bench->drops.spool;
	struct err err;

	drops_open(&bench->drops, "");
	(void)scratch_account(spool, "ann", DROPS_AVRS_ID, "master");
	CU_ASSERT_EQUAL_FATAL(checker_start(&bench->checker, &err), 0);
	CU_ASSERT_EQUAL_FATAL(holds_new(spool, &bench->holds, &err), 0);
	CU_ASSERT_EQUAL_FATAL(batches_new(spool, &bench->batches, &err), 0);
	bench->claims = claims_new();
	scanner_init(&bench->scanner, &spool->settings);
	bench->dispatcher = dispatcher_new(spool);
	bench->manifest = (struct manifest){.spool = spool};
	doubt_init(&bench->doubt, spool);
	bench->way = (struct group_way){.validator = {spool, &bench->checker, bench->holds, NULL,
	                                    bench->claims, &bench->scanner},
	    .ender = {bench->holds, bench->batches, bench->drops.arrivals, &bench->manifest, spool},
	    .dispatcher = bench->dispatcher,
	    .doubt = &bench->doubt,
	    .taker = bench->drops.taker,
	    .letters_fd = bench->drops.letters_fd};
}

static void bench_close(struct bench *bench)
{
	dispatcher_free(bench->dispatcher);
	scanner_done(&bench->scanner);
	claims_free(bench->claims);
	batches_free(bench->batches);
	holds_free(bench->holds);
	checker_stop(&bench->checker);
	drops_close(&bench->drops);
}
#define OWNED_BENCH OWNED(bench_close)

/* Files that a watcher has found: EFT_<first>.pdf and those after it. */
static void arrive(struct bench *bench, int first)
{
	for (int i = first; i < first + LETTERS; i++) {
		struct arrival arrival = {.class = CLASS_EDELIVERY};
		char path[64];

		(void)snprintf(path, sizeof(path), DROPS_AVRS_ID "/EFT_%d.pdf", i);
		drops_write(&bench->drops, path, DROPS_PDF);
		(void)snprintf(arrival.avrs_id, sizeof(arrival.avrs_id), DROPS_AVRS_ID);
		arrival.name = strchr(path, '/') + 1;
		arrivals_add(bench->drops.arrivals, &arrival);
	}
}

static int64_t count_posted(const struct bench *bench)
{
	return drops_number(
	    &bench->drops, "SELECT COUNT(*) FROM letter WHERE electronic = 'posted'");
}

static bool is_dropped(const struct bench *bench, int number)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "drop/" DROPS_AVRS_ID "/EFT_%d.pdf", number);
	return drops_has(&bench->drops, path);
}

static mode_t mode_of(const struct bench *bench, int number)
{
	char path[64];
	struct stat st = {.st_mode = 0};

	(void)snprintf(path, sizeof(path), DROPS_AVRS_ID "/EFT_%d.pdf", number);
	(void)fstatat(bench->drops.spool.drop_fd, path, &st, AT_SYMLINK_NOFOLLOW);
	return st.st_mode & 07777;
}

static struct group *begin(struct bench *bench)
{
	struct group *group = NULL;
	struct err err;

	CU_ASSERT_EQUAL_FATAL(group_begin(&bench->way, MOST, &group, &err), 0);
	return group;
}

static void a_group_takes_no_more_than_it_may(void)
{
	OWNED_BENCH struct bench bench;
	struct group *group = NULL;
	struct err err;

	bench_open(&bench);
	arrive(&bench, 1);
	CU_ASSERT_EQUAL_FATAL(group_begin(&bench.way, 2, &group, &err), 0);
	CU_ASSERT_EQUAL(arrivals_count(bench.drops.arrivals), 1);
	group_abandon(&bench.way, group);
	CU_ASSERT_EQUAL(arrivals_count(bench.drops.arrivals), LETTERS);
}

/* As the daemon does it: the second is taken while the first is linked, and linked while it leaves.
 */
static void groups_go_one_behind_the_other(void)
{
	OWNED_BENCH struct bench bench;
	struct group *first;
	struct group *second;
	struct err err;

	bench_open(&bench);
	arrive(&bench, 1);
	first = begin(&bench);
	arrive(&bench, 11);
	second = begin(&bench);
	CU_ASSERT_EQUAL(group_record(&bench.way, first, &err), 0);
	CU_ASSERT_EQUAL(count_posted(&bench), 0);
	CU_ASSERT_EQUAL(group_publish(&bench.way, first, &err), 0);
	CU_ASSERT_EQUAL(count_posted(&bench), LETTERS);
	CU_ASSERT_EQUAL(group_leave(&bench.way, first, &err), 0);
	CU_ASSERT_EQUAL(group_record(&bench.way, second, &err), 0);
	group_end(&bench.way, first);
	CU_ASSERT_EQUAL(group_publish(&bench.way, second, &err), 0);
	CU_ASSERT_EQUAL(group_leave(&bench.way, second, &err), 0);
	group_end(&bench.way, second);
	CU_ASSERT_EQUAL(count_posted(&bench), 2 * LETTERS);
	for (int i = 0; i < LETTERS; i++) {
		CU_ASSERT_FALSE(is_dropped(&bench, 1 + i));
		CU_ASSERT_FALSE(is_dropped(&bench, 11 + i));
	}
	CU_ASSERT_EQUAL(arrivals_count(bench.drops.arrivals), 0);
}

/* Nothing of it is left, and its files are their jobs' again, and queued. */
static void what_is_abandoned_is_as_if_it_had_not_begun(void)
{
	for (int steps = 0; steps < 2; steps++) {
		OWNED_BENCH struct bench bench;
		struct group *group;
		int open_fds;
		struct err err;

		bench_open(&bench);
		open_fds = drops_open_fds();
		arrive(&bench, 1);
		group = begin(&bench);
		if (steps > 0)
			CU_ASSERT_EQUAL(group_record(&bench.way, group, &err), 0);
		group_abandon(&bench.way, group);
		CU_ASSERT_EQUAL(drops_number(&bench.drops, "SELECT COUNT(*) FROM letter"), 0);
		CU_ASSERT_EQUAL(arrivals_count(bench.drops.arrivals), LETTERS);
		CU_ASSERT_EQUAL(mode_of(&bench, 1), 0660);
		CU_ASSERT_EQUAL(drops_open_fds(), open_fds);
		/* It can begin again. */
		group = begin(&bench);
		CU_ASSERT_EQUAL(group_record(&bench.way, group, &err), 0);
		CU_ASSERT_EQUAL(group_publish(&bench.way, group, &err), 0);
		CU_ASSERT_EQUAL(group_leave(&bench.way, group, &err), 0);
		group_end(&bench.way, group);
		CU_ASSERT_EQUAL(count_posted(&bench), LETTERS);
	}
}

/* The catalog refuses one row of it. */
static void what_cannot_be_recorded_is_given_back(void)
{
	OWNED_BENCH struct bench bench;
	struct group *group;
	struct err err;

	bench_open(&bench);
	arrive(&bench, 1);
	group = begin(&bench);
	drops_refuse(&bench.drops, "INSERT", "letter", "NEW.name = 'EFT_2.pdf'");
	CU_ASSERT_EQUAL(group_record(&bench.way, group, &err), -1);
	group_abandon(&bench.way, group);
	CU_ASSERT_EQUAL(mode_of(&bench, 1), 0660);
	CU_ASSERT_EQUAL(arrivals_count(bench.drops.arrivals), LETTERS);
}

void add_suite_group(CU_pSuite suite)
{
	TEST(a_group_takes_no_more_than_it_may);
	TEST(groups_go_one_behind_the_other);
	TEST(what_is_abandoned_is_as_if_it_had_not_begun);
	TEST(what_cannot_be_recorded_is_given_back);
}
