/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/archive_build.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/number.h"
#include "base/text.h"
#include "spool/archive_members.h"
#include "spool/archive_writer.h"
#include "spool/folder.h"
#include "spool/night_archive.h"

enum {
	PAGE = 256, /* letters read from the catalog at a time */
	TRIES = 5,  /* while letters are recalled under our hands */
};

/* An archive being built. */
struct building {
	const struct spool *spool;
	struct night_archive archive;
	const struct archive_builder *builder;
	struct archive_writer *writer;
	int folder_fd;
	const char *file; /* its final name in the folder, borrowed from path */
	char path[FOLDER_PATH_MAX];
};

int archive_check_space(const struct spool *spool, int64_t bytes, struct err *err)
{
	OWNED_FD int fd = -1;
	struct statvfs fs;
	int64_t room;

	if (file_open_folder(spool->root_fd, "archives", &fd, err) < 0)
		return -1;
	if (fstatvfs(fd, &fs) < 0)
		return err_sys(err, "stat archives");
	room = (int64_t)(fs.f_bavail * fs.f_frsize) - spool->settings.archive_reserve;
	if (bytes <= room)
		return 0;
	return err_set(err, ERR_RETRY,
	    "archives: no space: up to %" PRId64 " MB are needed and %" PRId64
	    " MB are free beside archive.reserve",
	    bytes / 1000000 + 1, room > 0 ? room / 1000000 : 0);
}

static int add_letter(const struct letter *letter, void *arg, struct err *err)
{
	struct building *b = arg;
	OWNED_FD int fd = -1;
	char path[FOLDER_PATH_MAX];

	folder_letter(letter->avrs_id, letter->class, letter->id, letter->name, path);
	if (spool_open_file(b->spool, path, &fd, err) < 0) {
		/* The catalog says that it is posted: somebody has to look. */
		err->kind = err->kind == ERR_REFUSED ? ERR_INTERNAL : err->kind;
		return err_context(err, "letter=%" PRId64, letter->id);
	}
	if (archive_writer_add(b->writer, letter, fd, err) < 0)
		return -1;
	b->archive.letters++;
	atomic_fetch_add_explicit(&b->builder->progress->letters, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&b->builder->progress->bytes, letter->size, memory_order_relaxed);
	return 0;
}

static int pack(struct building *b, int fd, struct err *err)
{
	OWNED_ARCHIVE_WRITER struct archive_writer *writer = NULL;
	struct members_cursor cursor = {.part_id = 0};
	bool more = true;

	if (archive_writer_new(fd, b->folder_fd, bundle_format_of(b->archive.name),
	        night_archive_is_bundle(&b->archive), &writer, err) < 0)
		return -1;
	b->writer = writer;
	b->archive.letters = 0;
	while (more) {
		if (archive_members_list(b->spool->catalog, &b->archive, &cursor, PAGE, add_letter,
		        b, &more, err) < 0)
			return -1;
		fault_point("archive.page");
	}
	return archive_writer_end(writer, &b->archive.size, b->archive.sha256, err);
}

static void signature_name(const struct building *b, char ret_name[NAME_MAX + 1])
{
	(void)snprintf(ret_name, NAME_MAX + 1, "%s%s", b->file, ARCHIVE_SIGNATURE_SUFFIX);
}

/* What a run that died left behind; the row is `building`, so nobody has seen it. */
static int remove_leftovers(const struct building *b, struct err *err)
{
	char signature[NAME_MAX + 1];

	signature_name(b, signature);
	if ((unlinkat(b->folder_fd, b->file, 0) < 0 && errno != ENOENT) ||
	    (unlinkat(b->folder_fd, signature, 0) < 0 && errno != ENOENT))
		return err_sys(err, "remove %s", b->path);
	return 0;
}

/* A file of the archive's while it has no name of its own, or a temporary one. */
struct unnamed {
	int fd;
	char temporary[NAME_MAX + 1];
};

static int unnamed_open(const struct building *b, struct unnamed *ret_file, struct err *err)
{
	return file_new(b->folder_fd, ret_file->temporary, &ret_file->fd, err);
}

/* Complete: nobody changes it any more, and it survives a power cut. */
static int unnamed_settle(const struct unnamed *file, const char *name, struct err *err)
{
	if (fchmod(file->fd, 0440) < 0)
		return err_sys(err, "chmod %s", name);
	return file_sync(file->fd, name, err);
}

static int unnamed_link(
    const struct building *b, struct unnamed *file, const char *name, struct err *err)
{
	if (file_give_name(file->fd, b->folder_fd, file->temporary, name, err) < 0)
		return -1;
	file->temporary[0] = '\0';
	return 0;
}

static void unnamed_close(const struct building *b, struct unnamed *file)
{
	if (file->fd >= 0 && file->temporary[0])
		(void)unlinkat(b->folder_fd, file->temporary, 0);
	clean_fd(&file->fd);
}

/* Beside the archive, and there before it. */
static int make_signature(
    struct building *b, int content_fd, struct unnamed *signature, struct err *err)
{
	char name[NAME_MAX + 1];

	b->archive.signature_size = 0;
	if (!b->builder->signer)
		return 0;
	signature_name(b, name);
	if (unnamed_open(b, signature, err) < 0 ||
	    archive_sign(b->builder->signer, content_fd, signature->fd, &b->archive.signature_size,
	        err) < 0 ||
	    unnamed_settle(signature, name, err) < 0)
		return -1;
	fault_point("archive.signed");
	return unnamed_link(b, signature, name, err);
}

static int make_content(struct building *b, struct unnamed *file, struct err *err)
{
	if (unnamed_open(b, file, err) < 0 || pack(b, file->fd, err) < 0)
		return -1;
	fault_point("archive.written");
	return unnamed_settle(file, b->path, err);
}

/* The file, complete and durable, under its final name; no file where it would be empty. */
static int make_files(struct building *b, struct err *err)
{
	struct unnamed file = {.fd = -1};
	struct unnamed signature = {.fd = -1};
	int result = remove_leftovers(b, err);

	if (result == 0)
		result = make_content(b, &file, err);
	fault_point("archive.durable");
	if (result == 0 && b->archive.letters > 0) {
		result = make_signature(b, file.fd, &signature, err);
		if (result == 0)
			result = unnamed_link(b, &file, b->file, err);
	}
	unnamed_close(b, &signature);
	unnamed_close(b, &file);
	fault_point("archive.linked");
	return result;
}

static int publish(struct building *b, bool *ret_done, struct err *err)
{
	struct night_archive *a = &b->archive;

	if (a->letters == 0) {
		*ret_done = true;
		return night_archive_set_state(
		    b->spool->catalog, &b->spool->actor, a, ARCHIVE_EXPIRED, "reason=empty", err);
	}
	if (file_sync(b->folder_fd, b->path, err) < 0)
		return -1;
	fault_point("archive.synced");
	a->made = clock_now();
	if (night_archive_set_ready(b->spool->catalog, &b->spool->actor, a, ret_done, err) < 0)
		return -1;
	fault_point("archive.ready");
	if (*ret_done)
		log_info("archive=%" PRId64 " made name=%s avrs_id=%s account=%" PRId64
		         " night=%s letters=%" PRId64 " bytes=%" PRId64,
		    a->id, a->name, a->avrs_id[0] ? a->avrs_id : "-", a->account_id, a->night,
		    a->letters, a->size);
	return 0;
}

static int open_folder(struct building *b, struct err *err)
{
	char folder[PATH_MAX];

	night_archive_path(&b->archive, b->path);
	file_parent(b->path, folder);
	b->file = b->path + strlen(folder) + 1;
	if (file_make_folder(b->spool->root_fd, folder, 0750, err) < 0)
		return -1;
	return file_open_folder(b->spool->root_fd, folder, &b->folder_fd, err);
}

static int build(struct building *b, struct err *err)
{
	bool done = false;
	int64_t letters = 0;
	int64_t bytes = 0;

	for (int i = 0; i < TRIES && !done; i++) {
		if (archive_members_measure(b->spool->catalog, &b->archive, &letters, &bytes, err) <
		        0 ||
		    archive_check_space(b->spool, bytes + letters * ARCHIVE_ENTRY_BYTES, err) < 0 ||
		    make_files(b, err) < 0 || publish(b, &done, err) < 0)
			return -1;
	}
	return done ? 0 : err_set(err, ERR_RETRY, "its letters change all the time");
}

int archive_build(const struct archive_builder *builder, int64_t id, struct err *err)
{
	const struct spool *spool = builder->spool;
	struct building b = {.spool = spool, .builder = builder, .folder_fd = -1};
	bool found = false;
	int result;

	if (night_archive_find(spool->catalog, id, &b.archive, &found, err) < 0)
		return -1;
	if (!found || b.archive.state != ARCHIVE_BUILDING)
		return 0;
	result = open_folder(&b, err);
	if (result == 0)
		result = build(&b, err);
	clean_fd(&b.folder_fd);
	return result < 0 ? err_context(err, "archive=%" PRId64 " name=%s", id, b.archive.name) : 0;
}
