/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/removal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/notify.h"

/*
 * Is what now has the name .<id>.taken the file that was taken, unchanged since? Who has found it
 * by its name and waits for our lease, to write, gets it when we let go: it must not be gone by
 * then.
 */
static bool is_what_was_taken(const struct drop *drop, const char *name)
{
	struct stat now;

	return (drop->adopted || !drop_is_asked_back(drop)) &&
	       fstatat(drop->folder_fd, name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	       now.st_dev == drop->st.st_dev && now.st_ino == drop->st.st_ino &&
	       (drop->adopted ||
	           (now.st_size == drop->st.st_size &&
	               memcmp(&now.st_mtim, &drop->st.st_mtim, sizeof(now.st_mtim)) == 0));
}

/* Another file came under its name: back to where it was, or to be taken from where it is. */
static int put_back(
    const struct drop *drop, const char *name, struct arrivals *arrivals, struct err *err)
{
	bool is_back =
	    renameat2(drop->folder_fd, name, drop->folder_fd, drop->name, RENAME_NOREPLACE) == 0;

	if (!is_back && errno != EEXIST)
		return err_sys(err, "put back a file that is not the one taken");
	drop_queue(drop, is_back ? drop->name : name, arrivals);
	return 0;
}

/*
 * Give it the name of removing. ERR_CONFLICT: another file, which put_back() had to leave there,
 * has that name still.
 */
static int rename_away(const struct drop *drop, const char *name, bool *ret_gone, struct err *err)
{
	unsigned flags = strcmp(drop->on_disk, name) == 0 ? 0 : RENAME_NOREPLACE;

	*ret_gone = false;
	if (renameat2(drop->folder_fd, drop->on_disk, drop->folder_fd, name, flags) == 0)
		return 0;
	if (errno == EINVAL && faccessat(drop->folder_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		errno = EEXIST; /* a file system without RENAME_NOREPLACE */
	else if (errno == EINVAL &&
	         renameat(drop->folder_fd, drop->on_disk, drop->folder_fd, name) == 0)
		return 0;
	*ret_gone = errno == ENOENT;
	if (*ret_gone)
		return 0;
	return errno == EEXIST ? err_set(err, ERR_CONFLICT, "%s exists", name)
	                       : err_sys(err, "remove a taken file");
}

int removal_of(const struct drop *drop, struct arrivals *arrivals, struct err *err)
{
	char name[48];
	bool is_gone = false;

	(void)snprintf(name, sizeof(name), ".%" PRId64 ".taken", drop->letter.id);
	if (rename_away(drop, name, &is_gone, err) < 0) {
		if (err->kind != ERR_CONFLICT)
			return -1;
		/* That one goes first; the next scan finds what stays. */
		drop_queue(drop, name, arrivals);
		return 0;
	}
	if (is_gone)
		return 0;
	fault_point("post.renamed");
	if (!is_what_was_taken(drop, name))
		return put_back(drop, name, arrivals, err);
	if (unlinkat(drop->folder_fd, name, 0) < 0)
		return err_sys(err, "remove a taken file");
	fault_point("post.removed");
	return 0;
}

/* The removal of a group's drops, beside what the caller does. */
struct removal {
	struct drop *drops;
	size_t count;
	struct arrivals *arrivals; /* of its own, until it ends */
	pthread_t thread;
	bool is_beside;
};

static void *run_removal(void *arg)
{
	const struct removal *r = arg;

	for (size_t i = 0; i < r->count; i++) {
		struct drop *drop = &r->drops[i];
		struct err err;

		notify_alive();
		if (drop->is_done_with && removal_of(drop, r->arrivals, &err) < 0)
			log_error("letter=%" PRId64 " avrs_id=%s text=\"%s\"", drop->letter.id,
			    drop->avrs_id, err.text);
		drop_done(drop);
	}
	return NULL;
}

struct removal *removal_begin(struct drop *drops, size_t count)
{
	struct removal *r = mem_new(1, sizeof(*r));

	*r = (struct removal){.drops = drops, .count = count, .arrivals = arrivals_new()};
	r->is_beside = count > 1 && pthread_create(&r->thread, NULL, run_removal, r) == 0;
	if (!r->is_beside)
		(void)run_removal(r);
	return r;
}

void removal_end(struct removal *removal, struct arrivals *arrivals)
{
	struct arrival *arrival;

	if (!removal)
		return;
	if (removal->is_beside)
		(void)pthread_join(removal->thread, NULL);
	while ((arrival = arrivals_take(removal->arrivals, false)) != NULL) {
		arrivals_add(arrivals, arrival);
		free(arrival);
	}
	arrivals_free(removal->arrivals);
	free(removal);
}
