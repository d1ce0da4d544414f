/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "base/mem.h"
#include "tests/lib/child.h"
#include "tests/lib/scratch.h"
#include "tests/unit/suite.h"

void add_suite_file(CU_pSuite suite);

static void opens_nothing_outside_of_the_folder(void)
{
	static const struct {
		const char *path;
		int flags;
		int error; /* 0: opens */
	} rows[] = {
	    {"a", O_RDONLY, 0},
	    {"in/b", O_RDONLY, 0},
	    {"in/../a", O_RDONLY, 0},
	    {".", O_RDONLY | O_DIRECTORY, 0},
	    {"..", O_RDONLY | O_DIRECTORY, EXDEV},
	    {"in/../../x", O_RDONLY, EXDEV},
	    {"/etc/passwd", O_RDONLY, EXDEV},
	    {"link", O_RDONLY, ELOOP},
	    {"away/passwd", O_RDONLY, ELOOP},
	    {"back/b", O_RDONLY, ELOOP},
	    {"none", O_RDONLY, ENOENT},
	    {"", O_RDONLY, ENOENT},
	};
	OWNED_SCRATCH struct scratch scratch;

	scratch_open(&scratch);
	CU_ASSERT_EQUAL(mkdirat(scratch.fd, "in", 0755), 0);
	scratch_write(&scratch, "a", "a");
	scratch_write(&scratch, "in/b", "b");
	CU_ASSERT_EQUAL(symlinkat("a", scratch.fd, "link"), 0);
	CU_ASSERT_EQUAL(symlinkat("/etc", scratch.fd, "away"), 0);
	CU_ASSERT_EQUAL(symlinkat("in", scratch.fd, "back"), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_FD int fd = -1;

		errno = 0;
		fd = file_open_beneath(scratch.fd, rows[i].path, rows[i].flags, 0);
		CU_ASSERT_EQUAL(fd < 0 ? errno : 0, rows[i].error);
		CU_ASSERT_TRUE(fd < 0 || fcntl(fd, F_GETFD) & FD_CLOEXEC);
	}
}

/* What a kernel before 5.6 answers to openat2(2), and what a filter does. */
static void forbid_openat2(const void *arg)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	struct err err = {.text = ""};

	CHILD_MUST(filter != NULL);
	CHILD_MUST(file_check_beneath(AT_FDCWD, &err) == 0);
	CHILD_MUST(seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint16_t) * (const int *)arg),
	               SCMP_SYS(openat2), 0) == 0);
	CHILD_MUST(seccomp_load(filter) == 0);
	seccomp_release(filter);
	CHILD_MUST(file_check_beneath(AT_FDCWD, &err) == -1);
	CHILD_MUST(err.kind == ERR_REFUSED);
	CHILD_MUST(strstr(err.text, "openat2(2)") && strstr(err.text, "RestrictSUIDSGID="));
	CHILD_MUST(strchr(err.text, '\n') == NULL);
}

static void says_where_nothing_can_be_opened_beneath(void)
{
	static const int answers[] = {ENOSYS, EPERM};
	OWNED_FD int root_fd = open("/", O_PATH | O_CLOEXEC);
	struct err err;

	for (size_t i = 0; i < COUNT(answers); i++)
		CU_ASSERT_TRUE(child_succeeds(forbid_openat2, &answers[i]));
	CU_ASSERT_EQUAL(file_check_beneath(root_fd, &err), 0);
	CU_ASSERT_EQUAL(file_check_beneath(-1, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_RETRY);
}

static void does_not_wait_for_the_writer_of_a_fifo(void)
{
	OWNED_SCRATCH struct scratch scratch;
	OWNED_FD int fd = -1;

	scratch_open(&scratch);
	CU_ASSERT_EQUAL(mkfifoat(scratch.fd, "fifo", 0600), 0);
	fd = file_open_beneath(scratch.fd, "fifo", O_RDONLY, 0);
	CU_ASSERT_TRUE(fd >= 0);
}

static void makes_files_of_the_mode_beneath(void)
{
	OWNED_SCRATCH struct scratch scratch;
	OWNED_FD int fd = -1;
	struct stat st;

	scratch_open(&scratch);
	fd = file_open_beneath(scratch.fd, "new", O_WRONLY | O_CREAT | O_EXCL, 0600);
	CU_ASSERT_EQUAL(fstat(fd, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode, S_IFREG | 0600);
}

static void knows_the_folder_that_a_path_stands_in(void)
{
	static const struct {
		const char *path;
		const char *parent;
	} rows[] = {
	    {"a", "."},
	    {"", "."},
	    {"a/b", "a"},
	    {"a/b/c", "a/b"},
	    {"./a", "."},
	    {"../a", ".."},
	    {"/a", "/"},
	    {"/", "/"},
	    {"/a/b", "/a"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char parent[PATH_MAX] = "x";

		file_parent(rows[i].path, parent);
		CU_ASSERT_STRING_EQUAL(parent, rows[i].parent);
	}
}

static void opens_folders_only_and_leaves_the_result_alone(void)
{
	static const char *const wrong[] = {"none", "file", "file/x", ""};
	OWNED_SCRATCH struct scratch scratch;
	OWNED_FD int folder = -1;
	struct err err;

	scratch_open(&scratch);
	scratch_write(&scratch, "file", "");
	for (size_t i = 0; i < COUNT(wrong); i++) {
		int fd = 42;

		err.kind = ERR_INTERNAL;
		CU_ASSERT_EQUAL(file_open_folder(scratch.fd, wrong[i], &fd, &err), -1);
		CU_ASSERT_EQUAL(err.kind, ERR_RETRY);
		CU_ASSERT_EQUAL(fd, 42);
		CU_ASSERT_EQUAL(file_sync_folder(scratch.fd, wrong[i], &err), -1);
	}
	CU_ASSERT_EQUAL(file_open_folder(scratch.fd, ".", &folder, &err), 0);
	CU_ASSERT_TRUE(fcntl(folder, F_GETFD) & FD_CLOEXEC);
	CU_ASSERT_EQUAL(file_sync_folder(scratch.fd, ".", &err), 0);
}

static void tells_what_cannot_be_made_durable(void)
{
	int ends[2];
	struct err err = {.kind = ERR_INTERNAL};

	CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
	CU_ASSERT_EQUAL(file_sync(ends[1], "letter", &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_UNSYNCED);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "letter"));
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void makes_folders_with_those_above_them(void)
{
	static const struct {
		const char *path;
		int result;
	} rows[] = {
	    {"a", 0},
	    {"a", 0},
	    {"a/b/c", 0},
	    {"d/e/", 0},
	    {"./f//g", 0},
	    {"link/h", 0},
	    {"file", -1},
	    {"file/x", -1},
	    {"a/file/x", -1},
	    {"nowhere", -1},
	};
	OWNED_SCRATCH struct scratch scratch;
	struct stat st;
	struct err err;

	scratch_open(&scratch);
	CU_ASSERT_EQUAL(file_make_folder(scratch.fd, "a", 0750, &err), 0);
	CU_ASSERT_EQUAL(fstatat(scratch.fd, "a", &st, 0), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07027, 0);
	scratch_write(&scratch, "file", "kept");
	scratch_write(&scratch, "a/file", "kept");
	CU_ASSERT_EQUAL(symlinkat("a", scratch.fd, "link"), 0);
	CU_ASSERT_EQUAL(symlinkat("none", scratch.fd, "nowhere"), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		CU_ASSERT_EQUAL(
		    file_make_folder(scratch.fd, rows[i].path, 0750, &err), rows[i].result);
		CU_ASSERT_EQUAL(
		    fstatat(scratch.fd, rows[i].path, &st, 0) == 0 && S_ISDIR(st.st_mode),
		    rows[i].result == 0);
	}
	CU_ASSERT_EQUAL(fstatat(scratch.fd, "a/h", &st, 0), 0);
}

static void refuses_a_path_that_is_too_long(void)
{
	OWNED_SCRATCH struct scratch scratch;
	char path[PATH_MAX + 1];
	struct err err = {.kind = ERR_INTERNAL};

	scratch_open(&scratch);
	memset(path, '/', sizeof(path) - 1);
	path[0] = 'a';
	path[sizeof(path) - 1] = '\0';
	CU_ASSERT_EQUAL(file_make_folder(scratch.fd, path, 0750, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_REFUSED);
	CU_ASSERT_NOT_EQUAL(faccessat(scratch.fd, "a", F_OK, 0), 0);
}

/* Content of that size, of which no two places look alike. */
static void fill(struct buffer *buffer, size_t size)
{
	for (unsigned number = 0; buffer->length < size; number++)
		buffer_add(buffer, &number,
		    size - buffer->length < sizeof(number) ? size - buffer->length
		                                           : sizeof(number));
}

static bool same(const struct buffer *a, const struct buffer *b)
{
	return a->length == b->length && memcmp(buffer_text(a), buffer_text(b), a->length) == 0;
}

static void reads_what_was_written_up_to_the_maximum(void)
{
	static const struct {
		size_t size;
		size_t max;
		int result;
	} rows[] = {
	    {0, 0, 0},
	    {0, 1, 0},
	    {1, 0, -1},
	    {10, 9, -1},
	    {10, 10, 0},
	    {10, 11, 0},
	    {4096, 4096, 0},
	    {4097, 4096, -1},
	    {100000, 99999, -1},
	    {100000, 100000, 0},
	    {100000, 1000000, 0},
	};
	OWNED_SCRATCH struct scratch scratch;

	scratch_open(&scratch);
	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_BUFFER struct buffer content = BUFFER(1000000);
		OWNED_BUFFER struct buffer got = BUFFER(rows[i].max);
		struct err err = {.kind = ERR_INTERNAL};

		fill(&content, rows[i].size);
		CU_ASSERT_EQUAL(file_replace(scratch.fd, "x", &content, 0600, &err), 0);
		CU_ASSERT_EQUAL(file_read(scratch.fd, "x", &got, &err), rows[i].result);
		CU_ASSERT_EQUAL(err.kind, rows[i].result < 0 ? ERR_REFUSED : ERR_INTERNAL);
		CU_ASSERT_EQUAL(same(&got, &content), rows[i].result == 0);
	}
}

static void adds_what_it_reads_to_what_is_there(void)
{
	OWNED_SCRATCH struct scratch scratch;
	OWNED_BUFFER struct buffer got = BUFFER(6);
	struct err err;

	scratch_open(&scratch);
	scratch_write(&scratch, "x", "def");
	buffer_add_text(&got, "abc");
	CU_ASSERT_EQUAL(file_read(scratch.fd, "x", &got, &err), 0);
	CU_ASSERT_STRING_EQUAL(buffer_text(&got), "abcdef");
}

static void says_whether_trying_again_helps_when_it_cannot_be_read(void)
{
	static const struct {
		const char *path;
		enum err_kind kind;
	} rows[] = {{"none", ERR_REFUSED}, {".", ERR_RETRY}, {"none/x", ERR_REFUSED}};
	OWNED_SCRATCH struct scratch scratch;

	scratch_open(&scratch);
	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_BUFFER struct buffer got = BUFFER(100);
		struct err err = {.kind = ERR_INTERNAL};

		CU_ASSERT_EQUAL(file_read(scratch.fd, rows[i].path, &got, &err), -1);
		CU_ASSERT_EQUAL(err.kind, rows[i].kind);
		CU_ASSERT_EQUAL(got.length, 0);
	}
}

static void interrupt(int number)
{
	(void)number;
}

/* A child that reads everything, slowly at first, and exits 0 if it was the content. */
static pid_t start_reader(const int ends[2], const struct buffer *expected)
{
	static const struct timespec pause = {.tv_nsec = 5000000};
	OWNED_BUFFER struct buffer got = BUFFER(8 * 1024 * 1024);
	char bytes[4096];
	ssize_t count;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)close(ends[1]);
	(void)alarm(20);
	while ((count = read(ends[0], bytes, sizeof(bytes))) > 0) {
		buffer_add(&got, bytes, (size_t)count);
		if (got.length < 16384)
			(void)nanosleep(&pause, NULL);
	}
	_exit(same(&got, expected) ? 0 : 1);
}

static void writes_everything_however_often_it_is_interrupted(void)
{
	struct sigaction caught = {.sa_handler = interrupt};
	struct sigaction before;
	struct itimerval often = {{.tv_usec = 2000}, {.tv_usec = 2000}};
	struct itimerval never = {{0, 0}, {0, 0}};
	OWNED_BUFFER struct buffer content = BUFFER(1024 * 1024);
	int ends[2];
	int status = -1;
	struct err err;
	pid_t pid;

	fill(&content, content.max);
	CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
	pid = start_reader(ends, &content);
	(void)close(ends[0]);
	CU_ASSERT_EQUAL(sigaction(SIGALRM, &caught, &before), 0);
	CU_ASSERT_EQUAL(setitimer(ITIMER_REAL, &often, NULL), 0);
	CU_ASSERT_EQUAL(file_write(ends[1], content.data, content.length, &err), 0);
	CU_ASSERT_EQUAL(setitimer(ITIMER_REAL, &never, NULL), 0);
	(void)close(ends[1]);
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT_EQUAL(status, 0);
	CU_ASSERT_EQUAL(sigaction(SIGALRM, &before, NULL), 0);
}

static void tells_when_it_cannot_write(void)
{
	OWNED_FD int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct err err = {.kind = ERR_INTERNAL};

	CU_ASSERT_EQUAL(file_write(fd, "", 0, &err), 0);
	CU_ASSERT_EQUAL(file_write(fd, "x", 1, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_RETRY);
}

static void removes_a_folder_with_all_that_is_in_it_and_nothing_behind_a_link(void)
{
	OWNED_SCRATCH struct scratch scratch;
	struct err err;

	scratch_open(&scratch);
	CU_ASSERT_EQUAL(file_make_folder(scratch.fd, "gone/inner/a/b/c/d", 0700, &err), 0);
	CU_ASSERT_EQUAL(file_make_folder(scratch.fd, "kept", 0700, &err), 0);
	scratch_write(&scratch, "gone/inner/file", "x");
	scratch_write(&scratch, "gone/inner/a/b/c/d/file", "x");
	scratch_write(&scratch, "kept/file", "x");
	CU_ASSERT_EQUAL(symlinkat("../kept", scratch.fd, "gone/link"), 0);
	CU_ASSERT_EQUAL(file_remove_all(scratch.fd, "gone", &err), 0);
	CU_ASSERT_EQUAL(faccessat(scratch.fd, "gone", F_OK, AT_SYMLINK_NOFOLLOW), -1);
	CU_ASSERT_EQUAL(faccessat(scratch.fd, "kept/file", F_OK, AT_SYMLINK_NOFOLLOW), 0);
	CU_ASSERT_EQUAL(file_remove_all(scratch.fd, "kept/file", &err), 0);
	CU_ASSERT_EQUAL(file_remove_all(scratch.fd, "kept/file", &err), 0);
	CU_ASSERT_EQUAL(file_remove_all(scratch.fd, "kept/none/file", &err), 0);
}

static void lets_one_hold_a_lock_and_tells_the_others_who(void)
{
	OWNED_SCRATCH struct scratch scratch;
	OWNED_FD int first = -1;
	int second = 42;
	struct err err = {.kind = ERR_INTERNAL};

	scratch_open(&scratch);
	scratch_write(&scratch, "lock", "somebody with a longer name\n");
	CU_ASSERT_EQUAL(file_lock(scratch.fd, "lock", "watchd 1", &first, &err), 0);
	CU_ASSERT_EQUAL(file_lock(scratch.fd, "lock", "watchd 2", &second, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_CONFLICT);
	CU_ASSERT_STRING_EQUAL(err.text, "lock is held by watchd 1");
	CU_ASSERT_EQUAL(second, 42);
	clean_fd(&first);
	first = -1;
	CU_ASSERT_EQUAL(file_lock(scratch.fd, "lock", "watchd 3", &first, &err), 0);
	CU_ASSERT_EQUAL(file_lock(scratch.fd, "lock", "watchd 4", &second, &err), -1);
	CU_ASSERT_STRING_EQUAL(err.text, "lock is held by watchd 3");
}

static void locks_nothing_that_cannot_be_a_file(void)
{
	static const char *const paths[] = {".", "none/lock"};
	OWNED_SCRATCH struct scratch scratch;

	scratch_open(&scratch);
	for (size_t i = 0; i < COUNT(paths); i++) {
		int fd = 42;
		struct err err = {.kind = ERR_INTERNAL};

		CU_ASSERT_EQUAL(file_lock(scratch.fd, paths[i], "me", &fd, &err), -1);
		CU_ASSERT_EQUAL(err.kind, ERR_RETRY);
		CU_ASSERT_EQUAL(fd, 42);
	}
}

static void renames_over_nothing(void)
{
	OWNED_SCRATCH struct scratch scratch;
	char *text;

	scratch_open(&scratch);
	scratch_write(&scratch, "a", "a");
	scratch_write(&scratch, "b", "b");
	CU_ASSERT_EQUAL(file_rename_new(scratch.fd, "a", scratch.fd, "b"), -1);
	CU_ASSERT_EQUAL(errno, EEXIST);
	CU_ASSERT_EQUAL(file_rename_new(scratch.fd, "none", scratch.fd, "c"), -1);
	CU_ASSERT_EQUAL(errno, ENOENT);
	CU_ASSERT_EQUAL(file_rename_new(scratch.fd, "a", scratch.fd, "c"), 0);
	CU_ASSERT_EQUAL(faccessat(scratch.fd, "a", F_OK, 0), -1);
	text = scratch_read(&scratch, "b");
	CU_ASSERT_STRING_EQUAL(text, "b");
	free(text);
}

static void what_has_a_name_is_told_from_its_likes(void)
{
	OWNED_SCRATCH struct scratch scratch;
	struct stat st;

	scratch_open(&scratch);
	scratch_write(&scratch, "a", "x");
	scratch_write(&scratch, "b", "x");
	CU_ASSERT_EQUAL(fstatat(scratch.fd, "a", &st, 0), 0);
	CU_ASSERT_EQUAL(linkat(scratch.fd, "a", scratch.fd, "second", 0), 0);
	CU_ASSERT_EQUAL(symlinkat("a", scratch.fd, "symbolic"), 0);
	CU_ASSERT_TRUE(file_is_at(scratch.fd, "a", &st));
	CU_ASSERT_TRUE(file_is_at(scratch.fd, "second", &st));
	CU_ASSERT_FALSE(file_is_at(scratch.fd, "b", &st));
	CU_ASSERT_FALSE(file_is_at(scratch.fd, "symbolic", &st));
	CU_ASSERT_FALSE(file_is_at(scratch.fd, "none", &st));
}

void add_suite_file(CU_pSuite suite)
{
	TEST(what_has_a_name_is_told_from_its_likes);
	TEST(renames_over_nothing);
	TEST(opens_nothing_outside_of_the_folder);
	TEST(says_where_nothing_can_be_opened_beneath);
	TEST(does_not_wait_for_the_writer_of_a_fifo);
	TEST(makes_files_of_the_mode_beneath);
	TEST(knows_the_folder_that_a_path_stands_in);
	TEST(opens_folders_only_and_leaves_the_result_alone);
	TEST(tells_what_cannot_be_made_durable);
	TEST(makes_folders_with_those_above_them);
	TEST(refuses_a_path_that_is_too_long);
	TEST(reads_what_was_written_up_to_the_maximum);
	TEST(adds_what_it_reads_to_what_is_there);
	TEST(says_whether_trying_again_helps_when_it_cannot_be_read);
	TEST(writes_everything_however_often_it_is_interrupted);
	TEST(tells_when_it_cannot_write);
	TEST(removes_a_folder_with_all_that_is_in_it_and_nothing_behind_a_link);
	TEST(lets_one_hold_a_lock_and_tells_the_others_who);
	TEST(locks_nothing_that_cannot_be_a_file);
}
