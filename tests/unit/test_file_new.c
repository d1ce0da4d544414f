/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/lib/scratch.h"
#include "tests/unit/suite.h"

void add_suite_file_new(CU_pSuite suite);

/* How many names there are in the folder. */
static int names_in(const struct scratch *scratch)
{
	DIR *dir = opendir(scratch->path);
	int count = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
	while (readdir(dir))
		count++;
	(void)closedir(dir);
	return count - 2;
}

static void copies_what_is_after_the_position(void)
{
	OWNED_SCRATCH struct scratch scratch;
	OWNED_BUFFER struct buffer got = BUFFER(100);
	OWNED_FD int from = -1;
	OWNED_FD int to = -1;
	struct err err;

	scratch_open(&scratch);
	scratch_write(&scratch, "from", "0123456789");
	from = openat(scratch.fd, "from", O_RDONLY | O_CLOEXEC);
	to = openat(scratch.fd, "to", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CU_ASSERT_EQUAL(lseek(from, 4, SEEK_SET), 4);
	CU_ASSERT_EQUAL(file_copy(from, to, 6, "from", &err), 0);
	CU_ASSERT_EQUAL(file_read(scratch.fd, "to", &got, &err), 0);
	CU_ASSERT_STRING_EQUAL(buffer_text(&got), "456789");
	CU_ASSERT_EQUAL(file_copy(to, from, 6, "a thing", &err), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "a thing"));
}

static void of_what_is_longer_or_shorter_than_it_was_there_is_no_copy(void)
{
	static const int64_t sizes[] = {0, 1, 9, 11, INT64_MAX - 1};
	OWNED_SCRATCH struct scratch scratch;
	struct err err;

	scratch_open(&scratch);
	scratch_write(&scratch, "from", "0123456789");
	for (size_t i = 0; i < COUNT(sizes); i++) {
		OWNED_FD int from = openat(scratch.fd, "from", O_RDONLY | O_CLOEXEC);
		OWNED_FD int to =
		    openat(scratch.fd, "to", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		struct stat st = {0};

		CU_ASSERT_EQUAL(file_copy(from, to, sizes[i], "from", &err), -1);
		CU_ASSERT_EQUAL(err.kind, ERR_BUSY);
		CU_ASSERT_EQUAL(fstat(to, &st), 0);
		CU_ASSERT_TRUE(st.st_size <= sizes[i] + 1);
	}
}

/* It has more to read than its size says, as one has that is being written. */
static void a_copy_of_what_grows_has_no_name(void)
{
	OWNED_SCRATCH struct scratch scratch;
	OWNED_FD int from = open("/proc/version", O_RDONLY | O_CLOEXEC);
	struct err err;

	scratch_open(&scratch);
	CU_ASSERT_EQUAL(file_copy_as(from, scratch.fd, "to", 0440, NULL, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_BUSY);
	CU_ASSERT_EQUAL(names_in(&scratch), 0);
}

static void a_copy_is_there_whole_or_not_at_all(void)
{
	OWNED_SCRATCH struct scratch scratch;
	OWNED_BUFFER struct buffer got = BUFFER(100);
	OWNED_FD int from = -1;
	struct stat st = {0};
	struct stat made;
	struct err err;

	scratch_open(&scratch);
	scratch_write(&scratch, "from", "it");
	from = openat(scratch.fd, "from", O_RDONLY | O_CLOEXEC);
	CU_ASSERT_EQUAL(file_copy_as(from, scratch.fd, "to", 0440, &made, &err), 0);
	CU_ASSERT_EQUAL(file_read(scratch.fd, "to", &got, &err), 0);
	CU_ASSERT_STRING_EQUAL(buffer_text(&got), "it");
	CU_ASSERT_EQUAL(fstatat(scratch.fd, "to", &st, 0), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0440);
	CU_ASSERT_EQUAL(st.st_ino, made.st_ino);
	/* Not over another, nor of what cannot be read; and nothing is left of either. */
	CU_ASSERT_EQUAL(file_copy_as(from, scratch.fd, "to", 0440, NULL, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_CONFLICT);
	CU_ASSERT_EQUAL(file_copy_as(scratch.fd, scratch.fd, "other", 0440, NULL, &err), -1);
	CU_ASSERT_EQUAL(names_in(&scratch), 2);
}

static void replaces_a_file_with_content_and_mode(void)
{
	static const struct {
		mode_t before; /* 0: no such file */
		mode_t asked;
		mode_t after;
	} rows[] = {
	    {0, 0600, 0600},
	    {0, 0666, 0666},
	    {0, 0, 0640},
	    {0604, 0, 0604},
	    {0600, 0444, 0444},
	    {0444, 0600, 0600},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_SCRATCH struct scratch scratch;
		OWNED_BUFFER struct buffer content = BUFFER(100);
		OWNED_MEM char *text = NULL;
		struct stat st;
		struct err err;

		scratch_open(&scratch);
		if (rows[i].before) {
			scratch_write(&scratch, "x", "old and longer");
			CU_ASSERT_EQUAL(fchmodat(scratch.fd, "x", rows[i].before, 0), 0);
		}
		buffer_add_text(&content, "new");
		CU_ASSERT_EQUAL(file_replace(scratch.fd, "x", &content, rows[i].asked, &err), 0);
		text = scratch_read(&scratch, "x");
		CU_ASSERT_STRING_EQUAL(text, "new");
		CU_ASSERT_EQUAL(fstatat(scratch.fd, "x", &st, 0), 0);
		CU_ASSERT_EQUAL(st.st_mode & 07777, rows[i].after);
		CU_ASSERT_EQUAL(names_in(&scratch), 1);
	}
}

static void keeps_the_old_file_open_to_those_who_read_it(void)
{
	OWNED_SCRATCH struct scratch scratch;
	OWNED_FD int fd = -1;
	char text[8] = "";

	scratch_open(&scratch);
	scratch_write(&scratch, "x", "old");
	fd = openat(scratch.fd, "x", O_RDONLY | O_CLOEXEC);
	scratch_write(&scratch, "x", "new");
	CU_ASSERT_EQUAL(read(fd, text, sizeof(text) - 1), 3);
	CU_ASSERT_STRING_EQUAL(text, "old");
}

static void leaves_nothing_behind_when_it_cannot_replace(void)
{
	static const char *const paths[] = {"folder", "none/x", "file/x"};
	OWNED_SCRATCH struct scratch scratch;
	OWNED_BUFFER struct buffer content = BUFFER(100);

	scratch_open(&scratch);
	CU_ASSERT_EQUAL(mkdirat(scratch.fd, "folder", 0755), 0);
	scratch_write(&scratch, "file", "kept");
	buffer_add_text(&content, "new");
	for (size_t i = 0; i < COUNT(paths); i++) {
		struct err err = {.kind = ERR_INTERNAL};

		CU_ASSERT_EQUAL(file_replace(scratch.fd, paths[i], &content, 0600, &err), -1);
		CU_ASSERT_EQUAL(err.kind, ERR_RETRY);
		CU_ASSERT_EQUAL(names_in(&scratch), 2);
	}
}

static void gives_a_new_file_its_name_once_it_is_whole(void)
{
	OWNED_SCRATCH struct scratch scratch;
	OWNED_FD int fd = -1;
	OWNED_MEM char *text = NULL;
	char temporary[NAME_MAX + 1] = "x";
	struct err err;

	scratch_open(&scratch);
	CU_ASSERT_EQUAL_FATAL(file_new(scratch.fd, temporary, &fd, &err), 0);
	CU_ASSERT_TRUE(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	CU_ASSERT_EQUAL(file_write(fd, "whole", 5, &err), 0);
	CU_ASSERT_EQUAL(names_in(&scratch), temporary[0] ? 1 : 0);
	CU_ASSERT_EQUAL(file_give_name(fd, scratch.fd, temporary, "letter", &err), 0);
	CU_ASSERT_EQUAL(names_in(&scratch), 1);
	text = scratch_read(&scratch, "letter");
	CU_ASSERT_STRING_EQUAL(text, "whole");
}

static void takes_the_temporary_name_away(void)
{
	OWNED_SCRATCH struct scratch scratch;
	OWNED_FD int fd = -1;
	OWNED_MEM char *text = NULL;
	struct err err;

	scratch_open(&scratch);
	scratch_write(&scratch, FILE_NEW_PREFIX "1", "whole");
	fd = openat(scratch.fd, FILE_NEW_PREFIX "1", O_RDWR | O_CLOEXEC);
	CU_ASSERT_EQUAL(file_give_name(fd, scratch.fd, FILE_NEW_PREFIX "1", "letter", &err), 0);
	CU_ASSERT_EQUAL(names_in(&scratch), 1);
	text = scratch_read(&scratch, "letter");
	CU_ASSERT_STRING_EQUAL(text, "whole");
}

static void ends_writing_so_that_nobody_counts_as_a_writer(void)
{
	OWNED_SCRATCH struct scratch scratch;
	OWNED_FD int fd = -1;
	char temporary[NAME_MAX + 1];
	struct err err;

	scratch_open(&scratch);
	CU_ASSERT_EQUAL_FATAL(file_new(scratch.fd, temporary, &fd, &err), 0);
	CU_ASSERT_EQUAL(file_write(fd, "whole", 5, &err), 0);
	CU_ASSERT_EQUAL(fcntl(fd, F_SETLEASE, F_RDLCK), -1);
	CU_ASSERT_EQUAL(file_end_writing(&fd, &err), 0);
	CU_ASSERT_EQUAL(fcntl(fd, F_SETLEASE, F_RDLCK), 0);
	CU_ASSERT_EQUAL(file_write(fd, "more", 4, &err), -1);
	CU_ASSERT_EQUAL(file_give_name(fd, scratch.fd, temporary, "letter", &err), 0);
}

static void gives_no_name_that_somebody_has(void)
{
	static const char *const names[] = {"file", "folder", "link"};
	OWNED_SCRATCH struct scratch scratch;
	OWNED_MEM char *text = NULL;

	scratch_open(&scratch);
	CU_ASSERT_EQUAL(mkdirat(scratch.fd, "folder", 0755), 0);
	CU_ASSERT_EQUAL(symlinkat("none", scratch.fd, "link"), 0);
	scratch_write(&scratch, "file", "kept");
	for (size_t i = 0; i < COUNT(names); i++) {
		OWNED_FD int fd = -1;
		char temporary[NAME_MAX + 1];
		struct err err = {.kind = ERR_INTERNAL};

		CU_ASSERT_EQUAL_FATAL(file_new(scratch.fd, temporary, &fd, &err), 0);
		CU_ASSERT_EQUAL(file_give_name(fd, scratch.fd, temporary, names[i], &err), -1);
		CU_ASSERT_EQUAL(err.kind, ERR_CONFLICT);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.text, names[i]));
		if (temporary[0])
			(void)unlinkat(scratch.fd, temporary, 0);
	}
	text = scratch_read(&scratch, "file");
	CU_ASSERT_STRING_EQUAL(text, "kept");
}

static void makes_no_new_file_where_there_is_no_folder(void)
{
	OWNED_FD int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	char temporary[NAME_MAX + 1] = "before";
	int fd = 42;
	struct err err = {.kind = ERR_INTERNAL};

	CU_ASSERT_EQUAL(file_new(file, temporary, &fd, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_RETRY);
	CU_ASSERT_EQUAL(fd, 42);
	CU_ASSERT_STRING_EQUAL(temporary, "before");
}

static void removes_only_what_is_unfinished(void)
{
	OWNED_SCRATCH struct scratch scratch;
	struct err err;

	scratch_open(&scratch);
	scratch_write(&scratch, FILE_NEW_PREFIX "1", "half");
	scratch_write(&scratch, "letter" FILE_NEW_PREFIX, "whole");
	CU_ASSERT_EQUAL(file_remove_unfinished(scratch.fd, ".", &err), 0);
	CU_ASSERT_EQUAL(faccessat(scratch.fd, FILE_NEW_PREFIX "1", F_OK, 0), -1);
	CU_ASSERT_EQUAL(faccessat(scratch.fd, "letter" FILE_NEW_PREFIX, F_OK, 0), 0);
	CU_ASSERT_EQUAL(file_remove_unfinished(scratch.fd, "gone", &err), -1);
}

void add_suite_file_new(CU_pSuite suite)
{
	TEST(copies_what_is_after_the_position);
	TEST(of_what_is_longer_or_shorter_than_it_was_there_is_no_copy);
	TEST(a_copy_of_what_grows_has_no_name);
	TEST(a_copy_is_there_whole_or_not_at_all);
	TEST(replaces_a_file_with_content_and_mode);
	TEST(keeps_the_old_file_open_to_those_who_read_it);
	TEST(leaves_nothing_behind_when_it_cannot_replace);
	TEST(gives_a_new_file_its_name_once_it_is_whole);
	TEST(takes_the_temporary_name_away);
	TEST(ends_writing_so_that_nobody_counts_as_a_writer);
	TEST(gives_no_name_that_somebody_has);
	TEST(makes_no_new_file_where_there_is_no_folder);
	TEST(removes_only_what_is_unfinished);
}
