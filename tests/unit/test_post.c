/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/number.h"
#include "base/text.h"
#include "batch/post.h"
#include "batch/record.h"
#include "batch/recovery.h"
#include "batch/removal.h"
#include "batch/take.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_post(CU_pSuite suite);

#define FOLDER DROPS_AVRS_ID "/"
#define NAME   FOLDER "EFT_1.pdf"

static mode_t mode_of(const struct drops *drops, const char *path)
{
	struct stat st = {.st_mode = 0};

	(void)fstatat(drops->spool.drop_fd, path, &st, AT_SYMLINK_NOFOLLOW);
	return st.st_mode & 07777;
}

static void a_posted_letter_is_in_its_place_and_visible(void)
{
	for (size_t i = 0; i < COUNT(drops_takers); i++) {
		OWNED_DROPS struct drops drops;
		OWNED_MEM char *content = NULL;
		struct drop drop;
		struct stat st;
		struct err err;

		drops_open(&drops, "");
		drops_takers[i](&drops, NAME, DROPS_PDF, &drop);
		CU_ASSERT_EQUAL(drops_post(&drops, &drop, 1, &err), 0);
		CU_ASSERT_EQUAL(drop.verdict, VERDICT_POST);
		content = scratch_read(&drops.scratch, drops_place_of(&drop));
		CU_ASSERT_PTR_NOT_NULL_FATAL(content);
		CU_ASSERT_STRING_EQUAL(content, DROPS_PDF);
		CU_ASSERT_EQUAL(fstatat(drops.spool.root_fd, drops_place_of(&drop), &st, 0), 0);
		CU_ASSERT_EQUAL(st.st_mode, S_IFREG | 0440);
		CU_ASSERT_EQUAL(st.st_ino == drop.st.st_ino, drop.adopted);
		CU_ASSERT_EQUAL(drops_has(&drops, "drop/" NAME), !drop.adopted);
		CU_ASSERT_EQUAL(
		    drops_number(&drops, "SELECT sequence FROM letter WHERE electronic = 'posted'"),
		    1);
		CU_ASSERT_EQUAL(drops_number(&drops, "SELECT posted FROM letter"),
		    st.st_mtim.tv_sec * SECOND + st.st_mtim.tv_nsec / 1000);
		drop_done(&drop);
	}
}

static void a_letter_for_paper_is_in_the_outbox_of_its_day(void)
{
	OWNED_DROPS struct drops drops;
	struct drop drop;
	struct err err;

	drops_open(&drops, "");
	drops_take(&drops, NAME, DROPS_PDF, &drop);
	drop.letter.electronic = ELECTRONIC_NONE;
	drop.letter.paper = PAPER_QUEUED;
	drop.letter.queued = drop.letter.taken;
	text_copy(drop.letter.paper_date, "2019-03-27");
	CU_ASSERT_EQUAL(drops_post(&drops, &drop, 1, &err), 0);
	CU_ASSERT_EQUAL(strncmp(drops_place_of(&drop), "paper/2019-03-27/", 17), 0);
	CU_ASSERT_TRUE(drops_has(&drops, drops_place_of(&drop)));
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM letter WHERE placed > 0"), 1);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM letter WHERE sequence > 0"), 0);
	drop_done(&drop);
}

/* Below and above the number from which one syncfs does it for all. */
static void a_batch_is_posted_whatever_else_is_in_it(void)
{
	static const char *const settings[] = {"", "post.syncfs-from = 1"};

	for (size_t i = 0; i < COUNT(settings); i++) {
		OWNED_DROPS struct drops drops;
		struct drop batch[5];
		struct err err;

		drops_open(&drops, settings[i]);
		scratch_provider(&drops.spool, "987654321");
		drops_take(&drops, NAME, "a", &batch[0]);
		drops_take(&drops, FOLDER "EFT_2.pdf", "b", &batch[1]);
		drops_take(&drops, FOLDER "trade-files/RA.835", "c", &batch[2]);
		drops_take(&drops, "987654321/EFT_1.pdf", "d", &batch[3]);
		drops_take(&drops, FOLDER "EFT_3.pdf", "e", &batch[4]);
		batch[1].verdict = VERDICT_HOLD;
		CU_ASSERT_EQUAL(drops_post(&drops, batch, 5, &err), 0);
		CU_ASSERT_EQUAL(
		    drops_number(&drops, "SELECT COUNT(*) FROM letter WHERE electronic = 'posted'"),
		    4);
		for (int j = 0; j < 5; j++) {
			CU_ASSERT_EQUAL(drops_has(&drops, drops_place_of(&batch[j])), j != 1);
			drop_done(&batch[j]);
		}
	}
}

/* The job opened it again before it was visible: it never was a letter. */
static void what_is_asked_back_is_as_if_it_had_not_been_taken(void)
{
	OWNED_DROPS struct drops drops;
	struct drop batch[2];
	ino_t inode;
	struct err err;

	drops_open(&drops, "");
	drops_take(&drops, NAME, "a", &batch[0]);
	drops_take(&drops, FOLDER "EFT_2.pdf", "b", &batch[1]);
	inode = drops_inode_of(drops.spool.drop_fd, NAME);
	drops_ask_back(&batch[0]);
	CU_ASSERT_EQUAL(drops_post(&drops, batch, 2, &err), 0);
	CU_ASSERT_EQUAL(batch[0].verdict, VERDICT_WAIT);
	CU_ASSERT_EQUAL(batch[1].verdict, VERDICT_POST);
	CU_ASSERT_FALSE(drops_has(&drops, drops_place_of(&batch[0])));
	CU_ASSERT_TRUE(drops_has(&drops, drops_place_of(&batch[1])));
	CU_ASSERT_EQUAL(drops_inode_of(drops.spool.drop_fd, NAME), inode);
	CU_ASSERT_EQUAL(mode_of(&drops, NAME), 0660);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM letter"), 1);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT last_sequence FROM provider"), 1);
	drop_done(&batch[0]);
	drop_done(&batch[1]);
}

/* Its job had another one to drop under that name: that one is looked at, and this one was none. */
static void what_is_replaced_while_it_is_taken_is_no_letter(void)
{
	static const char *const others[] = {NULL, "b"};

	for (size_t i = 0; i < COUNT(others); i++) {
		OWNED_DROPS struct drops drops;
		struct drop group[2];
		struct err err;

		drops_open(&drops, "");
		drops_take(&drops, NAME, "a", &group[0]);
		drops_take(&drops, FOLDER "EFT_2.pdf", "c", &group[1]);
		CU_ASSERT_EQUAL(unlinkat(drops.spool.drop_fd, NAME, 0), 0);
		if (others[i])
			drops_write(&drops, NAME, others[i]);
		CU_ASSERT_EQUAL(drops_post(&drops, group, 2, &err), 0);
		CU_ASSERT_EQUAL(group[0].verdict, VERDICT_GONE);
		CU_ASSERT_EQUAL(group[1].verdict, VERDICT_POST);
		CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM letter"), 1);
		CU_ASSERT_FALSE(drops_has(&drops, drops_place_of(&group[0])));
		CU_ASSERT_EQUAL(drops_has(&drops, "drop/" NAME), others[i] != NULL);
		drop_done(&group[0]);
		drop_done(&group[1]);
	}
}

/* Another file has its place, and cannot be put back for good: its row still tells of it. */
static void what_came_in_its_place_and_cannot_go_back_keeps_the_row(void)
{
	OWNED_DROPS struct drops drops;
	OWNED_MEM char *content = NULL;
	OWNED_FD int unsynced_fd = -1;
	struct drop drop;
	struct err err;

	drops_open(&drops, "");
	drops_take(&drops, NAME, "a", &drop);
	drops_write(&drops, NAME, "b");
	/* A descriptor that can be renamed to, and not synced. */
	unsynced_fd = openat(drop.folder_fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	drop.folder_fd = unsynced_fd;
	CU_ASSERT_EQUAL(drops_post(&drops, &drop, 1, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_UNSYNCED);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM letter"), 1);
	drop_done(&drop);
	CU_ASSERT_EQUAL(recovery(&drops.spool, &(struct doubt){0}, &err), 0);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM letter"), 0);
	content = scratch_read(&drops.scratch, "drop/" NAME);
	CU_ASSERT_PTR_NOT_NULL_FATAL(content);
	CU_ASSERT_STRING_EQUAL(content, "b");
}

/* What makes a step fail, and what there still is of it in the catalog then. */
static const struct {
	const char *refused; /* of the letter's row; or NULL */
	bool is_in_the_way;  /* a file where the second letter is to be */
	int64_t rows;
} failures[] = {
    {"INSERT", false, 0},
    {NULL, true, 0},
    {"UPDATE", false, 2},
};

/* Whatever fails: nothing is visible, every file is there, and the next try posts them once. */
static void a_step_that_fails_can_be_tried_again(void)
{
	for (size_t i = 0; i < COUNT(failures); i++) {
		OWNED_DROPS struct drops drops;
		struct drop batch[2];
		char folder[FOLDER_PATH_MAX];
		char path[FOLDER_PATH_MAX];
		struct err err;

		drops_open(&drops, "");
		folder_of_letters(DROPS_AVRS_ID, CLASS_EDELIVERY, folder);
		folder_letter(DROPS_AVRS_ID, CLASS_EDELIVERY, 2, "EFT_2.pdf", path);
		drops_take(&drops, NAME, "a", &batch[0]);
		drops_take(&drops, FOLDER "EFT_2.pdf", "b", &batch[1]);
		if (failures[i].refused)
			drops_refuse(
			    &drops, failures[i].refused, "letter", "NEW.name = 'EFT_2.pdf'");
		if (failures[i].is_in_the_way) {
			CU_ASSERT_EQUAL(
			    file_make_folder(drops.spool.root_fd, folder, 0750, &err), 0);
			scratch_write(&drops.scratch, path, "");
		}
		CU_ASSERT_EQUAL(drops_post(&drops, batch, 2, &err), -1);
		CU_ASSERT_EQUAL(
		    drops_number(&drops, "SELECT COUNT(*) FROM letter WHERE electronic = 'posted'"),
		    0);
		CU_ASSERT_EQUAL(
		    drops_number(&drops, "SELECT COUNT(*) FROM letter"), failures[i].rows);
		CU_ASSERT_EQUAL(mode_of(&drops, NAME), failures[i].rows ? 0 : 0660);
		drop_done(&batch[0]);
		drop_done(&batch[1]);

		if (failures[i].refused)
			drops_allow(&drops, "letter");
		CU_ASSERT_EQUAL(recovery(&drops.spool, &(struct doubt){0}, &err), 0);
		/* What had its place is posted by that. */
		if (failures[i].rows == 0) {
			drops_look(&drops, NAME, &batch[0]);
			drops_look(&drops, FOLDER "EFT_2.pdf", &batch[1]);
			CU_ASSERT_EQUAL(take(drops.taker, batch, 2, &err), 0);
			CU_ASSERT_EQUAL(drops_post(&drops, batch, 2, &err), 0);
			drop_done(&batch[0]);
			drop_done(&batch[1]);
		}
		CU_ASSERT_EQUAL(
		    drops_number(&drops, "SELECT COUNT(*) FROM letter WHERE electronic = 'posted'"),
		    2);
		CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM letter"), 2);
		CU_ASSERT_FALSE(drops_has(&drops, "drop/" NAME));
		CU_ASSERT_FALSE(drops_has(&drops, "drop/" FOLDER "EFT_2.pdf"));
	}
}

/* As batch/move.c leaves it where the name was taken again: both files are drops. */
static void what_came_in_the_place_of_a_letter_keeps_its_name(void)
{
	OWNED_DROPS struct drops drops;
	char hidden[64];
	struct drop drop;
	struct err err;

	drops_open(&drops, "");
	drops_take(&drops, NAME, DROPS_PDF, &drop);
	CU_ASSERT_EQUAL(post_record(&drops.spool, &drop, 1, &err), 0);
	(void)snprintf(hidden, sizeof(hidden), FOLDER ".%d.taken", (int)drop.letter.id);
	drops_write(&drops, hidden, DROPS_PDF);
	text_copy(drop.on_disk, strrchr(hidden, '/') + 1);
	drop.lost = true;
	CU_ASSERT_EQUAL(post_publish(&drops.spool, &drop, 1, &err), 0);
	CU_ASSERT_EQUAL(drop.verdict, VERDICT_GONE);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM letter"), 0);
	CU_ASSERT_EQUAL(
	    drops_number(&drops, "SELECT id FROM intake WHERE state = 'gone'"), drop.letter.id);
	drop_done(&drop);
}

/* Behind step 5: visible, and its dropped file is still there, as that of a batch is. */
static void leave_dropped_name(const struct drops *drops, const struct drop *drop)
{
	if (drop->moved)
		CU_ASSERT_EQUAL(linkat(drops->spool.root_fd, drops_place_of(drop),
		                    drops->spool.drop_fd, NAME, 0),
		    0);
	CU_ASSERT_TRUE(drops_has(drops, "drop/" NAME));
}

static void a_dropped_file_that_is_left_is_removed_and_not_posted_again(void)
{
	for (size_t i = 0; i < COUNT(drops_takers); i++) {
		OWNED_DROPS struct drops drops;
		struct drop drop;
		int64_t id;
		struct err err;

		drops_open(&drops, "");
		drops_takers[i](&drops, NAME, DROPS_PDF, &drop);
		CU_ASSERT_EQUAL(drops_post(&drops, &drop, 1, &err), 0);
		id = drop.letter.id;
		leave_dropped_name(&drops, &drop);
		drop_done(&drop);
		drops_look(&drops, NAME, &drop);
		CU_ASSERT_EQUAL(take(drops.taker, &drop, 1, &err), 0);
		CU_ASSERT_EQUAL(drops_post(&drops, &drop, 1, &err), 0);
		CU_ASSERT_EQUAL(drop.verdict, VERDICT_LEFTOVER);
		CU_ASSERT_EQUAL(drop.letter.id, id);
		CU_ASSERT_EQUAL(removal_of(&drop, drops.arrivals, &err), 0);
		CU_ASSERT_FALSE(drops_has(&drops, "drop/" NAME));
		CU_ASSERT_TRUE(drops_has(&drops, drops_place_of(&drop)));
		CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM letter"), 1);
		CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM intake"), 0);
		drop_done(&drop);
	}
}

/* In the middle of step 6: renamed, and not unlinked. */
static void what_is_left_under_the_name_of_removing_is_removed(void)
{
	for (size_t i = 0; i < COUNT(drops_takers); i++) {
		OWNED_DROPS struct drops drops;
		char hidden[64];
		struct drop drop;
		struct err err;

		drops_open(&drops, "");
		drops_takers[i](&drops, NAME, DROPS_PDF, &drop);
		CU_ASSERT_EQUAL(drops_post(&drops, &drop, 1, &err), 0);
		leave_dropped_name(&drops, &drop);
		drop_done(&drop);
		(void)snprintf(hidden, sizeof(hidden), FOLDER ".%d.taken", (int)drop.letter.id);
		CU_ASSERT_EQUAL(
		    renameat(drops.spool.drop_fd, NAME, drops.spool.drop_fd, hidden), 0);
		drops_look(&drops, hidden, &drop);
		text_copy(drop.name, "EFT_1.pdf"); /* as validating finds out */
		CU_ASSERT_EQUAL(take(drops.taker, &drop, 1, &err), 0);
		CU_ASSERT_EQUAL(drops_post(&drops, &drop, 1, &err), 0);
		CU_ASSERT_EQUAL(drop.verdict, VERDICT_LEFTOVER);
		CU_ASSERT_EQUAL(removal_of(&drop, drops.arrivals, &err), 0);
		CU_ASSERT_EQUAL(faccessat(drops.spool.drop_fd, hidden, F_OK, 0), -1);
		CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM letter"), 1);
		drop_done(&drop);
	}
}

/* What has the final path already is a letter: it stays, whatever becomes of this one. */
static void undoing_removes_no_other_file(void)
{
	OWNED_DROPS struct drops drops;
	OWNED_MEM char *content = NULL;
	char path[FOLDER_PATH_MAX];
	char folder[PATH_MAX];
	struct drop drop;
	struct err err;

	drops_open(&drops, "");
	drops_take(&drops, NAME, "a", &drop);
	folder_letter(DROPS_AVRS_ID, CLASS_EDELIVERY,
	    drops_number(&drops, "SELECT next FROM sequence WHERE name = 'letter'"), "EFT_1.pdf",
	    path);
	file_parent(path, folder);
	CU_ASSERT_EQUAL(file_make_folder(drops.spool.root_fd, folder, 0750, &err), 0);
	scratch_write(&drops.scratch, path, "served");
	CU_ASSERT_EQUAL(drops_post(&drops, &drop, 1, &err), -1);
	content = scratch_read(&drops.scratch, path);
	CU_ASSERT_PTR_NOT_NULL_FATAL(content);
	CU_ASSERT_STRING_EQUAL(content, "served");
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM letter"), 0);
	drop_done(&drop);
}

void add_suite_post(CU_pSuite suite)
{
	TEST(a_posted_letter_is_in_its_place_and_visible);
	TEST(a_letter_for_paper_is_in_the_outbox_of_its_day);
	TEST(a_batch_is_posted_whatever_else_is_in_it);
	TEST(what_is_asked_back_is_as_if_it_had_not_been_taken);
	TEST(what_is_replaced_while_it_is_taken_is_no_letter);
	TEST(what_came_in_its_place_and_cannot_go_back_keeps_the_row);
	TEST(a_step_that_fails_can_be_tried_again);
	TEST(what_came_in_the_place_of_a_letter_keeps_its_name);
	TEST(a_dropped_file_that_is_left_is_removed_and_not_posted_again);
	TEST(what_is_left_under_the_name_of_removing_is_removed);
	TEST(undoing_removes_no_other_file);
}
