/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/view_archive.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "spool/archive_right.h"

/* A bundle's right is asked of each of its parts, so a page has few of them. */
enum { BUNDLES_PAGE = 16 };

/* The name of the archive; *ret_is_signature: the path names what is beside it. */
static void split_name(const char *name, char ret_archive[NAME_MAX + 1], bool *ret_is_signature)
{
	size_t length = strlen(name);
	size_t suffix = strlen(ARCHIVE_SIGNATURE_SUFFIX);

	*ret_is_signature =
	    length > suffix && strcmp(name + length - suffix, ARCHIVE_SIGNATURE_SUFFIX) == 0;
	(void)snprintf(ret_archive, NAME_MAX + 1, "%.*s",
	    (int)(*ret_is_signature ? length - suffix : length), name);
}

static int is_allowed(const struct view *view, const struct membership *membership,
    const struct night_archive *archive, bool *ret_allowed, struct err *err)
{
	char today[DATE_SIZE];

	*ret_allowed = false;
	if (archive->state != ARCHIVE_READY)
		return 0;
	clock_print_date(clock_now(), today);
	return archive_right(
	    view->spool->catalog, &view->account, membership, archive, today, ret_allowed, err);
}

static void describe(
    const struct night_archive *archive, bool is_signature, struct view_entry *ret_entry)
{
	*ret_entry =
	    (struct view_entry){.size = is_signature ? archive->signature_size : archive->size,
	        .changed = archive->made};
	(void)snprintf(ret_entry->name, sizeof(ret_entry->name), "%s%s", archive->name,
	    is_signature ? ARCHIVE_SIGNATURE_SUFFIX : "");
}

int view_archive_find(
    struct view *view, struct view_found *found, enum view_answer *ret_answer, struct err *err)
{
	struct night_archive *archive = &found->archive;
	char name[NAME_MAX + 1];
	bool there = false;
	bool allowed = false;

	split_name(found->place.name, name, &found->is_signature);
	if (night_archive_find_name(view->spool->catalog, found->place.avrs_id, view->account.id,
	        name, archive, &there, err) < 0)
		return -1;
	if (there && is_allowed(view, &found->membership, archive, &allowed, err) < 0)
		return -1;
	if (allowed && found->is_signature && archive->signature_size == 0)
		allowed = false;
	if (!allowed) {
		archive->id = 0;
		return 0;
	}
	describe(archive, found->is_signature, &found->entry);
	*ret_answer = VIEW_FOUND;
	return 0;
}

/* A listing of archives under way. */
struct listing {
	struct view *view;
	struct view_cursor *cursor;
	struct membership membership;
	int64_t rows;
	int (*each)(const struct view_entry *entry, void *arg, struct err *err);
	void *arg;
};

static int pass_archive(const struct night_archive *archive, void *arg, struct err *err)
{
	struct listing *listing = arg;
	struct view_entry entry;
	bool allowed = false;

	listing->rows++;
	listing->cursor->sequence = archive->id;
	if (is_allowed(listing->view, &listing->membership, archive, &allowed, err) < 0)
		return -1;
	if (!allowed)
		return 0;
	describe(archive, false, &entry);
	if (listing->each(&entry, listing->arg, err) < 0)
		return -1;
	if (archive->signature_size == 0)
		return 0;
	describe(archive, true, &entry);
	return listing->each(&entry, listing->arg, err);
}

int view_archive_list(struct view *view, const struct place *folder, struct view_cursor *cursor,
    int64_t limit, int (*each)(const struct view_entry *entry, void *arg, struct err *err),
    void *arg, bool *ret_more, struct err *err)
{
	struct listing listing = {.view = view, .cursor = cursor, .each = each, .arg = arg};
	struct night_archive after = {.id = cursor->sequence, .account_id = view->account.id};
	/* Each may have its signature beside it. */
	int64_t rows = limit > 1 ? limit / 2 : 1;
	bool member = false;

	text_copy(after.avrs_id, folder->avrs_id);
	if (!folder->avrs_id[0] && rows > BUNDLES_PAGE)
		rows = BUNDLES_PAGE;
	if (folder->avrs_id[0] && membership_find(view->spool->catalog, view->account.id,
	                              folder->avrs_id, &listing.membership, &member, err) < 0)
		return -1;
	if (night_archive_list(view->spool->catalog, &after, rows, pass_archive, &listing, err) < 0)
		return -1;
	*ret_more = listing.rows == rows;
	return 0;
}

int view_archive_open(
    struct view *view, const struct view_found *found, int *ret_fd, struct err *err)
{
	char path[FOLDER_PATH_MAX];

	if (found->is_signature)
		night_archive_signature_path(&found->archive, path);
	else
		night_archive_path(&found->archive, path);
	if (spool_open_file(view->spool, path, ret_fd, err) == 0)
		return 0;
	/* The catalog says that it is there: a person has to look, the client comes back. */
	err->kind = err->kind == ERR_REFUSED ? ERR_INTERNAL : err->kind;
	return err_context(err, "archive=%" PRId64, found->archive.id);
}

int view_archive_may_read(
    const struct view *view, int64_t archive_id, bool *ret_allowed, struct err *err)
{
	struct catalog *catalog = view->spool->catalog;
	struct membership membership = {.role = ROLE_NONE};
	struct night_archive archive;
	bool found = false;
	bool member = false;

	*ret_allowed = false;
	if (night_archive_find(catalog, archive_id, &archive, &found, err) < 0)
		return -1;
	if (!found)
		return 0;
	if (archive.avrs_id[0] && membership_find(catalog, view->account.id, archive.avrs_id,
	                              &membership, &member, err) < 0)
		return -1;
	return is_allowed(view, &membership, &archive, ret_allowed, err);
}
