/* SPDX-License-Identifier: Apache-2.0 */
/*
 * openat2(2) for valgrind 3.19, which does not know that call: preloaded there alone, the same by
 * openat(2), a part of the path after the other. Every other call goes on as it is.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ARGUMENTS = 6 };

static bool is_link(int folder_fd, const char *name)
{
	struct stat st;

	return fstatat(folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

/* The folder that is called part, in folder_fd, which is closed. */
static int step(int folder_fd, const char *part)
{
	int fd = -1;

	if (strcmp(part, "..") == 0)
		errno = EXDEV; /* nothing that we open goes up */
	else if (is_link(folder_fd, part))
		errno = ELOOP;
	else
		fd = openat(folder_fd, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	(void)close(folder_fd);
	return fd;
}

static int open_last(int folder_fd, const char *part, const struct open_how *how)
{
	int fd = -1;

	if (strcmp(part, "..") == 0)
		errno = EXDEV;
	else /* with O_NOFOLLOW, as all of ours */
		fd = openat(folder_fd, part, (int)how->flags, (mode_t)how->mode);
	(void)close(folder_fd);
	return fd;
}

static int open_beneath(int folder_fd, const char *path, const struct open_how *how)
{
	char parts[PATH_MAX];
	char *rest = parts;
	char *part;
	char *slash;
	int fd;

	if (path[0] == '/') {
		errno = EXDEV;
		return -1;
	}
	if (strlen(path) >= sizeof(parts)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(parts, path, strlen(path) + 1);
	fd = openat(folder_fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	while (fd >= 0 && (slash = strchr(rest, '/')) != NULL && slash[strspn(slash, "/")]) {
		part = rest;
		*slash = '\0';
		rest = slash + 1 + strspn(slash + 1, "/");
		fd = step(fd, part);
	}
	return fd < 0 ? -1 : open_last(fd, rest, how);
}

long syscall(long number, ...)
{
	long (*next)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	long given[ARGUMENTS];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < ARGUMENTS; i++)
		given[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_openat2)
		return open_beneath(
		    (int)given[0], (const char *)given[1], (const struct open_how *)given[2]);
	return next(number, given[0], given[1], given[2], given[3], given[4], given[5]);
}
