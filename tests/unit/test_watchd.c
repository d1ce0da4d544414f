/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/notify.h"
#include "base/process.h"
#include "batch/watchd.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_watchd(CU_pSuite suite);

enum { PATIENCE_MS = 10000 };

/* A spool, and the daemon on it, if it runs. What it logs goes to watchd.log. */
struct bench {
	struct drops drops;
	char settings[SCRATCH_PATH_MAX + 32];
	int notify_fd;
	struct process process;
};

static void bench_open(struct bench *bench)
{
	char path[SCRATCH_PATH_MAX + 32];
	struct err err;

	drops_open(&bench->drops, "drop.settle = 0s\ndrop.patience = 1s");
	(void)snprintf(bench->settings, sizeof(bench->settings), "%s/edelivery.conf",
	    bench->drops.scratch.path);
	(void)snprintf(path, sizeof(path), "%s/notify", bench->drops.scratch.path);
	bench->process = (struct process){0, -1};
	CU_ASSERT_EQUAL_FATAL(notify_listen(path, &bench->notify_fd, &err), 0);
}

static void bench_close(struct bench *bench)
{
	process_stop(&bench->process, PATIENCE_MS * 1000);
	(void)unsetenv("NOTIFY_SOCKET");
	(void)close(bench->notify_fd);
	drops_close(&bench->drops);
}
#define OWNED_BENCH OWNED(bench_close)

static bool wait_until_ready(const struct bench *bench)
{
	struct pollfd wait = {.fd = bench->notify_fd, .events = POLLIN};
	char text[256] = "";

	while (!strstr(text, "READY=1")) {
		if (poll(&wait, 1, PATIENCE_MS) != 1)
			return false;
		notify_receive(bench->notify_fd, text, sizeof(text));
	}
	return true;
}

/* Start it; it says when it serves. */
static void start(struct bench *bench)
{
	char path[PATH_MAX];
	const char *argv[] = {path, "-c", bench->settings, NULL};
	int before = dup(STDERR_FILENO);
	int log_fd =
	    openat(bench->drops.scratch.fd, "watchd.log", O_WRONLY | O_CREAT | O_APPEND, 0600);
	struct err err;

	CU_ASSERT_EQUAL(process_sibling("edelivery-watchd", path, sizeof(path), &err), 0);
	(void)dup2(log_fd, STDERR_FILENO);
	CU_ASSERT_EQUAL_FATAL(process_start(argv, NULL, 0, &bench->process, &err), 0);
	(void)dup2(before, STDERR_FILENO);
	(void)close(before);
	(void)close(log_fd);
	CU_ASSERT_TRUE(wait_until_ready(bench));
}

/* Tell it to stop. Its exit status. */
static int stop(struct bench *bench)
{
	struct pollfd wait = {.fd = bench->process.pidfd, .events = POLLIN};
	int status = -1;

	CU_ASSERT_EQUAL(kill(bench->process.pid, SIGTERM), 0);
	CU_ASSERT_EQUAL(poll(&wait, 1, PATIENCE_MS), 1);
	CU_ASSERT_TRUE(process_has_ended(&bench->process, &status));
	return status;
}

/* Until sql yields number, or for as long as there is patience. */
static bool comes_to(const struct bench *bench, const char *sql, int64_t number)
{
	for (int i = 0; i < PATIENCE_MS / 10; i++) {
		if (drops_number(&bench->drops, sql) == number)
			return true;
		(void)usleep(10000);
	}
	return false;
}

/* Until it has logged text, or for as long as there is patience. */
static bool comes_to_say(const struct bench *bench, const char *text)
{
	for (int i = 0; i < PATIENCE_MS / 10; i++) {
		OWNED_MEM char *log = scratch_read(&bench->drops.scratch, "watchd.log");

		if (log && strstr(log, text))
			return true;
		(void)usleep(10000);
	}
	return false;
}

static void what_is_dropped_before_and_after_the_start_is_posted(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	(void)scratch_account(&bench.drops.spool, "boss", DROPS_AVRS_ID, "master");
	drops_write(&bench.drops, DROPS_AVRS_ID "/EFT_1.pdf", DROPS_PDF);
	start(&bench);
	drops_write(&bench.drops, DROPS_AVRS_ID "/EFT_2.pdf", DROPS_PDF "2%%EOF\n");
	drops_write(&bench.drops, DROPS_AVRS_ID "/trade-files/RA.835", DROPS_X12);
	CU_ASSERT_TRUE(
	    comes_to(&bench, "SELECT COUNT(*) FROM letter WHERE electronic = 'posted'", 3));
	CU_ASSERT_EQUAL(stop(&bench), 0);
	CU_ASSERT_FALSE(drops_has(&bench.drops, "drop/" DROPS_AVRS_ID "/EFT_1.pdf"));
	CU_ASSERT_FALSE(drops_has(&bench.drops, "drop/" DROPS_AVRS_ID "/EFT_2.pdf"));
	CU_ASSERT_FALSE(drops_has(&bench.drops, "drop/" DROPS_AVRS_ID "/trade-files/RA.835"));
}

static void a_second_one_on_the_same_spool_is_refused(void)
{
	OWNED_BENCH struct bench bench;
	char process[32];
	struct err err;

	bench_open(&bench);
	start(&bench);
	CU_ASSERT_EQUAL(watchd_run(bench.settings, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_CONFLICT);
	(void)snprintf(process, sizeof(process), "process %d", (int)bench.process.pid);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, process));
	/* And the first goes on, until it is told to stop; then another may start. */
	CU_ASSERT_EQUAL(stop(&bench), 0);
	start(&bench);
	CU_ASSERT_EQUAL(stop(&bench), 0);
}

static void without_a_spool_it_does_not_start(void)
{
	OWNED_SCRATCH struct scratch scratch;
	char path[SCRATCH_PATH_MAX + 32];
	int before;
	struct err err;

	scratch_open(&scratch);
	before = drops_open_fds();
	(void)snprintf(path, sizeof(path), "%s/edelivery.conf", scratch.path);
	CU_ASSERT_EQUAL(watchd_run(path, &err), -1);
	scratch_write(&scratch, "edelivery.conf", "spool.root = /nowhere\n");
	CU_ASSERT_EQUAL(watchd_run(path, &err), -1);
	CU_ASSERT_EQUAL(drops_open_fds(), before);
}

/* R2: nobody has an account yet. Told to stop, it leaves the manifest of the day complete. */
static void a_letter_for_paper_is_in_the_manifest(void)
{
	OWNED_BENCH struct bench bench;
	OWNED_MEM char *text = NULL;
	char date[DATE_SIZE];
	char path[64];

	bench_open(&bench);
	start(&bench);
	drops_write(&bench.drops, DROPS_AVRS_ID "/EFT_1.pdf", DROPS_PDF);
	CU_ASSERT_TRUE(comes_to(&bench, "SELECT COUNT(*) FROM letter WHERE placed > 0", 1));
	CU_ASSERT_EQUAL(stop(&bench), 0);
	clock_print_date(drops_number(&bench.drops, "SELECT queued FROM letter"), date);
	(void)snprintf(path, sizeof(path), "paper/%s/manifest.csv", date);
	text = scratch_read(&bench.drops.scratch, path);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "EFT_1.pdf"));
}

/* Somebody has printed and removed a day's folder: letters are posted all the same. */
static void an_outbox_folder_that_is_gone_does_not_keep_it_from_starting(void)
{
	OWNED_BENCH struct bench bench;
	OWNED_MEM char *text = NULL;

	bench_open(&bench);
	drops_run(&bench.drops,
	    "INSERT INTO letter (id, avrs_id, class, type, name, dropped_name, size, sha256, crc32,"
	    " node, source_device, source_inode, source_changed, taken, paper, paper_date, placed)"
	    " VALUES (99, '" DROPS_AVRS_ID
	    "', 'edelivery', 'EFT', 'a', 'a', 1, '', 0, 'test', 0, 0,"
	    " 0, 1, 'queued', '2019-03-27', 1)");
	start(&bench);
	(void)scratch_account(&bench.drops.spool, "boss", DROPS_AVRS_ID, "master");
	drops_write(&bench.drops, DROPS_AVRS_ID "/EFT_1.pdf", DROPS_PDF);
	CU_ASSERT_TRUE(
	    comes_to(&bench, "SELECT COUNT(*) FROM letter WHERE electronic = 'posted'", 1));
	CU_ASSERT_EQUAL(stop(&bench), 0);
	text = scratch_read(&bench.drops.scratch, "watchd.log");
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "paper=2019-03-27"));
}

/* What cannot be posted yet, or at all, has a row that says why. */
static void what_is_not_posted_is_held_or_refused_with_a_reason(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	drops_write(&bench.drops, "987654321/EFT_1.pdf", DROPS_PDF);
	drops_write(&bench.drops, DROPS_AVRS_ID "/trade-files/RA.835", DROPS_X12);
	drops_write(&bench.drops, DROPS_AVRS_ID "/EFT_2.pdf", "no PDF");
	start(&bench);
	CU_ASSERT_TRUE(comes_to(&bench,
	    "SELECT COUNT(*) FROM intake WHERE (state = 'held' AND reason LIKE"
	    " 'AVRS ID 987654321 is not known%') OR (state = 'held' AND reason LIKE"
	    " '%trade files%') OR (state = 'quarantined' AND reason LIKE '%not a PDF%')",
	    3));
	/* What it waits for comes: nothing has to be dropped again. */
	(void)scratch_account(&bench.drops.spool, "boss", DROPS_AVRS_ID, "master");
	CU_ASSERT_TRUE(comes_to(&bench,
	    "SELECT COUNT(*) FROM letter WHERE electronic = 'posted' AND class = 'trade-files'",
	    1));
	CU_ASSERT_EQUAL(stop(&bench), 0);
	CU_ASSERT_TRUE(drops_has(&bench.drops, "drop/987654321/EFT_1.pdf"));
}

/* The alarm of a batch that stays short cannot be stored, and no file waits to be looked at. */
static void trouble_is_over_for_what_is_dropped_after_it(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	(void)scratch_account(&bench.drops.spool, "boss", DROPS_AVRS_ID, "master");
	drops_refuse(&bench.drops, "UPDATE", "batch", "NEW.alarmed IS NOT NULL");
	drops_write(&bench.drops, "night.batch.csv",
	    "avrs_id,class,name,size,sha256\n" DROPS_AVRS_ID ",edelivery,EFT_9.pdf,1,"
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n");
	start(&bench);
	CU_ASSERT_TRUE(comes_to_say(&bench, "nothing is posted for"));
	drops_allow(&bench.drops, "batch");
	CU_ASSERT_TRUE(comes_to(&bench, "SELECT COUNT(*) FROM batch WHERE alarmed IS NOT NULL", 1));
	drops_write(&bench.drops, DROPS_AVRS_ID "/EFT_1.pdf", DROPS_PDF);
	CU_ASSERT_TRUE(
	    comes_to(&bench, "SELECT COUNT(*) FROM letter WHERE electronic = 'posted'", 1));
	CU_ASSERT_EQUAL(stop(&bench), 0);
}

void add_suite_watchd(CU_pSuite suite)
{
	TEST(what_is_dropped_before_and_after_the_start_is_posted);
	TEST(a_second_one_on_the_same_spool_is_refused);
	TEST(without_a_spool_it_does_not_start);
	TEST(a_letter_for_paper_is_in_the_manifest);
	TEST(an_outbox_folder_that_is_gone_does_not_keep_it_from_starting);
	TEST(what_is_not_posted_is_held_or_refused_with_a_reason);
	TEST(trouble_is_over_for_what_is_dropped_after_it);
}
