/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/doubt.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/number.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_doubt(CU_pSuite suite);

static const struct err unsynced = {ERR_UNSYNCED, "make a taken file durable: I/O error"};

/* A dropped file that was changed so long ago. */
static struct stat changed_ago(int64_t ago)
{
	return (struct stat){.st_ctim = {.tv_sec = (clock_now() - ago) / SECOND}};
}

static bool doubts(const struct doubt *doubt, int64_t ago)
{
	struct stat st = changed_ago(ago);

	return doubt_is_about(doubt, &st);
}

static void nothing_is_in_doubt_until_a_sync_fails(void)
{
	static const struct err other = {ERR_RETRY, "disk full"};
	OWNED_DROPS struct drops drops;
	struct doubt doubt;

	drops_open(&drops, "");
	doubt_init(&doubt, &drops.spool);
	CU_ASSERT_FALSE(doubts(&doubt, DAY));
	doubt_note(&doubt, &other);
	CU_ASSERT_FALSE(doubts(&doubt, DAY));
	doubt_note(&doubt, &unsynced);
	CU_ASSERT_TRUE(doubts(&doubt, DAY));
}

static void what_was_dropped_until_an_hour_after_it_is_in_doubt(void)
{
	OWNED_DROPS struct drops drops;
	struct doubt doubt;

	drops_open(&drops, "");
	doubt_init(&doubt, &drops.spool);
	doubt_note(&doubt, &unsynced);
	CU_ASSERT_TRUE(doubts(&doubt, 0));
	CU_ASSERT_TRUE(doubts(&doubt, -(HOUR - MINUTE)));
	CU_ASSERT_FALSE(doubts(&doubt, -(HOUR + MINUTE)));
}

static void the_next_process_knows_of_it(void)
{
	OWNED_DROPS struct drops drops;
	struct doubt doubt;

	drops_open(&drops, "");
	doubt_init(&doubt, &drops.spool);
	doubt_note(&doubt, &unsynced);
	/* One that failed before, and this one. */
	doubt_note(&doubt, &unsynced);
	doubt_init(&doubt, &drops.spool);
	CU_ASSERT_TRUE(doubts(&doubt, 0));
	CU_ASSERT_FALSE(doubts(&doubt, -(HOUR + MINUTE)));
}

static void where_it_cannot_be_noted_this_process_knows_all_the_same(void)
{
	OWNED_DROPS struct drops drops;
	struct doubt doubt;

	drops_open(&drops, "");
	CU_ASSERT_EQUAL(mkdirat(drops.spool.root_fd, "run/sync-failed", 0700), 0);
	doubt_init(&doubt, &drops.spool);
	doubt_note(&doubt, &unsynced);
	CU_ASSERT_TRUE(doubts(&doubt, 0));
}

void add_suite_doubt(CU_pSuite suite)
{
	TEST(nothing_is_in_doubt_until_a_sync_fails);
	TEST(what_was_dropped_until_an_hour_after_it_is_in_doubt);
	TEST(the_next_process_knows_of_it);
	TEST(where_it_cannot_be_noted_this_process_knows_all_the_same);
}
