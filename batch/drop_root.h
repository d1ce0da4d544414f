/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The drop root as it was when it was opened: is it still what stands at its path, and if not, has
 * one come back that can be used? A descriptor alone does not tell: it goes on leading to a folder
 * that was moved away or unmounted.
 */
#ifndef BATCH_DROP_ROOT_H
#define BATCH_DROP_ROOT_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "spool/spool.h"

struct drop_root {
	char path[PATH_MAX];
	dev_t device;
	ino_t inode;
	bool is_mount; /* a file system of its own is mounted there */
};

/* Remember that of spool. */
void drop_root_init(struct drop_root *root, const struct spool *spool);

/* Does its path still lead to it? */
bool drop_root_is_there(const struct drop_root *root);

/*
 * Does its path lead to a folder that this process may use? Where a file system was mounted, its
 * empty mount point is none.
 */
bool drop_root_is_back(const struct drop_root *root);

#endif
