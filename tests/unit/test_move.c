/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/move.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_move(CU_pSuite suite);

#define FOLDER DROPS_AVRS_ID "/"
#define NAME   FOLDER "EFT_1.pdf"
#define PLACE  "letters/7_EFT_1.pdf"

static void take_one(struct drops *drops, struct drop *ret_drop)
{
	drops_open(drops, "");
	drops_take(drops, NAME, "a", ret_drop);
	ret_drop->letter.id = 7;
}

static void the_dropped_name_becomes_the_place(void)
{
	OWNED_DROPS struct drops drops;
	enum moved moved = MOVED_NOTHING;
	struct drop drop;
	struct err err;

	take_one(&drops, &drop);
	CU_ASSERT_EQUAL(move_out(&drop, drops.spool.root_fd, PLACE, &moved, &err), 0);
	CU_ASSERT_EQUAL(moved, MOVED);
	CU_ASSERT_FALSE(drops_has(&drops, "drop/" NAME));
	CU_ASSERT_EQUAL(drops_inode_of(drops.spool.root_fd, PLACE), drop.st.st_ino);
	drop_done(&drop);
}

static void what_was_taken_away_is_not_moved(void)
{
	OWNED_DROPS struct drops drops;
	enum moved moved = MOVED;
	struct drop drop;
	struct err err;

	take_one(&drops, &drop);
	CU_ASSERT_EQUAL(unlinkat(drops.spool.drop_fd, NAME, 0), 0);
	CU_ASSERT_EQUAL(move_out(&drop, drops.spool.root_fd, PLACE, &moved, &err), 0);
	CU_ASSERT_EQUAL(moved, MOVED_NOTHING);
	CU_ASSERT_FALSE(drops_has(&drops, PLACE));
	drop_done(&drop);
}

static void what_came_in_its_place_is_where_it_was(void)
{
	OWNED_DROPS struct drops drops;
	enum moved moved = MOVED;
	struct drop drop;
	ino_t inode;
	struct err err;

	take_one(&drops, &drop);
	drops_write(&drops, NAME, "b");
	inode = drops_inode_of(drops.spool.drop_fd, NAME);
	CU_ASSERT_EQUAL(move_out(&drop, drops.spool.root_fd, PLACE, &moved, &err), 0);
	CU_ASSERT_EQUAL(moved, MOVED_NOTHING);
	CU_ASSERT_FALSE(drops_has(&drops, PLACE));
	CU_ASSERT_EQUAL(drops_inode_of(drops.spool.drop_fd, NAME), inode);
	CU_ASSERT_STRING_EQUAL(drop.on_disk, "EFT_1.pdf");
	drop_done(&drop);
}

static void what_has_the_place_stays(void)
{
	OWNED_DROPS struct drops drops;
	OWNED_MEM char *content = NULL;
	enum moved moved = MOVED;
	struct drop drop;
	struct err err;

	take_one(&drops, &drop);
	scratch_write(&drops.scratch, PLACE, "served");
	CU_ASSERT_EQUAL(move_out(&drop, drops.spool.root_fd, PLACE, &moved, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_CONFLICT);
	CU_ASSERT_EQUAL(drops_inode_of(drops.spool.drop_fd, NAME), drop.st.st_ino);
	content = scratch_read(&drops.scratch, PLACE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(content);
	CU_ASSERT_STRING_EQUAL(content, "served");
	drop_done(&drop);
}

/* It stays a drop, to be linked (placing.h). */
static void another_file_system_is_told_and_nothing_is_done(void)
{
	OWNED_DROPS struct drops drops;
	struct scratch other = {.fd = -1};
	enum moved moved = MOVED;
	struct drop drop;
	struct err err;

	take_one(&drops, &drop);
	if (drops_other_file_system(&drops, &other)) {
		CU_ASSERT_EQUAL(move_out(&drop, other.fd, "7", &moved, &err), 0);
		CU_ASSERT_EQUAL(moved, MOVED_NOT_HERE);
		scratch_close(&other);
	}
	CU_ASSERT_EQUAL(drops_inode_of(drops.spool.drop_fd, NAME), drop.st.st_ino);
	drop_done(&drop);
}

static void goes_back_to_where_it_was(void)
{
	OWNED_DROPS struct drops drops;
	enum moved moved = MOVED_NOTHING;
	struct drop drop;
	struct err err;

	take_one(&drops, &drop);
	CU_ASSERT_EQUAL(move_out(&drop, drops.spool.root_fd, PLACE, &moved, &err), 0);
	CU_ASSERT_EQUAL(move_back(&drop, drops.spool.root_fd, PLACE, &err), 0);
	CU_ASSERT_FALSE(drops_has(&drops, PLACE));
	CU_ASSERT_EQUAL(drops_inode_of(drops.spool.drop_fd, NAME), drop.st.st_ino);
	drop_done(&drop);
}

static void goes_back_beside_what_came_in_its_place(void)
{
	OWNED_DROPS struct drops drops;
	enum moved moved = MOVED_NOTHING;
	struct drop drop;
	ino_t inode;
	struct err err;

	take_one(&drops, &drop);
	CU_ASSERT_EQUAL(move_out(&drop, drops.spool.root_fd, PLACE, &moved, &err), 0);
	drops_write(&drops, NAME, "b");
	inode = drops_inode_of(drops.spool.drop_fd, NAME);
	CU_ASSERT_EQUAL(move_back(&drop, drops.spool.root_fd, PLACE, &err), 0);
	CU_ASSERT_STRING_EQUAL(drop.on_disk, ".7.taken");
	CU_ASSERT_EQUAL(drops_inode_of(drops.spool.drop_fd, NAME), inode);
	CU_ASSERT_EQUAL(drops_inode_of(drops.spool.drop_fd, FOLDER ".7.taken"), drop.st.st_ino);
	CU_ASSERT_FALSE(drops_has(&drops, PLACE));
	drop_done(&drop);
}

/* The row that tells of its place is forgotten next: a power cut must not undo the move alone. */
static void is_durable_where_it_goes_back_to(void)
{
	OWNED_DROPS struct drops drops;
	enum moved moved = MOVED_NOTHING;
	struct drop drop;
	int folder_fd;
	struct err err;

	take_one(&drops, &drop);
	CU_ASSERT_EQUAL(move_out(&drop, drops.spool.root_fd, PLACE, &moved, &err), 0);
	/* A descriptor that can be renamed to, and not synced. */
	folder_fd = drop.folder_fd;
	drop.folder_fd = openat(folder_fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CU_ASSERT_EQUAL(move_back(&drop, drops.spool.root_fd, PLACE, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_UNSYNCED);
	(void)close(drop.folder_fd);
	drop.folder_fd = folder_fd;
	drop_done(&drop);
}

/* Both of its names are taken: it stays where it is, and that is told. */
static void goes_back_over_nothing(void)
{
	OWNED_DROPS struct drops drops;
	enum moved moved = MOVED_NOTHING;
	struct drop drop;
	struct err err;

	take_one(&drops, &drop);
	CU_ASSERT_EQUAL(move_out(&drop, drops.spool.root_fd, PLACE, &moved, &err), 0);
	drops_write(&drops, NAME, "b");
	drops_write(&drops, FOLDER ".7.taken", "c");
	CU_ASSERT_EQUAL(move_back(&drop, drops.spool.root_fd, PLACE, &err), -1);
	CU_ASSERT_EQUAL(drops_inode_of(drops.spool.root_fd, PLACE), drop.st.st_ino);
	drop_done(&drop);
}

static void what_was_linked_loses_its_place_only(void)
{
	OWNED_DROPS struct drops drops;
	struct drop drop;
	struct err err;

	take_one(&drops, &drop);
	CU_ASSERT_EQUAL(linkat(drops.spool.drop_fd, NAME, drops.spool.root_fd, PLACE, 0), 0);
	CU_ASSERT_EQUAL(move_back(&drop, drops.spool.root_fd, PLACE, &err), 0);
	CU_ASSERT_FALSE(drops_has(&drops, PLACE));
	CU_ASSERT_EQUAL(drops_inode_of(drops.spool.drop_fd, NAME), drop.st.st_ino);
	CU_ASSERT_STRING_EQUAL(drop.on_disk, "EFT_1.pdf");
	drop_done(&drop);
}

void add_suite_move(CU_pSuite suite)
{
	TEST(the_dropped_name_becomes_the_place);
	TEST(what_was_taken_away_is_not_moved);
	TEST(what_came_in_its_place_is_where_it_was);
	TEST(what_has_the_place_stays);
	TEST(another_file_system_is_told_and_nothing_is_done);
	TEST(goes_back_to_where_it_was);
	TEST(goes_back_beside_what_came_in_its_place);
	TEST(is_durable_where_it_goes_back_to);
	TEST(goes_back_over_nothing);
	TEST(what_was_linked_loses_its_place_only);
}
