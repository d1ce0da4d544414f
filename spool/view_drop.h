/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drop/ in the view of an administrator: the drop folders themselves, as far as its limits go.
 *
 * What an account uploads is seen by it under its own name from the first byte on, and for a day
 * after it was closed, whether or not it was taken meanwhile.
 */
#ifndef SPOOL_VIEW_DROP_H
#define SPOOL_VIEW_DROP_H

#include "spool/upload.h"
#include "spool/view.h"

/* May the account drop at that place? It is an administrator; place is in AREA_DROP. */
int view_drop_allows(
    const struct view *view, const struct place *place, bool *ret_allowed, struct err *err);

/* Find the place of found; its entry is filled, and *ret_answer says whether it is there. */
int view_drop_find(const struct view *view, struct view_found *found, enum view_answer *ret_answer,
    struct err *err);

/*
 * Call each(entry, arg) for at most limit entries of a folder behind *cursor: those that are on
 * disk. *ret_more: there may be more.
 */
int view_drop_list(struct view *view, const struct place *folder, struct view_cursor *cursor,
    int64_t limit, int (*each)(const struct view_entry *entry, void *arg, struct err *err),
    void *arg, bool *ret_more, struct err *err);

#endif
