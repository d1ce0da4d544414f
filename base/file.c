/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/number.h"

enum { READ_BYTES = 4096 };

int file_open_beneath(int folder_fd, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
	    .flags = (unsigned)flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
	    .mode = flags & (O_CREAT | __O_TMPFILE) ? mode : 0,
	    .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};

	return (int)syscall(SYS_openat2, folder_fd, path, &how, sizeof(how));
}

int file_check_beneath(int folder_fd, struct err *err)
{
	OWNED_FD int fd = file_open_beneath(folder_fd, ".", O_RDONLY | O_DIRECTORY, 0);

	if (fd >= 0)
		return 0;
	if (errno != ENOSYS && errno != EPERM)
		return err_sys(err, "openat2");
	return err_set(err, ERR_REFUSED,
	    "openat2(2), by which no path leads out of the spool, is not to be had here (%s):"
	    " it takes Linux 5.6, and nothing that forbids it, such as RestrictSUIDSGID= of systemd",
	    strerror(errno));
}

int file_open_folder(int folder_fd, const char *path, int *ret_fd, struct err *err)
{
	int fd = openat(folder_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, "open folder %s", path);
	*ret_fd = fd;
	return 0;
}

bool file_is_at(int folder_fd, const char *path, const struct stat *st)
{
	struct stat there;

	return fstatat(folder_fd, path, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       there.st_dev == st->st_dev && there.st_ino == st->st_ino;
}

int64_t file_made(int fd)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &st) < 0 || !(st.stx_mask & STATX_BTIME))
		return 0;
	return st.stx_btime.tv_sec * SECOND + st.stx_btime.tv_nsec / 1000;
}

int file_unsynced(const char *name, int error, struct err *err)
{
	errno = error;
	(void)err_sys(err, "make %s durable", name);
	err->kind = ERR_UNSYNCED;
	return -1;
}

int file_sync(int fd, const char *name, struct err *err)
{
	if (fault_here("file.sync"))
		errno = EIO;
	else if (fsync(fd) == 0)
		return 0;
	return file_unsynced(name, errno, err);
}

int file_sync_all(int fd, struct err *err)
{
	if (fault_here("file.sync"))
		errno = EIO;
	else if (syncfs(fd) == 0)
		return 0;
	return file_unsynced("the file system", errno, err);
}

int file_sync_folder(int folder_fd, const char *path, struct err *err)
{
	OWNED_FD int fd = -1;

	if (file_open_folder(folder_fd, path, &fd, err) < 0)
		return -1;
	return file_sync(fd, path, err);
}

void file_parent(const char *path, char ret_parent[PATH_MAX])
{
	const char *slash = strrchr(path, '/');

	if (slash)
		(void)snprintf(ret_parent, PATH_MAX, "%.*s", (int)(slash - path), path);
	if (!slash || ret_parent[0] == '\0')
		(void)snprintf(ret_parent, PATH_MAX, "%s", slash ? "/" : ".");
}

static int check_is_folder(int folder_fd, const char *path, struct err *err)
{
	struct stat st;

	if (fstatat(folder_fd, path, &st, 0) < 0)
		return err_sys(err, "%s", path);
	return S_ISDIR(st.st_mode) ? 0 : err_set(err, ERR_REFUSED, "%s: not a folder", path);
}

static int make_one_folder(int folder_fd, const char *path, mode_t mode, struct err *err)
{
	char parent[PATH_MAX];

	if (mkdirat(folder_fd, path, mode) < 0)
		return errno == EEXIST ? check_is_folder(folder_fd, path, err)
		                       : err_sys(err, "make folder %s", path);
	file_parent(path, parent);
	if (file_sync_folder(folder_fd, parent, err) == 0)
		return 0;
	/* Or the next attempt would take it for one that is durable. */
	(void)unlinkat(folder_fd, path, AT_REMOVEDIR);
	return -1;
}

int file_make_folder(int folder_fd, const char *path, mode_t mode, struct err *err)
{
	char part[PATH_MAX];
	size_t length = strlen(path);

	if (length >= sizeof(part))
		return err_set(err, ERR_REFUSED, "%.80s...: path too long", path);
	for (size_t at = 1; at <= length; at++) {
		if (path[at] != '/' && path[at] != '\0')
			continue;
		memcpy(part, path, at);
		part[at] = '\0';
		if (make_one_folder(folder_fd, part, mode, err) < 0)
			return -1;
	}
	return 0;
}

int file_read(int folder_fd, const char *path, struct buffer *out, struct err *err)
{
	OWNED_FD int fd = openat(folder_fd, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		bool lasts = errno == ENOENT || errno == ENOTDIR || errno == EACCES;

		(void)err_sys(err, "open %s", path);
		err->kind = lasts ? ERR_REFUSED : err->kind;
		return -1;
	}
	for (;;) {
		size_t left = out->max - out->length;
		size_t wanted = left < READ_BYTES ? left : READ_BYTES;
		char beyond = 0; /* is there more, when nothing more fits? */
		char *at = wanted ? buffer_reserve(out, wanted) : &beyond;
		ssize_t count = read(fd, at, wanted ? wanted : 1);

		if (count < 0)
			return err_sys(err, "read %s", path);
		if (count == 0)
			return 0;
		if (wanted == 0)
			return err_set(
			    err, ERR_REFUSED, "%s: larger than %zu bytes", path, out->max);
		buffer_grow(out, (size_t)count);
	}
}

/* write(), which may write less than it was asked to. */
static ssize_t write_some(int fd, const char *bytes, size_t count)
{
	if (fault_here("file.write")) {
		errno = ENOSPC;
		return -1;
	}
	return write(fd, bytes, fault_here("file.short") ? (count + 1) / 2 : count);
}

int file_write(int fd, const void *bytes, size_t count, struct err *err)
{
	const char *at = bytes;

	while (count > 0) {
		ssize_t written = write_some(fd, at, count);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return err_sys(err, "write");
		at += written;
		count -= (size_t)written;
	}
	return 0;
}

int file_each(int folder_fd, const char *path,
    int (*each)(int fd, const char *name, void *arg, struct err *err), void *arg, struct err *err)
{
	int fd = openat(folder_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	int result = 0;

	if (!folder) {
		(void)err_sys(err, "open folder %s", path);
		clean_fd(&fd);
		return -1;
	}
	while (result == 0 && (entry = readdir(folder)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			result = each(fd, entry->d_name, arg, err);
	(void)closedir(folder);
	return result < 0 ? -1 : 0;
}

/* A folder being emptied. */
struct emptying {
	int top_fd;
	size_t seen; /* in this round */
};

/* Remove the file, or move the folder up, to where its turn comes. */
static int remove_or_lift(int fd, const char *name, void *arg, struct err *err)
{
	const struct emptying *emptying = arg;
	char lifted[PATH_MAX];

	if (unlinkat(fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	file_temporary_name("name", lifted);
	if (errno != EISDIR || renameat(fd, name, emptying->top_fd, lifted) < 0)
		return err_sys(err, "remove %s", name);
	return 0;
}

/* In the topmost folder: a file goes at once, a folder once what is in it is gone or lifted. */
static int remove_from_top(int fd, const char *name, void *arg, struct err *err)
{
	struct emptying *emptying = arg;

	emptying->top_fd = fd;
	emptying->seen++;
	if (unlinkat(fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return err_sys(err, "remove %s", name);
	if (file_each(fd, name, remove_or_lift, emptying, err) < 0)
		return -1;
	return unlinkat(fd, name, AT_REMOVEDIR) < 0 ? err_sys(err, "remove %s", name) : 0;
}

/* Folders within folders are lifted one level at a time, so that none is ever too deep. */
int file_remove_all(int folder_fd, const char *path, struct err *err)
{
	struct emptying emptying = {.seen = 1};

	if (unlinkat(folder_fd, path, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return err_sys(err, "remove %s", path);
	while (emptying.seen > 0) {
		emptying.seen = 0;
		if (file_each(folder_fd, path, remove_from_top, &emptying, err) < 0)
			return -1;
	}
	return unlinkat(folder_fd, path, AT_REMOVEDIR) < 0 ? err_sys(err, "remove %s", path) : 0;
}

int file_rename_new(int from_fd, const char *from_name, int to_fd, const char *to_name)
{
	if (renameat2(from_fd, from_name, to_fd, to_name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL)
		return -1;
	return linkat(from_fd, from_name, to_fd, to_name, 0) == 0 ? unlinkat(from_fd, from_name, 0)
	                                                          : -1;
}

/* Who holds the lock says so in the file, for the one who comes second. */
static int refuse_lock(int fd, const char *path, struct err *err)
{
	char owner[128] = "";
	ssize_t length = pread(fd, owner, sizeof(owner) - 1, 0);

	owner[length > 0 ? length : 0] = '\0';
	owner[strcspn(owner, "\n")] = '\0';
	return err_set(err, ERR_CONFLICT, "%s is held by %s", path, owner[0] ? owner : "another");
}

int file_lock(int folder_fd, const char *path, const char *owner, int *ret_fd, struct err *err)
{
	OWNED_FD int fd = openat(folder_fd, path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);

	if (fd < 0)
		return err_sys(err, "open %s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? refuse_lock(fd, path, err)
		                            : err_sys(err, "lock %s", path);
	if (ftruncate(fd, 0) < 0)
		return err_sys(err, "write %s", path);
	if (file_write(fd, owner, strlen(owner), err) < 0 || file_write(fd, "\n", 1, err) < 0)
		return err_context(err, "%s", path);
	*ret_fd = TAKE_FD(fd);
	return 0;
}
