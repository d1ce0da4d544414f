/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moving: an adopted file leaves the drop folder for its place by one rename, which links it and
 * removes its dropped name at once.
 *
 * A rename takes whatever has the name by then, and no lease keeps a job from putting another file
 * there. So it is looked at where it came to, before anybody can see it, and what is not the file
 * that was hashed goes back.
 */
#ifndef BATCH_MOVE_H
#define BATCH_MOVE_H

#include "batch/drop.h"

enum moved {
	MOVED,          /* it has the place, and its dropped name no more */
	MOVED_NOTHING,  /* its job took it away, or put another one there: it is no drop any more */
	MOVED_NOT_HERE, /* this file system cannot do that, and nothing is done: link it */
};

/*
 * Move the adopted drop to the path place below folder_fd, which must not exist (ERR_CONFLICT). On
 * -1 *ret_moved is MOVED where something has the place that is for move_back(). A new drop may have
 * a hidden name (aside.h) in the drop's folder afterwards: drop->on_disk.
 */
int move_out(
    struct drop *drop, int folder_fd, const char *place, enum moved *ret_moved, struct err *err);

/*
 * What has the path place below folder_fd is a dropped file again: under drop->on_disk in the
 * drop's folder, or, where that is another file by now, under a hidden name, which is on_disk then.
 * Nothing is replaced, and it is durable. The drop needs its letter's id.
 */
int move_back(struct drop *drop, int folder_fd, const char *place, struct err *err);

#endif
