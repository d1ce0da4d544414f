/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mails that wait: an account has one of a kind. What waits, is held or has failed is not followed
 * by a second mail of that kind: the first tells, when it is sent, what is so by then.
 *
 * All of these are called inside a transaction.
 */
#ifndef SPOOL_MAIL_WAITING_H
#define SPOOL_MAIL_WAITING_H

#include "spool/mail.h"

/* Of a mail m: it has not gone out, and nobody is sending it. */
#define MAIL_WAITS(m)                                                              \
	m ".state IN ('queued', 'held', 'failed') AND " m ".owner IS NULL AND (" m \
	  ".answer IS NULL OR " m ".answer NOT LIKE '" MAIL_DROPPED "%')"

/* The account's mail of that kind that has not gone out and that nobody is sending; 0: none. */
int mail_find_waiting(struct catalog *catalog, int64_t account_id, enum mail_kind kind,
    int64_t *ret_id, struct err *err);

/* What it has to tell has changed: if it has failed it is tried again, unless it would again. */
int mail_wake(struct catalog *catalog, int64_t id, struct err *err);

/* The account has a mail of that kind that waits: *ret_id, the one that did, or one due then. */
int mail_add_once(struct catalog *catalog, int64_t account_id, enum mail_kind kind, int64_t due,
    int64_t *ret_id, struct err *err);

/* The same for every administrator. */
int mail_tell_administrators(
    struct catalog *catalog, enum mail_kind kind, int64_t due, struct err *err);

#endif
