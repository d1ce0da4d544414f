/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/take.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/notify.h"
#include "base/number.h"
#include "base/sha256_many.h"
#include "base/text.h"
#include "batch/beside.h"
#include "spool/digest.h"
#include "spool/drop_folder.h"

enum {
	CHUNK = 128 * 1024,
	SMALL = 64 * 1024, /* bytes of a file that is read at once, to be hashed with others */
	TOGETHER = 16,
	SERVED_MODE = 0440,
};

/* One worker's means, and the small files that it has read and is going to hash. */
struct worker {
	struct worker *next; /* that rests, too */
	struct digest *digest;
	struct sha256_many *many;
	unsigned char chunk[CHUNK];
	size_t count; /* of small files */
	struct drop *drops[TOGETHER];
	struct sha256_message messages[TOGETHER];
	unsigned char small[TOGETHER][SMALL];
};

static struct worker *worker_new(void)
{
	struct worker *worker = mem_new(1, sizeof(*worker));
	struct err ignored;

	worker->digest = digest_new();
	worker->many = sha256_many_new();
	/* The first of a process looks for its algorithm. Where it finds none, so will the next. */
	(void)digest_begin(worker->digest, &ignored);
	return worker;
}

static void worker_free(struct worker *worker)
{
	digest_free(worker->digest);
	sha256_many_free(worker->many);
	free(worker);
}

struct taker {
	int letters_fd;
	dev_t device; /* that letters are on */
	pthread_mutex_t lock;
	struct worker *resting;
};

static void let_rest(struct taker *taker, struct worker *worker)
{
	(void)pthread_mutex_lock(&taker->lock);
	worker->next = taker->resting;
	taker->resting = worker;
	(void)pthread_mutex_unlock(&taker->lock);
}

struct taker *taker_new(int letters_fd)
{
	struct taker *taker = mem_new(1, sizeof(*taker));
	struct stat letters;

	taker->letters_fd = letters_fd;
	if (fstat(letters_fd, &letters) == 0)
		taker->device = letters.st_dev;
	(void)pthread_mutex_init(&taker->lock, NULL);
	let_rest(taker, worker_new());
	return taker;
}

void taker_free(struct taker *taker)
{
	struct worker *worker;

	if (!taker)
		return;
	while ((worker = taker->resting) != NULL) {
		taker->resting = worker->next;
		worker_free(worker);
	}
	(void)pthread_mutex_destroy(&taker->lock);
	free(taker);
}

static struct worker *call_worker(struct taker *taker)
{
	struct worker *worker;

	(void)pthread_mutex_lock(&taker->lock);
	worker = taker->resting;
	if (worker)
		taker->resting = worker->next;
	(void)pthread_mutex_unlock(&taker->lock);
	return worker ? worker : worker_new();
}

/*
 * Hash what the drop has from its start, and write it to to_fd unless that is -1. ERR_BUSY: it has
 * grown since it was looked at; where leases do not work it could grow as fast as it is read.
 */
static int hash_and_copy(struct worker *worker, struct drop *drop, int to_fd, struct err *err)
{
	struct letter *letter = &drop->letter;
	int64_t size = 0;
	ssize_t count;

	if (digest_begin(worker->digest, err) < 0)
		return -1;
	do {
		count = pread(drop->fd, worker->chunk, CHUNK, size);
		if (count < 0)
			return err_sys(err, "read");
		if (size + count > drop->st.st_size)
			return err_set(err, ERR_BUSY, "being written");
		digest_add(worker->digest, worker->chunk, (size_t)count);
		if (to_fd >= 0 && file_write(to_fd, worker->chunk, (size_t)count, err) < 0)
			return -1;
		size += count;
		notify_alive();
	} while (count == CHUNK); /* a regular file has less only at its end */
	digest_end(worker->digest, letter->sha256, &letter->crc32);
	letter->size = size;
	return 0;
}

/* Root's jobs can write to a file that is ours and read-only, whenever the lease has ended. */
static bool can_be_adopted(const struct taker *taker, const struct drop *drop)
{
	return drop->leased && drop->st.st_uid != 0 && !drop->doubted && drop->st.st_nlink == 1 &&
	       taker->device == drop->st.st_dev;
}

/* What clients see as its time. */
static int set_time(int fd, int64_t when, struct err *err)
{
	const struct timespec times[] = {
	    {.tv_nsec = UTIME_OMIT}, {.tv_sec = when / SECOND, .tv_nsec = when % SECOND * 1000}};

	return futimens(fd, times) < 0 ? err_sys(err, "set the time") : 0;
}

/* Make the dropped inode ours: no older descriptor can be reopened for writing from then on. */
static int make_ours(struct drop *drop)
{
	if (drop->st.st_uid != geteuid() && fchown(drop->fd, geteuid(), getegid()) < 0)
		return -1;
	if (fchmod(drop->fd, SERVED_MODE) < 0) {
		take_back(drop);
		return -1;
	}
	/* Hashing it is no access that anybody wants to know of, and noting it writes the inode. */
	(void)fcntl(drop->fd, F_SETFL, O_NONBLOCK | O_NOATIME);
	return 0;
}

void take_back(struct drop *drop)
{
	const struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, drop->st.st_mtim};

	(void)futimens(drop->fd, times);
	(void)fchmod(drop->fd, drop->st.st_mode & 07777);
	if (drop->st.st_uid != geteuid() && fchown(drop->fd, drop->st.st_uid, drop->st.st_gid) < 0)
		log_warning(
		    "avrs_id=%s inode=%lld text=\"a file that is not taken after all cannot be "
		    "given back to its owner: %s\"",
		    drop->avrs_id, (long long)drop->st.st_ino, strerror(errno));
}

void take_disown(struct drop *drop)
{
	struct stat folder;

	/* With a second name it is a letter that is served. */
	if (!drop->leased || drop->st.st_uid != geteuid() || drop->st.st_nlink != 1 ||
	    (drop->st.st_mode & 07777) != SERVED_MODE)
		return;
	if (fstat(drop->folder_fd, &folder) < 0 || fchown(drop->fd, (uid_t)-1, folder.st_gid) < 0 ||
	    fchmod(drop->fd, DROP_FILE_MODE) < 0 || fstat(drop->fd, &drop->st) < 0)
		log_warning(
		    "avrs_id=%s inode=%lld text=\"a file that waits cannot be given back: %s\"",
		    drop->avrs_id, (long long)drop->st.st_ino, strerror(errno));
}

void take_clean(int letters_fd, struct drop *drop)
{
	if (drop->temporary[0] && unlinkat(letters_fd, drop->temporary, 0) < 0)
		log_warning("file=letters/%s text=\"cannot be removed: %s\"", drop->temporary,
		    strerror(errno));
	drop->temporary[0] = '\0';
}

int take_recover(int letters_fd, struct err *err)
{
	return file_remove_unfinished(letters_fd, ".", err) < 0 ? err_context(err, "letters") : 0;
}

static bool is_unchanged(const struct drop *drop)
{
	struct stat now;

	return fstat(drop->fd, &now) == 0 && now.st_size == drop->st.st_size &&
	       memcmp(&now.st_mtim, &drop->st.st_mtim, sizeof(now.st_mtim)) == 0 &&
	       memcmp(&now.st_ctim, &drop->st.st_ctim, sizeof(now.st_ctim)) == 0;
}

static int copy(
    struct worker *worker, const struct taker *taker, struct drop *drop, struct err *err)
{
	drop->letter.source = source_of(&drop->st);
	if (file_new(taker->letters_fd, drop->temporary, &drop->served_fd, err) < 0 ||
	    hash_and_copy(worker, drop, drop->served_fd, err) < 0)
		return -1;
	if (!is_unchanged(drop) || drop->letter.size != drop->st.st_size)
		return err_set(err, ERR_BUSY, "changed while it was copied");
	if (fchmod(drop->served_fd, SERVED_MODE) < 0)
		return err_sys(err, "chmod");
	return set_time(drop->served_fd, drop->letter.posted, err);
}

/* The drops that the workers take from, by the next free index. */
struct work {
	struct taker *taker;
	struct drop *drops;
	size_t count;
	atomic_size_t next;
	pthread_mutex_t lock; /* of what follows */
	size_t troubled;
	struct err trouble;
};

static void note_failure(struct work *work, struct drop *drop, const struct err *err)
{
	drop_decide(drop, VERDICT_WAIT, "%.*s", REASON_MAX, err->text);
	if (err->kind != ERR_RETRY)
		return;
	(void)pthread_mutex_lock(&work->lock);
	work->troubled++;
	work->trouble = *err;
	(void)pthread_mutex_unlock(&work->lock);
}

/* It is as it was, and waits. */
static void give_up(struct work *work, struct drop *drop, const struct err *err)
{
	take_back(drop);
	drop->adopted = false;
	drop->served_fd = -1;
	note_failure(work, drop, err);
}

/* Once it is hashed. */
static int end_adopting(struct drop *drop, struct err *err)
{
	if (set_time(drop->fd, drop->letter.posted, err) < 0)
		return -1;
	return drop_is_asked_back(drop) ? err_set(err, ERR_BUSY, "being written again") : 0;
}

static void hash_small_ones(struct work *work, struct worker *worker)
{
	struct err err;
	int hashed = sha256_many(worker->many, worker->messages, worker->count, &err);

	for (size_t i = 0; i < worker->count; i++) {
		const struct sha256_message *message = &worker->messages[i];
		struct drop *drop = worker->drops[i];

		text_copy(drop->letter.sha256, message->hex);
		drop->letter.crc32 = digest_crc32(message->bytes, message->count);
		drop->letter.size = (int64_t)message->count;
		if (hashed < 0 || end_adopting(drop, &err) < 0)
			give_up(work, drop, &err);
	}
	worker->count = 0;
}

/* Its bytes, all of them, to be hashed with others. */
static int read_small_one(struct worker *worker, struct drop *drop, struct err *err)
{
	void *bytes = worker->small[worker->count];
	ssize_t count = pread(drop->fd, bytes, SMALL, 0);

	if (count < 0)
		return err_sys(err, "read");
	if (count > drop->st.st_size)
		return err_set(err, ERR_BUSY, "being written");
	worker->drops[worker->count] = drop;
	worker->messages[worker->count++] =
	    (struct sha256_message){.bytes = bytes, .count = (size_t)count};
	notify_alive();
	return 0;
}

static void adopt(struct work *work, struct worker *worker, struct drop *drop)
{
	bool is_small = drop->st.st_size < SMALL;
	struct err err;

	drop->adopted = true;
	drop->served_fd = drop->fd;
	drop->letter.source = source_of(&drop->st);
	drop->letter.source.changed = 0; /* a new name changes that */
	if (is_small ? read_small_one(worker, drop, &err) < 0
	             : hash_and_copy(worker, drop, -1, &err) < 0 || end_adopting(drop, &err) < 0)
		give_up(work, drop, &err);
	if (worker->count == TOGETHER)
		hash_small_ones(work, worker);
}

static void take_one(struct work *work, struct worker *worker, struct drop *drop)
{
	struct err err;

	if (can_be_adopted(work->taker, drop) && make_ours(drop) == 0)
		adopt(work, worker, drop);
	else if (copy(worker, work->taker, drop, &err) < 0)
		note_failure(work, drop, &err);
}

static void run_worker(void *arg)
{
	struct work *work = arg;
	struct worker *worker = call_worker(work->taker);
	size_t i;

	while ((i = atomic_fetch_add(&work->next, 1)) < work->count)
		if (work->drops[i].verdict == VERDICT_POST)
			take_one(work, worker, &work->drops[i]);
	hash_small_ones(work, worker);
	let_rest(work->taker, worker);
}

size_t take(struct taker *taker, struct drop *drops, size_t count, struct err *ret_trouble)
{
	struct work work = {.taker = taker, .drops = drops, .count = count};
	struct beside second;

	(void)pthread_mutex_init(&work.lock, NULL);
	beside_begin(&second, count > 1, TAKE_NICENESS, run_worker, &work);
	run_worker(&work);
	beside_end(&second);
	(void)pthread_mutex_destroy(&work.lock);
	*ret_trouble = work.trouble;
	return work.troubled;
}
