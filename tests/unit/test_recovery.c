/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/number.h"
#include "base/text.h"
#include "batch/record.h"
#include "batch/recovery.h"
#include "batch/take.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_recovery(CU_pSuite suite);

#define FOLDER DROPS_AVRS_ID "/"
#define NAME   FOLDER "EFT_1.pdf"

/* A process that died behind step 2: a row, and no file that it tells of. */
static void a_row_without_its_file_is_forgotten(void)
{
	for (size_t i = 0; i < COUNT(drops_takers); i++) {
		OWNED_DROPS struct drops drops;
		struct drop drop;
		struct err err;

		drops_open(&drops, "");
		drops_takers[i](&drops, NAME, DROPS_PDF, &drop);
		CU_ASSERT_EQUAL(record(&drops.spool, &drop, 1, &err), 0);
		drop_done(&drop);
		CU_ASSERT_EQUAL(recovery(&drops.spool, &(struct doubt){0}, &err), 0);
		CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM letter"), 0);
		CU_ASSERT_TRUE(drops_has(&drops, "drop/" NAME));
		/* The next scan finds it, and it is posted as if nothing had been. */
		drops_look(&drops, NAME, &drop);
		CU_ASSERT_EQUAL(take(drops.taker, &drop, 1, &err), 0);
		CU_ASSERT_EQUAL(drops_post(&drops, &drop, 1, &err), 0);
		CU_ASSERT_EQUAL(drop.verdict, VERDICT_POST);
		CU_ASSERT_STRING_EQUAL(drop.letter.name, "EFT_1.pdf");
		drop_done(&drop);
	}
}

/* Behind step 3: it has its place, but nobody sees it. Moved there, or linked. */
static void (*const placers[])(const struct drops *drops, struct drop *drop) = {
    drops_place, drops_link};

static void a_placed_letter_is_posted_by_the_next_start(void)
{
	for (size_t i = 0; i < COUNT(drops_takers) * COUNT(placers); i++) {
		OWNED_DROPS struct drops drops;
		struct intake intake;
		struct drop drop;
		struct err err;

		drops_open(&drops, "");
		drops_takers[i % COUNT(drops_takers)](&drops, NAME, DROPS_PDF, &drop);
		drop.intake_id = 70;
		drop_intake(&drop, INTAKE_HELD, &intake);
		CU_ASSERT_EQUAL(intake_add(drops.spool.catalog, "test", &intake, &err), 0);
		CU_ASSERT_EQUAL(record(&drops.spool, &drop, 1, &err), 0);
		placers[i / COUNT(drops_takers)](&drops, &drop);
		drop_done(&drop);
		CU_ASSERT_EQUAL(recovery(&drops.spool, &(struct doubt){0}, &err), 0);
		CU_ASSERT_EQUAL(
		    drops_number(&drops, "SELECT sequence FROM letter WHERE electronic = 'posted'"),
		    1);
		CU_ASSERT_EQUAL(
		    drops_number(&drops, "SELECT COUNT(*) FROM event WHERE what = 'letter.posted'"),
		    1);
		CU_ASSERT_EQUAL(
		    drops_number(&drops, "SELECT COUNT(*) FROM intake WHERE state = 'taken'"), 1);
		/* Once is enough. */
		CU_ASSERT_EQUAL(recovery(&drops.spool, &(struct doubt){0}, &err), 0);
		CU_ASSERT_EQUAL(
		    drops_number(&drops, "SELECT COUNT(*) FROM event WHERE what = 'letter.posted'"),
		    1);
	}
}

/* An open for writing that waited for our lease gets the inode when we die, read-only as it is. */
static int open_for_writing(const struct drops *drops, const struct drop *drop)
{
	const char *path = drops_place_of(drop);
	int fd;

	CU_ASSERT_EQUAL(fchmodat(drops->spool.root_fd, path, 0640, 0), 0);
	fd = openat(drops->spool.root_fd, path, O_WRONLY | O_CLOEXEC);
	CU_ASSERT_EQUAL(fchmodat(drops->spool.root_fd, path, 0440, 0), 0);
	CU_ASSERT_TRUE(fd >= 0);
	return fd;
}

static void open_it(int fd)
{
	(void)fd;
}

static void rewrite_it(int fd)
{
	CU_ASSERT_EQUAL(pwrite(fd, "%PDF-9", 6, 0), 6);
}

/* As a power cut may: its size and time are there, and not all of its bytes. */
static void lose_bytes(int fd)
{
	struct stat st;

	CU_ASSERT_EQUAL(fstat(fd, &st), 0);
	CU_ASSERT_EQUAL(pwrite(fd, "\0\0\0\0\0\0", 6, 0), 6);
	CU_ASSERT_EQUAL(
	    futimens(fd, (const struct timespec[]){{.tv_nsec = UTIME_OMIT}, st.st_mtim}), 0);
}

static void make_it_longer(int fd)
{
	CU_ASSERT_EQUAL(ftruncate(fd, 1000), 0);
}

static void touch_it(int fd)
{
	CU_ASSERT_EQUAL(futimens(fd, NULL), 0);
}

struct meanwhile {
	void (*do_it)(int fd);
	bool stays_open;
	bool is_posted;
};

static void recover_written(
    const struct meanwhile *row, void (*place)(const struct drops *drops, struct drop *drop))
{
	OWNED_DROPS struct drops drops;
	OWNED_FD int writing = -1;
	struct drop drop;
	ino_t inode;
	struct err err;

	drops_open(&drops, "");
	drops_take(&drops, NAME, DROPS_PDF, &drop);
	inode = drop.st.st_ino;
	CU_ASSERT_EQUAL(record(&drops.spool, &drop, 1, &err), 0);
	place(&drops, &drop);
	drop_done(&drop);
	writing = open_for_writing(&drops, &drop);
	row->do_it(writing);
	if (!row->stays_open)
		clean_fd(&writing);
	writing = row->stays_open ? writing : -1;
	CU_ASSERT_EQUAL(recovery(&drops.spool, &(struct doubt){0}, &err), 0);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM letter"
	                                     " WHERE electronic = 'posted'"),
	    row->is_posted);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM letter"), row->is_posted);
	CU_ASSERT_EQUAL(drops_has(&drops, drops_place_of(&drop)), row->is_posted);
	if (!row->is_posted)
		CU_ASSERT_EQUAL(drops_inode_of(drops.spool.drop_fd, NAME), inode);
}

/* What is served is what was hashed, also where nobody had the lease for a while. */
static void a_placed_letter_that_was_written_to_since_is_a_drop_again(void)
{
	static const struct meanwhile rows[] = {
	    {open_it, true, false},
	    {open_it, false, true},
	    {rewrite_it, false, false},
	    {lose_bytes, false, false},
	    {make_it_longer, false, false},
	    {touch_it, false, true},
	};

	for (size_t i = 0; i < COUNT(rows) * COUNT(placers); i++)
		recover_written(&rows[i % COUNT(rows)], placers[i / COUNT(rows)]);
}

/* It was moved, its job dropped another one, and wrote to the first: both are drops. */
static void what_goes_back_replaces_nothing(void)
{
	OWNED_DROPS struct drops drops;
	OWNED_MEM char *content = NULL;
	OWNED_FD int writing = -1;
	char hidden[64];
	struct drop drop;
	struct err err;

	drops_open(&drops, "");
	drops_take(&drops, NAME, DROPS_PDF, &drop);
	CU_ASSERT_EQUAL(record(&drops.spool, &drop, 1, &err), 0);
	drops_place(&drops, &drop);
	drop_done(&drop);
	writing = open_for_writing(&drops, &drop);
	rewrite_it(writing);
	drops_write(&drops, NAME, "another");
	CU_ASSERT_EQUAL(recovery(&drops.spool, &(struct doubt){0}, &err), 0);
	content = scratch_read(&drops.scratch, "drop/" NAME);
	CU_ASSERT_PTR_NOT_NULL_FATAL(content);
	CU_ASSERT_STRING_EQUAL(content, "another");
	(void)snprintf(hidden, sizeof(hidden), FOLDER ".%d.taken", (int)drop.letter.id);
	CU_ASSERT_EQUAL(drops_inode_of(drops.spool.drop_fd, hidden), drop.st.st_ino);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM letter"), 0);
	CU_ASSERT_EQUAL(
	    drops_number(&drops, "SELECT COUNT(*) FROM intake WHERE name = 'EFT_1.pdf'"), 1);
}

/*
 * Killed when a rename had moved what came in the drop's place, as old and as large: it is told by
 * what it has, and nobody gets it as that letter.
 */
static void another_file_in_a_letters_place_is_a_drop_again(void)
{
	OWNED_DROPS struct drops drops;
	OWNED_MEM char *content = NULL;
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}};
	struct drop drop;
	struct err err;

	drops_open(&drops, "");
	drops_take(&drops, NAME, "a", &drop);
	CU_ASSERT_EQUAL(record(&drops.spool, &drop, 1, &err), 0);
	drops_place(&drops, &drop);
	times[1].tv_sec = drop.letter.taken / SECOND;
	times[1].tv_nsec = drop.letter.taken % SECOND * 1000;
	drop_done(&drop);
	drops_write(&drops, NAME, "b");
	CU_ASSERT_EQUAL(utimensat(drops.spool.drop_fd, NAME, times, 0), 0);
	CU_ASSERT_EQUAL(
	    renameat(drops.spool.drop_fd, NAME, drops.spool.root_fd, drops_place_of(&drop)), 0);
	CU_ASSERT_EQUAL(recovery(&drops.spool, &(struct doubt){0}, &err), 0);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM letter"), 0);
	CU_ASSERT_FALSE(drops_has(&drops, drops_place_of(&drop)));
	content = scratch_read(&drops.scratch, "drop/" NAME);
	CU_ASSERT_PTR_NOT_NULL_FATAL(content);
	CU_ASSERT_STRING_EQUAL(content, "b");
}

/* A sync of it would be worth nothing; its dropped file is read anew, into a new one. */
static void what_is_in_doubt_is_no_letter_yet(void)
{
	for (size_t i = 0; i < COUNT(drops_takers); i++) {
		OWNED_DROPS struct drops drops;
		struct doubt doubt;
		struct drop drop;
		struct err err;

		drops_open(&drops, "");
		drops_takers[i](&drops, NAME, DROPS_PDF, &drop);
		CU_ASSERT_EQUAL(record(&drops.spool, &drop, 1, &err), 0);
		drops_place(&drops, &drop);
		drop_done(&drop);
		doubt = (struct doubt){.spool = &drops.spool, .raised = clock_now()};
		CU_ASSERT_EQUAL(recovery(&drops.spool, &doubt, &err), 0);
		CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM letter"), 0);
		CU_ASSERT_FALSE(drops_has(&drops, drops_place_of(&drop)));
		CU_ASSERT_TRUE(drops_has(&drops, "drop/" NAME));
	}
}

/* A copy that lost bytes is removed: what it is a copy of is there. */
static void a_copy_that_is_not_whole_is_made_again(void)
{
	OWNED_DROPS struct drops drops;
	OWNED_MEM char *content = NULL;
	struct drop drop;
	struct err err;

	drops_open(&drops, "");
	drops_take_copy(&drops, NAME, DROPS_PDF, &drop);
	CU_ASSERT_EQUAL(record(&drops.spool, &drop, 1, &err), 0);
	drops_place(&drops, &drop);
	drop_done(&drop);
	CU_ASSERT_EQUAL(fchmodat(drops.spool.root_fd, drops_place_of(&drop), 0640, 0), 0);
	scratch_write(&drops.scratch, drops_place_of(&drop), "");
	CU_ASSERT_EQUAL(recovery(&drops.spool, &(struct doubt){0}, &err), 0);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM letter"), 0);
	CU_ASSERT_FALSE(drops_has(&drops, drops_place_of(&drop)));
	content = scratch_read(&drops.scratch, "drop/" NAME);
	CU_ASSERT_PTR_NOT_NULL_FATAL(content);
	CU_ASSERT_STRING_EQUAL(content, DROPS_PDF);
}

/* Its drop folder is gone meanwhile: it is made again. */
static void what_goes_back_has_a_folder(void)
{
	OWNED_DROPS struct drops drops;
	OWNED_FD int writing = -1;
	struct drop drop;
	struct err err;

	drops_open(&drops, "");
	drops_take(&drops, NAME, DROPS_PDF, &drop);
	CU_ASSERT_EQUAL(record(&drops.spool, &drop, 1, &err), 0);
	drops_place(&drops, &drop);
	drop_done(&drop);
	writing = open_for_writing(&drops, &drop);
	rewrite_it(writing);
	CU_ASSERT_EQUAL(unlinkat(drops.spool.drop_fd, DROPS_AVRS_ID, AT_REMOVEDIR), 0);
	CU_ASSERT_EQUAL(recovery(&drops.spool, &(struct doubt){0}, &err), 0);
	CU_ASSERT_TRUE(drops_has(&drops, "drop/" NAME));
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM letter"), 0);
}

/* Neither back nor posted: it stays where it is, and the others go on. */
static void what_cannot_go_back_stays(void)
{
	OWNED_DROPS struct drops drops;
	OWNED_FD int writing = -1;
	struct drop group[2];
	struct err err;

	drops_open(&drops, "");
	scratch_provider(&drops.spool, "987654321");
	drops_take(&drops, NAME, DROPS_PDF, &group[0]);
	drops_take(&drops, "987654321/EFT_1.pdf", DROPS_PDF, &group[1]);
	CU_ASSERT_EQUAL(record(&drops.spool, group, 2, &err), 0);
	for (int i = 0; i < 2; i++) {
		drops_place(&drops, &group[i]);
		drop_done(&group[i]);
	}
	writing = open_for_writing(&drops, &group[0]);
	rewrite_it(writing);
	CU_ASSERT_EQUAL(unlinkat(drops.spool.drop_fd, DROPS_AVRS_ID, AT_REMOVEDIR), 0);
	scratch_write(&drops.scratch, "drop/" DROPS_AVRS_ID, "in the way");
	CU_ASSERT_EQUAL(recovery(&drops.spool, &(struct doubt){0}, &err), 0);
	CU_ASSERT_TRUE(drops_has(&drops, drops_place_of(&group[0])));
	CU_ASSERT_EQUAL(
	    drops_number(&drops, "SELECT COUNT(*) FROM letter WHERE electronic = 'posting'"), 1);
	CU_ASSERT_EQUAL(
	    drops_number(&drops, "SELECT COUNT(*) FROM letter WHERE electronic = 'posted'"), 1);
}

/* The start that finds it may be days later; how long it stays is counted from its time (R11). */
static void a_letter_posted_by_the_next_start_has_its_time(void)
{
	static const int64_t taken = INT64_C(1553688000) * SECOND;
	static const int64_t later = INT64_C(1553700000) * SECOND;

	for (size_t i = 0; i < COUNT(drops_takers); i++) {
		OWNED_DROPS struct drops drops;
		struct drop drop;
		struct stat st;
		struct err err;

		drops_open(&drops, "");
		clock_freeze(taken);
		drops_takers[i](&drops, NAME, DROPS_PDF, &drop);
		CU_ASSERT_EQUAL(record(&drops.spool, &drop, 1, &err), 0);
		drops_place(&drops, &drop);
		drop_done(&drop);
		clock_freeze(later);
		CU_ASSERT_EQUAL(recovery(&drops.spool, &(struct doubt){0}, &err), 0);
		CU_ASSERT_EQUAL(drops_number(&drops, "SELECT posted FROM letter"), taken);
		CU_ASSERT_EQUAL(drops_number(&drops, "SELECT last_posted FROM provider"), taken);
		CU_ASSERT_EQUAL(fstatat(drops.spool.root_fd, drops_place_of(&drop), &st, 0), 0);
		CU_ASSERT_EQUAL(st.st_mtim.tv_sec, taken / SECOND);
		clock_freeze(0);
	}
}

static void a_placed_letter_for_paper_is_finished_by_the_next_start(void)
{
	OWNED_DROPS struct drops drops;
	struct drop drop;
	struct err err;

	drops_open(&drops, "");
	drops_take(&drops, NAME, DROPS_PDF, &drop);
	drop.letter.electronic = ELECTRONIC_NONE;
	drop.letter.paper = PAPER_QUEUED;
	text_copy(drop.letter.paper_date, "2019-03-27");
	CU_ASSERT_EQUAL(record(&drops.spool, &drop, 1, &err), 0);
	drops_place(&drops, &drop);
	drop_done(&drop);
	CU_ASSERT_EQUAL(recovery(&drops.spool, &(struct doubt){0}, &err), 0);
	CU_ASSERT_EQUAL(drops_number(&drops, "SELECT COUNT(*) FROM letter WHERE placed > 0"), 1);
}

static void what_another_node_has_begun_is_its_own(void)
{
	OWNED_DROPS struct drops drops;
	struct drop batch[2];
	struct err err;

	drops_open(&drops, "");
	drops_take(&drops, NAME, "a", &batch[0]);
	drops_take(&drops, FOLDER "EFT_2.pdf", "b", &batch[1]);
	CU_ASSERT_EQUAL(record(&drops.spool, batch, 2, &err), 0);
	drops_place(&drops, &batch[1]);
	drops_run(&drops, "UPDATE letter SET node = 'another'");
	CU_ASSERT_EQUAL(recovery(&drops.spool, &(struct doubt){0}, &err), 0);
	CU_ASSERT_EQUAL(
	    drops_number(&drops, "SELECT COUNT(*) FROM letter WHERE electronic = 'posting'"), 2);
	drop_done(&batch[0]);
	drop_done(&batch[1]);
}

void add_suite_recovery(CU_pSuite suite)
{
	TEST(a_row_without_its_file_is_forgotten);
	TEST(a_placed_letter_is_posted_by_the_next_start);
	TEST(a_placed_letter_that_was_written_to_since_is_a_drop_again);
	TEST(what_goes_back_replaces_nothing);
	TEST(another_file_in_a_letters_place_is_a_drop_again);
	TEST(what_is_in_doubt_is_no_letter_yet);
	TEST(a_copy_that_is_not_whole_is_made_again);
	TEST(what_goes_back_has_a_folder);
	TEST(what_cannot_go_back_stays);
	TEST(a_letter_posted_by_the_next_start_has_its_time);
	TEST(a_placed_letter_for_paper_is_finished_by_the_next_start);
	TEST(what_another_node_has_begun_is_its_own);
}
