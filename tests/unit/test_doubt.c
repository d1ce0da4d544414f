/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/doubt.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/number.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_doubt(CU_pSuite suite);

static const struct err unsynced = {ERR_UNSYNCED, "make a taken file durable: I/O error"};

/* A dropped file; when it was made. */
static int drop_one(const struct drops *drops, int64_t *ret_made)
{
	int fd;

	drops_write(drops, DROPS_AVRS_ID "/EFT_1.pdf", DROPS_PDF);
	fd = openat(drops->spool.drop_fd, DROPS_AVRS_ID "/EFT_1.pdf", O_RDONLY | O_CLOEXEC);
	*ret_made = file_made(fd);
	CU_ASSERT_TRUE(fd >= 0 && *ret_made > 0);
	return fd;
}

static void nothing_is_in_doubt_until_a_sync_fails(void)
{
	static const struct err other = {ERR_RETRY, "disk full"};
	OWNED_DROPS struct drops drops;
	OWNED_FD int fd = -1;
	struct doubt doubt;
	int64_t made;

	drops_open(&drops, "");
	fd = drop_one(&drops, &made);
	doubt_init(&doubt, &drops.spool);
	CU_ASSERT_FALSE(doubt_is_about(&doubt, fd));
	doubt_note(&doubt, &other);
	CU_ASSERT_FALSE(doubt_is_about(&doubt, fd));
	doubt_note(&doubt, &unsynced);
	CU_ASSERT_TRUE(doubt_is_about(&doubt, fd));
}

/* Whenever it is looked at, and whatever is written to it until then. */
static void what_was_begun_until_an_hour_after_it_is_in_doubt(void)
{
	static const struct {
		int64_t ago; /* that a sync failed, when the file was made */
		bool doubted;
	} rows[] = {{-DAY, true}, {-HOUR, true}, {0, true}, {HOUR - SECOND, true}, {HOUR, false}};
	OWNED_DROPS struct drops drops;
	OWNED_FD int fd = -1;
	int64_t made;

	drops_open(&drops, "");
	fd = drop_one(&drops, &made);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct doubt doubt = {&drops.spool, made - rows[i].ago};

		CU_ASSERT_EQUAL(doubt_is_about(&doubt, fd), rows[i].doubted);
	}
}

/* Files of /proc were never made, as far as anybody knows. */
static void so_is_what_nobody_knows_the_age_of(void)
{
	OWNED_FD int fd = open("/proc/version", O_RDONLY | O_CLOEXEC);
	const struct doubt never = {NULL, 0};
	const struct doubt once = {NULL, SECOND};

	CU_ASSERT_EQUAL(file_made(fd), 0);
	CU_ASSERT_FALSE(doubt_is_about(&never, fd));
	CU_ASSERT_TRUE(doubt_is_about(&once, fd));
}

static void the_next_process_knows_of_it(void)
{
	OWNED_DROPS struct drops drops;
	struct doubt doubt;
	int64_t raised;

	drops_open(&drops, "");
	doubt_init(&doubt, &drops.spool);
	CU_ASSERT_EQUAL(doubt.raised, 0);
	doubt_note(&doubt, &unsynced);
	/* One that failed before, and this one. */
	doubt_note(&doubt, &unsynced);
	raised = doubt.raised;
	doubt_init(&doubt, &drops.spool);
	CU_ASSERT_TRUE(doubt.raised > raised - MINUTE && doubt.raised < raised + MINUTE);
}

static void where_it_cannot_be_noted_this_process_knows_all_the_same(void)
{
	OWNED_DROPS struct drops drops;
	OWNED_FD int fd = -1;
	struct doubt doubt;
	int64_t made;

	drops_open(&drops, "");
	fd = drop_one(&drops, &made);
	CU_ASSERT_EQUAL(mkdirat(drops.spool.root_fd, "run/sync-failed", 0700), 0);
	doubt_init(&doubt, &drops.spool);
	doubt_note(&doubt, &unsynced);
	CU_ASSERT_TRUE(doubt_is_about(&doubt, fd));
}

void add_suite_doubt(CU_pSuite suite)
{
	TEST(nothing_is_in_doubt_until_a_sync_fails);
	TEST(what_was_begun_until_an_hour_after_it_is_in_doubt);
	TEST(so_is_what_nobody_knows_the_age_of);
	TEST(the_next_process_knows_of_it);
	TEST(where_it_cannot_be_noted_this_process_knows_all_the_same);
}
