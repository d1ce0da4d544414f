/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/drop_root.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool/settings.h"

static bool is_mount_point(int folder_fd, const char *path, int flags)
{
	struct statx st;

	return statx(folder_fd, path, flags, STATX_TYPE, &st) == 0 &&
	       st.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

void drop_root_init(struct drop_root *root, const struct spool *spool)
{
	struct stat st = {.st_ino = 0};

	settings_below(&spool->settings, spool->settings.drop_root, root->path);
	(void)fstat(spool->drop_fd, &st);
	root->device = st.st_dev;
	root->inode = st.st_ino;
	root->is_mount = is_mount_point(spool->drop_fd, "", AT_EMPTY_PATH);
}

bool drop_root_is_there(const struct drop_root *root)
{
	struct stat st;

	return stat(root->path, &st) == 0 && st.st_dev == root->device && st.st_ino == root->inode;
}

bool drop_root_is_back(const struct drop_root *root)
{
	struct stat st;

	return stat(root->path, &st) == 0 && S_ISDIR(st.st_mode) &&
	       is_mount_point(AT_FDCWD, root->path, 0) >= root->is_mount &&
	       faccessat(AT_FDCWD, root->path, R_OK | W_OK | X_OK, AT_EACCESS) == 0;
}
