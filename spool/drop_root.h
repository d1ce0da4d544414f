/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The drop root as it was when it was opened: is it still what stands at its path, and if not, has
 * one come that can be used? A descriptor alone does not tell: it goes on leading to a folder that
 * was moved away or unmounted.
 *
 * Where a file system was mounted once (run/drop-root-<node> remembers that), its empty mount point
 * is no drop root: what is dropped there would be hidden as soon as it is mounted again. Where none
 * ever was, any folder will do.
 */
#ifndef SPOOL_DROP_ROOT_H
#define SPOOL_DROP_ROOT_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "spool/spool.h"

struct drop_root {
	const struct spool *spool;
	char path[PATH_MAX];
	dev_t device;
	ino_t inode;
	bool is_mount;       /* a file system of its own is mounted there */
	bool is_mount_point; /* nothing but the mount point of one */
};

/* That of spool, which is borrowed for as long as root is used. */
void drop_root_init(struct drop_root *root, const struct spool *spool);

/* If it is a mount: remember that, for later starts. */
int drop_root_remember(const struct drop_root *root, struct err *err);

/* Does its path still lead to it, and can it be used? */
bool drop_root_is_there(const struct drop_root *root);

/* Does its path lead to a folder that this process may use? */
bool drop_root_is_back(const struct drop_root *root);

/*
 * Have spool's drop_fd lead to the folder that is at its path now. False: there is none that can be
 * used, and it leads where it did.
 */
bool drop_root_follow(struct drop_root *root);

/* For people: why it is not there, and what to do. */
#define DROP_ROOT_IS_UNMOUNTED                                                                 \
	"the file system of the drop folder is not mounted (if there is to be none any more: " \
	"remove run/drop-root-*)"

#endif
