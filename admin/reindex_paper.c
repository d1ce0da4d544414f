/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery reindex: paper/<date>/<id>_<name>, its manifest, and the letters to be printed. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "admin/reindex_part.h"
#include "base/csv.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "spool/folder.h"
#include "spool/found.h"
#include "spool/outbox.h"

enum { MANIFEST_MAX = 256 * 1024 * 1024, PAGE = 1000 };

/* The columns of a manifest that tell what the file itself does not. */
enum { FILE_NAME, AVRS_ID, NPI, NAME, TYPE, SIZE, SHA256, QUEUED, STATE, REASON, COLUMNS };

/* The folder that the walk is in, and what it found without a row there. */
struct walk {
	struct comparison *comparison;
	const char *date;
	char **found; /* <id>_<name> */
	size_t found_count;
};

static void tell(struct walk *walk, enum difference what, const char *file, int64_t id,
    const char *avrs_id, bool mended, const char *detail)
{
	char path[FOLDER_PATH_MAX];

	(void)snprintf(path, sizeof(path), "paper/%s/%s", walk->date, file);
	difference_tell(walk->comparison, what, path, id, avrs_id, mended, detail);
}

static bool is_list(const char *file)
{
	size_t length = strlen(file);

	return strcmp(file, "manifest.csv") == 0 ||
	       (length > 4 && strcmp(file + length - 4, ".zip") == 0);
}

static int each_file(int fd, const char *file, void *arg, struct err *err)
{
	struct walk *walk = arg;
	struct letter letter;
	const char *name = NULL;
	int64_t id = 0;
	bool known = false;

	(void)fd;
	if (is_list(file) || strncmp(file, FILE_NEW_PREFIX, strlen(FILE_NEW_PREFIX)) == 0)
		return 0;
	progress_add(&walk->comparison->progress, 1);
	if (!difference_split(file, &id, &name)) {
		tell(walk, DIFFERENCE_UNKNOWN_FILE, file, 0, "", false,
		    "nothing of ours: look what it is, and move it away");
		return 0;
	}
	if (letter_find(walk->comparison->spool->catalog, id, &letter, &known, err) < 0)
		return -1;
	if (!known) {
		walk->found = mem_grow(walk->found, walk->found_count, sizeof(*walk->found));
		walk->found[walk->found_count++] = mem_dup(file);
	} else if (strcmp(letter.paper_date, walk->date) != 0 || strcmp(letter.name, name) != 0) {
		tell(walk, DIFFERENCE_OTHER_ROW, file, id, letter.avrs_id, false,
		    "the letter of that id is another: look at both");
	}
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The row of a line of the manifest; *ret_is_right false: the file is not what it says. */
static int read_letter(const struct walk *walk, const struct csv *line, struct letter *ret_letter,
    bool *ret_is_right, struct err *err)
{
	struct comparison *comparison = walk->comparison;
	OWNED_FD int fd = -1;
	char path[FOLDER_PATH_MAX];
	const char *name = NULL;
	struct letter letter = {.paper = PAPER_QUEUED};

	(void)snprintf(path, sizeof(path), "paper/%s/%s", walk->date, line->fields[FILE_NAME]);
	fd = file_open_beneath(comparison->spool->root_fd, path, O_RDONLY, 0);
	if (fd < 0)
		return err_sys(err, "open %s", path);
	if (digest_file(comparison->digest, fd, letter.sha256, &letter.crc32, &letter.size, err) <
	    0)
		return -1;
	(void)difference_split(line->fields[FILE_NAME], &letter.id, &name);
	while (letter.paper < PAPER_COUNT &&
	       strcmp(paper_name(letter.paper), line->fields[STATE]) != 0)
		letter.paper++;
	*ret_is_right = avrs_id_is_valid(line->fields[AVRS_ID]) && letter.paper < PAPER_COUNT &&
	                strcmp(letter.sha256, line->fields[SHA256]) == 0 &&
	                clock_parse(line->fields[QUEUED], &letter.queued, err) == 0;
	letter.taken = letter.queued;
	text_copy(letter.avrs_id, line->fields[AVRS_ID]);
	text_copy(letter.type, line->fields[TYPE]);
	text_copy(letter.name, name);
	text_copy_part(letter.dropped_name, sizeof(letter.dropped_name), name);
	text_copy(letter.paper_reason, line->fields[REASON]);
	text_copy(letter.paper_date, walk->date);
	*ret_letter = letter;
	return 0;
}

/* A line of the manifest whose file has no row. */
static int restore(struct walk *walk, const struct csv *line, struct err *err)
{
	struct comparison *comparison = walk->comparison;
	struct letter letter;
	bool is_right = false;

	if (read_letter(walk, line, &letter, &is_right, err) < 0)
		return -1;
	if (is_right && comparison->repair && found_paper(comparison->spool, &letter, err) < 0)
		return -1;
	tell(walk, DIFFERENCE_NO_ROW, line->fields[FILE_NAME], letter.id, letter.avrs_id,
	    is_right && comparison->repair,
	    is_right ? letter.paper_reason : "not what the manifest says of it: look at both");
	return 0;
}

/* Take a name out of what was found. */
static bool take_found(struct walk *walk, const char *file)
{
	char **at = bsearch(&file, walk->found, walk->found_count, sizeof(*walk->found), by_text);

	if (!at)
		return false;
	free(*at);
	walk->found_count--;
	memmove(at, at + 1, (size_t)(walk->found + walk->found_count - at) * sizeof(*at));
	return true;
}

static int read_manifest(struct walk *walk, struct err *err)
{
	OWNED_BUFFER struct buffer text = BUFFER(MANIFEST_MAX);
	OWNED_MEM struct csv *csv = mem_new(1, sizeof(*csv));
	char path[FOLDER_PATH_MAX];
	bool record = false;

	(void)snprintf(path, sizeof(path), "paper/%s/manifest.csv", walk->date);
	if (file_read(walk->comparison->spool->root_fd, path, &text, err) < 0)
		return err->kind == ERR_REFUSED ? 0 : -1;
	csv_start(csv, buffer_text(&text), text.length);
	while (csv_next(csv, &record, err) == 0 && record)
		if (csv->count == COLUMNS && take_found(walk, csv->fields[FILE_NAME]) &&
		    restore(walk, csv, err) < 0)
			return -1;
	return 0;
}

static int each_date(int fd, const char *date, void *arg, struct err *err)
{
	struct walk walk = {.comparison = arg, .date = date};
	int result = 0;

	if (!date_is_valid(date))
		tell(&walk, DIFFERENCE_UNKNOWN_FILE, "", 0, "", false, "not a date");
	else
		result = file_each(fd, date, each_file, &walk, err);
	if (result == 0 && walk.found_count > 0) {
		qsort(walk.found, walk.found_count, sizeof(*walk.found), by_text);
		result = read_manifest(&walk, err);
	}
	for (size_t i = 0; i < walk.found_count; i++) {
		tell(&walk, DIFFERENCE_NO_ROW, walk.found[i], 0, "", false,
		    "not in the manifest either: whose it is is not known");
		free(walk.found[i]);
	}
	free(walk.found);
	return result;
}

/* A page of the letters to be printed on a date. */
struct page {
	struct comparison *comparison;
	size_t count;
	int64_t last;
};

static int check_row(const struct letter *letter, void *arg, struct err *err)
{
	struct page *page = arg;
	char path[FOLDER_PATH_MAX];

	page->count++;
	page->last = letter->id;
	folder_paper(letter->paper_date, letter->id, letter->name, path);
	return difference_check_file(page->comparison, path, letter, err);
}

static int check_date(struct comparison *comparison, const char *date, struct err *err)
{
	struct page page = {.comparison = comparison, .count = PAGE};

	while (page.count == PAGE) {
		page.count = 0;
		if (outbox_list(comparison->spool->catalog, date, page.last, PAGE, check_row, &page,
		        err) < 0)
			return -1;
	}
	return 0;
}

int reindex_paper(struct comparison *comparison, struct err *err)
{
	struct spool *spool = comparison->spool;
	char date[DATE_SIZE] = "";
	bool found = true;

	if (file_each(spool->root_fd, "paper", each_date, comparison, err) < 0)
		return -1;
	for (;;) {
		if (outbox_next_date(spool->catalog, date, date, &found, err) < 0)
			return -1;
		if (!found)
			return 0;
		if (check_date(comparison, date, err) < 0)
			return -1;
	}
}
