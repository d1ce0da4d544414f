/* SPDX-License-Identifier: Apache-2.0 */
/* Folders kept open while a batch works in them: many of its files share one. */
#ifndef BATCH_FOLDER_CACHE_H
#define BATCH_FOLDER_CACHE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/syncs.h"

struct folder_cache;

/* For folders below root_fd, which stays the caller's. */
struct folder_cache *folder_cache_new(int root_fd);
void folder_cache_free(struct folder_cache *cache);

/* The folder at path, opened once and borrowed. -1 with errno: it cannot be. */
int folder_cache_open(struct folder_cache *cache, const char *path);

/* The same, and made where it is missing; what was made is remembered for syncing. */
int folder_cache_make(
    struct folder_cache *cache, const char *path, mode_t mode, int *ret_fd, struct err *err);

/* All folders that were asked for, and those above what was made: to make their names durable. */
void folder_cache_to_sync(const struct folder_cache *cache, struct syncs *syncs);

#endif
