/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/post.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/notify.h"
#include "base/number.h"
#include "batch/publish.h"
#include "batch/record.h"
#include "batch/take.h"
#include "spool/digest.h"

enum { FORGET_AT_ONCE = 500 };

void post_path(const struct letter *letter, char ret_path[FOLDER_PATH_MAX])
{
	if (letter->electronic)
		folder_letter(letter->avrs_id, letter->class, letter->id, letter->name, ret_path);
	else
		folder_paper(letter->paper_date, letter->id, letter->name, ret_path);
}

static size_t count_to_post(const struct drop *drops, size_t count)
{
	size_t to_post = 0;

	for (size_t i = 0; i < count; i++)
		to_post += drops[i].verdict == VERDICT_POST;
	return to_post;
}

int post_sync(
    const struct spool *spool, int sync_fd, const struct drop *drops, size_t count, struct err *err)
{
	if (count_to_post(drops, count) >= (size_t)spool->settings.post_syncfs_from)
		return file_sync_all(sync_fd, err);
	for (size_t i = 0; i < count; i++)
		if (drops[i].verdict == VERDICT_POST &&
		    file_sync(drops[i].served_fd, "a taken file", err) < 0)
			return -1;
	return 0;
}

/* Is what has the name path the very file that is to be served for the drop? */
static bool is_its_link(const struct spool *spool, const struct drop *drop, const char *path)
{
	struct stat there;
	struct stat own;

	return fstatat(spool->root_fd, path, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstat(drop->served_fd, &own) == 0 && there.st_dev == own.st_dev &&
	       there.st_ino == own.st_ino;
}

/* Take a letter back that nobody has seen: its link, its row, and its file if it was adopted. */
static int undo(const struct spool *spool, struct drop *drop, struct err *err)
{
	char path[FOLDER_PATH_MAX];

	post_path(&drop->letter, path);
	if (is_its_link(spool, drop, path) && unlinkat(spool->root_fd, path, 0) < 0)
		return err_sys(err, "unlink %s", path);
	if (letter_forget(spool->catalog, drop->letter.id, err) < 0)
		return -1;
	if (drop->adopted)
		take_back(drop);
	return 0;
}

/* An adopted file that somebody opened for writing meanwhile is still being written. */
static int undo_asked_back(
    const struct spool *spool, struct drop *drops, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		struct drop *drop = &drops[i];

		if (drop->verdict != VERDICT_POST || !drop->adopted || !drop_is_asked_back(drop))
			continue;
		if (undo(spool, drop, err) < 0)
			return -1;
		log_info("letter=%" PRId64 " undone avrs_id=%s reason=\"being written again\"",
		    drop->letter.id, drop->avrs_id);
		drop_decide(drop, VERDICT_WAIT, "being written again");
	}
	return 0;
}

void post_undo(const struct spool *spool, struct drop *drops, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct err err;

		if (drops[i].verdict == VERDICT_POST && undo(spool, &drops[i], &err) < 0)
			log_error("letter=%" PRId64 " text=\"cannot be undone: %s\"",
			    drops[i].letter.id, err.text);
	}
}

void post_give_back(struct drop *drops, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (drops[i].adopted)
			take_back(&drops[i]);
}

static int publish_drops(
    const struct spool *spool, const struct drop *drops, size_t count, struct err *err)
{
	OWNED_MEM struct publication *letters = mem_new(count, sizeof(*letters));
	size_t ready = 0;

	for (size_t i = 0; i < count; i++) {
		/* A batch becomes visible as one, later. */
		if (drops[i].verdict != VERDICT_POST || drops[i].member)
			continue;
		letters[ready].letter = drops[i].letter;
		letters[ready].fd = drops[i].served_fd;
		letters[ready++].was_held = drops[i].intake_id != 0;
	}
	return publish(spool, letters, ready, err);
}

/* What waits for another letter of its name stays what jobs dropped. */
static void give_back_waiting(struct drop *drops, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (drops[i].verdict == VERDICT_WAIT)
			post_give_back(&drops[i], 1);
}

int post_record(const struct spool *spool, struct drop *drops, size_t count, struct err *err)
{
	fault_point("post.durable");
	if (record(spool, drops, count, err) < 0) {
		post_give_back(drops, count);
		return -1;
	}
	give_back_waiting(drops, count);
	fault_point("post.recorded");
	return 0;
}

int post_publish(const struct spool *spool, struct drop *drops, size_t count, struct err *err)
{
	if (undo_asked_back(spool, drops, count, err) < 0) {
		post_undo(spool, drops, count);
		return -1;
	}
	fault_point("post.synced");
	if (publish_drops(spool, drops, count, err) < 0)
		return -1;
	fault_point("post.published");
	return 0;
}

/* What recovery found of the letters that were begun. */
struct recovery {
	const struct spool *spool;
	struct publication *finished;
	size_t finished_count;
	struct letter *undone;
	size_t undone_count;
};

static void add_undone(struct recovery *r, const struct letter *letter)
{
	r->undone = mem_resize(r->undone, r->undone_count + 1, sizeof(*r->undone));
	r->undone[r->undone_count++] = *letter;
}

/* Has the file what was hashed? Its size and time say so, mostly; *ret_same. */
static int compare_file(
    const struct letter *letter, int fd, const struct stat *st, bool *ret_same, struct err *err)
{
	OWNED_DIGEST struct digest *digest = NULL;
	int64_t modified = st->st_mtim.tv_sec * SECOND + st->st_mtim.tv_nsec / 1000;
	char sha256[SHA256_HEX + 1];
	uint32_t crc32 = 0;
	int64_t size = 0;

	*ret_same = st->st_size == letter->size;
	if (!*ret_same || modified == letter->taken)
		return 0;
	digest = digest_new();
	if (digest_file(digest, fd, sha256, &crc32, &size, err) < 0)
		return err_context(err, "letter %" PRId64, letter->id);
	*ret_same = strcmp(sha256, letter->sha256) == 0;
	return 0;
}

/*
 * An adopted file was a job's. An open for writing that waited for our lease got what it wanted
 * when the process died that had it: is it as it was hashed, and nobody writes to it? The lease
 * that this takes lasts until the letter is posted.
 */
static int is_intact(
    const struct letter *letter, int fd, const struct stat *st, bool *ret_intact, struct err *err)
{
	*ret_intact = true;
	if (letter->source.changed)
		return 0;
	*ret_intact = fcntl(fd, F_SETLEASE, F_RDLCK) == 0 || errno != EAGAIN;
	return *ret_intact ? compare_file(letter, fd, st, ret_intact, err) : 0;
}

/* Its time is the one that taking gave the file. */
static void add_finished(
    struct recovery *r, const struct letter *letter, int fd, const struct stat *st)
{
	struct publication one = {.letter = *letter, .fd = fd, .was_held = true};

	one.letter.posted = st->st_mtim.tv_sec * SECOND + st->st_mtim.tv_nsec / 1000;
	r->finished = mem_resize(r->finished, r->finished_count + 1, sizeof(*r->finished));
	r->finished[r->finished_count++] = one;
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
	if (is_intact(letter, fd, &st, &intact, err) < 0)
		return -1;
	/* It is a drop still, to be looked at again. */
	if (!intact && st.st_nlink > 1) {
		add_undone(r, letter);
		return 0;
	}
	if (!intact) {
		log_error(
		    "letter=%" PRId64
		    " text=\"%s was written to, and its dropped name is gone: it is not posted; "
		    "have it dropped again, then remove it\"",
		    letter->id, path);
		return 0;
	}
	add_finished(r, letter, TAKE_FD(fd), &st);
	return 0;
}

/* Its link was made: the bytes were durable before, so only folders and rows are wanting. */
static int finish(const struct recovery *r, struct err *err)
{
	if (r->finished_count == 0)
		return 0;
	if (file_sync_all(r->spool->root_fd, err) < 0)
		return -1;
	return publish(r->spool, r->finished, r->finished_count, err);
}

/* Letters whose rows go in one transaction. */
struct forgetting {
	const struct letter *letters;
	size_t count;
};

static int forget_rows(struct catalog *catalog, void *arg, struct err *err)
{
	const struct forgetting *f = arg;

	for (size_t i = 0; i < f->count; i++)
		if (letter_forget(catalog, f->letters[i].id, err) < 0)
			return -1;
	return 0;
}

/* A row outlives its link: what is interrupted here is forgotten by the next recovery. */
static int forget_some(
    const struct spool *spool, const struct forgetting *some, const char *reason, struct err *err)
{
	struct forgetting f = *some;

	for (size_t i = 0; i < f.count; i++) {
		char path[FOLDER_PATH_MAX];

		notify_alive();
		post_path(&f.letters[i], path);
		if (unlinkat(spool->root_fd, path, 0) < 0 && errno != ENOENT)
			return err_sys(err, "unlink %s", path);
	}
	if (catalog_transact(spool->catalog, forget_rows, &f, err) < 0)
		return -1;
	for (size_t i = 0; i < f.count; i++)
		log_info("letter=%" PRId64 " undone avrs_id=%s reason=\"%s\"", f.letters[i].id,
		    f.letters[i].avrs_id, reason);
	return 0;
}

int post_forget(const struct spool *spool, const struct letter *letters, size_t count,
    const char *reason, struct err *err)
{
	for (size_t at = 0; at < count; at += FORGET_AT_ONCE) {
		size_t left = count - at;
		struct forgetting some = {
		    letters + at, left < FORGET_AT_ONCE ? left : FORGET_AT_ONCE};

		if (forget_some(spool, &some, reason, err) < 0)
			return -1;
	}
	return 0;
}

int post_recover(const struct spool *spool, struct err *err)
{
	struct recovery r = {.spool = spool};
	int result = letter_list_unfinished(spool->catalog, spool->actor.node, sort_out, &r, err);

	if (result == 0)
		result = finish(&r, err);
	if (result == 0)
		result = post_forget(spool, r.undone, r.undone_count, "interrupted", err);
	for (size_t i = 0; i < r.finished_count; i++)
		(void)close(r.finished[i].fd);
	free(r.finished);
	free(r.undone);
	return result;
}
