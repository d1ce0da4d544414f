/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/number.h"
#include "base/text.h"
#include "batch/watch.h"
#include "tests/lib/scratch.h"
#include "tests/unit/suite.h"

void add_suite_watch(CU_pSuite suite);

#define ID    "123456789"
#define OTHER "987654321"

/* A drop folder, watched and scanned once. */
struct bench {
	struct scratch scratch;
	int drop_fd;
	struct arrivals *arrivals;
	struct watcher *watcher;
};

static void scan_all(struct bench *bench)
{
	while (watcher_scan_more(bench->watcher))
		;
}

/* Take in all there is to know. */
static void look(struct bench *bench)
{
	struct err err;

	CU_ASSERT_EQUAL(watcher_read(bench->watcher, &err), 0);
	scan_all(bench);
}

static void bench_open(struct bench *bench)
{
	struct err err;

	log_open("unit", LOG_LEVEL_ERROR);
	scratch_open(&bench->scratch);
	CU_ASSERT_EQUAL(mkdirat(bench->scratch.fd, "drop", 0770), 0);
	CU_ASSERT_EQUAL(mkdirat(bench->scratch.fd, "aside", 0770), 0);
	CU_ASSERT_EQUAL_FATAL(
	    file_open_folder(bench->scratch.fd, "drop", &bench->drop_fd, &err), 0);
	bench->arrivals = arrivals_new();
	CU_ASSERT_EQUAL_FATAL(
	    watcher_new(bench->drop_fd, bench->arrivals, &bench->watcher, &err), 0);
	CU_ASSERT_EQUAL(watcher_scan(bench->watcher, &err), 0);
	scan_all(bench);
}

static void bench_close(struct bench *bench)
{
	watcher_free(bench->watcher);
	arrivals_free(bench->arrivals);
	(void)close(bench->drop_fd);
	scratch_close(&bench->scratch);
}
#define OWNED_BENCH OWNED(bench_close)

static void make_folder(const struct bench *bench, const char *path)
{
	CU_ASSERT_EQUAL(mkdirat(bench->scratch.fd, path, 0770), 0);
}

static void write_file(const struct bench *bench, const char *path)
{
	OWNED_FD int fd =
	    openat(bench->scratch.fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0660);

	CU_ASSERT(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, "x", 1), 1);
}

static void move(const struct bench *bench, const char *from, const char *to)
{
	CU_ASSERT_EQUAL(renameat(bench->scratch.fd, from, bench->scratch.fd, to), 0);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What is queued, sorted: "<AVRS-ID> <name>", with a "/" behind the ID of trade files. */
static void expect(struct bench *bench, const char *expected)
{
	OWNED_BUFFER struct buffer found = BUFFER(1024 * 1024);
	char *lines[64];
	size_t count = 0;
	struct arrival *arrival;

	while (count < COUNT(lines) && (arrival = arrivals_take(bench->arrivals, false)) != NULL) {
		struct buffer line = BUFFER(4096);

		buffer_print(&line, "%s%s %s\n", arrival->avrs_id,
		    arrival->class == CLASS_TRADE_FILES ? "/" : "", arrival->name);
		lines[count++] = line.data;
		free(arrival);
	}
	qsort(lines, count, sizeof(lines[0]), compare);
	for (size_t i = 0; i < count; i++) {
		buffer_add_text(&found, lines[i]);
		free(lines[i]);
	}
	CU_ASSERT_STRING_EQUAL(buffer_text(&found), expected);
	if (strcmp(buffer_text(&found), expected) != 0)
		(void)fprintf(stderr, "expected:\n%sfound:\n%s", expected, buffer_text(&found));
}

static void rescan(struct bench *bench)
{
	struct err err;

	CU_ASSERT_EQUAL(watcher_scan(bench->watcher, &err), 0);
	scan_all(bench);
}

static void a_scan_finds_what_is_there(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	make_folder(&bench, "drop/" ID);
	make_folder(&bench, "drop/" ID "/trade-files");
	make_folder(&bench, "drop/" ID "/nested");
	make_folder(&bench, "drop/" ID "/trade-files/trade-files");
	make_folder(&bench, "drop/publications");
	make_folder(&bench, "drop/12345678");
	make_folder(&bench, "drop/trade-files");
	write_file(&bench, "drop/" ID "/EFT_1.pdf");
	write_file(&bench, "drop/" ID "/a\nb");
	write_file(&bench, "drop/" ID "/trade-files/RA.835");
	write_file(&bench, "drop/publications/x");
	write_file(&bench, "drop/misplaced.pdf");
	rescan(&bench);
	/* What is out of place is looked at as well, so that it is refused. */
	expect(&bench, " 12345678\n"
	               " misplaced.pdf\n"
	               " trade-files\n" ID " EFT_1.pdf\n" ID " a\nb\n" ID " nested\n" ID
	               "/ RA.835\n" ID "/ trade-files\n");
	CU_ASSERT_EQUAL(watcher_folders(bench.watcher), 3);
	CU_ASSERT_EQUAL(watcher_polled(bench.watcher), 0);
}

static void what_is_still_being_written_is_passed_over(void)
{
	static const char *const names[] = {".hidden", ".a.pdf.swp", "a.tmp", "a.part", "a.partial",
	    "a.filepart", "a.writing", "a.inprogress", "a~", ".x.taken", ".taken"};
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	make_folder(&bench, "drop/" ID);
	look(&bench);
	for (size_t i = 0; i < COUNT(names); i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "drop/" ID "/%s", names[i]);
		write_file(&bench, path);
	}
	look(&bench);
	expect(&bench, "");
	rescan(&bench);
	expect(&bench, "");
	/* The rest of a posting is told by a scan. */
	write_file(&bench, "drop/" ID "/.17.taken");
	look(&bench);
	expect(&bench, "");
	rescan(&bench);
	expect(&bench, ID " .17.taken\n");
	/* So is a control file that was accepted: in the drop root, where they are. */
	write_file(&bench, "drop/.night.batch.csv.taken");
	write_file(&bench, "drop/" ID "/.night.batch.csv.taken");
	rescan(&bench);
	expect(&bench, " .night.batch.csv.taken\n" ID " .17.taken\n");
	/* Finished, it gets its name. */
	move(&bench, "drop/" ID "/a.part", "drop/" ID "/a");
	look(&bench);
	expect(&bench, ID " a\n");
}

static void events_tell_of_whatever_comes(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	make_folder(&bench, "drop/" ID);
	look(&bench);
	write_file(&bench, "drop/" ID "/written");
	write_file(&bench, "aside/moved");
	move(&bench, "aside/moved", "drop/" ID "/moved");
	CU_ASSERT_EQUAL(symlinkat("/etc/passwd", bench.scratch.fd, "drop/" ID "/link"), 0);
	CU_ASSERT_EQUAL(mkfifoat(bench.scratch.fd, "drop/" ID "/fifo", 0600), 0);
	make_folder(&bench, "drop/" ID "/folder");
	CU_ASSERT_EQUAL(
	    linkat(bench.scratch.fd, "drop/" ID "/moved", bench.scratch.fd, "drop/linked", 0), 0);
	look(&bench);
	expect(&bench,
	    " linked\n" ID " fifo\n" ID " folder\n" ID " link\n" ID " moved\n" ID " written\n");
	/* Written to again, it is told of again. */
	write_file(&bench, "drop/" ID "/written");
	look(&bench);
	expect(&bench, ID " written\n");
	look(&bench);
	expect(&bench, "");
}

static void a_new_folder_may_have_files_already(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	make_folder(&bench, "drop/" ID);
	make_folder(&bench, "drop/" ID "/trade-files");
	write_file(&bench, "drop/" ID "/early");
	write_file(&bench, "drop/" ID "/trade-files/early");
	look(&bench);
	expect(&bench, ID " early\n" ID "/ early\n");
	write_file(&bench, "drop/" ID "/late");
	write_file(&bench, "drop/" ID "/trade-files/late");
	look(&bench);
	expect(&bench, ID " late\n" ID "/ late\n");
	/* One that was made ready elsewhere, and comes as a whole. */
	make_folder(&bench, "aside/" OTHER);
	make_folder(&bench, "aside/" OTHER "/trade-files");
	write_file(&bench, "aside/" OTHER "/ready");
	write_file(&bench, "aside/" OTHER "/trade-files/ready");
	move(&bench, "aside/" OTHER, "drop/" OTHER);
	look(&bench);
	expect(&bench, OTHER " ready\n" OTHER "/ ready\n");
}

static void the_trade_files_folder_may_come_later(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	make_folder(&bench, "drop/" ID);
	look(&bench);
	CU_ASSERT_EQUAL(watcher_folders(bench.watcher), 2);
	make_folder(&bench, "drop/" ID "/trade-files");
	write_file(&bench, "drop/" ID "/trade-files/early");
	look(&bench);
	expect(&bench, ID "/ early\n");
	CU_ASSERT_EQUAL(watcher_folders(bench.watcher), 3);
	write_file(&bench, "drop/" ID "/trade-files/late");
	look(&bench);
	expect(&bench, ID "/ late\n");
}

static void a_folder_may_be_removed_and_made_again(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	for (int i = 0; i < 3; i++) {
		make_folder(&bench, "drop/" ID);
		look(&bench);
		write_file(&bench, "drop/" ID "/a");
		look(&bench);
		expect(&bench, ID " a\n");
		CU_ASSERT_EQUAL(unlinkat(bench.scratch.fd, "drop/" ID "/a", 0), 0);
		CU_ASSERT_EQUAL(unlinkat(bench.scratch.fd, "drop/" ID, AT_REMOVEDIR), 0);
		/* Sometimes the news of both come together. */
		if (i == 0)
			look(&bench);
	}
	look(&bench);
	rescan(&bench);
	CU_ASSERT_EQUAL(watcher_folders(bench.watcher), 1);
}

/* A watched folder is removed while somebody stands in it, and made again with a file in it. */
static void make_anew(struct bench *bench, int *ret_old_fd)
{
	struct err err;

	make_folder(bench, "drop/" ID);
	look(bench);
	CU_ASSERT_EQUAL(file_open_folder(bench->scratch.fd, "drop/" ID, ret_old_fd, &err), 0);
	CU_ASSERT_EQUAL(unlinkat(bench->scratch.fd, "drop/" ID, AT_REMOVEDIR), 0);
	make_folder(bench, "drop/" ID);
	write_file(bench, "drop/" ID "/a");
}

/* Somebody still stands in the removed one, so the kernel does not tell that it is gone. */
static void a_folder_made_again_is_watched_while_the_old_one_is_in_use(void)
{
	OWNED_BENCH struct bench bench;
	OWNED_FD int old_fd = -1;

	bench_open(&bench);
	make_anew(&bench, &old_fd);
	look(&bench);
	expect(&bench, ID " a\n");
	write_file(&bench, "drop/" ID "/b");
	look(&bench);
	expect(&bench, ID " b\n");
	/* Nor does it end the watching that the old one goes at last. */
	clean_fd(&old_fd);
	old_fd = -1;
	look(&bench);
	write_file(&bench, "drop/" ID "/c");
	look(&bench);
	expect(&bench, ID " c\n");
	CU_ASSERT_EQUAL(watcher_folders(bench.watcher), 2);
}

/* The news of the new one come first then. */
static void a_folder_made_again_is_found_when_the_old_one_goes_after_it(void)
{
	OWNED_BENCH struct bench bench;
	int old_fd = -1;

	bench_open(&bench);
	make_anew(&bench, &old_fd);
	(void)close(old_fd);
	look(&bench);
	expect(&bench, ID " a\n");
	write_file(&bench, "drop/" ID "/b");
	look(&bench);
	expect(&bench, ID " b\n");
	CU_ASSERT_EQUAL(watcher_folders(bench.watcher), 2);
}

static void a_folder_that_gets_another_avrs_id_is_that_ones(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	make_folder(&bench, "drop/" ID);
	make_folder(&bench, "drop/" ID "/trade-files");
	look(&bench);
	write_file(&bench, "drop/" ID "/a");
	write_file(&bench, "drop/" ID "/trade-files/b");
	look(&bench);
	expect(&bench, ID " a\n" ID "/ b\n");
	move(&bench, "drop/" ID, "drop/" OTHER);
	look(&bench);
	expect(&bench, OTHER " a\n" OTHER "/ b\n");
	write_file(&bench, "drop/" OTHER "/c");
	write_file(&bench, "drop/" OTHER "/trade-files/d");
	look(&bench);
	expect(&bench, OTHER " c\n" OTHER "/ d\n");
	rescan(&bench);
	expect(&bench, OTHER " a\n" OTHER " c\n" OTHER "/ b\n" OTHER "/ d\n");
	CU_ASSERT_EQUAL(watcher_folders(bench.watcher), 3);
	/* Moved away, it is nobody's. */
	move(&bench, "drop/" OTHER, "aside/" OTHER);
	look(&bench);
	write_file(&bench, "aside/" OTHER "/e");
	look(&bench);
	rescan(&bench);
	expect(&bench, "");
	CU_ASSERT_EQUAL(watcher_folders(bench.watcher), 1);
}

static void without_its_drop_folder_it_cannot_go_on(void)
{
	OWNED_BENCH struct bench removed;
	OWNED_BENCH struct bench moved;
	struct err err;

	bench_open(&removed);
	CU_ASSERT_EQUAL(unlinkat(removed.scratch.fd, "drop", AT_REMOVEDIR), 0);
	CU_ASSERT_EQUAL(watcher_scan(removed.watcher, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_GONE);
	bench_open(&moved);
	move(&moved, "drop", "aside/drop");
	CU_ASSERT_EQUAL(watcher_read(moved.watcher, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_GONE);
}

static int64_t read_number(const char *path)
{
	OWNED_BUFFER struct buffer text = BUFFER(8192);
	int64_t number = INT64_MAX;
	struct err err;

	if (file_read(AT_FDCWD, path, &text, &err) < 0)
		return number;
	text.data[strcspn(text.data, "\n")] = '\0';
	(void)number_parse(buffer_text(&text), &number, &err);
	return number;
}

/* Two files in turn: the kernel keeps equal events in a row as one. */
static void overflow(const struct bench *bench, int64_t events)
{
	for (int64_t i = 0; i < events; i++) {
		int fd = openat(bench->scratch.fd, i % 2 ? "drop/" ID "/a" : "drop/" ID "/b",
		    O_WRONLY | O_CREAT | O_CLOEXEC, 0660);

		(void)close(fd);
	}
}

static void after_an_overflow_everything_is_scanned(void)
{
	int64_t kept = read_number("/proc/sys/fs/inotify/max_queued_events");
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	make_folder(&bench, "drop/" ID);
	look(&bench);
	if (kept > 100000)
		return; /* too many to be quick */
	overflow(&bench, kept + 10);
	write_file(&bench, "drop/" ID "/lost");
	make_folder(&bench, "drop/" OTHER);
	write_file(&bench, "drop/" OTHER "/lost");
	look(&bench);
	expect(&bench, ID " a\n" ID " b\n" ID " lost\n" OTHER " lost\n");
	write_file(&bench, "drop/" OTHER "/c");
	look(&bench);
	expect(&bench, OTHER " c\n");
}

static void a_scan_goes_on_in_slices(void)
{
	enum { FOLDERS = 450 };
	OWNED_BENCH struct bench bench;
	struct err err;
	int slices = 1;

	bench_open(&bench);
	for (int i = 0; i < FOLDERS; i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "drop/%09d", i);
		make_folder(&bench, path);
		(void)snprintf(path, sizeof(path), "drop/%09d/a", i);
		write_file(&bench, path);
	}
	CU_ASSERT_EQUAL(watcher_scan(bench.watcher, &err), 0);
	while (watcher_scan_more(bench.watcher)) {
		CU_ASSERT(arrivals_count(bench.arrivals) < FOLDERS);
		slices++;
	}
	CU_ASSERT(slices > 2);
	CU_ASSERT_EQUAL(arrivals_count(bench.arrivals), FOLDERS);
	CU_ASSERT_EQUAL(watcher_folders(bench.watcher), FOLDERS + 1);
}

static void write_proc(const char *path, const char *text)
{
	OWNED_FD int fd = open(path, O_WRONLY | O_CLOEXEC);

	(void)!write(fd, text, strlen(text));
}

/* In a user namespace of its own a process can have a limit of its own. */
static bool limit_watches(const char *most)
{
	char map[64];
	unsigned uid = geteuid();
	unsigned gid = getegid();

	if (unshare(CLONE_NEWUSER) < 0)
		return false;
	write_proc("/proc/self/setgroups", "deny");
	(void)snprintf(map, sizeof(map), "%u %u 1", uid, uid);
	write_proc("/proc/self/uid_map", map);
	(void)snprintf(map, sizeof(map), "%u %u 1", gid, gid);
	write_proc("/proc/self/gid_map", map);
	write_proc("/proc/sys/user/max_inotify_watches", most);
	return read_number("/proc/sys/user/max_inotify_watches") < 10;
}

static void poll_all(struct bench *bench)
{
	watcher_poll(bench->watcher);
	scan_all(bench);
}

static void poll_beyond_two_watches(void)
{
	static const struct timespec before[] = {{.tv_sec = 1553688000}, {.tv_sec = 1553688000}};
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	make_folder(&bench, "drop/" ID);
	make_folder(&bench, "drop/" OTHER);
	look(&bench);
	CU_ASSERT_EQUAL(watcher_folders(bench.watcher), 3);
	CU_ASSERT_EQUAL(watcher_polled(bench.watcher), 1);
	write_file(&bench, "drop/" ID "/a");
	write_file(&bench, "drop/" OTHER "/a");
	look(&bench);
	poll_all(&bench);
	expect(&bench, ID " a\n" OTHER " a\n");
	/* A modification time is as coarse as a tick of the kernel: it may not change for this. */
	write_file(&bench, "drop/" OTHER "/b");
	poll_all(&bench);
	expect(&bench, OTHER " a\n" OTHER " b\n");
	/* Nothing came for a while. */
	CU_ASSERT_EQUAL(utimensat(bench.scratch.fd, "drop/" OTHER, before, 0), 0);
	poll_all(&bench);
	expect(&bench, OTHER " a\n" OTHER " b\n");
	poll_all(&bench);
	expect(&bench, "");
	/* A scan of everything asks for watches again, and takes what there is. */
	rescan(&bench);
	CU_ASSERT_EQUAL(watcher_polled(bench.watcher), 1);
	write_proc("/proc/sys/user/max_inotify_watches", "9");
	rescan(&bench);
	CU_ASSERT_EQUAL(watcher_polled(bench.watcher), 0);
}

/* In a child: what it asserts is counted there only, so it tells how much of that failed. */
static int poll_beyond_the_limit(void)
{
	unsigned before = CU_get_number_of_failures();

	if (limit_watches("2"))
		poll_beyond_two_watches();
	return (int)(CU_get_number_of_failures() - before);
}

static void folders_beyond_the_limit_are_polled(void)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(poll_beyond_the_limit());
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT_EQUAL(status, 0);
}

/* Root may read everything, so only others see this. */
static void a_folder_that_cannot_be_read_is_found_again_when_it_is_mended(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	if (geteuid() == 0)
		return;
	make_folder(&bench, "drop/" ID);
	write_file(&bench, "drop/" ID "/a");
	CU_ASSERT_EQUAL(fchmodat(bench.scratch.fd, "drop/" ID, 0, 0), 0);
	look(&bench);
	expect(&bench, "");
	CU_ASSERT_EQUAL(fchmodat(bench.scratch.fd, "drop/" ID, 0770, 0), 0);
	rescan(&bench);
	expect(&bench, ID " a\n");
}

void add_suite_watch(CU_pSuite suite)
{
	TEST(a_scan_finds_what_is_there);
	TEST(what_is_still_being_written_is_passed_over);
	TEST(events_tell_of_whatever_comes);
	TEST(a_new_folder_may_have_files_already);
	TEST(the_trade_files_folder_may_come_later);
	TEST(a_folder_may_be_removed_and_made_again);
	TEST(a_folder_made_again_is_watched_while_the_old_one_is_in_use);
	TEST(a_folder_made_again_is_found_when_the_old_one_goes_after_it);
	TEST(a_folder_that_gets_another_avrs_id_is_that_ones);
	TEST(without_its_drop_folder_it_cannot_go_on);
	TEST(after_an_overflow_everything_is_scanned);
	TEST(a_scan_goes_on_in_slices);
	TEST(folders_beyond_the_limit_are_polled);
	TEST(a_folder_that_cannot_be_read_is_found_again_when_it_is_mended);
}
