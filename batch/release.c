/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/release.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/notify.h"
#include "base/text.h"
#include "base/utf8.h"
#include "batch/quarantine.h"
#include "spool/drop_folder.h"

enum { RELEASE_AT_ONCE = 100 };

/* A quarantined file on its way out. */
struct leaving {
	const struct spool *spool;
	struct intake before;              /* its row */
	struct intake intake;              /* what its row is to be */
	bool is_done;                      /* it is where that says */
	int folder_fd;                     /* of the drop folder that it came from */
	char name[NAME_MAX + 1];           /* as it was dropped */
	char hidden[QUARANTINE_NAME_SIZE]; /* its name there, where it could not be moved away */
};

/* Where it came from; made again where somebody removed it meanwhile. */
static int open_drop_folder(struct leaving *l, struct err *err)
{
	OWNED_BUFFER struct buffer name = BUFFER(NAME_MAX);
	const struct intake *intake = &l->intake;

	utf8_unescape(&name, intake->name);
	text_copy(l->name, buffer_text(&name));
	quarantine_hidden_name(intake->id, l->hidden);
	clean_fd(&l->folder_fd);
	l->folder_fd = drop_folder_open(l->spool, intake->avrs_id, intake->class);
	return l->folder_fd < 0
	           ? err_sys(err, "open the drop folder of letter=%" PRId64, intake->id)
	           : 0;
}

static bool is_there(int folder_fd, const char *path)
{
	return faccessat(folder_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* To another file system: the whole copy, hidden. */
static int copy_back(const struct leaving *l, struct err *err)
{
	OWNED_FD int from = file_open_beneath(l->spool->root_fd, l->intake.path, O_RDONLY, 0);

	if (from < 0)
		return err_sys(err, "open %s", l->intake.path);
	return file_copy_as(from, l->folder_fd, l->hidden, DROP_FILE_MODE, NULL, err);
}

/* Once what is hidden is there for good, also after a power cut; it may not have been copied. */
static int remove_original(const struct leaving *l, struct err *err)
{
	if (file_sync(l->folder_fd, "a drop folder", err) < 0)
		return -1;
	fault_point("release.copied");
	return unlinkat(l->spool->root_fd, l->intake.path, 0) < 0 && errno != ENOENT
	           ? err_sys(err, "remove %s", l->intake.path)
	           : 0;
}

/* Never over a file that has its name by now: ERR_CONFLICT. */
static int rename_back(const struct leaving *l, int from_fd, const char *from, struct err *err)
{
	if (file_rename_new(from_fd, from, l->folder_fd, l->name) == 0)
		return 0;
	if (errno == EEXIST)
		return err_set(err, ERR_CONFLICT, "a file of that name is in the drop folder");
	return err_sys(err, "move %s back", from);
}

/* From wherever it is; at its place already, where a former call came so far. */
static int move_back(const struct leaving *l, struct err *err)
{
	struct stat quarantined;
	struct stat folder;

	if (!is_there(l->folder_fd, l->hidden)) {
		if (fstatat(l->spool->root_fd, l->intake.path, &quarantined, AT_SYMLINK_NOFOLLOW) <
		    0)
			return 0;
		if (fstat(l->folder_fd, &folder) == 0 && folder.st_dev == quarantined.st_dev)
			return rename_back(l, l->spool->root_fd, l->intake.path, err);
		if (copy_back(l, err) < 0)
			return -1;
	}
	if (remove_original(l, err) < 0)
		return -1;
	return rename_back(l, l->folder_fd, l->hidden, err);
}

static void remove_reason(const struct leaving *l)
{
	char path[FOLDER_PATH_MAX + 8];

	(void)snprintf(path, sizeof(path), "%s.reason", l->before.path);
	if (unlinkat(l->spool->root_fd, path, 0) < 0 && errno != ENOENT)
		log_warning("file=%s text=\"cannot be removed: %s\"", path, strerror(errno));
}

/* What became of it; what was wanted is done with that. */
static void become(struct leaving *l, enum intake_state state, const char *reason)
{
	l->intake.state = state;
	l->intake.changed = clock_now();
	text_copy(l->intake.reason, reason);
	if (state != INTAKE_QUARANTINED)
		l->intake.path[0] = '\0';
	l->is_done = true;
}

/* It goes on being refused, and the operator reads why. */
static void stay(struct leaving *l, const struct err *why)
{
	char reason[REASON_MAX + 1];

	(void)snprintf(reason, sizeof(reason), "not released: %.180s", why->text);
	become(l, INTAKE_QUARANTINED, reason);
}

/* Without its row it would be taken for a new file, which knows nothing of it. */
static void hide(const struct leaving *l)
{
	if (l->is_done && l->intake.state == INTAKE_HELD)
		(void)renameat2(l->folder_fd, l->name, l->folder_fd, l->hidden, RENAME_NOREPLACE);
}

static int release(struct leaving *l, struct err *err)
{
	struct stat st;

	if (move_back(l, err) < 0) {
		if (err->kind != ERR_CONFLICT)
			return -1;
		stay(l, err);
		return 0;
	}
	if (fstatat(l->folder_fd, l->name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		become(l, INTAKE_GONE, "taken away from the quarantine");
		return 0;
	}
	fault_point("release.moved");
	l->intake.source = source_of(&st);
	become(l, INTAKE_HELD, "released from quarantine");
	if (file_sync(l->folder_fd, "a drop folder", err) == 0)
		return 0;
	hide(l);
	l->is_done = false;
	return -1;
}

static int discard(struct leaving *l, struct err *err)
{
	if (file_remove_all(l->spool->root_fd, l->intake.path, err) < 0 ||
	    file_remove_all(l->folder_fd, l->hidden, err) < 0)
		return -1;
	fault_point("release.removed");
	remove_reason(l);
	become(l, INTAKE_DISCARDED, l->before.reason);
	return 0;
}

static int do_wanted(struct leaving *l, struct err *err)
{
	l->intake = l->before;
	l->is_done = false;
	if (open_drop_folder(l, err) < 0)
		return -1;
	return l->before.wanted == WISH_RELEASE ? release(l, err) : discard(l, err);
}

/* Those of which something is wanted, some at a time. */
struct exodus {
	struct leaving *some;
	size_t count;
	struct holds *holds;
};

static int store(struct catalog *catalog, const struct leaving *l, struct err *err)
{
	static const char *const what[INTAKE_COUNT] = {
	    [INTAKE_HELD] = "letter.released",
	    [INTAKE_QUARANTINED] = "letter.quarantined",
	    [INTAKE_DISCARDED] = "letter.discarded",
	    [INTAKE_GONE] = "letter.gone",
	};

	if (intake_update(catalog, &l->intake, err) < 0)
		return -1;
	return event_add(catalog, &l->spool->actor,
	    &(struct event){.what = what[l->intake.state],
	        .avrs_id = l->intake.avrs_id,
	        .letter_id = l->intake.id,
	        .detail = l->intake.reason},
	    err);
}

static int store_all(struct catalog *catalog, void *arg, struct err *err)
{
	const struct exodus *e = arg;

	for (size_t i = 0; i < e->count; i++)
		if (e->some[i].is_done && store(catalog, &e->some[i], err) < 0)
			return -1;
	return 0;
}

static void finish(const struct leaving *l, struct holds *holds)
{
	log_info("letter=%" PRId64 " %s avrs_id=%s reason=\"%s\"", l->intake.id,
	    l->intake.state == INTAKE_HELD ? "released" : intake_state_name(l->intake.state),
	    l->intake.avrs_id, l->intake.reason);
	if (l->intake.state != INTAKE_HELD)
		return;
	holds_add(holds, &l->intake);
	remove_reason(l);
}

/* Files first, then their rows in one transaction: what a crash leaves is still wanted. */
static int do_some(struct exodus *e, struct err *err)
{
	for (size_t i = 0; i < e->count; i++) {
		struct err trouble;

		notify_alive();
		if (do_wanted(&e->some[i], &trouble) < 0)
			log_error(
			    "letter=%" PRId64 " text=\"%s\"", e->some[i].before.id, trouble.text);
	}
	if (catalog_transact(e->some[0].spool->catalog, store_all, e, err) < 0) {
		for (size_t i = 0; i < e->count; i++)
			hide(&e->some[i]);
		return -1;
	}
	for (size_t i = 0; i < e->count; i++)
		if (e->some[i].is_done)
			finish(&e->some[i], e->holds);
	return 0;
}

/* One whose row the catalog refuses keeps back no other. */
static void do_each(struct exodus *e)
{
	for (size_t i = 0; i < e->count; i++) {
		struct exodus one = {&e->some[i], 1, e->holds};
		struct err err;

		if (do_some(&one, &err) < 0)
			log_error("letter=%" PRId64 " text=\"%s\"", e->some[i].before.id, err.text);
	}
}

static int gather(const struct spool *spool, int64_t after, struct exodus *e, struct err *err)
{
	bool found = true;

	while (e->count < RELEASE_AT_ONCE) {
		struct leaving *l = &e->some[e->count];

		*l = (struct leaving){.spool = spool, .folder_fd = -1};
		if (intake_next_wanted(
		        spool->catalog, spool->actor.node, after, &l->before, &found, err) < 0)
			return -1;
		if (!found)
			return 0;
		after = l->before.id;
		e->count++;
	}
	return 0;
}

int release_wanted(const struct spool *spool, struct holds *holds, int64_t *at, struct err *err)
{
	OWNED_MEM struct leaving *some = mem_new(RELEASE_AT_ONCE, sizeof(*some));
	struct exodus e = {.some = some, .holds = holds};
	struct err trouble;

	if (gather(spool, *at, &e, err) < 0)
		return -1;
	*at = e.count == RELEASE_AT_ONCE ? some[e.count - 1].before.id : 0;
	if (e.count > 0 && do_some(&e, &trouble) < 0)
		do_each(&e);
	for (size_t i = 0; i < e.count; i++)
		clean_fd(&some[i].folder_fd);
	return 0;
}
