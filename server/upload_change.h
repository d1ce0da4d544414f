/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an account does at its desk with what it has uploaded: sets its size or time, renames it,
 * removes it. As upload_desk.h has it: 0 and a ruling, or -1.
 *
 * A file that was handed in is renamed and removed under a write lease, so that watchd is not in
 * the middle of taking it; what was taken stays taken.
 */
#ifndef SERVER_UPLOAD_CHANGE_H
#define SERVER_UPLOAD_CHANGE_H

#include "server/upload_desk.h"

/* Set size (UPLOAD_SET_SIZE) and time (UPLOAD_SET_TIME) of an own upload. */
int upload_set(struct upload_desk *desk, const char *path, const struct upload_change *change,
    struct ruling *ret_ruling, struct err *err);

/* from and to are paths in drop/; nothing is overwritten. */
int upload_rename(struct upload_desk *desk, const char *from, const char *to,
    struct ruling *ret_ruling, struct err *err);

/* place was found in the account's view. */
int upload_remove(struct upload_desk *desk, const struct place *place, struct ruling *ret_ruling,
    struct err *err);

#endif
