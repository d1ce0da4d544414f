/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/quarantine.h"

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

/* A refusal being recorded, for the transaction's body. */
struct refusing {
	const struct spool *spool;
	struct intake intake;
	bool is_new;
};

static int store(struct catalog *catalog, void *arg, struct err *err)
{
	struct refusing *refusing = arg;
	struct intake *intake = &refusing->intake;
	char date[DATE_SIZE];

	if (refusing->is_new && catalog_take_ids(catalog, "letter", 1, &intake->id, err) < 0)
		return -1;
	clock_print_date(intake->changed, date);
	folder_quarantine(date, intake->id, intake->name, intake->path);
	if ((refusing->is_new ? intake_add(catalog, refusing->spool->actor.node, intake, err)
	                      : intake_update(catalog, intake, err)) < 0)
		return -1;
	return event_add(catalog, &refusing->spool->actor,
	    &(struct event){.what = "letter.quarantined",
	        .avrs_id = intake->avrs_id,
	        .letter_id = intake->id,
	        .detail = intake->reason},
	    err);
}

static int write_reason(const struct spool *spool, const struct intake *intake, struct err *err)
{
	OWNED_BUFFER struct buffer text = BUFFER(8192);
	char path[FOLDER_PATH_MAX + 8];
	char folder[FOLDER_PATH_MAX];
	char when[TIME_SIZE];

	clock_print(intake->changed, when);
	folder_drop(intake->avrs_id, intake->class, folder);
	buffer_print(&text, "What:    %s%s%s, %" PRId64 " bytes, dropped into %s/\n",
	    intake->avrs_id, intake->avrs_id[0] ? " " : "", intake->name, intake->size,
	    intake->avrs_id[0] ? folder : "drop");
	buffer_print(&text, "When:    %s\n", when);
	buffer_print(&text, "Why:     %s\n", intake->reason);
	buffer_print(&text,
	    "Release: mend the cause, then `edelivery quarantine release %" PRId64
	    "`; or drop a right file and `edelivery quarantine discard %" PRId64 "`\n",
	    intake->id, intake->id);
	(void)snprintf(path, sizeof(path), "%s.reason", intake->path);
	return file_replace(spool->root_fd, path, &text, 0440, err);
}

/* Across file systems: a copy with the same bytes first, then the name. */
static int copy_across(
    const struct spool *spool, int folder_fd, const char *name, const char *path, struct err *err)
{
	OWNED_FD int from = file_open_beneath(folder_fd, name, O_RDONLY, 0);
	OWNED_FD int to =
	    openat(spool->root_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0440);

	if (from < 0 || to < 0)
		return err_sys(err, "copy to %s", path);
	if (file_copy(from, to, path, err) < 0 || file_sync(to, path, err) < 0)
		return -1;
	return unlinkat(folder_fd, name, 0) < 0 ? err_sys(err, "remove the original of %s", path)
	                                        : 0;
}

/* What cannot be moved away (a folder, a FIFO on another file system) is hidden where it is. */
static int hide(int folder_fd, const char *name, const struct intake *intake, struct err *err)
{
	char hidden[64];

	(void)snprintf(hidden, sizeof(hidden), ".%" PRId64 ".quarantined", intake->id);
	return renameat(folder_fd, name, folder_fd, hidden) < 0
	           ? err_sys(err, "hide what is quarantined")
	           : 0;
}

static int move(const struct spool *spool, int folder_fd, const char *name,
    const struct intake *intake, struct err *err)
{
	struct stat st;
	char folder[PATH_MAX];

	if (renameat(folder_fd, name, spool->root_fd, intake->path) < 0) {
		if (errno == ENOENT)
			return 0;
		if (fstatat(folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return err_sys(err, "stat what is quarantined");
		if ((S_ISREG(st.st_mode) ? copy_across(spool, folder_fd, name, intake->path, err)
		                         : hide(folder_fd, name, intake, err)) < 0)
			return -1;
	}
	file_parent(intake->path, folder);
	return file_sync_folder(spool->root_fd, folder, err);
}

/* After the row: the reason first, so that no file is ever there without one. */
static int finish(const struct spool *spool, int folder_fd, const char *name,
    const struct intake *intake, struct err *err)
{
	char folder[PATH_MAX];

	file_parent(intake->path, folder);
	if (file_make_folder(spool->root_fd, folder, 0750, err) < 0 ||
	    write_reason(spool, intake, err) < 0)
		return -1;
	fault_point("quarantine.explained");
	return move(spool, folder_fd, name, intake, err);
}

int quarantine(const struct spool *spool, struct drop *drop, struct err *err)
{
	struct refusing refusing = {.spool = spool, .is_new = drop->intake_id == 0};

	drop_intake(drop, INTAKE_QUARANTINED, &refusing.intake);
	if (catalog_transact(spool->catalog, store, &refusing, err) < 0)
		return -1;
	fault_point("quarantine.recorded");
	log_warning("letter=%" PRId64 " quarantined avrs_id=%s reason=\"%s\"", refusing.intake.id,
	    drop->avrs_id, drop->reason);
	if (finish(spool, drop->folder_fd, drop->on_disk, &refusing.intake, err) < 0)
		return err_context(err, "letter=%" PRId64, refusing.intake.id);
	return 0;
}

/* Is the very file of the row still in its drop folder? Then a crash kept it from being moved. */
static int recover_one(const struct intake *intake, void *arg, struct err *err)
{
	const struct spool *spool = arg;
	OWNED_BUFFER struct buffer name = BUFFER(NAME_MAX);
	OWNED_FD int folder_fd = -1;
	char folder[FOLDER_PATH_MAX];
	struct stat st;

	/* What is wanted of it moves it back: release.c finishes that. */
	if (intake->wanted ||
	    faccessat(spool->root_fd, intake->path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	utf8_unescape(&name, intake->name);
	folder_drop(intake->avrs_id, intake->class, folder);
	folder_fd = file_open_beneath(
	    spool->drop_fd, intake->avrs_id[0] ? folder : ".", O_RDONLY | O_DIRECTORY, 0);
	if (folder_fd < 0 || fstatat(folder_fd, buffer_text(&name), &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    (int64_t)st.st_ino != intake->source.inode)
		return 0;
	log_info("letter=%" PRId64 " quarantined avrs_id=%s reason=\"interrupted before\"",
	    intake->id, intake->avrs_id);
	return finish(spool, folder_fd, buffer_text(&name), intake, err);
}

int quarantine_recover(const struct spool *spool, struct err *err)
{
	struct spool *borrowed =
	    (struct spool *)(uintptr_t)spool; /* recover_one() changes nothing */

	folder_remove_unfinished(spool->root_fd, "quarantine");
	return intake_list(spool->catalog, INTAKE_QUARANTINED, recover_one, borrowed, err);
}
