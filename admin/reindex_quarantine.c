/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery reindex: quarantine/<date>/<id>_<escaped name>, its .reason, and the refused files. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "admin/reindex_part.h"
#include "base/file.h"
#include "base/text.h"
#include "spool/folder.h"
#include "spool/found.h"

enum { REASON_FILE_MAX = 16 * 1024 };

#define REASON_SUFFIX ".reason"

/* What stands behind key in a .reason file, up to the end of its line. */
static void read_line(const char *text, const char *key, char *ret_line, size_t size)
{
	const char *at = strstr(text, key);
	size_t length = 0;

	if (at) {
		at += strlen(key);
		at += strspn(at, " ");
		length = strcspn(at, "\n");
	}
	text_copy_part(ret_line, length < size ? length + 1 : size, at ? at : "");
}

/* "123456789 NAME, 5 bytes, dropped into 123456789/trade-files/": whose it is. */
static void read_owner(const char *what, struct intake *intake)
{
	size_t length = strcspn(what, " ");
	const char *folder = strstr(what, "/trade-files/");
	char avrs_id[AVRS_ID_MAX + 1] = "";

	if (length <= AVRS_ID_MAX)
		text_copy_part(avrs_id, length + 1, what);
	if (avrs_id_is_valid(avrs_id) && !strstr(what, "dropped into drop/"))
		text_copy(intake->avrs_id, avrs_id);
	intake->class = folder ? CLASS_TRADE_FILES : CLASS_EDELIVERY;
}

static int read_found(const struct comparison *comparison, struct intake *intake, struct err *err)
{
	OWNED_BUFFER struct buffer text = BUFFER(REASON_FILE_MAX);
	char path[FOLDER_PATH_MAX + sizeof(REASON_SUFFIX)];
	char line[REASON_FILE_MAX];

	(void)snprintf(path, sizeof(path), "%s" REASON_SUFFIX, intake->path);
	if (file_read(comparison->spool->root_fd, path, &text, err) < 0) {
		text_copy(intake->reason, "found in quarantine without a reason");
		return err->kind == ERR_REFUSED ? 0 : -1;
	}
	read_line(buffer_text(&text), "What:", line, sizeof(line));
	read_owner(line, intake);
	read_line(buffer_text(&text), "When:", line, sizeof(line));
	(void)clock_parse(line, &intake->changed, err);
	intake->seen = intake->changed;
	read_line(buffer_text(&text), "Why:", intake->reason, sizeof(intake->reason));
	return 0;
}

static int restore(struct comparison *comparison, const char *path, int64_t id, const char *name,
    const struct stat *st, struct err *err)
{
	struct intake intake = {.id = id,
	    .state = INTAKE_QUARANTINED,
	    .size = st->st_size,
	    .source = source_of(st),
	    .seen = clock_now(),
	    .changed = clock_now()};

	text_copy(intake.path, path);
	text_copy(intake.name, name);
	if (read_found(comparison, &intake, err) < 0 ||
	    (comparison->repair && found_quarantined(comparison->spool, &intake, err) < 0))
		return -1;
	difference_tell(comparison, DIFFERENCE_NO_ROW, path, id, intake.avrs_id, comparison->repair,
	    intake.reason);
	return 0;
}

static bool has_suffix(const char *text, const char *suffix)
{
	size_t length = strlen(text);

	return length >= strlen(suffix) && strcmp(text + length - strlen(suffix), suffix) == 0;
}

/* The folder that the walk is in. */
struct walk {
	struct comparison *comparison;
	const char *date;
};

static int each_file(int fd, const char *file, void *arg, struct err *err)
{
	struct walk *walk = arg;
	struct comparison *comparison = walk->comparison;
	char path[FOLDER_PATH_MAX];
	struct intake intake;
	const char *name = NULL;
	struct stat st;
	int64_t id = 0;
	bool known = false;

	if (has_suffix(file, REASON_SUFFIX) || fstatat(fd, file, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    strncmp(file, FILE_NEW_PREFIX, strlen(FILE_NEW_PREFIX)) == 0)
		return 0;
	progress_add(&comparison->progress, 1);
	(void)snprintf(path, sizeof(path), "quarantine/%s/%s", walk->date, file);
	if (!difference_split(file, &id, &name)) {
		difference_tell(comparison, DIFFERENCE_UNKNOWN_FILE, path, 0, "", false,
		    "nothing of ours: look what it is, and move it away");
		return 0;
	}
	if (intake_find(comparison->spool->catalog, id, &intake, &known, err) < 0)
		return -1;
	if (!known)
		return restore(comparison, path, id, name, &st, err);
	if (strcmp(intake.path, path) != 0)
		difference_tell(comparison, DIFFERENCE_OTHER_ROW, path, id, intake.avrs_id, false,
		    "the file of that id is elsewhere: look at both");
	return 0;
}

static int each_date(int fd, const char *date, void *arg, struct err *err)
{
	struct walk walk = {arg, date};

	return file_each(fd, date, each_file, &walk, err);
}

/* Somebody took it away by hand: `edelivery quarantine discard` says so in its row. */
static int check_row(const struct intake *intake, void *arg, struct err *err)
{
	struct comparison *comparison = arg;

	(void)err;
	progress_add(&comparison->progress, 1);
	if (faccessat(comparison->spool->root_fd, intake->path, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		difference_tell(comparison, DIFFERENCE_NO_FILE, intake->path, intake->id,
		    intake->avrs_id, false, "`edelivery quarantine discard` ends it");
	return 0;
}

int reindex_quarantine(struct comparison *comparison, struct err *err)
{
	struct spool *spool = comparison->spool;

	if (file_each(spool->root_fd, "quarantine", each_date, comparison, err) < 0)
		return -1;
	return intake_list(spool->catalog, NULL, INTAKE_QUARANTINED, check_row, comparison, err);
}
