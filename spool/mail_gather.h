/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From notifications to mails (R8): once the window of an account is over, all that it is to be
 * told of becomes one mail.
 *
 * What waits or has failed is not followed by a second mail: the count of the first grows.
 */
#ifndef SPOOL_MAIL_GATHER_H
#define SPOOL_MAIL_GATHER_H

#include <stdint.h>

#include "spool/catalog.h"
#include "spool/settings.h"

enum { MAIL_GATHER_MAX = 250 };

/*
 * Make mails for at most MAIL_GATHER_MAX notifications whose windows are over, in one transaction.
 * *ret_more: there may be more of them.
 */
int mail_gather(
    struct catalog *catalog, const struct settings *settings, bool *ret_more, struct err *err);

#endif
