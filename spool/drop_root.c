/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/drop_root.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "spool/settings.h"

static bool is_mounted(int folder_fd, const char *path, int flags)
{
	struct statx st;

	return statx(folder_fd, path, flags, STATX_TYPE, &st) == 0 &&
	       st.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

/* Each node may have its own. */
static void record_path(const struct drop_root *root, char ret_path[NAME_MAX + 1])
{
	(void)snprintf(ret_path, NAME_MAX + 1, "run/drop-root-%.200s", root->spool->settings.node);
	for (char *c = ret_path + strlen("run/"); *c; c++)
		if (*c == '/')
			*c = '_';
}

/* Was a file system mounted at that path before? */
static bool is_recorded(const struct drop_root *root)
{
	OWNED_BUFFER struct buffer text = BUFFER(PATH_MAX);
	char path[NAME_MAX + 1];
	struct err err;

	record_path(root, path);
	return file_read(root->spool->root_fd, path, &text, &err) == 0 &&
	       strcmp(buffer_text(&text), root->path) == 0;
}

void drop_root_init(struct drop_root *root, const struct spool *spool)
{
	struct stat st = {.st_ino = 0};

	*root = (struct drop_root){.spool = spool};
	settings_below(&spool->settings, spool->settings.drop_root, root->path);
	(void)fstat(spool->drop_fd, &st);
	root->device = st.st_dev;
	root->inode = st.st_ino;
	root->is_mount = is_mounted(spool->drop_fd, "", AT_EMPTY_PATH);
	root->is_mount_point = !root->is_mount && is_recorded(root);
}

int drop_root_remember(const struct drop_root *root, struct err *err)
{
	OWNED_BUFFER struct buffer text = BUFFER(PATH_MAX);
	char path[NAME_MAX + 1];

	if (!root->is_mount || is_recorded(root))
		return 0;
	record_path(root, path);
	buffer_add_text(&text, root->path);
	return file_replace(root->spool->root_fd, path, &text, 0640, err);
}

bool drop_root_is_there(const struct drop_root *root)
{
	struct stat st;

	return !root->is_mount_point && stat(root->path, &st) == 0 && st.st_dev == root->device &&
	       st.st_ino == root->inode;
}

bool drop_root_is_back(const struct drop_root *root)
{
	struct stat st;

	return stat(root->path, &st) == 0 && S_ISDIR(st.st_mode) &&
	       is_mounted(AT_FDCWD, root->path, 0) >= (root->is_mount || is_recorded(root)) &&
	       faccessat(AT_FDCWD, root->path, R_OK | W_OK | X_OK, AT_EACCESS) == 0;
}

bool drop_root_follow(struct drop_root *root)
{
	OWNED_FD int fd = -1;
	struct err err;

	if (drop_root_is_there(root))
		return true;
	if (!drop_root_is_back(root) || file_open_folder(AT_FDCWD, root->path, &fd, &err) < 0)
		return false;
	/* The number stays, so whoever has that follows as well. */
	if (dup3(fd, root->spool->drop_fd, O_CLOEXEC) < 0)
		return false;
	drop_root_init(root, root->spool);
	log_info("drop=%s text=\"another folder is there now\"", root->path);
	return drop_root_is_there(root);
}
