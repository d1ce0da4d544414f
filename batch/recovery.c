/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/recovery.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "batch/forget.h"
#include "batch/move.h"
#include "batch/post.h"
#include "batch/publish.h"
#include "spool/digest.h"
#include "spool/drop_folder.h"

/* What recovery found of the letters that were begun. */
struct recovery {
	const struct spool *spool;
	const struct doubt *doubt;
	struct publication *finished;
	size_t finished_count;
	struct letter *undone;
	size_t undone_count;
};

static void add_undone(struct recovery *r, const struct letter *letter)
{
	r->undone = mem_grow(r->undone, r->undone_count, sizeof(*r->undone));
	r->undone[r->undone_count++] = *letter;
}

static int64_t time_of(const struct stat *st)
{
	return st->st_mtim.tv_sec * SECOND + st->st_mtim.tv_nsec / 1000;
}

static bool is_adopted(const struct letter *letter)
{
	return letter->source.changed == 0;
}

/* Has the file what was hashed? A power cut may have left it its size and time, and no bytes. */
static int compare_file(
    const struct letter *letter, int fd, const struct stat *st, bool *ret_same, struct err *err)
{
	OWNED_DIGEST struct digest *digest = digest_new();
	char sha256[SHA256_HEX + 1];
	uint32_t crc32 = 0;
	int64_t size = 0;

	*ret_same = st->st_size == letter->size;
	if (!*ret_same)
		return 0;
	if (digest_file(digest, fd, sha256, &crc32, &size, err) < 0)
		return err_context(err, "letter %" PRId64, letter->id);
	*ret_same = strcmp(sha256, letter->sha256) == 0;
	return 0;
}

/*
 * An adopted file was a job's. An open for writing that waited for our lease got what it wanted
 * when the process died that had it. The lease that this takes lasts until the letter is posted.
 */
static bool is_being_written(const struct letter *letter, int fd)
{
	return is_adopted(letter) && fcntl(fd, F_SETLEASE, F_RDLCK) < 0 && errno == EAGAIN;
}

/* Is it as it was hashed, nobody writes to it, and a sync of it is worth anything? */
static int is_intact(const struct recovery *r, const struct letter *letter, int fd,
    const struct stat *st, bool *ret_intact, struct err *err)
{
	*ret_intact = !is_being_written(letter, fd) && !doubt_is_about(r->doubt, fd);
	return *ret_intact ? compare_file(letter, fd, st, ret_intact, err) : 0;
}

/* Its time is the one that taking gave the file. */
static void add_finished(
    struct recovery *r, const struct letter *letter, int fd, const struct stat *st)
{
	struct publication one = {.letter = *letter, .fd = fd, .was_held = true};

	one.letter.posted = time_of(st);
	r->finished = mem_grow(r->finished, r->finished_count, sizeof(*r->finished));
	r->finished[r->finished_count++] = one;
}

/*
 * What a job wrote to or a power cut took bytes from, or another file that came in its place just
 * then (move.h), is a drop: it goes back to where it was, for the next scan to find.
 */
static int give_back(
    const struct spool *spool, const struct letter *letter, const char *path, struct err *err)
{
	struct arrival arrival = {.class = letter->class, .name = letter->dropped_name};
	OWNED_FD int folder_fd = -1;
	struct drop drop;

	text_copy(arrival.avrs_id, letter->avrs_id);
	drop_init(&drop, &arrival);
	drop.letter.id = letter->id;
	folder_fd = drop_folder_open(spool, letter->avrs_id, letter->class);
	if (folder_fd < 0)
		return err_sys(err, "open drop/%s", letter->avrs_id);
	drop.folder_fd = folder_fd;
	return move_back(&drop, spool->root_fd, path, err);
}

/* Returns whether there is nothing left at the letter's path. */
static bool is_given_back(const struct spool *spool, const struct letter *letter, const char *path)
{
	struct err err;

	if (give_back(spool, letter, path, &err) == 0)
		return true;
	log_error("letter=%" PRId64 " text=\"%s was changed before it was posted: %s; move it to "
	          "drop/%s by hand, or see to that and restart edelivery-watchd\"",
	    letter->id, path, err.text, letter->avrs_id);
	return false;
}

static int sort_out(const struct letter *letter, void *arg, struct err *err)
{
	struct recovery *r = arg;
	char path[FOLDER_PATH_MAX];
	struct stat st;
	OWNED_FD int fd = -1;
	bool intact = true;

	/* A batch that is not visible begins again, as a whole. */
	if (letter->batch_id) {
		add_undone(r, letter);
		return 0;
	}
	post_path(letter, path);
	fd = file_open_beneath(r->spool->root_fd, path, O_RDONLY, 0);
	if (fd < 0 && errno == ENOENT) {
		add_undone(r, letter);
		return 0;
	}
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, "open %s", path);
	if (is_intact(r, letter, fd, &st, &intact, err) < 0)
		return -1;
	if (intact)
		add_finished(r, letter, TAKE_FD(fd), &st);
	/* Of a copy there is the dropped file. */
	else if (!is_adopted(letter) || is_given_back(r->spool, letter, path))
		add_undone(r, letter);
	return 0;
}

/* Whoever placed it may have died before the sync. */
static int finish(const struct recovery *r, struct err *err)
{
	if (r->finished_count == 0)
		return 0;
	if (file_sync_all(r->spool->root_fd, err) < 0)
		return -1;
	return publish(r->spool, r->finished, r->finished_count, err);
}

int recovery(const struct spool *spool, const struct doubt *doubt, struct err *err)
{
	struct recovery r = {.spool = spool, .doubt = doubt};
	int result = letter_list_unfinished(spool->catalog, spool->actor.node, sort_out, &r, err);

	if (result == 0)
		result = finish(&r, err);
	if (result == 0)
		result = forget(spool, r.undone, r.undone_count, "interrupted", err);
	for (size_t i = 0; i < r.finished_count; i++)
		(void)close(r.finished[i].fd);
	free(r.finished);
	free(r.undone);
	return result;
}
