/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <uthash.h>
#include <utlist.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "batch/batch_file.h"
#include "spool/folder.h"
#include "spool/letter_name.h"

enum {
	EVENT_BYTES = 64 * 1024,
	SLICE = 200, /* folders scanned before the loop looks at anything else */
	POLLED_AT_ONCE = 20000,
};

/* Links, FIFOs and folders are only ever created, never written and closed. */
#define WATCHED \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

/* A folder that files are dropped into; the drop root itself has no AVRS ID. */
struct folder {
	char path[AVRS_ID_MAX + sizeof("/trade-files")]; /* below the drop root */
	char avrs_id[AVRS_ID_MAX + 1];
	enum letter_class class;
	ino_t inode; /* as it was scanned last */
	int wd;      /* -1: none yet, or polled */
	bool is_polled;
	bool is_to_scan;
	struct timespec changed; /* what its time was when it was scanned last */
	struct folder *next;     /* to be scanned */
	struct folder *prev;
	UT_hash_handle by_path;
	UT_hash_handle by_wd;
};

struct watcher {
	int drop_fd;
	int inotify_fd;
	struct arrivals *arrivals;
	struct folder *by_path;
	struct folder *by_wd;
	struct folder *to_scan;
	size_t polled;
	struct folder *poll_next; /* the next one to be polled; NULL: the first */
	bool warned;
};

static struct folder *find_folder(const struct watcher *watcher, const char *path)
{
	struct folder *folder = NULL;

	HASH_FIND(by_path, watcher->by_path, path, strlen(path), folder);
	return folder;
}

static void scan_later(struct watcher *watcher, struct folder *folder)
{
	if (folder->is_to_scan)
		return;
	folder->is_to_scan = true;
	DL_APPEND(watcher->to_scan, folder);
}

static void forget_folder(struct watcher *watcher, struct folder *folder)
{
	if (folder->is_to_scan)
		DL_DELETE(watcher->to_scan, folder);
	if (folder->wd >= 0)
		HASH_DELETE(by_wd, watcher->by_wd, folder);
	watcher->polled -= folder->is_polled;
	if (watcher->poll_next == folder)
		watcher->poll_next = folder->by_path.next;
	HASH_DELETE(by_path, watcher->by_path, folder);
	free(folder);
}

/* The system has no more watches: poll this folder, and tell once how to have more. */
static void poll_instead(struct watcher *watcher, struct folder *folder)
{
	folder->is_polled = true;
	watcher->polled++;
	if (watcher->warned)
		return;
	watcher->warned = true;
	log_warning("watch=limit folder=%s text=\"the limit of inotify watches is reached: further "
	            "folders are polled, which is slower; to watch them all: sysctl -w "
	            "fs.inotify.max_user_watches=1048576\"",
	    folder->path);
}

/* fd is the folder, opened. */
static void start_watch(struct watcher *watcher, struct folder *folder, int fd)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	folder->wd = inotify_add_watch(watcher->inotify_fd, path, WATCHED);
	if (folder->wd < 0)
		poll_instead(watcher, folder);
	else
		HASH_ADD(by_wd, watcher->by_wd, wd, sizeof(folder->wd), folder);
}

/* The folder that was watched does not have this path any more. */
static void stop_watch(struct watcher *watcher, struct folder *folder)
{
	(void)inotify_rm_watch(watcher->inotify_fd, folder->wd);
	HASH_DELETE(by_wd, watcher->by_wd, folder);
	folder->wd = -1;
}

static struct folder *add_folder(
    struct watcher *watcher, const char *avrs_id, enum letter_class class)
{
	struct folder *folder = mem_new(1, sizeof(*folder));
	char path[FOLDER_PATH_MAX];

	folder_drop(avrs_id, class, path);
	text_copy(folder->path, avrs_id[0] ? path : ".");
	text_copy(folder->avrs_id, avrs_id);
	folder->class = class;
	folder->wd = -1;
	HASH_ADD_KEYPTR(by_path, watcher->by_path, folder->path, strlen(folder->path), folder);
	return folder;
}

static void queue(struct watcher *watcher, const struct folder *folder, const char *name)
{
	struct arrival arrival = {.class = folder->class, .name = name};

	text_copy(arrival.avrs_id, folder->avrs_id);
	arrivals_add(watcher->arrivals, &arrival);
}

/* "." and "..", and names that are still being written. What we set aside is looked at. */
static bool is_passed_over(const struct folder *folder, const char *name)
{
	size_t length = strlen(name);
	char control[NAME_MAX + 1];

	if (name[0] == '.' && name[1] >= '0' && name[1] <= '9' && length > 6 &&
	    strcmp(name + length - 6, ".taken") == 0)
		return false;
	if (!folder->avrs_id[0] && batch_file_is_aside(name, control))
		return false;
	return letter_name_is_unfinished(name);
}

/* A folder inside a folder: one that files are dropped into, or something out of place. */
static void found_folder(struct watcher *watcher, const struct folder *parent, const char *name)
{
	struct folder *folder;
	char path[FOLDER_PATH_MAX];

	if (!parent->avrs_id[0] && strcmp(name, "publications") == 0)
		return;
	if (!parent->avrs_id[0] && avrs_id_is_valid(name)) {
		folder_drop(name, CLASS_EDELIVERY, path);
		folder = find_folder(watcher, path);
		if (!folder)
			folder = add_folder(watcher, name, CLASS_EDELIVERY);
	} else if (parent->avrs_id[0] && parent->class == CLASS_EDELIVERY &&
	           strcmp(name, letter_class_name(CLASS_TRADE_FILES)) == 0) {
		folder_drop(parent->avrs_id, CLASS_TRADE_FILES, path);
		folder = find_folder(watcher, path);
		if (!folder)
			folder = add_folder(watcher, parent->avrs_id, CLASS_TRADE_FILES);
	} else {
		queue(watcher, parent, name);
		return;
	}
	scan_later(watcher, folder);
}

static void found_entry(
    struct watcher *watcher, const struct folder *folder, int folder_fd, const struct dirent *entry)
{
	struct stat st;
	unsigned char type = entry->d_type;

	if (is_passed_over(folder, entry->d_name))
		return;
	if (type == DT_UNKNOWN &&
	    fstatat(folder_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
		type = DT_DIR;
	if (type == DT_DIR)
		found_folder(watcher, folder, entry->d_name);
	else
		queue(watcher, folder, entry->d_name);
}

static void read_entries(struct watcher *watcher, const struct folder *folder, int fd)
{
	DIR *dir = fdopendir(fd);
	const struct dirent *entry;

	if (!dir) {
		(void)close(fd);
		return;
	}
	while ((entry = readdir(dir)) != NULL)
		found_entry(watcher, folder, fd, entry);
	(void)closedir(dir);
}

static void scan_folder(struct watcher *watcher, struct folder *folder)
{
	int fd = file_open_beneath(watcher->drop_fd, folder->path, O_RDONLY | O_DIRECTORY, 0);
	struct stat st;

	folder->is_to_scan = false;
	DL_DELETE(watcher->to_scan, folder);
	if (fd < 0 && errno != ENOENT)
		log_warning(
		    "folder=%s text=\"cannot be read: %s; to mend: chgrp edelivery-drop and "
		    "chmod 2770 the folder\"",
		    folder->path, strerror(errno));
	if (fd < 0) {
		forget_folder(watcher, folder);
		return;
	}
	if (fstat(fd, &st) == 0) {
		if (folder->wd >= 0 && folder->inode != st.st_ino)
			stop_watch(watcher, folder);
		folder->inode = st.st_ino;
		folder->changed = st.st_mtim;
		/* What comes now may leave the time as it is: so it is no proof of anything yet. */
		if (clock_now() / SECOND - st.st_mtim.tv_sec < 2)
			folder->changed = (struct timespec){.tv_sec = 0};
	}
	if (folder->wd < 0 && !folder->is_polled)
		start_watch(watcher, folder, fd);
	read_entries(watcher, folder, fd);
}

int watcher_new(
    int drop_fd, struct arrivals *arrivals, struct watcher **ret_watcher, struct err *err)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	struct watcher *watcher;

	if (fd < 0)
		return err_sys(err, "start watching (fs.inotify.max_user_instances?)");
	watcher = mem_new(1, sizeof(*watcher));
	watcher->drop_fd = drop_fd;
	watcher->inotify_fd = fd;
	watcher->arrivals = arrivals;
	*ret_watcher = watcher;
	return 0;
}

void watcher_free(struct watcher *watcher)
{
	if (!watcher)
		return;
	while (watcher->by_path)
		forget_folder(watcher, watcher->by_path);
	clean_fd(&watcher->inotify_fd);
	free(watcher);
}

int watcher_fd(const struct watcher *watcher)
{
	return watcher->inotify_fd;
}

int watcher_scan(struct watcher *watcher, struct err *err)
{
	struct stat st;

	if (fstat(watcher->drop_fd, &st) < 0 || st.st_nlink == 0)
		return err_set(err, ERR_GONE, "the drop folder was removed");
	if (!find_folder(watcher, "."))
		(void)add_folder(watcher, "", CLASS_EDELIVERY);
	for (struct folder *folder = watcher->by_path; folder; folder = folder->by_path.next) {
		/* There may be watches again: others gave theirs back, or the limit was raised. */
		watcher->polled -= folder->is_polled;
		folder->is_polled = false;
		scan_later(watcher, folder);
	}
	return 0;
}

bool watcher_scan_more(struct watcher *watcher)
{
	for (int i = 0; i < SLICE && watcher->to_scan; i++)
		scan_folder(watcher, watcher->to_scan);
	if (!watcher->to_scan && watcher->polled == 0 && watcher->warned) {
		watcher->warned = false;
		log_info("watch=limit text=\"there are watches for all folders again\"");
	}
	return watcher->to_scan != NULL;
}

void watcher_poll(struct watcher *watcher)
{
	struct folder *folder = watcher->poll_next ? watcher->poll_next : watcher->by_path;

	if (watcher->polled == 0)
		return;
	for (int i = 0; i < POLLED_AT_ONCE && folder; i++, folder = folder->by_path.next) {
		struct stat st;

		if (!folder->is_polled || fstatat(watcher->drop_fd, folder->path, &st, 0) < 0 ||
		    (st.st_mtim.tv_sec == folder->changed.tv_sec &&
		        st.st_mtim.tv_nsec == folder->changed.tv_nsec))
			continue;
		scan_later(watcher, folder);
	}
	watcher->poll_next = folder;
}

static int read_event(struct watcher *watcher, const struct inotify_event *event, struct err *err)
{
	struct folder *folder = NULL;

	if (event->mask & IN_Q_OVERFLOW) {
		log_warning("watch=overflow text=\"more events than the kernel keeps: scanning all "
		            "drop folders\"");
		return watcher_scan(watcher, err);
	}
	HASH_FIND(by_wd, watcher->by_wd, &event->wd, sizeof(event->wd), folder);
	if (!folder)
		return 0;
	if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)) {
		if (!folder->avrs_id[0] && !(event->mask & IN_IGNORED))
			return err_set(
			    err, ERR_GONE, "the drop folder was moved, removed or unmounted");
		/*
		 * Another one may have its path by now, told of before this: who has a removed
		 * folder open keeps it until it is closed. The scan forgets what is not there.
		 */
		stop_watch(watcher, folder);
		scan_later(watcher, folder);
		return 0;
	}
	if (event->len == 0 || letter_name_is_unfinished(event->name))
		return 0;
	if (event->mask & IN_ISDIR) {
		if (event->mask & (IN_CREATE | IN_MOVED_TO | IN_ATTRIB))
			found_folder(watcher, folder, event->name);
	} else {
		queue(watcher, folder, event->name);
	}
	return 0;
}

int watcher_read(struct watcher *watcher, struct err *err)
{
	static char bytes[EVENT_BYTES] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t count;

	while ((count = read(watcher->inotify_fd, bytes, sizeof(bytes))) > 0) {
		for (ssize_t at = 0; at < count;) {
			const struct inotify_event *event = (const void *)(bytes + at);

			if (read_event(watcher, event, err) < 0)
				return -1;
			at += (ssize_t)(sizeof(*event) + event->len);
		}
	}
	return count < 0 && errno != EAGAIN ? err_sys(err, "read watch events") : 0;
}

size_t watcher_folders(const struct watcher *watcher)
{
	return HASH_CNT(by_path, watcher->by_path);
}

size_t watcher_polled(const struct watcher *watcher)
{
	return watcher->polled;
}
