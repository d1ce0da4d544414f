/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orphans: parts of uploads whose account was removed. Its rows go with it; of what was not
 * handed in the place is kept until somebody has removed the file.
 */
#ifndef SPOOL_UPLOAD_ORPHAN_H
#define SPOOL_UPLOAD_ORPHAN_H

#include "spool/upload.h"

/* Keep the places of the login's parts; for the transaction that removes the account. */
int upload_orphan_keep(struct catalog *catalog, const char *login, struct err *err);

/* Call each(upload, arg) for the first limit behind an id; only id, place and node are told. */
int upload_orphan_list(struct catalog *catalog, int64_t after, int64_t limit,
    int (*each)(const struct upload *upload, void *arg, struct err *err), void *arg,
    struct err *err);

/* Has another account a part of that name by now? Then the file is its. */
int upload_orphan_is_adopted(
    struct catalog *catalog, const struct upload *orphan, bool *ret_adopted, struct err *err);

int upload_orphan_forget(struct catalog *catalog, int64_t id, struct err *err);

#endif
