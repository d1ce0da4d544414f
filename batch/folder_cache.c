/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/folder_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>

#include "base/file.h"
#include "base/mem.h"

struct open_folder {
	int fd;
	UT_hash_handle hh;
	char path[];
};

struct folder_cache {
	int root_fd;
	struct open_folder *table;
};

struct folder_cache *folder_cache_new(int root_fd)
{
	struct folder_cache *cache = mem_new(1, sizeof(*cache));

	cache->root_fd = root_fd;
	return cache;
}

void folder_cache_free(struct folder_cache *cache)
{
	struct open_folder *folder;
	struct open_folder *next;

	if (!cache)
		return;
	HASH_ITER(hh, cache->table, folder, next) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it does not follow uthash */
		HASH_DEL(cache->table, folder);
		(void)close(folder->fd);
		free(folder);
	}
	free(cache);
}

int folder_cache_open(struct folder_cache *cache, const char *path)
{
	struct open_folder *folder = NULL;
	size_t length = strlen(path);
	int fd;

	HASH_FIND(hh, cache->table, path, length, folder);
	if (folder)
		return folder->fd;
	fd = file_open_beneath(cache->root_fd, path, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return -1;
	folder = mem_new(1, sizeof(*folder) + length + 1);
	folder->fd = fd;
	memcpy(folder->path, path, length);
	HASH_ADD_KEYPTR(hh, cache->table, folder->path, length, folder);
	return fd;
}

/* Make path and what is missing above it; every folder that gets an entry is kept, to be synced. */
static int make_chain(struct folder_cache *cache, const char *path, mode_t mode, struct err *err)
{
	char part[PATH_MAX];
	char above[PATH_MAX] = ".";

	for (size_t at = strcspn(path, "/"); at > 0;) {
		(void)snprintf(part, sizeof(part), "%.*s", (int)at, path);
		if (mkdirat(cache->root_fd, part, mode) == 0) {
			if (folder_cache_open(cache, above) < 0)
				return err_sys(err, "open folder %s", above);
		} else if (errno != EEXIST) {
			return err_sys(err, "make folder %s", part);
		}
		memcpy(above, part, at + 1);
		at = path[at] ? at + 1 + strcspn(path + at + 1, "/") : 0;
	}
	return 0;
}

int folder_cache_make(
    struct folder_cache *cache, const char *path, mode_t mode, int *ret_fd, struct err *err)
{
	int fd = folder_cache_open(cache, path);

	if (fd < 0 && errno == ENOENT) {
		if (make_chain(cache, path, mode, err) < 0)
			return -1;
		fd = folder_cache_open(cache, path);
	}
	if (fd < 0)
		return err_sys(err, "open folder %s", path);
	*ret_fd = fd;
	return 0;
}

void folder_cache_to_sync(const struct folder_cache *cache, struct syncs *syncs)
{
	for (const struct open_folder *f = cache->table; f; f = f->hh.next)
		syncs_add(syncs, f->fd, f->path);
}
