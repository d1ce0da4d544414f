/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/move.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/text.h"
#include "batch/aside.h"

static int take_name_back(struct drop *drop, int folder_fd, const char *place, struct err *err)
{
	char hidden[ASIDE_NAME_SIZE];
	struct stat st;

	if (file_rename_new(folder_fd, place, drop->folder_fd, drop->on_disk) == 0)
		return 0;
	if (errno != EEXIST)
		return err_sys(err, "put %s back into drop/%s", place, drop->avrs_id);
	/* Where it was linked it has both names. */
	if (fstatat(folder_fd, place, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    file_is_at(drop->folder_fd, drop->on_disk, &st))
		return unlinkat(folder_fd, place, 0) < 0 ? err_sys(err, "unlink %s", place) : 0;
	aside_name(drop->letter.id, hidden);
	if (file_rename_new(folder_fd, place, drop->folder_fd, hidden) < 0)
		return err_sys(err, "put %s back into drop/%s as %s", place, drop->avrs_id, hidden);
	text_copy(drop->on_disk, hidden);
	return 0;
}

/* Durable before its row is forgotten: nobody looks for it in its place then. */
int move_back(struct drop *drop, int folder_fd, const char *place, struct err *err)
{
	if (take_name_back(drop, folder_fd, place, err) < 0)
		return -1;
	return file_sync(drop->folder_fd, "a drop folder", err);
}

int move_out(
    struct drop *drop, int folder_fd, const char *place, enum moved *ret_moved, struct err *err)
{
	*ret_moved = MOVED_NOT_HERE;
	if (renameat2(drop->folder_fd, drop->on_disk, folder_fd, place, RENAME_NOREPLACE) < 0) {
		/* GlusterFS has no RENAME_NOREPLACE; EXDEV: a folder with a quota of its own. */
		if (errno == EINVAL || errno == EXDEV)
			return 0;
		if (errno == EEXIST)
			return err_set(err, ERR_CONFLICT, "%s exists", place);
		if (errno != ENOENT)
			return err_sys(err, "move a dropped file to %s", place);
		*ret_moved = MOVED_NOTHING;
		return 0;
	}
	fault_point("post.moved");
	*ret_moved = MOVED;
	if (file_is_at(folder_fd, place, &drop->st))
		return 0;
	if (move_back(drop, folder_fd, place, err) < 0)
		return -1;
	*ret_moved = MOVED_NOTHING;
	return 0;
}
