/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which paths of drop/ an account may write to: the rights of an administrator, its limits, and
 * the forms that places in drop/ have. What is there already is not looked at.
 */
#ifndef SERVER_DROP_PLACE_H
#define SERVER_DROP_PLACE_H

#include <stdbool.h>

#include "server/ruling.h"
#include "spool/view.h"

/*
 * What path is, if the view's account may drop there: a file, or a folder. *ret_ruling is
 * ANSWER_OK, or why not; 0 either way.
 */
int drop_place_find(struct view *view, const char *path, bool is_folder, struct place *ret_place,
    struct ruling *ret_ruling, struct err *err);

/* The same, for something that is to be there afterwards: its name and AVRS ID count, too. */
int drop_place_find_new(struct view *view, const char *path, bool is_folder,
    struct place *ret_place, struct ruling *ret_ruling, struct err *err);

#endif
