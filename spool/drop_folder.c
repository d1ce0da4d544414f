/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/drop_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/file.h"
#include "spool/upload.h"

/* As jobs have theirs: the group's, and what is made in it as well. */
static int finish(int parent, const char *name)
{
	OWNED_FD int fd = file_open_beneath(parent, name, O_RDONLY | O_DIRECTORY, 0);
	struct stat st;
	struct err err;

	/* The umask is for what is not the group's business. */
	if (fd < 0 || fstat(fd, &st) < 0 || fchmod(fd, (st.st_mode & 07000) | 0770) < 0)
		return -1;
	return file_sync(parent, "a drop folder", &err);
}

/* Make one folder in another; it is finished, or not there. */
static int make_one(int parent, const char *name)
{
	int error;

	if (mkdirat(parent, name, 0770) < 0)
		return errno == EEXIST ? 0 : -1;
	if (finish(parent, name) == 0)
		return 0;
	error = errno;
	(void)unlinkat(parent, name, AT_REMOVEDIR);
	errno = error;
	return -1;
}

int drop_folder_open(const struct spool *spool, const char *drop, enum letter_class class)
{
	int fd = upload_open_folder(spool->drop_fd, drop, class);
	char path[FOLDER_PATH_MAX];

	if (fd >= 0 || errno != ENOENT)
		return fd;
	folder_drop(drop, class, path);
	for (char *at = path; at;) {
		char *slash = strchr(at, '/');
		OWNED_FD int parent = -1;

		if (at > path)
			at[-1] = '\0';
		parent = file_open_beneath(
		    spool->drop_fd, at > path ? path : ".", O_RDONLY | O_DIRECTORY, 0);
		if (at > path)
			at[-1] = '/';
		if (slash)
			*slash = '\0';
		if (parent < 0 || make_one(parent, at) < 0)
			return -1;
		if (slash)
			*slash = '/';
		at = slash ? slash + 1 : NULL;
	}
	return upload_open_folder(spool->drop_fd, drop, class);
}
