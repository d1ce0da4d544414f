/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "batch/quarantine.h"
#include "batch/release.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_release(CU_pSuite suite);

#define FOLDER DROPS_AVRS_ID "/"

/* A spool with one refused file, and what is held in it. */
struct bench {
	struct drops drops;
	struct holds *holds;
	struct intake intake;
};

static void look_up(struct bench *bench)
{
	bool found = false;
	struct err err;

	CU_ASSERT_EQUAL(
	    intake_find(bench->drops.spool.catalog, 1, &bench->intake, &found, &err), 0);
	CU_ASSERT_TRUE_FATAL(found);
}

/* What is called name there is refused. */
static void refuse(struct bench *bench, const char *name)
{
	struct arrival arrival = {.avrs_id = DROPS_AVRS_ID, .name = name};
	struct drop drop;
	struct err err;

	drop_init(&drop, &arrival);
	drop.folder_fd = folder_cache_open(bench->drops.folders, DROPS_AVRS_ID);
	CU_ASSERT_EQUAL(fstatat(drop.folder_fd, name, &drop.st, AT_SYMLINK_NOFOLLOW), 0);
	drop_decide(&drop, VERDICT_QUARANTINE, "for a test");
	CU_ASSERT_EQUAL(quarantine(&bench->drops.spool, &drop, bench->drops.arrivals, &err), 0);
	drop_done(&drop);
	look_up(bench);
}

static void bench_open(struct bench *bench, const char *name)
{
	char path[FOLDER_PATH_MAX];
	struct err err;

	drops_open(&bench->drops, "");
	CU_ASSERT_EQUAL_FATAL(holds_new(&bench->drops.spool, &bench->holds, &err), 0);
	(void)snprintf(path, sizeof(path), FOLDER "%s", name);
	drops_write(&bench->drops, path, "it");
	refuse(bench, name);
}

static void bench_close(struct bench *bench)
{
	holds_free(bench->holds);
	drops_close(&bench->drops);
}
#define OWNED_BENCH OWNED(bench_close)

static void want(struct bench *bench, enum intake_wish wanted)
{
	const struct actor actor = {"test", "operator test"};
	struct err err;

	CU_ASSERT_EQUAL(intake_want(bench->drops.spool.catalog, &actor, 1, wanted, &err), 0);
}

static void do_wanted(struct bench *bench)
{
	struct err err;

	int64_t at = 0;

	CU_ASSERT_EQUAL(release_wanted(&bench->drops.spool, bench->holds, &at, &err), 0);
	CU_ASSERT_EQUAL(at, 0);
	look_up(bench);
}

static bool has_reason(const struct bench *bench)
{
	char path[FOLDER_PATH_MAX + 8];

	folder_quarantine("2019-03-27", 1, bench->intake.name, path);
	(void)snprintf(path + strlen(path), sizeof(path) - strlen(path), ".reason");
	return drops_has(&bench->drops, path);
}

static bool has_file(const struct bench *bench)
{
	char path[FOLDER_PATH_MAX];

	folder_quarantine("2019-03-27", 1, bench->intake.name, path);
	return drops_has(&bench->drops, path);
}

static void a_released_file_is_where_it_was_dropped_and_keeps_its_id(void)
{
	OWNED_BENCH struct bench bench;
	OWNED_MEM char *content = NULL;
	struct arrival *arrival;
	struct drop drop;

	clock_freeze(INT64_C(1553688000000000));
	bench_open(&bench, "EFT_1.pdf");
	CU_ASSERT_TRUE(has_file(&bench) && has_reason(&bench));
	want(&bench, WISH_RELEASE);
	do_wanted(&bench);
	CU_ASSERT_EQUAL(bench.intake.state, INTAKE_HELD);
	CU_ASSERT_EQUAL(bench.intake.wanted, WISH_NONE);
	CU_ASSERT_STRING_EQUAL(bench.intake.path, "");
	CU_ASSERT_FALSE(has_file(&bench) || has_reason(&bench));
	content = scratch_read(&bench.drops.scratch, "drop/" FOLDER "EFT_1.pdf");
	CU_ASSERT_PTR_NOT_NULL_FATAL(content);
	CU_ASSERT_STRING_EQUAL(content, "it");
	CU_ASSERT_EQUAL(drops_number(&bench.drops,
	                    "SELECT letter_id FROM event WHERE what = 'letter.released'"),
	    1);
	/* It is looked at again at once, under its row. */
	holds_wake(bench.holds, false, bench.drops.arrivals);
	arrival = arrivals_take(bench.drops.arrivals, false);
	CU_ASSERT_PTR_NOT_NULL_FATAL(arrival);
	drop_init(&drop, arrival);
	holds_recognise(bench.holds, &drop);
	CU_ASSERT_EQUAL(drop.intake_id, 1);
	free(arrival);
	clock_freeze(0);
}

static void a_name_of_any_bytes_comes_back_as_it_was(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench, "a\\x0a\n\xff");
	want(&bench, WISH_RELEASE);
	do_wanted(&bench);
	CU_ASSERT_TRUE(drops_has(&bench.drops, "drop/" FOLDER "a\\x0a\n\xff"));
}

static void what_has_its_name_by_now_is_not_replaced(void)
{
	OWNED_BENCH struct bench bench;
	OWNED_MEM char *content = NULL;

	clock_freeze(INT64_C(1553688000000000));
	bench_open(&bench, "EFT_1.pdf");
	drops_write(&bench.drops, FOLDER "EFT_1.pdf", "another");
	want(&bench, WISH_RELEASE);
	do_wanted(&bench);
	CU_ASSERT_EQUAL(bench.intake.state, INTAKE_QUARANTINED);
	CU_ASSERT_EQUAL(bench.intake.wanted, WISH_NONE);
	CU_ASSERT_PTR_NOT_NULL(strstr(bench.intake.reason, "a file of that name"));
	CU_ASSERT_TRUE(has_file(&bench) && has_reason(&bench));
	content = scratch_read(&bench.drops.scratch, "drop/" FOLDER "EFT_1.pdf");
	CU_ASSERT_PTR_NOT_NULL_FATAL(content);
	CU_ASSERT_STRING_EQUAL(content, "another");
	clock_freeze(0);
}

static void a_discarded_file_is_gone_and_its_row_says_so(void)
{
	OWNED_BENCH struct bench bench;

	clock_freeze(INT64_C(1553688000000000));
	bench_open(&bench, "EFT_1.pdf");
	want(&bench, WISH_DISCARD);
	do_wanted(&bench);
	CU_ASSERT_EQUAL(bench.intake.state, INTAKE_DISCARDED);
	CU_ASSERT_STRING_EQUAL(bench.intake.reason, "for a test");
	CU_ASSERT_FALSE(has_file(&bench) || has_reason(&bench));
	CU_ASSERT_EQUAL(drops_number(&bench.drops,
	                    "SELECT COUNT(*) FROM event WHERE what = 'letter.discarded'"),
	    1);
	clock_freeze(0);
}

static void a_discarded_folder_goes_with_all_that_is_in_it(void)
{
	OWNED_BENCH struct bench bench;
	struct err err;

	clock_freeze(INT64_C(1553688000000000));
	bench_open(&bench, "x");
	drops_run(&bench.drops, "DELETE FROM intake");
	drops_run(&bench.drops, "UPDATE sequence SET next = 1 WHERE name = 'letter'");
	CU_ASSERT_EQUAL(
	    file_make_folder(bench.drops.spool.drop_fd, FOLDER "folder/inner", 0770, &err), 0);
	drops_write(&bench.drops, FOLDER "folder/inner/file", "x");
	refuse(&bench, "folder");
	CU_ASSERT_TRUE(has_file(&bench));
	want(&bench, WISH_DISCARD);
	do_wanted(&bench);
	CU_ASSERT_EQUAL(bench.intake.state, INTAKE_DISCARDED);
	CU_ASSERT_FALSE(has_file(&bench));
	clock_freeze(0);
}

/* A process died between moving the file and telling the catalog. */
static void what_was_moved_before_a_crash_is_finished_and_not_quarantined_again(void)
{
	OWNED_BENCH struct bench bench;
	struct err err;

	bench_open(&bench, "EFT_1.pdf");
	want(&bench, WISH_RELEASE);
	look_up(&bench);
	CU_ASSERT_EQUAL(renameat(bench.drops.spool.root_fd, bench.intake.path,
	                    bench.drops.spool.drop_fd, FOLDER "EFT_1.pdf"),
	    0);
	CU_ASSERT_EQUAL(quarantine_recover(&bench.drops.spool, bench.drops.arrivals, &err), 0);
	CU_ASSERT_TRUE(drops_has(&bench.drops, "drop/" FOLDER "EFT_1.pdf"));
	do_wanted(&bench);
	CU_ASSERT_EQUAL(bench.intake.state, INTAKE_HELD);
}

static void a_file_that_somebody_took_away_is_told_as_gone(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench, "EFT_1.pdf");
	CU_ASSERT_EQUAL(unlinkat(bench.drops.spool.root_fd, bench.intake.path, 0), 0);
	want(&bench, WISH_RELEASE);
	do_wanted(&bench);
	CU_ASSERT_EQUAL(bench.intake.state, INTAKE_GONE);
}

/* The drop folder is a file system of its own, as it may be. */
static void across_file_systems_the_same_bytes_come_back(void)
{
	OWNED_BENCH struct bench bench;
	OWNED_MEM char *content = NULL;
	struct scratch other = {.fd = -1};
	int ours;

	clock_freeze(INT64_C(1553688000000000));
	bench_open(&bench, "EFT_1.pdf");
	if (drops_other_file_system(&bench.drops, &other)) {
		ours = bench.drops.spool.drop_fd;
		bench.drops.spool.drop_fd = other.fd;
		want(&bench, WISH_RELEASE);
		do_wanted(&bench);
		CU_ASSERT_EQUAL(bench.intake.state, INTAKE_HELD);
		CU_ASSERT_FALSE(has_file(&bench));
		content = scratch_read(&other, FOLDER "EFT_1.pdf");
		CU_ASSERT_PTR_NOT_NULL_FATAL(content);
		CU_ASSERT_STRING_EQUAL(content, "it");
		bench.drops.spool.drop_fd = ours;
		scratch_close(&other);
	}
	clock_freeze(0);
}

/* What could not be moved away was hidden in its folder. */
static void what_was_hidden_gets_its_name_back(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench, "EFT_1.pdf");
	CU_ASSERT_EQUAL(renameat(bench.drops.spool.root_fd, bench.intake.path,
	                    bench.drops.spool.drop_fd, FOLDER ".1.quarantined"),
	    0);
	want(&bench, WISH_RELEASE);
	do_wanted(&bench);
	CU_ASSERT_EQUAL(bench.intake.state, INTAKE_HELD);
	CU_ASSERT_TRUE(drops_has(&bench.drops, "drop/" FOLDER "EFT_1.pdf"));
	CU_ASSERT_FALSE(drops_has(&bench.drops, "drop/" FOLDER ".1.quarantined"));
}

/* A job put a link in the place of the folder: nothing is made or put behind it. */
static void a_link_in_the_place_of_the_folder_is_not_followed(void)
{
	OWNED_BENCH struct bench bench;
	int drop_fd;

	bench_open(&bench, "EFT_1.pdf");
	drop_fd = bench.drops.spool.drop_fd;
	drops_run(&bench.drops, "UPDATE intake SET class = 'trade-files'");
	CU_ASSERT_EQUAL(mkdirat(bench.drops.scratch.fd, "outside", 0770), 0);
	CU_ASSERT_EQUAL(renameat(drop_fd, DROPS_AVRS_ID, drop_fd, "moved"), 0);
	CU_ASSERT_EQUAL(symlinkat("../outside", drop_fd, DROPS_AVRS_ID), 0);
	want(&bench, WISH_RELEASE);
	do_wanted(&bench);
	CU_ASSERT_EQUAL(bench.intake.state, INTAKE_QUARANTINED);
	CU_ASSERT_TRUE(drops_has(&bench.drops, bench.intake.path));
	CU_ASSERT_FALSE(drops_has(&bench.drops, "outside/trade-files"));
}

/* The folder was removed: it is the group's again, whatever the umask says. */
static void a_folder_that_is_gone_is_made_for_jobs(void)
{
	OWNED_BENCH struct bench bench;
	struct stat st = {0};
	mode_t before = umask(077);

	bench_open(&bench, "EFT_1.pdf");
	CU_ASSERT_EQUAL(unlinkat(bench.drops.spool.drop_fd, DROPS_AVRS_ID, AT_REMOVEDIR), 0);
	want(&bench, WISH_RELEASE);
	do_wanted(&bench);
	(void)umask(before);
	CU_ASSERT_EQUAL(bench.intake.state, INTAKE_HELD);
	CU_ASSERT_EQUAL(fstatat(bench.drops.spool.drop_fd, DROPS_AVRS_ID, &st, 0), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0770);
}

/* The catalog says no: the file is not left where it would be taken for a new one. */
static void without_its_row_nothing_is_released(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench, "EFT_1.pdf");
	want(&bench, WISH_RELEASE);
	drops_refuse(&bench.drops, "UPDATE", "intake", "NEW.state = 'held'");
	do_wanted(&bench);
	CU_ASSERT_EQUAL(bench.intake.state, INTAKE_QUARANTINED);
	CU_ASSERT_EQUAL(bench.intake.wanted, WISH_RELEASE);
	CU_ASSERT_FALSE(drops_has(&bench.drops, "drop/" FOLDER "EFT_1.pdf"));
	drops_allow(&bench.drops, "intake");
	do_wanted(&bench);
	CU_ASSERT_EQUAL(bench.intake.state, INTAKE_HELD);
	CU_ASSERT_TRUE(drops_has(&bench.drops, "drop/" FOLDER "EFT_1.pdf"));
}

/* All of a night's letters, say: watchd looks at everything else in between. */
static void very_many_are_released_some_at_a_time(void)
{
	enum { MANY = 250, AT_MOST = 100 };
	OWNED_BENCH struct bench bench;
	const struct actor actor = {"test", "operator test"};
	int64_t at = 0;
	struct err err;

	bench_open(&bench, "EFT_1.pdf");
	for (int64_t id = 2; id <= MANY; id++) {
		char path[64];

		(void)snprintf(path, sizeof(path), FOLDER "EFT_%d.pdf", (int)id);
		drops_write(&bench.drops, path, "it");
		refuse(&bench, strchr(path, '/') + 1);
	}
	for (int64_t id = 1; id <= MANY; id++)
		CU_ASSERT_EQUAL(
		    intake_want(bench.drops.spool.catalog, &actor, id, WISH_RELEASE, &err), 0);
	for (int released = 0; released < MANY; released += AT_MOST) {
		int64_t before = catalog_statements(bench.drops.spool.catalog);
		int64_t most = released + AT_MOST < MANY ? released + AT_MOST : MANY;

		CU_ASSERT_EQUAL(release_wanted(&bench.drops.spool, bench.holds, &at, &err), 0);
		CU_ASSERT_EQUAL(
		    drops_number(&bench.drops, "SELECT COUNT(*) FROM intake WHERE state = 'held'"),
		    most);
		CU_ASSERT_EQUAL(at, most < MANY ? most : 0);
		CU_ASSERT_TRUE(
		    catalog_statements(bench.drops.spool.catalog) - before < 10 * AT_MOST);
	}
}

/* The others' rows are changed with it, but must not stay as they are for it. */
static void one_that_the_catalog_refuses_keeps_back_no_other(void)
{
	OWNED_BENCH struct bench bench;
	const struct actor actor = {"test", "operator test"};
	struct err err;

	bench_open(&bench, "EFT_1.pdf");
	drops_write(&bench.drops, FOLDER "EFT_2.pdf", "it");
	refuse(&bench, "EFT_2.pdf");
	for (int64_t id = 1; id <= 2; id++)
		CU_ASSERT_EQUAL(
		    intake_want(bench.drops.spool.catalog, &actor, id, WISH_RELEASE, &err), 0);
	drops_refuse(&bench.drops, "UPDATE", "intake", "NEW.state = 'held' AND NEW.id = 1");
	do_wanted(&bench);
	CU_ASSERT_EQUAL(bench.intake.state, INTAKE_QUARANTINED);
	CU_ASSERT_FALSE(drops_has(&bench.drops, "drop/" FOLDER "EFT_1.pdf"));
	CU_ASSERT_TRUE(drops_has(&bench.drops, "drop/" FOLDER "EFT_2.pdf"));
	CU_ASSERT_EQUAL(
	    drops_number(&bench.drops, "SELECT id FROM intake WHERE state = 'held'"), 2);
	drops_allow(&bench.drops, "intake");
	do_wanted(&bench);
	CU_ASSERT_EQUAL(bench.intake.state, INTAKE_HELD);
}

void add_suite_release(CU_pSuite suite)
{
	TEST(very_many_are_released_some_at_a_time);
	TEST(one_that_the_catalog_refuses_keeps_back_no_other);
	TEST(a_released_file_is_where_it_was_dropped_and_keeps_its_id);
	TEST(a_name_of_any_bytes_comes_back_as_it_was);
	TEST(what_has_its_name_by_now_is_not_replaced);
	TEST(a_discarded_file_is_gone_and_its_row_says_so);
	TEST(a_discarded_folder_goes_with_all_that_is_in_it);
	TEST(what_was_moved_before_a_crash_is_finished_and_not_quarantined_again);
	TEST(a_file_that_somebody_took_away_is_told_as_gone);
	TEST(across_file_systems_the_same_bytes_come_back);
	TEST(what_was_hidden_gets_its_name_back);
	TEST(a_link_in_the_place_of_the_folder_is_not_followed);
	TEST(a_folder_that_is_gone_is_made_for_jobs);
	TEST(without_its_row_nothing_is_released);
}
