/* SPDX-License-Identifier: Apache-2.0 */
#include "server/part.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/scratch.h"
#include "tests/unit/suite.h"

void add_suite_part(CU_pSuite suite);

#define PART ".EFT_1.pdf.part"

static int64_t size_of(int fd)
{
	struct stat st;

	CU_ASSERT_EQUAL(fstat(fd, &st), 0);
	return st.st_size;
}

static void a_part_is_written_by_one_at_a_time(void)
{
	struct scratch scratch;
	int fd;
	int copy;

	scratch_open(&scratch);
	fd = part_create(scratch.fd, "EFT_1.pdf");
	CU_ASSERT_TRUE_FATAL(fd >= 0);
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	CU_ASSERT_EQUAL(part_create(scratch.fd, "EFT_1.pdf"), -1);
	CU_ASSERT_EQUAL(errno, EEXIST);
	CU_ASSERT_EQUAL(part_open(scratch.fd, "EFT_1.pdf"), -1);
	CU_ASSERT_EQUAL(errno, EWOULDBLOCK);
	/* As long as anybody has a copy of that descriptor. */
	(void)close(fd);
	CU_ASSERT_EQUAL(part_open(scratch.fd, "EFT_1.pdf"), -1);
	CU_ASSERT_EQUAL(errno, EWOULDBLOCK);
	(void)close(copy);
	fd = part_open(scratch.fd, "EFT_1.pdf");
	CU_ASSERT_TRUE(fd >= 0);
	(void)close(fd);
	CU_ASSERT_EQUAL(part_open(scratch.fd, "EFT_2.pdf"), -1);
	CU_ASSERT_EQUAL(errno, ENOENT);
	scratch_close(&scratch);
}

/* However the process ends that had it. */
static void a_part_of_a_process_that_was_killed_is_free(void)
{
	struct scratch scratch;
	int ready[2];
	pid_t pid;
	char byte;
	int fd;

	scratch_open(&scratch);
	CU_ASSERT_EQUAL_FATAL(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		(void)part_create(scratch.fd, "EFT_1.pdf");
		(void)!write(ready[1], "x", 1);
		for (;;)
			(void)pause();
	}
	CU_ASSERT_EQUAL(read(ready[0], &byte, 1), 1);
	CU_ASSERT_EQUAL(part_open(scratch.fd, "EFT_1.pdf"), -1);
	(void)kill(pid, SIGKILL);
	CU_ASSERT_EQUAL(waitpid(pid, NULL, 0), pid);
	fd = part_open(scratch.fd, "EFT_1.pdf");
	CU_ASSERT_TRUE(fd >= 0);
	(void)close(fd);
	(void)close(ready[0]);
	(void)close(ready[1]);
	scratch_close(&scratch);
}

static void what_is_not_the_file_that_we_left_is_not_opened(void)
{
	struct scratch scratch;

	scratch_open(&scratch);
	scratch_write(&scratch, "secret", "s");
	CU_ASSERT_EQUAL(linkat(scratch.fd, "secret", scratch.fd, PART, 0), 0);
	CU_ASSERT_EQUAL(part_open(scratch.fd, "EFT_1.pdf"), -1);
	CU_ASSERT_EQUAL(errno, ELOOP);
	CU_ASSERT_EQUAL(unlinkat(scratch.fd, PART, 0), 0);
	CU_ASSERT_EQUAL(symlinkat("secret", scratch.fd, PART), 0);
	CU_ASSERT_EQUAL(part_open(scratch.fd, "EFT_1.pdf"), -1);
	CU_ASSERT_EQUAL(errno, ELOOP);
	CU_ASSERT_EQUAL(part_create(scratch.fd, "EFT_1.pdf"), -1);
	scratch_close(&scratch);
}

/* What was written of a part, and how much of it may be told. */
static const struct {
	const char *what;
	int64_t from[2];
	int64_t size[2];
	int64_t least;
	int64_t most;
} parts[] = {
    {"nothing", {0, 0}, {0, 0}, 0, 0},
    {"from the start", {0, 0}, {100000, 0}, 100000, 100000},
    {"all of it, backwards", {50000, 0}, {50000, 50000}, 100000, 100000},
    {"not the start", {65536, 0}, {50000, 0}, 0, 0},
    {"not the middle", {0, 90000}, {30000, 30000}, 20000, 30000},
    {"a byte, and the end", {0, 60000}, {1, 1}, 0, 1},
};

static void nothing_is_told_of_what_is_behind_a_hole(void)
{
	static char bytes[100000];

	memset(bytes, 'x', sizeof(bytes));
	for (size_t i = 0; i < COUNT(parts); i++) {
		struct scratch scratch;
		int fd;

		scratch_open(&scratch);
		fd = part_create(scratch.fd, "EFT_1.pdf");
		for (int j = 0; j < 2; j++)
			CU_ASSERT_EQUAL(
			    pwrite(fd, bytes, (size_t)parts[i].size[j], parts[i].from[j]),
			    (ssize_t)parts[i].size[j]);
		CU_ASSERT_EQUAL(part_trim(fd), 0);
		CU_ASSERT_TRUE(size_of(fd) >= parts[i].least && size_of(fd) <= parts[i].most);
		(void)close(fd);
		scratch_close(&scratch);
	}
}

void add_suite_part(CU_pSuite suite)
{
	TEST(a_part_is_written_by_one_at_a_time);
	TEST(a_part_of_a_process_that_was_killed_is_free);
	TEST(what_is_not_the_file_that_we_left_is_not_opened);
	TEST(nothing_is_told_of_what_is_behind_a_hole);
}
