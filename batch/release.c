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
#include "base/text.h"
#include "base/utf8.h"
#include "batch/quarantine.h"
#include "spool/drop_folder.h"

/* A quarantined file on its way out. */
struct leaving {
	const struct spool *spool;
	struct intake intake;
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
	l->folder_fd = drop_folder_open(l->spool, intake->avrs_id, intake->class);
	return l->folder_fd < 0
	           ? err_sys(err, "open the drop folder of letter=%" PRId64, intake->id)
	           : 0;
}

static bool is_there(int folder_fd, const char *path)
{
	return faccessat(folder_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* To another file system: a whole copy is there, hidden, before the original goes. */
static int copy_back(const struct leaving *l, struct err *err)
{
	OWNED_FD int from = file_open_beneath(l->spool->root_fd, l->intake.path, O_RDONLY, 0);

	if (from < 0)
		return err_sys(err, "open %s", l->intake.path);
	if (file_copy_as(from, l->folder_fd, l->hidden, DROP_FILE_MODE, NULL, err) < 0)
		return -1;
	fault_point("release.copied");
	return unlinkat(l->spool->root_fd, l->intake.path, 0) < 0
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
	} else if (unlinkat(l->spool->root_fd, l->intake.path, 0) < 0 && errno != ENOENT) {
		return err_sys(err, "remove %s", l->intake.path);
	}
	return rename_back(l, l->folder_fd, l->hidden, err);
}

static void remove_reason(const struct leaving *l)
{
	char path[FOLDER_PATH_MAX + 8];

	(void)snprintf(path, sizeof(path), "%s.reason", l->intake.path);
	if (unlinkat(l->spool->root_fd, path, 0) < 0 && errno != ENOENT)
		log_warning("file=%s text=\"cannot be removed: %s\"", path, strerror(errno));
}

static int store(struct catalog *catalog, void *arg, struct err *err)
{
	static const char *const what[INTAKE_COUNT] = {
	    [INTAKE_HELD] = "letter.released",
	    [INTAKE_QUARANTINED] = "letter.quarantined",
	    [INTAKE_DISCARDED] = "letter.discarded",
	    [INTAKE_GONE] = "letter.gone",
	};
	const struct leaving *l = arg;

	if (intake_update(catalog, &l->intake, err) < 0)
		return -1;
	return event_add(catalog, &l->spool->actor,
	    &(struct event){.what = what[l->intake.state],
	        .avrs_id = l->intake.avrs_id,
	        .letter_id = l->intake.id,
	        .detail = l->intake.reason},
	    err);
}

/* What became of it; what was wanted is done with that. */
static int note(struct leaving *l, enum intake_state state, const char *reason, struct err *err)
{
	struct intake before = l->intake;

	l->intake.state = state;
	l->intake.changed = clock_now();
	text_copy(l->intake.reason, reason);
	if (state != INTAKE_QUARANTINED)
		l->intake.path[0] = '\0';
	if (catalog_transact(l->spool->catalog, store, l, err) < 0) {
		l->intake = before;
		return -1;
	}
	log_info("letter=%" PRId64 " %s avrs_id=%s reason=\"%s\"", l->intake.id,
	    state == INTAKE_HELD ? "released" : intake_state_name(state), l->intake.avrs_id,
	    reason);
	return 0;
}

/* It goes on being refused, and the operator reads why. */
static int stay(struct leaving *l, const struct err *why, struct err *err)
{
	char reason[REASON_MAX + 1];

	(void)snprintf(reason, sizeof(reason), "not released: %.180s", why->text);
	return note(l, INTAKE_QUARANTINED, reason, err);
}

static int release(struct leaving *l, struct holds *holds, struct err *err)
{
	struct leaving before = *l;
	struct stat st;

	if (move_back(l, err) < 0) {
		struct err why = *err;

		return why.kind == ERR_CONFLICT ? stay(l, &why, err) : -1;
	}
	if (fstatat(l->folder_fd, l->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return note(l, INTAKE_GONE, "taken away from the quarantine", err);
	fault_point("release.moved");
	l->intake.source = source_of(&st);
	if (note(l, INTAKE_HELD, "released from quarantine", err) < 0) {
		/* Or it would be taken for a new file, which knows nothing of its row. */
		(void)renameat2(l->folder_fd, l->name, l->folder_fd, l->hidden, RENAME_NOREPLACE);
		return -1;
	}
	holds_add(holds, &l->intake);
	remove_reason(&before);
	return 0;
}

static int discard(struct leaving *l, struct err *err)
{
	if (file_remove_all(l->spool->root_fd, l->intake.path, err) < 0 ||
	    file_remove_all(l->folder_fd, l->hidden, err) < 0)
		return -1;
	fault_point("release.removed");
	remove_reason(l);
	return note(l, INTAKE_DISCARDED, l->intake.reason, err);
}

static int do_wanted(struct leaving *l, struct holds *holds, struct err *err)
{
	if (open_drop_folder(l, err) < 0)
		return -1;
	return l->intake.wanted == WISH_RELEASE ? release(l, holds, err) : discard(l, err);
}

int release_wanted(const struct spool *spool, struct holds *holds, struct err *err)
{
	struct leaving leaving = {.spool = spool};
	bool found = true;

	while (found) {
		struct err trouble;

		leaving.folder_fd = -1;
		if (intake_next_wanted(spool->catalog, spool->actor.node, leaving.intake.id,
		        &leaving.intake, &found, err) < 0)
			return -1;
		if (found && do_wanted(&leaving, holds, &trouble) < 0)
			log_error(
			    "letter=%" PRId64 " text=\"%s\"", leaving.intake.id, trouble.text);
		clean_fd(&leaving.folder_fd);
	}
	return 0;
}
