/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/linking.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/notify.h"
#include "batch/folder_cache.h"
#include "batch/post.h"

enum {
	PARTS = 2,
	SHARED_FROM = 32, /* letters */
};

/* Some of the drops, that one thread links. */
struct part {
	const struct drop *drops;
	size_t count;
	struct folder_cache *folders; /* that they are linked into */
	int result;
	struct err err;
};

struct linking {
	struct part parts[PARTS];
	int root_fd;
	size_t syncfs_from;
	pthread_t thread;
	bool is_beside;
	int result;
	struct err err;
};

/* The path is unique by its id, so what is there already is a former attempt's. */
static int link_one(struct folder_cache *folders, const struct drop *drop, struct err *err)
{
	char path[FOLDER_PATH_MAX];
	char folder[PATH_MAX];
	int folder_fd = -1;

	post_path(&drop->letter, path);
	file_parent(path, folder);
	if (folder_cache_make(folders, folder, 0750, &folder_fd, err) < 0)
		return -1;
	return file_give_name(drop->served_fd, folder_fd, "", strrchr(path, '/') + 1, err);
}

static void *link_part(void *arg)
{
	struct part *part = arg;

	for (size_t i = 0; i < part->count && part->result == 0; i++) {
		if (part->drops[i].verdict != VERDICT_POST)
			continue;
		part->result = link_one(part->folders, &part->drops[i], &part->err);
		fault_point("post.linked");
		notify_alive();
	}
	return NULL;
}

/* Folders are dear to make: a second thread does half of it, where it is worth one. */
static void link_parts(struct linking *l)
{
	pthread_t helper;
	bool helped =
	    l->parts[1].count > 0 && pthread_create(&helper, NULL, link_part, &l->parts[1]) == 0;

	(void)link_part(&l->parts[0]);
	if (helped)
		(void)pthread_join(helper, NULL);
	else
		(void)link_part(&l->parts[1]);
}

static int sync_parts(const struct linking *l, struct err *err)
{
	size_t folders = 0;

	for (size_t i = 0; i < PARTS; i++)
		folders += folder_cache_count(l->parts[i].folders);
	if (folders >= l->syncfs_from)
		return file_sync_all(l->root_fd, err);
	for (size_t i = 0; i < PARTS; i++)
		if (folder_cache_sync(l->parts[i].folders, l->syncfs_from, err) < 0)
			return -1;
	return 0;
}

static void *run_linking(void *arg)
{
	struct linking *l = arg;

	link_parts(l);
	for (size_t i = 0; i < PARTS; i++) {
		if (l->parts[i].result == 0)
			continue;
		l->result = -1;
		l->err = l->parts[i].err;
	}
	if (l->result == 0)
		l->result = sync_parts(l, &l->err);
	return NULL;
}

struct linking *linking_begin(const struct spool *spool, const struct drop *drops, size_t count)
{
	struct linking *l = mem_new(1, sizeof(*l));
	size_t first = count < SHARED_FROM ? count : count / PARTS;

	*l = (struct linking){.parts = {{.drops = drops, .count = first},
	                          {.drops = drops + first, .count = count - first}},
	    .root_fd = spool->root_fd,
	    .syncfs_from = (size_t)spool->settings.post_syncfs_from};
	for (size_t i = 0; i < PARTS; i++)
		l->parts[i].folders = folder_cache_new(spool->root_fd);
	l->is_beside = count > 1 && pthread_create(&l->thread, NULL, run_linking, l) == 0;
	if (!l->is_beside)
		(void)run_linking(l);
	return l;
}

int linking_end(struct linking *linking, struct err *err)
{
	int result;

	if (linking->is_beside)
		(void)pthread_join(linking->thread, NULL);
	result = linking->result;
	if (result < 0)
		*err = linking->err;
	for (size_t i = 0; i < PARTS; i++)
		folder_cache_free(linking->parts[i].folders);
	free(linking);
	return result;
}
