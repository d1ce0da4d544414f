/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

void aside_name(int64_t id, char ret_name[ASIDE_NAME_SIZE])
{
	(void)snprintf(ret_name, ASIDE_NAME_SIZE, ".%" PRId64 ".taken", id);
}

/*
 * Is what now has the hidden name the file that was looked at, unchanged since? Who has found it by
 * its name and waits for our lease, to write, gets it when we let go: it must not be gone by then.
 */
static bool is_it(const struct drop *drop, const char *hidden)
{
	bool is_served = drop->adopted && drop->verdict == VERDICT_POST;
	struct stat now;

	return (is_served || !drop_is_asked_back(drop)) &&
	       fstatat(drop->folder_fd, hidden, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	       now.st_dev == drop->st.st_dev && now.st_ino == drop->st.st_ino &&
	       (drop->adopted || S_ISDIR(drop->st.st_mode) ||
	           (now.st_size == drop->st.st_size &&
	               memcmp(&now.st_mtim, &drop->st.st_mtim, sizeof(now.st_mtim)) == 0));
}

/* Another file came under its name: back to where it was, or to be taken from where it is. */
static int put_back(
    const struct drop *drop, const char *hidden, struct arrivals *arrivals, struct err *err)
{
	bool is_back = file_rename_new(drop->folder_fd, hidden, drop->folder_fd, drop->name) == 0;

	if (!is_back && errno != EEXIST)
		return err_sys(err, "put back a file that came in the place of another");
	drop_queue(drop, is_back ? drop->name : hidden, arrivals);
	return 0;
}

/* ERR_CONFLICT: another file, which put_back() had to leave there, has the hidden name still. */
static int rename_away(const struct drop *drop, const char *hidden, bool *ret_gone, struct err *err)
{
	unsigned flags = strcmp(drop->on_disk, hidden) == 0 ? 0 : RENAME_NOREPLACE;

	*ret_gone = false;
	if (renameat2(drop->folder_fd, drop->on_disk, drop->folder_fd, hidden, flags) == 0)
		return 0;
	if (errno == EINVAL && faccessat(drop->folder_fd, hidden, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		errno = EEXIST; /* a file system without RENAME_NOREPLACE */
	else if (errno == EINVAL &&
	         renameat(drop->folder_fd, drop->on_disk, drop->folder_fd, hidden) == 0)
		return 0;
	*ret_gone = errno == ENOENT;
	if (*ret_gone)
		return 0;
	return errno == EEXIST ? err_set(err, ERR_CONFLICT, "%s exists", hidden)
	                       : err_sys(err, "set a dropped file aside");
}

int aside_put(const struct drop *drop, const char *hidden, struct arrivals *arrivals,
    bool *ret_is_it, struct err *err)
{
	bool is_gone = false;

	*ret_is_it = false;
	if (rename_away(drop, hidden, &is_gone, err) < 0) {
		if (err->kind != ERR_CONFLICT)
			return -1;
		/* That one goes first; the next scan finds what stays. */
		drop_queue(drop, hidden, arrivals);
		return 0;
	}
	if (is_gone)
		return 0;
	*ret_is_it = is_it(drop, hidden);
	return *ret_is_it ? 0 : put_back(drop, hidden, arrivals, err);
}
