/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/view_drop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "spool/drop_limit.h"
#include "spool/provider.h"

enum { SEEN_MAX = 2048 }; /* names of a folder looked at for one page */

int view_drop_allows(
    const struct view *view, const struct place *place, bool *ret_allowed, struct err *err)
{
	char code[TYPE_CODE_MAX + 1];
	const char *type = NULL;

	*ret_allowed = true;
	if (place->kind == PLACE_DROP || place->kind == PLACE_DROP_STATUS)
		return 0;
	letter_name_type(place->name, code);
	if (place->class == CLASS_TRADE_FILES)
		type = "";
	else if (place->kind == PLACE_DROP_FILE)
		type = code;
	return drop_limit_allows(
	    view->spool->catalog, view->account.id, place->avrs_id, type, ret_allowed, err);
}

static int64_t time_of(const struct stat *st)
{
	return st->st_mtim.tv_sec * SECOND + st->st_mtim.tv_nsec / 1000;
}

/* A folder is there when it is on disk, or is that of an AVRS ID which is known. */
static int find_folder(const struct view *view, struct view_found *found,
    enum view_answer *ret_answer, struct err *err)
{
	OWNED_FD int fd =
	    upload_open_folder(view->spool->drop_fd, found->place.drop, found->place.class);
	struct provider provider;
	struct stat st;
	bool known = false;

	found->entry.is_folder = true;
	found->entry.changed = view->account.created;
	*ret_answer = VIEW_FOUND;
	if (fd >= 0 && fstat(fd, &st) == 0) {
		found->entry.changed = time_of(&st);
		return 0;
	}
	if (!found->place.avrs_id[0])
		return 0;
	if (provider_find(view->spool->catalog, found->place.avrs_id, &provider, &known, err) < 0)
		return -1;
	*ret_answer = known ? VIEW_FOUND : VIEW_NOTHING;
	return 0;
}

static void describe_upload(const struct upload *upload, struct view_entry *entry)
{
	entry->size = upload->size;
	entry->changed = upload->modified ? upload->modified : upload->changed;
}

/* The account's own upload of that name, as far as it can still be asked for. */
static bool shows_upload(const struct view *view, const struct upload *upload, bool on_disk,
    const struct stat *disk, struct view_entry *entry)
{
	struct stat part;

	if (upload->state == UPLOAD_CLOSED) {
		bool is_it = on_disk && upload_is_file(upload, disk);

		if (!is_it && (on_disk || upload->changed + UPLOAD_KEPT < clock_now()))
			return false;
		describe_upload(upload, entry);
		return true;
	}
	if (!upload_is_there(view->spool->drop_fd, upload, true, &part))
		return false;
	describe_upload(upload, entry);
	entry->size = part.st_size;
	return true;
}

static int find_file(const struct view *view, struct view_found *found,
    enum view_answer *ret_answer, struct err *err)
{
	struct upload upload;
	struct upload other;
	struct stat st;
	bool own = false;
	bool on_disk;

	upload_init(&other, view->account.id, "", &found->place);
	on_disk = upload_is_there(view->spool->drop_fd, &other, false, &st);
	if (upload_find(view->spool->catalog, view->account.id, &found->place, &upload, &own, err) <
	    0)
		return -1;
	*ret_answer = VIEW_FOUND;
	if (own && shows_upload(view, &upload, on_disk, &st, &found->entry))
		return 0;
	if (!on_disk || found->place.name[0] == '.') {
		*ret_answer = VIEW_NOTHING;
		return 0;
	}
	found->entry.size = st.st_size;
	found->entry.changed = time_of(&st);
	return 0;
}

int view_drop_find(const struct view *view, struct view_found *found, enum view_answer *ret_answer,
    struct err *err)
{
	bool allowed = false;

	*ret_answer = VIEW_NOTHING;
	if (view_drop_allows(view, &found->place, &allowed, err) < 0)
		return -1;
	if (!allowed)
		return 0;
	return found->place.is_folder ? find_folder(view, found, ret_answer, err)
	                              : find_file(view, found, ret_answer, err);
}

/* A folder on disk being listed. */
struct reading {
	struct view *view;
	const struct place *folder;
	int (*each)(const struct view_entry *entry, void *arg, struct err *err);
	void *arg;
	int fd;
};

/* The place of an entry of the folder. False: nothing that is shown has such a name. */
static bool place_of(const struct place *folder, const char *name, struct place *ret_place)
{
	char path[FOLDER_PATH_MAX];
	char disk[FOLDER_PATH_MAX];

	folder_drop(folder->drop, folder->class, disk);
	return snprintf(path, sizeof(path), "/drop/%s%s%s", disk, disk[0] ? "/" : "", name) <
	           (int)sizeof(path) &&
	       strlen(path) < PLACE_PATH_MAX && place_parse(path, ret_place);
}

static int pass_entry(struct reading *reading, const char *name, int64_t *left, struct err *err)
{
	struct view_entry entry = {.size = 0};
	struct place place;
	struct stat st;
	bool allowed = false;

	if (name[0] == '.' || !place_of(reading->folder, name, &place) ||
	    fstatat(reading->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !(place.is_folder ? S_ISDIR(st.st_mode) : S_ISREG(st.st_mode)))
		return 0;
	if (view_drop_allows(reading->view, &place, &allowed, err) < 0)
		return -1;
	if (!allowed)
		return 0;
	text_copy(entry.name, name);
	entry.is_folder = place.is_folder;
	entry.size = place.is_folder ? 0 : st.st_size;
	entry.changed = time_of(&st);
	--*left;
	return reading->each(&entry, reading->arg, err);
}

/* The kernel's positions in a folder stay good when it is opened again: NFS lives on that. */
static int read_page(struct reading *reading, struct view_cursor *cursor, int64_t left,
    bool *ret_more, struct err *err)
{
	DIR *dir = fdopendir(reading->fd);
	const struct dirent *entry = NULL;
	int result = 0;

	if (!dir) {
		(void)err_sys(err, "read a drop folder");
		clean_fd(&reading->fd);
		return -1;
	}
	if (cursor->sequence)
		seekdir(dir, cursor->sequence);
	/* Names that are not shown cost, too: a page ends behind so many of both. */
	for (int64_t seen = 0; result == 0 && left > 0 && seen < SEEN_MAX; seen++) {
		entry = readdir(dir);
		if (!entry)
			break;
		result = pass_entry(reading, entry->d_name, &left, err);
	}
	cursor->sequence = telldir(dir);
	*ret_more = entry != NULL;
	(void)closedir(dir);
	return result;
}

static int list_disk(struct reading *reading, struct view_cursor *cursor, int64_t limit,
    bool *ret_more, struct err *err)
{
	*ret_more = false;
	reading->fd = upload_open_folder(
	    reading->view->spool->drop_fd, reading->folder->drop, reading->folder->class);
	if (reading->fd < 0)
		return errno == ENOENT ? 0 : err_sys(err, "read drop/%s", reading->folder->drop);
	return read_page(reading, cursor, limit, ret_more, err);
}

static int pass_status(struct reading *reading, struct err *err)
{
	struct view_entry entry = {.name = "STATUS.txt"};
	struct place place;
	const struct view_text *text = NULL;

	if (!place_parse("/drop/STATUS.txt", &place))
		return err_set(err, ERR_INTERNAL, "no place for drop/STATUS.txt");
	if (view_text_get(reading->view, &place, &text, err) < 0)
		return -1;
	entry.size = text->size;
	entry.changed = text->changed;
	return reading->each(&entry, reading->arg, err);
}

/* The folders of the AVRS IDs that a limited account may drop for. */
static int list_limits(struct reading *reading, struct view_cursor *cursor, int64_t limit,
    bool *ret_more, struct err *err)
{
	bool found = true;

	while (limit-- > 0 && found) {
		struct view_entry entry = {
		    .is_folder = true, .changed = reading->view->account.created};

		if (drop_limit_next(reading->view->spool->catalog, reading->view->account.id,
		        cursor->avrs_id, entry.name, &found, err) < 0)
			return -1;
		if (!found)
			break;
		text_copy(cursor->avrs_id, entry.name);
		if (reading->each(&entry, reading->arg, err) < 0)
			return -1;
	}
	*ret_more = found;
	return 0;
}

int view_drop_list(struct view *view, const struct place *folder, struct view_cursor *cursor,
    int64_t limit, int (*each)(const struct view_entry *entry, void *arg, struct err *err),
    void *arg, bool *ret_more, struct err *err)
{
	struct reading reading = {view, folder, each, arg, -1};
	bool unlimited = false;

	if (folder->kind != PLACE_DROP)
		return list_disk(&reading, cursor, limit, ret_more, err);
	if (cursor->stage == 0) {
		cursor->stage = 1;
		limit--;
		if (pass_status(&reading, err) < 0)
			return -1;
	}
	if (drop_limit_allows(view->spool->catalog, view->account.id, "", "", &unlimited, err) < 0)
		return -1;
	return unlimited ? list_disk(&reading, cursor, limit, ret_more, err)
	                 : list_limits(&reading, cursor, limit, ret_more, err);
}
