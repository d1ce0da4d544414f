/* SPDX-License-Identifier: Apache-2.0 */
/* The archives/ folders of a view: night archives, and their signatures beside them. */
#ifndef SPOOL_VIEW_ARCHIVE_H
#define SPOOL_VIEW_ARCHIVE_H

#include "spool/view.h"

/* The archive, or its signature, that the place of *found names, if the account may see it. */
int view_archive_find(
    struct view *view, struct view_found *found, enum view_answer *ret_answer, struct err *err);

/* As view_list(), of archives/ and <AVRS-ID>/archives/. */
int view_archive_list(struct view *view, const struct place *folder, struct view_cursor *cursor,
    int64_t limit, int (*each)(const struct view_entry *entry, void *arg, struct err *err),
    void *arg, bool *ret_more, struct err *err);

int view_archive_open(
    struct view *view, const struct view_found *found, int *ret_fd, struct err *err);

/* May the account still read the archive of that id, which it was handed? */
int view_archive_may_read(
    const struct view *view, int64_t archive_id, bool *ret_allowed, struct err *err);

#endif
