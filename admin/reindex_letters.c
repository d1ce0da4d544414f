/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery reindex: letters/<hh>/<AVRS-ID>/<class>/<id>_<name>, and letters that are posted. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/reindex_part.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "spool/folder.h"
#include "spool/found.h"

enum { PAGE = 1000 };

/* Where the walk is, and what it found without a row for that AVRS ID. */
struct walk {
	struct comparison *comparison;
	char shard[NAME_MAX + 1];
	char avrs_id[NAME_MAX + 1];
	const char *class_name;
	enum letter_class class;
	struct letter *found;
	size_t found_count;
};

static void path_of(const struct walk *walk, const char *file, char ret_path[FOLDER_PATH_MAX])
{
	(void)snprintf(ret_path, FOLDER_PATH_MAX, "letters/%s/%s/%s/%s", walk->shard, walk->avrs_id,
	    walk->class_name, file);
}

static void tell_unknown(struct walk *walk, const char *path)
{
	difference_tell(walk->comparison, DIFFERENCE_UNKNOWN_FILE, path, 0, "", false,
	    "nothing of ours: look what it is, and move it away");
}

/* Everything about it that the disk knows. */
static int read_found(struct walk *walk, const char *path, int64_t id, const char *name,
    struct letter *ret_letter, struct err *err)
{
	OWNED_FD int fd = file_open_beneath(walk->comparison->spool->root_fd, path, O_RDONLY, 0);
	struct letter letter = {.id = id, .class = walk->class};
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, "open %s", path);
	if (digest_file(
	        walk->comparison->digest, fd, letter.sha256, &letter.crc32, &letter.size, err) < 0)
		return err_context(err, "%s", path);
	letter.posted = st.st_mtim.tv_sec * SECOND + st.st_mtim.tv_nsec / 1000;
	letter.taken = letter.posted;
	text_copy(letter.avrs_id, walk->avrs_id);
	text_copy(letter.name, name);
	text_copy_part(letter.dropped_name, sizeof(letter.dropped_name), name);
	if (walk->class == CLASS_EDELIVERY)
		letter_name_type(name, letter.type);
	*ret_letter = letter;
	return 0;
}

static int note_found(
    struct walk *walk, const char *path, int64_t id, const char *name, struct err *err)
{
	if (strlen(name) > SERVED_NAME_MAX || !avrs_id_is_valid(walk->avrs_id)) {
		tell_unknown(walk, path);
		return 0;
	}
	walk->found = mem_grow(walk->found, walk->found_count, sizeof(*walk->found));
	return read_found(walk, path, id, name, &walk->found[walk->found_count++], err);
}

/* A letter whose time is over: nobody sees it, so only the space is at stake. */
static void note_ended(struct walk *walk, const char *path, const struct letter *letter)
{
	struct comparison *comparison = walk->comparison;
	bool removed = comparison->repair && unlinkat(comparison->spool->root_fd, path, 0) == 0;

	difference_tell(comparison, DIFFERENCE_ENDED, path, letter->id, letter->avrs_id, removed,
	    electronic_name(letter->electronic));
}

static int compare_file(struct walk *walk, const char *path, const char *file, struct err *err)
{
	struct letter letter;
	char expected[FOLDER_PATH_MAX];
	const char *name = NULL;
	int64_t id = 0;
	bool known = false;

	if (!difference_split(file, &id, &name)) {
		tell_unknown(walk, path);
		return 0;
	}
	if (letter_find(walk->comparison->spool->catalog, id, &letter, &known, err) < 0)
		return -1;
	if (!known)
		return note_found(walk, path, id, name, err);
	folder_letter(letter.avrs_id, letter.class, letter.id, letter.name, expected);
	if (strcmp(expected, path) != 0 || !letter.electronic)
		difference_tell(walk->comparison, DIFFERENCE_OTHER_ROW, path, id, letter.avrs_id,
		    false, "the letter of that id is another: look at both");
	else if (letter.electronic == ELECTRONIC_EXPIRED ||
	         letter.electronic == ELECTRONIC_RECALLED)
		note_ended(walk, path, &letter);
	return 0;
}

static int each_file(int fd, const char *file, void *arg, struct err *err)
{
	struct walk *walk = arg;
	char path[FOLDER_PATH_MAX];
	struct stat st;

	path_of(walk, file, path);
	if (strncmp(file, FILE_NEW_PREFIX, strlen(FILE_NEW_PREFIX)) == 0 ||
	    fstatat(fd, file, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	progress_add(&walk->comparison->progress, 1);
	if (S_ISREG(st.st_mode))
		return compare_file(walk, path, file, err);
	tell_unknown(walk, path);
	return 0;
}

/* In the order in which they were posted: their times never go back, and ids break ties. */
static int by_time(const void *a, const void *b)
{
	const struct letter *x = a;
	const struct letter *y = b;

	if (x->posted != y->posted)
		return x->posted < y->posted ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

static void tell_found(struct walk *walk, bool mended, const char *detail)
{
	for (size_t i = 0; i < walk->found_count; i++) {
		const struct letter *letter = &walk->found[i];
		char path[FOLDER_PATH_MAX];

		folder_letter(letter->avrs_id, letter->class, letter->id, letter->name, path);
		difference_tell(walk->comparison, DIFFERENCE_NO_ROW, path, letter->id,
		    letter->avrs_id, mended, detail);
	}
}

/* The rows of what was found for an AVRS ID are made together, or none. */
static int restore(struct walk *walk, struct err *err)
{
	int result = 0;

	if (walk->found_count == 0)
		return 0;
	qsort(walk->found, walk->found_count, sizeof(*walk->found), by_time);
	if (walk->comparison->repair)
		result =
		    found_letters(walk->comparison->spool, walk->found, walk->found_count, err);
	if (result < 0 && err->kind != ERR_CONFLICT)
		return -1;
	tell_found(walk, walk->comparison->repair && result == 0,
	    result < 0 ? "one of them has a name that is taken: look at both" : "");
	walk->found_count = 0;
	return 0;
}

static int each_avrs_id(int fd, const char *avrs_id, void *arg, struct err *err)
{
	struct walk *walk = arg;
	char path[FOLDER_PATH_MAX];

	text_copy(walk->avrs_id, avrs_id);
	for (enum letter_class class = CLASS_EDELIVERY; class < CLASS_COUNT; class ++) {
		walk->class = class;
		walk->class_name = letter_class_name(class);
		(void)snprintf(path, sizeof(path), "%s/%s", avrs_id, walk->class_name);
		if (faccessat(fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 &&
		    file_each(fd, path, each_file, walk, err) < 0)
			return -1;
	}
	return restore(walk, err);
}

static int each_shard(int fd, const char *shard, void *arg, struct err *err)
{
	struct walk *walk = arg;

	if (strncmp(shard, FILE_NEW_PREFIX, strlen(FILE_NEW_PREFIX)) == 0)
		return 0;
	text_copy(walk->shard, shard);
	return file_each(fd, shard, each_avrs_id, walk, err);
}

/* A page of what the catalog says is posted. */
struct page {
	struct letter letters[PAGE];
	size_t count;
};

static int add_to_page(const struct letter *letter, void *arg, struct err *err)
{
	struct page *page = arg;

	(void)err;
	page->letters[page->count++] = *letter;
	return 0;
}

static int check_rows(struct comparison *comparison, struct err *err)
{
	OWNED_MEM struct page *page = mem_new(1, sizeof(*page));
	int64_t after = 0;

	do {
		page->count = 0;
		if (letter_list_served(
		        comparison->spool->catalog, after, PAGE, add_to_page, page, err) < 0)
			return -1;
		for (size_t i = 0; i < page->count; i++) {
			const struct letter *letter = &page->letters[i];
			char path[FOLDER_PATH_MAX];

			folder_letter(
			    letter->avrs_id, letter->class, letter->id, letter->name, path);
			if (difference_check_file(comparison, path, letter, err) < 0)
				return -1;
			after = letter->id;
		}
	} while (page->count == PAGE);
	return 0;
}

int reindex_letters(struct comparison *comparison, struct err *err)
{
	struct walk walk = {.comparison = comparison};
	int result = file_each(comparison->spool->root_fd, "letters", each_shard, &walk, err);

	free(walk.found);
	return result < 0 ? -1 : check_rows(comparison, err);
}
