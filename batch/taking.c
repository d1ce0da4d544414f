/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/taking.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/clean.h"
#include "base/file.h"
#include "base/mem.h"
#include "batch/beside.h"

struct taking {
	struct taker *taker;
	struct drop *drops;
	size_t count;
	size_t syncfs_from; /* so many files */
	int sync_fd;        /* of its own: each open file is told of what could not be written */
	struct beside beside;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t changed;
	bool is_taken;
	bool is_synced;
	int *fds; /* of what was taken */
	size_t taken;
	size_t troubled;
	struct err trouble;
	int result; /* of the sync */
	struct err err;
};

/* Where each is synced for itself: what its job left in memory goes to disk while it is hashed. */
static void begin_writing(const struct taking *t)
{
	for (size_t i = 0; i < t->count && t->count < t->syncfs_from; i++)
		if (t->drops[i].verdict == VERDICT_POST)
			(void)sync_file_range(t->drops[i].fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

static void take_all(struct taking *t)
{
	begin_writing(t);
	t->troubled = take(t->taker, t->drops, t->count, &t->trouble);
	for (size_t i = 0; i < t->count; i++)
		if (t->drops[i].verdict == VERDICT_POST)
			t->fds[t->taken++] = t->drops[i].served_fd;
}

static int sync_all(const struct taking *t, struct err *err)
{
	if (t->taken >= t->syncfs_from)
		return file_sync_all(t->sync_fd, err);
	for (size_t i = 0; i < t->taken; i++)
		if (file_sync(t->fds[i], "a taken file", err) < 0)
			return -1;
	return 0;
}

static void make_durable(struct taking *t)
{
	t->result = sync_all(t, &t->err);
	t->is_synced = true;
}

static void announce(struct taking *t)
{
	(void)pthread_mutex_lock(&t->lock);
	t->is_taken = true;
	(void)pthread_cond_signal(&t->changed);
	(void)pthread_mutex_unlock(&t->lock);
}

/* A commit beside a syncfs would wait for everybody's bytes, and whoever made the rows with it. */
static void run_taking(void *arg)
{
	struct taking *t = arg;

	take_all(t);
	if (t->taken < t->syncfs_from)
		announce(t);
	make_durable(t);
	announce(t);
}

struct taking *taking_begin(
    struct taker *taker, const struct spool *spool, struct drop *drops, size_t count)
{
	struct taking *t = mem_new(1, sizeof(*t));

	*t = (struct taking){.taker = taker,
	    .drops = drops,
	    .count = count,
	    .syncfs_from = (size_t)spool->settings.post_syncfs_from,
	    .sync_fd = -1,
	    .fds = mem_new(count, sizeof(int))};
	(void)pthread_mutex_init(&t->lock, NULL);
	(void)pthread_cond_init(&t->changed, NULL);
	/* Before there is anything to sync. Without it each file is told of its own. */
	if (file_open_folder(spool->root_fd, "letters", &t->sync_fd, &t->err) < 0)
		t->syncfs_from = SIZE_MAX;
	if (count > 1) {
		beside_begin(&t->beside, true, TAKE_NICENESS, run_taking, t);
	} else {
		take_all(t);
		t->is_taken = true;
	}
	return t;
}

size_t taking_wait(struct taking *taking, struct err *ret_trouble)
{
	(void)pthread_mutex_lock(&taking->lock);
	while (!taking->is_taken)
		(void)pthread_cond_wait(&taking->changed, &taking->lock);
	(void)pthread_mutex_unlock(&taking->lock);
	*ret_trouble = taking->trouble;
	return taking->troubled;
}

int taking_end(struct taking *taking, struct err *err)
{
	int result;

	beside_end(&taking->beside);
	if (!taking->is_synced)
		make_durable(taking);
	result = taking->result;
	if (result < 0)
		*err = taking->err;
	clean_fd(&taking->sync_fd);
	(void)pthread_cond_destroy(&taking->changed);
	(void)pthread_mutex_destroy(&taking->lock);
	free(taking->fds);
	free(taking);
	return result;
}
