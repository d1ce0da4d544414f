/* SPDX-License-Identifier: Apache-2.0 */
/* What `mail hold` and `mail retry` share: want it of each id in turn. */
#ifndef ADMIN_MAIL_WISH_H
#define ADMIN_MAIL_WISH_H

#include "admin/command.h"
#include "spool/mail.h"

/*
 * Do what is wanted to each mail whose id is an argument of the call, and say what it does now
 * ("is held"). The first that cannot be ends it; what was done before stays.
 */
int mail_wish(const struct call *call,
    int (*want)(struct catalog *catalog, const struct actor *actor, int64_t id, struct err *err),
    const char *done, struct err *err);

#endif
