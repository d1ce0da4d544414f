/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch/ending.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_ending(CU_pSuite suite);

#define NAME DROPS_AVRS_ID "/EFT_1.pdf"

struct bench {
	struct drops drops;
	struct holds *holds;
	struct batches *batches;
	struct manifest manifest;
	struct ender ender;
	struct drop drop; /* of NAME */
};

static void bench_open(struct bench *bench)
{
	struct err err;

	drops_open(&bench->drops, "");
	CU_ASSERT_EQUAL_FATAL(holds_new(&bench->drops.spool, &bench->holds, &err), 0);
	CU_ASSERT_EQUAL_FATAL(batches_new(&bench->drops.spool, &bench->batches, &err), 0);
	bench->manifest = (struct manifest){.spool = &bench->drops.spool};
	bench->ender = (struct ender){bench->holds, bench->batches, bench->drops.arrivals,
	    &bench->manifest, &bench->drops.spool};
	drops_take(&bench->drops, NAME, "a", &bench->drop);
}

static void bench_close(struct bench *bench)
{
	drop_done(&bench->drop);
	batches_free(bench->batches);
	holds_free(bench->holds);
	drops_close(&bench->drops);
}
#define OWNED_BENCH OWNED(bench_close)

static void end_with(struct bench *bench, enum verdict verdict)
{
	struct err err;

	drop_decide(&bench->drop, verdict, "a reason");
	CU_ASSERT_EQUAL(ending(&bench->ender, &bench->drop, 1, &err), 0);
}

static void what_is_a_letter_by_now_is_done_with(void)
{
	static const struct {
		enum verdict verdict;
		bool is_done_with;
	} rows[] = {
	    {VERDICT_NONE, false},
	    {VERDICT_POST, true},
	    {VERDICT_DUPLICATE, true},
	    {VERDICT_LEFTOVER, true},
	    {VERDICT_WAIT, false},
	    {VERDICT_HOLD, false},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_BENCH struct bench bench;

		bench_open(&bench);
		end_with(&bench, rows[i].verdict);
		CU_ASSERT_EQUAL(bench.drop.is_done_with, rows[i].is_done_with);
		CU_ASSERT_TRUE(drops_has(&bench.drops, "drop/" NAME));
	}
}

static void what_is_refused_is_in_quarantine(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	end_with(&bench, VERDICT_QUARANTINE);
	CU_ASSERT_FALSE(drops_has(&bench.drops, "drop/" NAME));
	CU_ASSERT_EQUAL(
	    drops_number(&bench.drops, "SELECT COUNT(*) FROM intake WHERE state = 'quarantined'"),
	    1);
}

/* Another file of its name was being removed when it was looked for. */
static void what_was_hidden_for_a_moment_is_looked_at_again(void)
{
	OWNED_BENCH struct bench bench;
	OWNED_MEM struct arrival *arrival = NULL;

	bench_open(&bench);
	end_with(&bench, VERDICT_HOLD);
	end_with(&bench, VERDICT_GONE);
	arrival = arrivals_take(bench.drops.arrivals, false);
	CU_ASSERT_PTR_NOT_NULL_FATAL(arrival);
	CU_ASSERT_STRING_EQUAL(arrival->name, "EFT_1.pdf");
	CU_ASSERT_EQUAL(
	    drops_number(&bench.drops, "SELECT COUNT(*) FROM intake WHERE state = 'held'"), 1);
	CU_ASSERT_EQUAL(unlinkat(bench.drops.spool.drop_fd, NAME, 0), 0);
	end_with(&bench, VERDICT_GONE);
	CU_ASSERT_EQUAL(arrivals_count(bench.drops.arrivals), 0);
	CU_ASSERT_EQUAL(
	    drops_number(&bench.drops, "SELECT COUNT(*) FROM intake WHERE state = 'gone'"), 1);
}

void add_suite_ending(CU_pSuite suite)
{
	TEST(what_is_a_letter_by_now_is_done_with);
	TEST(what_is_refused_is_in_quarantine);
	TEST(what_was_hidden_for_a_moment_is_looked_at_again);
}
