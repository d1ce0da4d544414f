/* SPDX-License-Identifier: Apache-2.0 */
/* drop/STATUS.txt: what became of an administrator's uploads. */
#ifndef SPOOL_UPLOAD_REPORT_H
#define SPOOL_UPLOAD_REPORT_H

#include "base/buffer.h"
#include "spool/account.h"
#include "spool/spool.h"

enum { UPLOAD_REPORT_MAX = 1000 }; /* uploads that are told of, the newest ones */

/*
 * Add a line for each of the account's uploads to *out, newest first; *ret_changed is the time of
 * the newest change that they tell of, 0 where there are none.
 */
int upload_report(const struct spool *spool, const struct account *account, struct buffer *out,
    int64_t *ret_changed, struct err *err);

#endif
