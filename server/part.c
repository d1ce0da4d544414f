/* SPDX-License-Identifier: Apache-2.0 */
#include "server/part.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/file.h"
#include "spool/drop_folder.h"
#include "spool/upload.h"

/* Is it what we left, and still what has that name, now that nobody else can name it? */
static bool is_ours(int folder_fd, const char *part, int fd)
{
	struct stat opened;
	struct stat named;

	if (fstat(fd, &opened) < 0)
		return false;
	if (!S_ISREG(opened.st_mode) || opened.st_nlink != 1 || opened.st_uid != geteuid()) {
		errno = ELOOP;
		return false;
	}
	if (fstatat(folder_fd, part, &named, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	errno = EWOULDBLOCK;
	return named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

int part_open(int folder_fd, const char *name)
{
	OWNED_FD int fd = -1;
	char part[NAME_MAX + 1];

	upload_part_name(name, part);
	fd = file_open_beneath(folder_fd, part, O_WRONLY, 0);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 || !is_ours(folder_fd, part, fd))
		return -1;
	return TAKE_FD(fd);
}

int part_create(int folder_fd, const char *name)
{
	OWNED_FD int fd = -1;
	char part[NAME_MAX + 1];

	upload_part_name(name, part);
	fd = file_open_beneath(folder_fd, part, O_WRONLY | O_CREAT | O_EXCL, DROP_FILE_MODE);
	/* The umask is for what is not the group's business. */
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 || fchmod(fd, DROP_FILE_MODE) < 0)
		return -1;
	return TAKE_FD(fd);
}

int part_trim(int fd)
{
	struct stat st;
	off_t hole;

	if (fstat(fd, &st) < 0)
		return -1;
	hole = st.st_size > 0 ? lseek(fd, 0, SEEK_HOLE) : 0;
	/* A file system that knows of no holes has none, or cannot be asked. */
	if (hole < 0 || hole >= st.st_size)
		return 0;
	/* What is before it may have been written up to the middle of a block. */
	return ftruncate(fd, hole > st.st_blksize ? hole - st.st_blksize : 0);
}
