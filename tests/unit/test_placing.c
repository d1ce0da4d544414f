/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "batch/placing.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_placing(CU_pSuite suite);

enum { MANY = 70 }; /* so many that two threads share them */

static const size_t counts[] = {1, 2, MANY};

/* Taken drops of as many AVRS IDs as there are, and their ids. */
static void take_some(struct drops *drops, struct drop *ret_drops, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "%09zu/EFT_1.pdf", 100000000 + i);
		drops_take(drops, path, "a", &ret_drops[i]);
		(void)snprintf(
		    ret_drops[i].letter.name, sizeof(ret_drops[i].letter.name), "EFT_1.pdf");
		ret_drops[i].letter.id = (int64_t)i + 1;
	}
}

static void close_all(struct drop *drops, size_t count)
{
	for (size_t i = 0; i < count; i++)
		drop_done(&drops[i]);
}

static void what_is_to_be_posted_has_its_place_and_nothing_else(void)
{
	static const char *const settings[] = {"", "post.syncfs-from = 1"};

	for (size_t i = 0; i < COUNT(counts) * COUNT(settings); i++) {
		OWNED_DROPS struct drops drops;
		struct drop taken[MANY];
		size_t count = counts[i / COUNT(settings)];
		struct err err;

		drops_open(&drops, settings[i % COUNT(settings)]);
		take_some(&drops, taken, count);
		if (count > 1)
			taken[count - 1].verdict = VERDICT_HOLD;
		CU_ASSERT_EQUAL(
		    placing_end(
		        placing_begin(&drops.spool, taken, count, drops.spool.root_fd), &err),
		    0);
		for (size_t j = 0; j < count; j++)
			CU_ASSERT_EQUAL(drops_has(&drops, drops_place_of(&taken[j])),
			    taken[j].verdict == VERDICT_POST);
		close_all(taken, count);
	}
}

/* Of another letter, or what an attempt has left: nothing is replaced, and it is told. */
static void a_place_that_is_taken_is_an_error_wherever_it_is(void)
{
	static const size_t ends[] = {0, MANY - 1};

	for (size_t i = 0; i < COUNT(ends); i++) {
		OWNED_DROPS struct drops drops;
		struct drop taken[MANY];
		struct err err;

		char folder[PATH_MAX];

		drops_open(&drops, "");
		take_some(&drops, taken, MANY);
		file_parent(drops_place_of(&taken[ends[i]]), folder);
		CU_ASSERT_EQUAL(file_make_folder(drops.spool.root_fd, folder, 0750, &err), 0);
		scratch_write(&drops.scratch, drops_place_of(&taken[ends[i]]), "served");
		CU_ASSERT_EQUAL(
		    placing_end(
		        placing_begin(&drops.spool, taken, MANY, drops.spool.root_fd), &err),
		    -1);
		CU_ASSERT_EQUAL(err.kind, ERR_CONFLICT);
		close_all(taken, MANY);
	}
}

/* A batch may begin again, and then needs them; copies have to be removed with care. */
static void only_what_was_adopted_and_goes_alone_has_no_dropped_name_any_more(void)
{
	OWNED_DROPS struct drops drops;
	struct drop taken[3];
	struct err err;

	drops_open(&drops, "");
	take_some(&drops, taken, 2);
	drops_take_copy(&drops, "200000000/EFT_1.pdf", "a", &taken[2]);
	taken[2].letter.id = 3;
	text_copy(taken[2].letter.name, "EFT_1.pdf");
	taken[1].letter.batch_id = 1;
	CU_ASSERT_EQUAL(
	    placing_end(placing_begin(&drops.spool, taken, 3, drops.spool.root_fd), &err), 0);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_TRUE(drops_has(&drops, drops_place_of(&taken[i])));
		CU_ASSERT_EQUAL(taken[i].moved, i == 0);
		CU_ASSERT_EQUAL(fstatat(taken[i].folder_fd, "EFT_1.pdf", &(struct stat){0}, 0),
		    i == 0 ? -1 : 0);
	}
	close_all(taken, 3);
}

/* Its descriptor is good for anything but a sync: of the file, or of the file system. */
static void what_cannot_be_made_durable_is_told(void)
{
	static const char *const settings[] = {"", "post.syncfs-from = 1"};

	for (size_t i = 0; i < COUNT(settings); i++) {
		OWNED_DROPS struct drops drops;
		OWNED_FD int unsynced_fd = -1;
		struct drop drop;
		struct err err;

		drops_open(&drops, settings[i]);
		take_some(&drops, &drop, 1);
		unsynced_fd = openat(drops.spool.root_fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
		CU_ASSERT_EQUAL(dup3(unsynced_fd, drop.served_fd, O_CLOEXEC), drop.served_fd);
		CU_ASSERT_EQUAL(
		    placing_end(placing_begin(&drops.spool, &drop, 1, unsynced_fd), &err), -1);
		CU_ASSERT_EQUAL(err.kind, ERR_UNSYNCED);
		drop_done(&drop);
	}
}

static void no_descriptor_stays_open(void)
{
	OWNED_DROPS struct drops drops;
	struct drop taken[MANY];
	struct err err;
	int before;

	drops_open(&drops, "");
	take_some(&drops, taken, MANY);
	before = drops_open_fds();
	CU_ASSERT_EQUAL(
	    placing_end(placing_begin(&drops.spool, taken, MANY, drops.spool.root_fd), &err), 0);
	CU_ASSERT_EQUAL(drops_open_fds(), before);
	close_all(taken, MANY);
}

void add_suite_placing(CU_pSuite suite)
{
	TEST(what_is_to_be_posted_has_its_place_and_nothing_else);
	TEST(a_place_that_is_taken_is_an_error_wherever_it_is);
	TEST(only_what_was_adopted_and_goes_alone_has_no_dropped_name_any_more);
	TEST(what_cannot_be_made_durable_is_told);
	TEST(no_descriptor_stays_open);
}
