/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "batch/removal.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_removal(CU_pSuite suite);

#define FOLDER DROPS_AVRS_ID "/"
#define NAME   FOLDER "EFT_1.pdf"

static void what_was_posted_is_removed(void)
{
	for (size_t i = 0; i < COUNT(drops_takers); i++) {
		OWNED_DROPS struct drops drops;
		struct drop drop;
		struct err err;

		drops_open(&drops, "");
		drops_takers[i](&drops, NAME, DROPS_PDF, &drop);
		CU_ASSERT_EQUAL(drops_post(&drops, &drop, 1, &err), 0);
		CU_ASSERT_EQUAL(removal_of(&drop, drops.arrivals, &err), 0);
		CU_ASSERT_FALSE(drops_has(&drops, "drop/" NAME));
		CU_ASSERT_TRUE(drops_has(&drops, drops_place_of(&drop)));
		CU_ASSERT_EQUAL(arrivals_count(drops.arrivals), 0);
		/* Gone already, which is what was wanted. */
		CU_ASSERT_EQUAL(removal_of(&drop, drops.arrivals, &err), 0);
		drop_done(&drop);
	}
}

static void what_came_in_its_place_stays_and_is_looked_at(void)
{
	for (size_t i = 0; i < COUNT(drops_takers); i++) {
		OWNED_DROPS struct drops drops;
		OWNED_MEM char *content = NULL;
		OWNED_MEM struct arrival *arrival = NULL;
		struct drop drop;
		struct err err;

		drops_open(&drops, "");
		drops_takers[i](&drops, NAME, "a", &drop);
		CU_ASSERT_EQUAL(drops_post(&drops, &drop, 1, &err), 0);
		drops_write(&drops, NAME, "b");
		CU_ASSERT_EQUAL(removal_of(&drop, drops.arrivals, &err), 0);
		content = scratch_read(&drops.scratch, "drop/" NAME);
		CU_ASSERT_PTR_NOT_NULL_FATAL(content);
		CU_ASSERT_STRING_EQUAL(content, "b");
		arrival = arrivals_take(drops.arrivals, false);
		CU_ASSERT_PTR_NOT_NULL_FATAL(arrival);
		CU_ASSERT_STRING_EQUAL(arrival->avrs_id, DROPS_AVRS_ID);
		CU_ASSERT_STRING_EQUAL(arrival->name, "EFT_1.pdf");
		drop_done(&drop);
	}
}

/* A copied file that its job wrote to since is a new drop, though it is the same inode. */
static void what_was_written_to_since_stays(void)
{
	OWNED_DROPS struct drops drops;
	OWNED_FD int fd = -1;
	struct drop drop;
	struct err err;

	drops_open(&drops, "");
	drops_take_copy(&drops, NAME, "a", &drop);
	CU_ASSERT_EQUAL(drops_post(&drops, &drop, 1, &err), 0);
	(void)usleep(10000);
	CU_ASSERT_EQUAL(fcntl(drop.fd, F_SETLEASE, F_UNLCK), 0);
	fd = openat(drops.spool.drop_fd, NAME, O_WRONLY | O_CLOEXEC);
	CU_ASSERT_EQUAL(file_write(fd, "b", 1, &err), 0);
	CU_ASSERT_EQUAL(removal_of(&drop, drops.arrivals, &err), 0);
	CU_ASSERT_TRUE(drops_has(&drops, "drop/" NAME));
	CU_ASSERT_EQUAL(arrivals_count(drops.arrivals), 1);
	drop_done(&drop);
}

/*
 * A job has opened it to write, and waits for our lease: it gets the file when we let go, which
 * must have its name then.
 */
static void what_somebody_waits_to_write_to_stays(void)
{
	OWNED_DROPS struct drops drops;
	struct drop drop;
	struct err err;

	drops_open(&drops, "");
	drops_take_copy(&drops, NAME, "a", &drop);
	CU_ASSERT_EQUAL(drops_post(&drops, &drop, 1, &err), 0);
	drops_ask_back(&drop);
	CU_ASSERT_EQUAL(removal_of(&drop, drops.arrivals, &err), 0);
	CU_ASSERT_TRUE(drops_has(&drops, "drop/" NAME));
	CU_ASSERT_EQUAL(arrivals_count(drops.arrivals), 1);
	drop_done(&drop);
}

/* Two files came in its place, one after the other: the first waits under the name of removing. */
static void what_waits_under_the_name_of_removing_is_not_lost(void)
{
	OWNED_DROPS struct drops drops;
	OWNED_MEM char *content = NULL;
	OWNED_MEM struct arrival *arrival = NULL;
	char hidden[64];
	char path[128];
	struct drop drop;
	struct err err;

	drops_open(&drops, "");
	drops_take(&drops, NAME, "a", &drop);
	CU_ASSERT_EQUAL(drops_post(&drops, &drop, 1, &err), 0);
	drop_done(&drop);
	(void)snprintf(hidden, sizeof(hidden), ".%d.taken", (int)drop.letter.id);
	(void)snprintf(path, sizeof(path), "drop/" FOLDER "%s", hidden);
	drops_write(&drops, path + strlen("drop/"), "b");
	drops_take(&drops, NAME, "a", &drop);
	CU_ASSERT_EQUAL(drops_post(&drops, &drop, 1, &err), 0);
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_DUPLICATE);
	CU_ASSERT_EQUAL(removal_of(&drop, drops.arrivals, &err), 0);
	content = scratch_read(&drops.scratch, path);
	CU_ASSERT_PTR_NOT_NULL_FATAL(content);
	CU_ASSERT_STRING_EQUAL(content, "b");
	arrival = arrivals_take(drops.arrivals, false);
	CU_ASSERT_PTR_NOT_NULL_FATAL(arrival);
	CU_ASSERT_STRING_EQUAL(arrival->name, hidden);
	/* Gone from there, the other can be removed. */
	CU_ASSERT_EQUAL(unlinkat(drops.spool.root_fd, path, 0), 0);
	CU_ASSERT_EQUAL(removal_of(&drop, drops.arrivals, &err), 0);
	CU_ASSERT_FALSE(drops_has(&drops, "drop/" NAME));
	drop_done(&drop);
}

/* Beside what the caller does: what is done with goes, what waits stays, and all are closed. */
static void a_group_leaves_as_each_of_it_would(void)
{
	OWNED_DROPS struct drops drops;
	struct drop group[4];
	struct err err;
	int open_fds;

	drops_open(&drops, "");
	for (int i = 0; i < 4; i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), FOLDER "EFT_%d.pdf", i);
		drops_takers[i % 2](&drops, path, "a", &group[i]);
	}
	CU_ASSERT_EQUAL(drops_post(&drops, group, 4, &err), 0);
	for (int i = 0; i < 3; i++)
		group[i].is_done_with = true;
	drops_write(&drops, FOLDER "EFT_2.pdf", "b");
	open_fds = drops_open_fds();
	removal_end(removal_begin(group, 4), drops.arrivals);
	CU_ASSERT_FALSE(drops_has(&drops, "drop/" FOLDER "EFT_0.pdf"));
	CU_ASSERT_FALSE(drops_has(&drops, "drop/" FOLDER "EFT_1.pdf"));
	CU_ASSERT_TRUE(drops_has(&drops, "drop/" FOLDER "EFT_2.pdf"));
	CU_ASSERT_TRUE(drops_has(&drops, "drop/" FOLDER "EFT_3.pdf"));
	CU_ASSERT_EQUAL(arrivals_count(drops.arrivals), 1);
	CU_ASSERT_EQUAL(drops_open_fds(), open_fds - 6); /* two were copied */
}

/* The same of a repetition, which is not served, though it was adopted to be hashed. */
static void a_repetition_that_somebody_waits_to_write_to_is_given_back(void)
{
	OWNED_DROPS struct drops drops;
	struct drop first;
	struct drop again;
	struct stat before;
	struct stat after;
	struct err err;

	drops_open(&drops, "");
	drops_take(&drops, NAME, "a", &first);
	CU_ASSERT_EQUAL(drops_post(&drops, &first, 1, &err), 0);
	CU_ASSERT_EQUAL(removal_of(&first, drops.arrivals, &err), 0);
	drop_done(&first);
	drops_take(&drops, NAME, "a", &again);
	before = again.st;
	CU_ASSERT_TRUE(again.adopted);
	CU_ASSERT_EQUAL(drops_post(&drops, &again, 1, &err), 0);
	CU_ASSERT_EQUAL(again.verdict, VERDICT_DUPLICATE);
	drops_ask_back(&again);
	CU_ASSERT_EQUAL(removal_of(&again, drops.arrivals, &err), 0);
	CU_ASSERT_EQUAL(arrivals_count(drops.arrivals), 1);
	CU_ASSERT_EQUAL(fstatat(drops.spool.drop_fd, NAME, &after, 0), 0);
	CU_ASSERT_EQUAL(after.st_ino, before.st_ino);
	CU_ASSERT_EQUAL(after.st_mode, before.st_mode);
	CU_ASSERT_EQUAL(after.st_uid, before.st_uid);
	drop_done(&again);
}

void add_suite_removal(CU_pSuite suite)
{
	TEST(a_repetition_that_somebody_waits_to_write_to_is_given_back);
	TEST(what_was_posted_is_removed);
	TEST(what_came_in_its_place_stays_and_is_looked_at);
	TEST(what_was_written_to_since_stays);
	TEST(what_somebody_waits_to_write_to_stays);
	TEST(what_waits_under_the_name_of_removing_is_not_lost);
	TEST(a_group_leaves_as_each_of_it_would);
}
