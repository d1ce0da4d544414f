/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/number.h"
#include "base/text.h"
#include "batch/manifest.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_manifest(CU_pSuite suite);

#define TODAY    "2019-03-27"
#define TOMORROW "2019-03-28"

struct bench {
	struct drops drops;
	struct loop *loop;
	struct manifest manifest;
};

static void bench_open(struct bench *bench)
{
	struct err err;

	drops_open(&bench->drops, "");
	CU_ASSERT_EQUAL_FATAL(loop_new(&bench->loop, &err), 0);
	bench->manifest = (struct manifest){.spool = &bench->drops.spool, .loop = bench->loop};
	CU_ASSERT_EQUAL(
	    file_make_folder(bench->drops.spool.root_fd, "paper/" TODAY, 0750, &err), 0);
	CU_ASSERT_EQUAL(
	    file_make_folder(bench->drops.spool.root_fd, "paper/" TOMORROW, 0750, &err), 0);
}

static void bench_close(struct bench *bench)
{
	loop_free(bench->loop);
	drops_close(&bench->drops);
}
#define OWNED_BENCH OWNED(bench_close)

/* It was placed in the outbox of the day. */
static void note(struct bench *bench, const char *date)
{
	struct letter letter = {.paper = PAPER_QUEUED};

	text_copy(letter.paper_date, date);
	manifest_note(&bench->manifest, &letter);
}

static bool has_manifest(const struct bench *bench, const char *date)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "paper/%s/manifest.csv", date);
	return drops_has(&bench->drops, path);
}

static void stop(void *arg)
{
	loop_stop(arg);
}

static void a_letter_on_paper_has_its_manifest_in_a_second(void)
{
	OWNED_BENCH struct bench bench;
	struct err err;

	bench_open(&bench);
	note(&bench, TODAY);
	note(&bench, TODAY);
	CU_ASSERT_FALSE(has_manifest(&bench, TODAY));
	loop_after(bench.loop, SECOND + SECOND / 10, stop, bench.loop);
	CU_ASSERT_EQUAL(loop_run(bench.loop, &err), 0);
	CU_ASSERT_TRUE(has_manifest(&bench, TODAY));
}

/* As if making it had taken so long: a day's letters are many. */
static void a_manifest_that_takes_long_is_made_less_often(void)
{
	OWNED_BENCH struct bench bench;
	struct err err;

	bench_open(&bench);
	bench.manifest.rest = clock_elapsed() + 2 * SECOND;
	note(&bench, TODAY);
	loop_after(bench.loop, SECOND + SECOND / 10, stop, bench.loop);
	CU_ASSERT_EQUAL(loop_run(bench.loop, &err), 0);
	CU_ASSERT_FALSE(has_manifest(&bench, TODAY));
	note(&bench, TODAY);
	loop_after(bench.loop, SECOND, stop, bench.loop);
	CU_ASSERT_EQUAL(loop_run(bench.loop, &err), 0);
	CU_ASSERT_TRUE(has_manifest(&bench, TODAY));
	CU_ASSERT_TRUE(bench.manifest.rest <= clock_elapsed() + SECOND);
}

static void midnight_within_a_burst_leaves_no_day_without(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	note(&bench, TODAY);
	note(&bench, TOMORROW);
	CU_ASSERT_TRUE(has_manifest(&bench, TODAY));
	CU_ASSERT_FALSE(has_manifest(&bench, TOMORROW));
	manifest_write(&bench.manifest);
	CU_ASSERT_TRUE(has_manifest(&bench, TOMORROW));
}

static void an_electronic_letter_is_in_none(void)
{
	OWNED_BENCH struct bench bench;
	struct letter letter = {.electronic = ELECTRONIC_POSTED};

	bench_open(&bench);
	manifest_note(&bench.manifest, &letter);
	CU_ASSERT_STRING_EQUAL(bench.manifest.date, "");
	manifest_write(&bench.manifest);
	CU_ASSERT_FALSE(has_manifest(&bench, TODAY));
}

void add_suite_manifest(CU_pSuite suite)
{
	TEST(a_letter_on_paper_has_its_manifest_in_a_second);
	TEST(a_manifest_that_takes_long_is_made_less_often);
	TEST(midnight_within_a_burst_leaves_no_day_without);
	TEST(an_electronic_letter_is_in_none);
}
