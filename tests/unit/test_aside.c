/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "batch/aside.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_aside(CU_pSuite suite);

#define FOLDER DROPS_AVRS_ID "/"
#define NAME   FOLDER "EFT_1.pdf"
#define HIDDEN FOLDER ".7.taken"

/* Set the drop aside: is it the file that was looked at? */
static bool put(struct drops *drops, const struct drop *drop)
{
	char hidden[ASIDE_NAME_SIZE];
	bool is_it = false;
	struct err err;

	aside_name(7, hidden);
	CU_ASSERT_STRING_EQUAL(hidden, ".7.taken");
	CU_ASSERT_EQUAL(aside_put(drop, hidden, drops->arrivals, &is_it, &err), 0);
	return is_it;
}

/* The one file that is queued; "": none. */
static void expect_queued(struct drops *drops, const char *name)
{
	OWNED_MEM struct arrival *arrival = arrivals_take(drops->arrivals, false);

	CU_ASSERT_STRING_EQUAL(arrival ? arrival->name : "", name);
	CU_ASSERT_STRING_EQUAL(arrival ? arrival->avrs_id : DROPS_AVRS_ID, DROPS_AVRS_ID);
	CU_ASSERT_EQUAL(arrivals_count(drops->arrivals), 0);
}

static void expect_content(const struct drops *drops, const char *path, const char *content)
{
	OWNED_MEM char *text = scratch_read(&drops->scratch, path);

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT_STRING_EQUAL(text, content);
}

static void the_file_that_was_looked_at_has_the_hidden_name(void)
{
	OWNED_DROPS struct drops drops;
	struct drop drop;

	drops_open(&drops, "");
	drops_write(&drops, NAME, "a");
	drops_look(&drops, NAME, &drop);
	CU_ASSERT_TRUE(put(&drops, &drop));
	CU_ASSERT_FALSE(drops_has(&drops, "drop/" NAME));
	expect_content(&drops, "drop/" HIDDEN, "a");
	drop_done(&drop);
	/* It may have that name already. */
	drops_look(&drops, HIDDEN, &drop);
	CU_ASSERT_TRUE(put(&drops, &drop));
	expect_content(&drops, "drop/" HIDDEN, "a");
	expect_queued(&drops, "");
	drop_done(&drop);
}

static void what_is_gone_is_not_it(void)
{
	OWNED_DROPS struct drops drops;
	struct drop drop;

	drops_open(&drops, "");
	drops_write(&drops, NAME, "a");
	drops_look(&drops, NAME, &drop);
	CU_ASSERT_EQUAL(unlinkat(drops.spool.drop_fd, NAME, 0), 0);
	CU_ASSERT_FALSE(put(&drops, &drop));
	expect_queued(&drops, "");
	drop_done(&drop);
}

static void put_another(const struct drops *drops)
{
	drops_write(drops, NAME, "b");
}

/* In the same inode, as a job does that rewrites its file where leases do not work. */
static void write_on(const struct drops *drops)
{
	OWNED_FD int fd = -1;
	struct err err;

	(void)usleep(10000);
	fd = openat(drops->spool.drop_fd, NAME, O_WRONLY | O_CLOEXEC);
	CU_ASSERT_EQUAL(file_write(fd, "b", 1, &err), 0);
}

static void another_one_stays_and_is_looked_at(void)
{
	static void (*const changes[])(const struct drops *drops) = {put_another, write_on};

	for (size_t i = 0; i < COUNT(changes); i++) {
		OWNED_DROPS struct drops drops;
		struct drop drop;

		drops_open(&drops, "");
		drops_write(&drops, NAME, "a");
		drops_look(&drops, NAME, &drop);
		CU_ASSERT_EQUAL(fcntl(drop.fd, F_SETLEASE, F_UNLCK), 0);
		drop.leased = false;
		changes[i](&drops);
		CU_ASSERT_FALSE(put(&drops, &drop));
		expect_content(&drops, "drop/" NAME, "b");
		CU_ASSERT_FALSE(drops_has(&drops, "drop/" HIDDEN));
		expect_queued(&drops, "EFT_1.pdf");
		drop_done(&drop);
	}
}

/* Whoever found it by its name gets it when the lease ends: it must have its name then. */
static void what_somebody_waits_to_write_to_stays(void)
{
	OWNED_DROPS struct drops drops;
	struct drop drop;

	drops_open(&drops, "");
	drops_write(&drops, NAME, "a");
	drops_look(&drops, NAME, &drop);
	drops_ask_back(&drop);
	CU_ASSERT_FALSE(put(&drops, &drop));
	expect_content(&drops, "drop/" NAME, "a");
	expect_queued(&drops, "EFT_1.pdf");
	drop_done(&drop);
}

static void what_has_the_hidden_name_goes_first(void)
{
	OWNED_DROPS struct drops drops;
	struct drop drop;

	drops_open(&drops, "");
	drops_write(&drops, HIDDEN, "b");
	drops_write(&drops, NAME, "a");
	drops_look(&drops, NAME, &drop);
	CU_ASSERT_FALSE(put(&drops, &drop));
	expect_content(&drops, "drop/" NAME, "a");
	expect_content(&drops, "drop/" HIDDEN, "b");
	expect_queued(&drops, ".7.taken");
	drop_done(&drop);
}

/* What somebody puts into a folder meanwhile makes it no other folder. */
static void a_folder_is_itself_whatever_is_in_it(void)
{
	OWNED_DROPS struct drops drops;
	struct arrival arrival = {.avrs_id = DROPS_AVRS_ID, .name = "EFT_1.pdf"};
	struct drop drop;

	drops_open(&drops, "");
	drops_write(&drops, NAME "/inner", "a");
	drop_init(&drop, &arrival);
	drop.folder_fd = folder_cache_open(drops.folders, DROPS_AVRS_ID);
	CU_ASSERT_EQUAL(fstatat(drop.folder_fd, drop.on_disk, &drop.st, 0), 0);
	(void)usleep(10000);
	drops_write(&drops, NAME "/another", "b");
	CU_ASSERT_TRUE(put(&drops, &drop));
	expect_content(&drops, "drop/" HIDDEN "/another", "b");
}

void add_suite_aside(CU_pSuite suite)
{
	TEST(the_file_that_was_looked_at_has_the_hidden_name);
	TEST(what_is_gone_is_not_it);
	TEST(another_one_stays_and_is_looked_at);
	TEST(what_somebody_waits_to_write_to_stays);
	TEST(what_has_the_hidden_name_goes_first);
	TEST(a_folder_is_itself_whatever_is_in_it);
}
