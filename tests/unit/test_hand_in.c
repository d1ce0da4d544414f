/* SPDX-License-Identifier: Apache-2.0 */
#include "server/hand_in.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clean.h"
#include "server/part.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_hand_in(CU_pSuite suite);

#define ID   "123456789"
#define DISK "drop/" ID "/EFT_1.pdf"
#define PART "drop/" ID "/.EFT_1.pdf.part"

/* An open upload of adam's, with what was written so far. */
struct bench {
	struct fixture f;
	struct upload upload;
};

static void bench_open(struct bench *bench)
{
	struct place place;
	int64_t adam;
	struct err err;

	fixture_open(&bench->f);
	adam = scratch_account(&bench->f.spool, "adam", "", "");
	CU_ASSERT_EQUAL(mkdirat(bench->f.spool.drop_fd, ID, 0770), 0);
	CU_ASSERT_TRUE_FATAL(place_parse("/drop/" ID "/EFT_1.pdf", &place));
	upload_init(&bench->upload, adam, bench->f.spool.actor.node, &place);
	CU_ASSERT_EQUAL(upload_add(bench->f.catalog, &bench->upload, &err), 0);
	scratch_write(&bench->f.scratch, PART, "hello");
}

static void bench_close(struct bench *bench)
{
	fixture_close(&bench->f);
}
#define OWNED_BENCH OWNED(bench_close)

static bool has(const struct bench *bench, const char *path)
{
	return faccessat(bench->f.scratch.fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int64_t count(const struct bench *bench, const char *state)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;
	struct err err;

	CU_ASSERT_EQUAL(
	    catalog_find(bench->f.catalog, "SELECT COUNT(*) FROM upload WHERE state = $1",
	        VALUES(TEXT(state)), &row, &found, &err),
	    0);
	return statement_int(row, 0);
}

static int64_t events(const struct bench *bench)
{
	return fixture_number(&bench->f,
	    "SELECT COUNT(*) FROM event WHERE what = 'upload.closed' AND login = 'adam'");
}

/* As if the process had died when the first step was done. */
static void note_inode(struct bench *bench)
{
	struct stat st;
	struct err err;

	CU_ASSERT_EQUAL(fstatat(bench->f.scratch.fd, PART, &st, 0), 0);
	bench->upload.size = st.st_size;
	bench->upload.device = (int64_t)st.st_dev;
	bench->upload.inode = (int64_t)st.st_ino;
	CU_ASSERT_EQUAL(upload_update(bench->f.catalog, &bench->upload, &err), 0);
}

static void what_is_handed_in_has_its_name_and_an_event(void)
{
	OWNED_BENCH struct bench bench;
	struct stat st;
	struct err err;

	bench_open(&bench);
	CU_ASSERT_EQUAL(hand_in(&bench.f.spool, &bench.upload, &err), 0);
	CU_ASSERT_TRUE(has(&bench, DISK));
	CU_ASSERT_FALSE(has(&bench, PART));
	CU_ASSERT_EQUAL(bench.upload.state, UPLOAD_CLOSED);
	CU_ASSERT_EQUAL(bench.upload.size, 5);
	CU_ASSERT_EQUAL(fstatat(bench.f.scratch.fd, DISK, &st, 0), 0);
	CU_ASSERT_TRUE(upload_is_file(&bench.upload, &st));
	CU_ASSERT_EQUAL(count(&bench, "closed"), 1);
	CU_ASSERT_EQUAL(events(&bench), 1);
}

static void another_file_of_its_name_stays_what_it_is(void)
{
	OWNED_BENCH struct bench bench;
	struct err err;

	bench_open(&bench);
	scratch_write(&bench.f.scratch, DISK, "job's");
	CU_ASSERT_TRUE(fails(hand_in(&bench.f.spool, &bench.upload, &err), &err, ERR_CONFLICT));
	CU_ASSERT_EQUAL(bench.upload.state, UPLOAD_PART);
	CU_ASSERT_TRUE(has(&bench, PART));
	CU_ASSERT_EQUAL(count(&bench, "part"), 1);
	CU_ASSERT_EQUAL(events(&bench), 0);
}

static void what_is_too_large_or_gone_is_refused(void)
{
	OWNED_BENCH struct bench bench;
	struct err err;

	bench_open(&bench);
	bench.f.spool.settings.drop_letter_max = 4;
	CU_ASSERT_TRUE(fails(hand_in(&bench.f.spool, &bench.upload, &err), &err, ERR_REFUSED));
	CU_ASSERT_FALSE(has(&bench, DISK));
	CU_ASSERT_EQUAL(count(&bench, "part"), 1);
	bench.f.spool.settings.drop_letter_max = 5;
	CU_ASSERT_EQUAL(unlinkat(bench.f.scratch.fd, PART, 0), 0);
	CU_ASSERT_TRUE(fails(hand_in(&bench.f.spool, &bench.upload, &err), &err, ERR_REFUSED));
}

static void a_start_makes_parts_of_what_was_being_written(void)
{
	OWNED_BENCH struct bench bench;
	struct err err;

	bench_open(&bench);
	CU_ASSERT_EQUAL(hand_in_recover(&bench.f.spool, &err), 0);
	CU_ASSERT_TRUE(has(&bench, PART));
	CU_ASSERT_EQUAL(count(&bench, "part"), 1);
	CU_ASSERT_EQUAL(events(&bench), 0);
}

static void a_start_finishes_what_the_client_had_closed(void)
{
	for (int named = 0; named < 3; named++) {
		OWNED_BENCH struct bench bench;
		struct err err;

		bench_open(&bench);
		note_inode(&bench);
		if (named > 0)
			CU_ASSERT_EQUAL(
			    renameat(bench.f.scratch.fd, PART, bench.f.scratch.fd, DISK), 0);
		/* watchd may have taken it meanwhile. */
		if (named > 1)
			CU_ASSERT_EQUAL(unlinkat(bench.f.scratch.fd, DISK, 0), 0);
		CU_ASSERT_EQUAL(hand_in_recover(&bench.f.spool, &err), 0);
		CU_ASSERT_EQUAL(has(&bench, DISK), named < 2);
		CU_ASSERT_FALSE(has(&bench, PART));
		CU_ASSERT_EQUAL(count(&bench, "closed"), 1);
		CU_ASSERT_EQUAL(events(&bench), 1);
		CU_ASSERT_EQUAL(hand_in_recover(&bench.f.spool, &err), 0);
		CU_ASSERT_EQUAL(events(&bench), 1);
	}
}

/* Where its name has gone to another file, or the part was begun anew, nothing is mixed up. */
static void a_start_overwrites_nothing(void)
{
	OWNED_BENCH struct bench bench;
	struct err err;

	bench_open(&bench);
	note_inode(&bench);
	scratch_write(&bench.f.scratch, DISK, "job's");
	CU_ASSERT_EQUAL(hand_in_recover(&bench.f.spool, &err), 0);
	CU_ASSERT_TRUE(has(&bench, PART));
	CU_ASSERT_EQUAL(count(&bench, "part"), 1);
	bench.upload.inode++;
	CU_ASSERT_EQUAL(unlinkat(bench.f.scratch.fd, DISK, 0), 0);
	CU_ASSERT_EQUAL(hand_in_settle(&bench.f.spool, &bench.upload, &err), 0);
	CU_ASSERT_EQUAL(bench.upload.state, UPLOAD_PART);
	CU_ASSERT_FALSE(has(&bench, DISK));
}

/* All that is over, in as many parts as it takes: how many. */
static int clean(const struct bench *bench)
{
	struct hand_in_cleaning cleaning = {.step = 0};
	bool more = true;
	int parts = 0;
	struct err err;

	for (; more; parts++)
		CU_ASSERT_EQUAL_FATAL(hand_in_clean(&bench->f.spool, &cleaning, &more, &err), 0);
	return parts;
}

static void parts_are_removed_after_a_day(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	hand_in_leave(&bench.f.spool, &bench.upload, -1);
	(void)clean(&bench);
	CU_ASSERT_TRUE(has(&bench, PART));
	clock_freeze(FIXTURE_NOW + UPLOAD_KEPT + 1);
	(void)clean(&bench);
	CU_ASSERT_FALSE(has(&bench, PART));
	CU_ASSERT_EQUAL(count(&bench, "removed"), 1);
	CU_ASSERT_EQUAL(
	    fixture_number(&bench.f, "SELECT COUNT(*) FROM event WHERE what = 'upload.removed'"
	                             " AND login = 'adam' AND actor = 'test'"),
	    1);
	clock_freeze(FIXTURE_NOW + 2 * UPLOAD_TOLD);
	(void)clean(&bench);
	CU_ASSERT_EQUAL(count(&bench, "removed"), 0);
}

static void of_what_was_closed_only_unfinished_names_are_removed(void)
{
	static const char *const names[] = {"EFT_2.pdf", "EFT_2.pdf.filepart"};

	for (size_t i = 0; i < COUNT(names); i++) {
		OWNED_BENCH struct bench bench;
		char path[128];
		struct err err;

		bench_open(&bench);
		(void)snprintf(bench.upload.name, sizeof(bench.upload.name), "%s", names[i]);
		(void)snprintf(path, sizeof(path), "drop/" ID "/.%s.part", names[i]);
		scratch_write(&bench.f.scratch, path, "hello");
		CU_ASSERT_EQUAL(hand_in(&bench.f.spool, &bench.upload, &err), 0);
		clock_freeze(FIXTURE_NOW + UPLOAD_KEPT + 1);
		(void)clean(&bench);
		(void)snprintf(path, sizeof(path), "drop/" ID "/%s", names[i]);
		CU_ASSERT_EQUAL(has(&bench, path), i == 0);
		CU_ASSERT_EQUAL(count(&bench, "closed"), i == 0);
		clock_freeze(FIXTURE_NOW + UPLOAD_TOLD + 1);
		(void)clean(&bench);
		CU_ASSERT_EQUAL(count(&bench, "closed"), 0);
		CU_ASSERT_EQUAL(has(&bench, path), i == 0);
	}
}

/* After a reload an old broker goes on until its last session ends. */
static void a_start_leaves_alone_what_is_still_written(void)
{
	for (int noted = 0; noted < 2; noted++) {
		OWNED_BENCH struct bench bench;
		OWNED_FD int folder_fd = -1;
		int fd;
		struct err err;

		bench_open(&bench);
		if (noted)
			note_inode(&bench);
		folder_fd = openat(bench.f.spool.drop_fd, ID, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		fd = part_open(folder_fd, "EFT_1.pdf");
		CU_ASSERT_TRUE(fd >= 0);
		CU_ASSERT_EQUAL(hand_in_recover(&bench.f.spool, &err), 0);
		CU_ASSERT_EQUAL(count(&bench, "open"), 1);
		clock_freeze(FIXTURE_NOW + 2 * UPLOAD_KEPT);
		(void)clean(&bench);
		CU_ASSERT_TRUE(has(&bench, PART));
		(void)close(fd);
		CU_ASSERT_EQUAL(hand_in_recover(&bench.f.spool, &err), 0);
		CU_ASSERT_EQUAL(count(&bench, noted ? "closed" : "part"), 1);
		clock_freeze(FIXTURE_NOW);
	}
}

/* Machines with one catalog may have a drop folder each: where it is not seen it is not judged. */
static void what_another_machine_has_is_its_own_to_finish(void)
{
	OWNED_BENCH struct bench bench;
	struct err err;

	bench_open(&bench);
	note_inode(&bench);
	fixture_sql(&bench.f, "UPDATE upload SET node = 'elsewhere'");
	CU_ASSERT_EQUAL(renameat(bench.f.scratch.fd, PART, bench.f.scratch.fd, "moved"), 0);
	CU_ASSERT_EQUAL(hand_in_recover(&bench.f.spool, &err), 0);
	CU_ASSERT_EQUAL(count(&bench, "open"), 1);
	fixture_sql(&bench.f, "UPDATE upload SET state = 'part'");
	clock_freeze(FIXTURE_NOW + 2 * UPLOAD_KEPT);
	(void)clean(&bench);
	CU_ASSERT_EQUAL(count(&bench, "part"), 1);
	/* On a disk that they share it is anybody's. */
	CU_ASSERT_EQUAL(renameat(bench.f.scratch.fd, "moved", bench.f.scratch.fd, PART), 0);
	(void)clean(&bench);
	CU_ASSERT_EQUAL(count(&bench, "removed"), 1);
	CU_ASSERT_FALSE(has(&bench, PART));
	clock_freeze(FIXTURE_NOW);
}

/* Its session may still be writing; and then nobody has that name. */
static void parts_of_an_account_that_was_removed_are_removed(void)
{
	OWNED_BENCH struct bench bench;
	OWNED_FD int folder_fd = -1;
	int fd;
	struct err err;

	bench_open(&bench);
	folder_fd = openat(bench.f.spool.drop_fd, ID, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = part_open(folder_fd, "EFT_1.pdf");
	CU_ASSERT_EQUAL(account_remove(bench.f.catalog, &bench.f.spool.actor, "adam", &err), 0);
	(void)clean(&bench);
	CU_ASSERT_TRUE(has(&bench, PART));
	(void)close(fd);
	(void)clean(&bench);
	CU_ASSERT_FALSE(has(&bench, PART));
	CU_ASSERT_EQUAL(fixture_number(&bench.f, "SELECT COUNT(*) FROM upload_orphan"), 0);
}

/* There may be a hundred thousand: each call does some, and others are answered in between. */
static void what_is_over_is_forgotten_in_parts(void)
{
	static const char *const states[] = {"closed", "removed"};

	for (size_t i = 0; i < COUNT(states); i++) {
		OWNED_BENCH struct bench bench;
		int parts;

		bench_open(&bench);
		parts = clean(&bench);
		fixture_sql(&bench.f,
		    "INSERT INTO upload (id, account_id, avrs_id, class, name, state, size, modified,"
		    " device, inode, changed) WITH RECURSIVE n (i) AS (SELECT 1000 UNION ALL"
		    " SELECT i + 1 FROM n WHERE i < 2299) SELECT n.i, u.account_id, u.avrs_id,"
		    " u.class, 'EFT_' || n.i || '.pdf', 'closed', 5, 0, 1, n.i, 7 FROM n, upload u");
		if (i == 1)
			fixture_sql(
			    &bench.f, "UPDATE upload SET state = 'removed' WHERE state = 'closed'");
		CU_ASSERT_EQUAL(count(&bench, states[i]), 1300);
		CU_ASSERT_EQUAL(clean(&bench), parts + 2);
		CU_ASSERT_EQUAL(count(&bench, states[i]), 0);
		CU_ASSERT_EQUAL(count(&bench, "open"), 1);
	}
}

/* Those that are to stay keep back none that comes behind them. */
static void unfinished_names_are_looked_for_among_all(void)
{
	OWNED_BENCH struct bench bench;
	struct stat st;

	bench_open(&bench);
	scratch_write(&bench.f.scratch, "drop/" ID "/EFT_9.tmp", "hello");
	CU_ASSERT_EQUAL(fstatat(bench.f.scratch.fd, "drop/" ID "/EFT_9.tmp", &st, 0), 0);
	bench.upload.state = UPLOAD_CLOSED;
	bench.upload.device = (int64_t)st.st_dev;
	bench.upload.inode = (int64_t)st.st_ino;
	(void)snprintf(bench.upload.name, sizeof(bench.upload.name), "EFT_9.tmp");
	CU_ASSERT_EQUAL(upload_update(bench.f.catalog, &bench.upload, &(struct err){0}), 0);
	fixture_sql(&bench.f,
	    "INSERT INTO upload (id, account_id, avrs_id, class, name, state, size, modified,"
	    " device, inode, changed) WITH RECURSIVE n (i) AS (SELECT 1000 UNION ALL"
	    " SELECT i + 1 FROM n WHERE i < 1999) SELECT n.i, u.account_id, u.avrs_id,"
	    " u.class, 'EFT_' || n.i || '.pdf', 'closed', 5, 0, 1, n.i, u.changed - n.i % 3"
	    " FROM n, upload u");
	clock_freeze(FIXTURE_NOW + UPLOAD_KEPT + 1);
	(void)clean(&bench);
	CU_ASSERT_FALSE(has(&bench, "drop/" ID "/EFT_9.tmp"));
	CU_ASSERT_EQUAL(count(&bench, "closed"), 1000);
	CU_ASSERT_EQUAL(count(&bench, "removed"), 1);
}

static void a_part_ends_where_something_of_it_is_missing(void)
{
	OWNED_BENCH struct bench bench;
	struct stat st;
	struct err err;

	bench_open(&bench);
	CU_ASSERT_EQUAL(unlinkat(bench.f.scratch.fd, PART, 0), 0);
	scratch_write(&bench.f.scratch, PART, "");
	{
		OWNED_FD int fd = openat(bench.f.scratch.fd, PART, O_WRONLY | O_CLOEXEC);

		CU_ASSERT_EQUAL(pwrite(fd, "end", 3, 100000), 3);
	}
	CU_ASSERT_EQUAL(hand_in_recover(&bench.f.spool, &err), 0);
	CU_ASSERT_EQUAL(fstatat(bench.f.scratch.fd, PART, &st, 0), 0);
	CU_ASSERT_EQUAL(st.st_size, 0);
}

void add_suite_hand_in(CU_pSuite suite)
{
	TEST(what_is_handed_in_has_its_name_and_an_event);
	TEST(another_file_of_its_name_stays_what_it_is);
	TEST(what_is_too_large_or_gone_is_refused);
	TEST(a_start_makes_parts_of_what_was_being_written);
	TEST(a_start_finishes_what_the_client_had_closed);
	TEST(a_start_overwrites_nothing);
	TEST(parts_are_removed_after_a_day);
	TEST(of_what_was_closed_only_unfinished_names_are_removed);
	TEST(a_start_leaves_alone_what_is_still_written);
	TEST(what_another_machine_has_is_its_own_to_finish);
	TEST(parts_of_an_account_that_was_removed_are_removed);
	TEST(what_is_over_is_forgotten_in_parts);
	TEST(unfinished_names_are_looked_for_among_all);
	TEST(a_part_ends_where_something_of_it_is_missing);
}
