/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/placing.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/notify.h"
#include "base/syncs.h"
#include "batch/beside.h"
#include "batch/folder_cache.h"
#include "batch/move.h"
#include "batch/post.h"

struct placing {
	struct drop *drops;
	size_t count;
	size_t syncfs_from; /* so many files */
	int sync_fd;
	struct folder_cache *folders; /* of their places */
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
	int result = 0;

	post_path(&drop->letter, path);
	file_parent(path, folder);
	name = strrchr(path, '/') + 1;
	if (folder_cache_make(folders, folder, 0750, &folder_fd, err) < 0)
		return -1;
	if (can_be_moved(drop))
		result = move_out(drop, folder_fd, name, &moved, err);
	drop->moved = moved == MOVED;
	drop->lost = moved == MOVED_NOTHING;
	if (result < 0 || moved != MOVED_NOT_HERE)
		return result;
	return file_give_name(drop->served_fd, folder_fd, "", name, err);
}

static int place_all(struct placing *p, struct err *err)
{
	for (size_t i = 0; i < p->count; i++) {
		if (p->drops[i].verdict != VERDICT_POST)
			continue;
		if (place_one(p->folders, &p->drops[i], err) < 0)
			return -1;
		fault_point("post.placed");
		notify_alive();
	}
	return 0;
}

static bool has_place(const struct drop *drop)
{
	return drop->verdict == VERDICT_POST && !drop->lost;
}

/* One syncfs is for bytes and names alike. */
static int sync_all(const struct placing *p, struct err *err)
{
	OWNED_SYNCS struct syncs *syncs = syncs_new();
	size_t files = 0;

	for (size_t i = 0; i < p->count; i++)
		files += has_place(&p->drops[i]);
	if (files >= p->syncfs_from)
		return file_sync_all(p->sync_fd, err);
	for (size_t i = 0; i < p->count; i++)
		if (has_place(&p->drops[i]))
			syncs_add(syncs, p->drops[i].served_fd, "a placed file");
	folder_cache_to_sync(p->folders, syncs);
	return syncs_run(syncs, err);
}

static void run_placing(void *arg)
{
	struct placing *p = arg;

	p->result = place_all(p, &p->err);
	if (p->result == 0)
		p->result = sync_all(p, &p->err);
}

struct placing *placing_begin(
    const struct spool *spool, struct drop *drops, size_t count, int sync_fd)
{
	struct placing *p = mem_new(1, sizeof(*p));

	*p = (struct placing){.drops = drops,
	    .count = count,
	    .syncfs_from = (size_t)spool->settings.post_syncfs_from,
	    .sync_fd = sync_fd,
	    .folders = folder_cache_new(spool->root_fd)};
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
	folder_cache_free(placing->folders);
	free(placing);
	return result;
}
