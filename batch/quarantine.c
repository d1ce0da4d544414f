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
#include "batch/aside.h"

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
	bool is_there = intake->state == INTAKE_QUARANTINED;
	char date[DATE_SIZE];

	if (refusing->is_new && catalog_take_ids(catalog, "letter", 1, &intake->id, err) < 0)
		return -1;
	clock_print_date(intake->changed, date);
	if (is_there)
		folder_quarantine(date, intake->id, intake->name, intake->path);
	if ((refusing->is_new ? intake_add(catalog, refusing->spool->actor.node, intake, err)
	                      : intake_update(catalog, intake, err)) < 0)
		return -1;
	return event_add(catalog, &refusing->spool->actor,
	    &(struct event){.what = is_there ? "letter.quarantined" : "letter.gone",
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

/* First of all, so that no file is ever there without one. */
static int explain(const struct spool *spool, const struct intake *intake, struct err *err)
{
	char folder[PATH_MAX];

	file_parent(intake->path, folder);
	return file_make_folder(spool->root_fd, folder, 0750, err) < 0
	           ? -1
	           : write_reason(spool, intake, err);
}

void quarantine_hidden_name(int64_t id, char ret_name[QUARANTINE_NAME_SIZE])
{
	(void)snprintf(ret_name, QUARANTINE_NAME_SIZE, ".%" PRId64 ".quarantined", id);
}

/* Across file systems: a whole copy first, then the hidden one goes. */
static int copy_across(const struct spool *spool, int folder_fd, const char *hidden, int to_fd,
    const struct intake *intake, struct err *err)
{
	OWNED_FD int from = file_open_beneath(folder_fd, hidden, O_RDONLY, 0);
	const char *name = strrchr(intake->path, '/') + 1;

	if (from < 0)
		return err_sys(err, "open %s", hidden);
	/* A copy that a former call has made is whole; that it has its name may not be durable. */
	if ((faccessat(spool->root_fd, intake->path, F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
	        file_copy_as(from, to_fd, name, 0440, NULL, err) < 0) ||
	    file_sync(to_fd, intake->path, err) < 0)
		return -1;
	fault_point("quarantine.copied");
	return unlinkat(folder_fd, hidden, 0) < 0 ? err_sys(err, "remove %s", hidden) : 0;
}

/* What cannot be moved (a folder, a FIFO on another file system) stays hidden where it is. */
static int move_hidden(
    const struct spool *spool, int folder_fd, const struct intake *intake, struct err *err)
{
	OWNED_FD int to_fd = -1;
	char folder[PATH_MAX];
	char hidden[QUARANTINE_NAME_SIZE];
	struct stat st;

	quarantine_hidden_name(intake->id, hidden);
	if (explain(spool, intake, err) < 0)
		return -1;
	fault_point("quarantine.explained");
	file_parent(intake->path, folder);
	if (fstatat(folder_fd, hidden, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, "stat %s", hidden);
	if (file_open_folder(spool->root_fd, folder, &to_fd, err) < 0)
		return -1;
	if (renameat(folder_fd, hidden, spool->root_fd, intake->path) == 0)
		return file_sync(to_fd, folder, err);
	return S_ISREG(st.st_mode) ? copy_across(spool, folder_fd, hidden, to_fd, intake, err) : 0;
}

/* It stays where it is, for the next start, if it cannot be moved now. */
static void put_away(const struct spool *spool, int folder_fd, const struct intake *intake)
{
	struct err err;

	if (move_hidden(spool, folder_fd, intake, &err) < 0)
		log_error("letter=%" PRId64 " avrs_id=%s text=\"it stays hidden in its drop folder "
		          "until the next start: %s\"",
		    intake->id, intake->avrs_id, err.text);
}

/* Its job took it away, or put another one in its place, since it was refused. */
static int note_gone(const struct refusing *refused, struct err *err)
{
	struct refusing gone = *refused;

	gone.is_new = false;
	gone.intake.state = INTAKE_GONE;
	gone.intake.changed = clock_now();
	gone.intake.path[0] = '\0';
	text_copy(gone.intake.reason, "taken away from the drop folder when it was refused");
	if (catalog_transact(gone.spool->catalog, store, &gone, err) < 0)
		return -1;
	log_info("letter=%" PRId64 " gone avrs_id=%s", gone.intake.id, gone.intake.avrs_id);
	return 0;
}

/* After the row. */
static int finish(const struct refusing *refusing, const struct drop *drop,
    struct arrivals *arrivals, struct err *err)
{
	const struct intake *intake = &refusing->intake;
	char hidden[QUARANTINE_NAME_SIZE];
	char aside[ASIDE_NAME_SIZE];
	bool is_it = false;

	aside_name(intake->id, aside);
	quarantine_hidden_name(intake->id, hidden);
	if (aside_put(drop, aside, arrivals, &is_it, err) < 0)
		return -1;
	if (!is_it)
		return note_gone(refusing, err);
	fault_point("quarantine.aside");
	if (renameat(drop->folder_fd, aside, drop->folder_fd, hidden) < 0)
		return err_sys(err, "hide what is quarantined");
	put_away(refusing->spool, drop->folder_fd, intake);
	return 0;
}

int quarantine(
    const struct spool *spool, struct drop *drop, struct arrivals *arrivals, struct err *err)
{
	struct refusing refusing = {.spool = spool, .is_new = drop->intake_id == 0};

	drop_intake(drop, INTAKE_QUARANTINED, &refusing.intake);
	if (catalog_transact(spool->catalog, store, &refusing, err) < 0)
		return -1;
	fault_point("quarantine.recorded");
	log_warning("letter=%" PRId64 " quarantined avrs_id=%s reason=\"%s\"", refusing.intake.id,
	    drop->avrs_id, drop->reason);
	if (finish(&refusing, drop, arrivals, err) < 0)
		return err_context(err, "letter=%" PRId64, refusing.intake.id);
	return 0;
}

/* What a start finishes. */
struct recovery {
	const struct spool *spool;
	struct arrivals *arrivals;
};

/* The drop of the row, in its folder, as the file that was refused; false: it is not there. */
static bool find_refused(const struct intake *intake, int folder_fd, struct drop *ret_drop)
{
	OWNED_BUFFER struct buffer name = BUFFER(NAME_MAX);
	struct arrival arrival = {.class = intake->class};
	char aside[ASIDE_NAME_SIZE];
	const char *found;

	utf8_unescape(&name, intake->name);
	aside_name(intake->id, aside);
	arrival.name = buffer_text(&name);
	text_copy(arrival.avrs_id, intake->avrs_id);
	drop_init(ret_drop, &arrival);
	ret_drop->folder_fd = folder_fd;
	found = faccessat(folder_fd, aside, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ? aside : arrival.name;
	text_copy(ret_drop->on_disk, found);
	return fstatat(folder_fd, found, &ret_drop->st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       (int64_t)ret_drop->st.st_ino == intake->source.inode;
}

/* Is the very file of the row still in its drop folder? Then a crash kept it from being moved. */
static int recover_one(const struct intake *intake, void *arg, struct err *err)
{
	const struct recovery *recovery = arg;
	const struct spool *spool = recovery->spool;
	struct refusing refusing = {.spool = spool, .intake = *intake};
	OWNED_FD int folder_fd = -1;
	char folder[FOLDER_PATH_MAX];
	char hidden[QUARANTINE_NAME_SIZE];
	struct drop drop;

	/* What is wanted of it moves it back: release.c finishes that. */
	if (intake->wanted)
		return 0;
	folder_drop(intake->avrs_id, intake->class, folder);
	quarantine_hidden_name(intake->id, hidden);
	folder_fd = file_open_beneath(
	    spool->drop_fd, intake->avrs_id[0] ? folder : ".", O_RDONLY | O_DIRECTORY, 0);
	if (folder_fd < 0)
		return 0;
	if (faccessat(folder_fd, hidden, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		put_away(spool, folder_fd, intake);
		return 0;
	}
	if (faccessat(spool->root_fd, intake->path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
	    !find_refused(intake, folder_fd, &drop))
		return 0;
	log_info("letter=%" PRId64 " quarantined avrs_id=%s reason=\"interrupted before\"",
	    intake->id, intake->avrs_id);
	return finish(&refusing, &drop, recovery->arrivals, err);
}

int quarantine_recover(const struct spool *spool, struct arrivals *arrivals, struct err *err)
{
	struct recovery recovery = {spool, arrivals};

	folder_remove_unfinished(spool->root_fd, "quarantine");
	return intake_list(
	    spool->catalog, spool->actor.node, INTAKE_QUARANTINED, recover_one, &recovery, err);
}
