/* SPDX-License-Identifier: Apache-2.0 */
/* Of base/file.h: what becomes a file under its name only when all of it is there. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"

enum { COPY_AT_ONCE = 1 << 30 };

/* By sendfile(): copy_file_range() does not work from one type of file system to another. */
int file_copy(int from, int to, int64_t size, const char *name, struct err *err)
{
	int64_t copied = 0;
	ssize_t count = 1;

	while (copied <= size && (count > 0 || (count < 0 && errno == EINTR))) {
		/* One byte more than there should be shows that there is more. */
		int64_t most = size - copied + 1;

		count = sendfile(to, from, NULL, most < COPY_AT_ONCE ? (size_t)most : COPY_AT_ONCE);
		copied += count > 0 ? count : 0;
	}
	if (count < 0)
		return err_sys(err, "copy %s", name);
	return copied == size ? 0 : err_set(err, ERR_BUSY, "%s: being written", name);
}

void file_temporary_name(const char *path, char ret_name[PATH_MAX])
{
	char parent[PATH_MAX];

	file_parent(path, parent);
	(void)snprintf(ret_name, PATH_MAX, "%.*s/" FILE_NEW_PREFIX "%08x%08x", PATH_MAX - 32,
	    parent, arc4random(), arc4random());
}

/* A new file that holds content, durably, with owner, group (-1: ours) and mode of like. */
static int write_new(int folder_fd, const char *path, const struct buffer *content,
    const struct stat *like, struct err *err)
{
	OWNED_FD int fd = openat(folder_fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(err, "make %s", path);
	if (file_write(fd, buffer_text(content), content->length, err) < 0)
		return err_context(err, "%s", path);
	if (fchown(fd, like->st_uid, like->st_gid) < 0)
		return err_sys(err, "keep owner and group of the file that %s replaces", path);
	if (fchmod(fd, like->st_mode & 0777) < 0)
		return err_sys(err, "chmod %s", path);
	return file_sync(fd, path, err);
}

static int rename_durably(int folder_fd, const char *from, const char *to, struct err *err)
{
	char parent[PATH_MAX];

	if (renameat(folder_fd, from, folder_fd, to) < 0)
		return err_sys(err, "replace %s", to);
	file_parent(to, parent);
	return file_sync_folder(folder_fd, parent, err);
}

int file_replace(
    int folder_fd, const char *path, const struct buffer *content, mode_t mode, struct err *err)
{
	char temporary[PATH_MAX];
	struct stat like = {
	    .st_uid = (uid_t)-1, .st_gid = (gid_t)-1, .st_mode = mode ? mode : 0640};
	struct stat before;

	if (mode == 0 && fstatat(folder_fd, path, &before, 0) == 0)
		like = before;
	file_temporary_name(path, temporary);
	if (write_new(folder_fd, temporary, content, &like, err) == 0 &&
	    rename_durably(folder_fd, temporary, path, err) == 0)
		return 0;
	(void)unlinkat(folder_fd, temporary, 0);
	return -1;
}

int file_new(int folder_fd, char *ret_name, int *ret_fd, struct err *err)
{
	char name[PATH_MAX];
	int fd = openat(folder_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	name[0] = '\0';
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
		file_temporary_name("name", name);
		fd = openat(folder_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	}
	if (fd < 0)
		return err_sys(err, "make a new file");
	(void)snprintf(ret_name, NAME_MAX + 1, "%.*s", NAME_MAX, name);
	*ret_fd = fd;
	return 0;
}

int file_end_writing(int *fd, struct err *err)
{
	char path[64];
	int reading;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", *fd);
	reading = open(path, O_RDONLY | O_CLOEXEC);
	if (reading < 0)
		return err_sys(err, "open a new file again");
	(void)close(*fd);
	*fd = reading;
	return 0;
}

/*
 * linkat() of a descriptor. By itself it is enough from Linux 6.10 on, for who opened it; before
 * that it answers ENOENT without CAP_DAC_READ_SEARCH, and /proc leads there.
 */
static int link_descriptor(int fd, int folder_fd, const char *path)
{
	static atomic_bool by_proc;
	char link[64];

	if (!atomic_load(&by_proc)) {
		if (linkat(fd, "", folder_fd, path, AT_EMPTY_PATH) == 0)
			return 0;
		if (errno != ENOENT && errno != EPERM)
			return -1;
	}
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, link, folder_fd, path, AT_SYMLINK_FOLLOW) < 0)
		return -1;
	atomic_store(&by_proc, true);
	return 0;
}

int file_give_name(int fd, int folder_fd, const char *temporary, const char *path, struct err *err)
{
	int failed = link_descriptor(fd, folder_fd, path);

	if (failed && errno == EEXIST)
		return err_set(err, ERR_CONFLICT, "%s exists", path);
	if (failed)
		return err_sys(err, "link %s", path);
	if (temporary[0] && unlinkat(folder_fd, temporary, 0) < 0)
		return err_sys(err, "remove %s", temporary);
	return 0;
}

/* From where a file is read on to its end as it is now. */
static int size_left(int fd, const char *name, int64_t *ret_size, struct err *err)
{
	off_t at = lseek(fd, 0, SEEK_CUR);
	struct stat st;

	if (at < 0 || fstat(fd, &st) < 0)
		return err_sys(err, "copy %s", name);
	*ret_size = st.st_size > at ? st.st_size - at : 0;
	return 0;
}

/* All of a copy but its name. */
static int fill_copy(
    int from, int *to, const char *name, mode_t mode, struct stat *ret_st, struct err *err)
{
	int64_t size = 0;

	if (size_left(from, name, &size, err) < 0 || file_copy(from, *to, size, name, err) < 0)
		return -1;
	if (fchmod(*to, mode) < 0)
		return err_sys(err, "chmod %s", name);
	if (file_sync(*to, name, err) < 0 || file_end_writing(to, err) < 0)
		return -1;
	return ret_st && fstat(*to, ret_st) < 0 ? err_sys(err, "stat %s", name) : 0;
}

int file_copy_as(
    int from, int folder_fd, const char *name, mode_t mode, struct stat *ret_st, struct err *err)
{
	OWNED_FD int to = -1;
	char temporary[NAME_MAX + 1];

	if (file_new(folder_fd, temporary, &to, err) < 0)
		return -1;
	if (fill_copy(from, &to, name, mode, ret_st, err) == 0) {
		fault_point("file.copied");
		if (file_give_name(to, folder_fd, temporary, name, err) == 0)
			return 0;
	}
	if (temporary[0])
		(void)unlinkat(folder_fd, temporary, 0);
	return -1;
}

static int remove_if_unfinished(int fd, const char *name, void *arg, struct err *err)
{
	(void)arg;
	(void)err;
	/* One that stays is in nobody's way: it is no reason to go no further. */
	if (strncmp(name, FILE_NEW_PREFIX, strlen(FILE_NEW_PREFIX)) == 0 &&
	    unlinkat(fd, name, 0) < 0 && errno != ENOENT)
		log_warning("file=%s text=\"what a crash left cannot be removed: %s\"", name,
		    strerror(errno));
	return 0;
}

int file_remove_unfinished(int folder_fd, const char *path, struct err *err)
{
	return file_each(folder_fd, path, remove_if_unfinished, NULL, err);
}
