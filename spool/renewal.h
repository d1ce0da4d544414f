/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Renewing: acknowledged letters are new again to an account (spool/news.h), and have to be opened
 * again before they can be acknowledged.
 */
#ifndef SPOOL_RENEWAL_H
#define SPOOL_RENEWAL_H

#include "spool/membership.h"

/*
 * Renew those served under the names, or those posted since a moment (0: all); what is new already
 * stays as it is. *ret_count: how many were renewed. It goes in parts, each a transaction: after a
 * failure the same call does the rest. A name that is none of what the role shows is ERR_REFUSED
 * before anything changes.
 */
int renewal_by_names(struct catalog *catalog, const struct actor *actor,
    const struct membership *membership, char *const *names, size_t count, int64_t *ret_count,
    struct err *err);
int renewal_since(struct catalog *catalog, const struct actor *actor,
    const struct membership *membership, int64_t since, int64_t *ret_count, struct err *err);

#endif
