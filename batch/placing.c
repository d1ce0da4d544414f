/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/placing.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/notify.h"
#include "batch/beside.h"
#include "batch/folder_cache.h"
#include "batch/move.h"
#include "batch/post.h"

enum {
	PARTS = 2,
	SHARED_FROM = 32, /* letters */
};

/* Some of the drops, that one thread places. */
struct part {
	struct drop *drops;
	size_t count;
	struct folder_cache *folders; /* of their places */
	int result;
	struct err err;
};

struct placing {
	struct part parts[PARTS];
	int root_fd;
	size_t syncfs_from;
	struct beside beside;
	int result;
	struct err err;
};

/* A letter of a batch keeps its dropped name: the batch may begin again, as a whole. */
static bool can_be_moved(const struct drop *drop)
{
	return drop->adopted && !drop->letter.batch_id;
}

/* The path is unique by its id, so what is there already is a former attempt's. */
static int place_one(struct folder_cache *folders, struct drop *drop, struct err *err)
{
	char path[FOLDER_PATH_MAX];
	char folder[PATH_MAX];
	const char *name;
	int folder_fd = -1;
	enum moved moved = MOVED_NOT_HERE;

	post_path(&drop->letter, path);
	file_parent(path, folder);
	name = strrchr(path, '/') + 1;
	if (folder_cache_make(folders, folder, 0750, &folder_fd, err) < 0 ||
	    (can_be_moved(drop) && move_out(drop, folder_fd, name, &moved, err) < 0))
		return -1;
	drop->moved = moved == MOVED;
	drop->lost = moved == MOVED_NOTHING;
	if (moved != MOVED_NOT_HERE)
		return 0;
	return file_give_name(drop->served_fd, folder_fd, "", name, err);
}

static void place_part(void *arg)
{
	struct part *part = arg;

	for (size_t i = 0; i < part->count && part->result == 0; i++) {
		if (part->drops[i].verdict != VERDICT_POST)
			continue;
		part->result = place_one(part->folders, &part->drops[i], &part->err);
		fault_point("post.placed");
		notify_alive();
	}
}

/* Folders are dear to make: a second thread does half of it, where it is worth one. */
static void place_parts(struct placing *p)
{
	struct beside second;

	beside_begin(&second, p->parts[1].count > 0, 0, place_part, &p->parts[1]);
	place_part(&p->parts[0]);
	beside_end(&second);
}

static int sync_parts(const struct placing *p, struct err *err)
{
	size_t folders = 0;

	for (size_t i = 0; i < PARTS; i++)
		folders += folder_cache_count(p->parts[i].folders);
	if (folders >= p->syncfs_from)
		return file_sync_all(p->root_fd, err);
	for (size_t i = 0; i < PARTS; i++)
		if (folder_cache_sync(p->parts[i].folders, p->syncfs_from, err) < 0)
			return -1;
	return 0;
}

static void run_placing(void *arg)
{
	struct placing *p = arg;

	place_parts(p);
	for (size_t i = 0; i < PARTS; i++) {
		if (p->parts[i].result == 0)
			continue;
		p->result = -1;
		p->err = p->parts[i].err;
	}
	if (p->result == 0)
		p->result = sync_parts(p, &p->err);
}

struct placing *placing_begin(const struct spool *spool, struct drop *drops, size_t count)
{
	struct placing *p = mem_new(1, sizeof(*p));
	size_t first = count < SHARED_FROM ? count : count / PARTS;

	*p = (struct placing){.parts = {{.drops = drops, .count = first},
	                          {.drops = drops + first, .count = count - first}},
	    .root_fd = spool->root_fd,
	    .syncfs_from = (size_t)spool->settings.post_syncfs_from};
	for (size_t i = 0; i < PARTS; i++)
		p->parts[i].folders = folder_cache_new(spool->root_fd);
	beside_begin(&p->beside, count > 1, 0, run_placing, p);
	return p;
}

int placing_end(struct placing *placing, struct err *err)
{
	int result;

	beside_end(&placing->beside);
	result = placing->result;
	if (result < 0)
		*err = placing->err;
	for (size_t i = 0; i < PARTS; i++)
		folder_cache_free(placing->parts[i].folders);
	free(placing);
	return result;
}
