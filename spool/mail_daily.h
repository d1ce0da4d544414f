/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is told once a day, at mail.daily-hour: to accounts, what ends soon; to administrators, what
 * is in quarantine.
 */
#ifndef SPOOL_MAIL_DAILY_H
#define SPOOL_MAIL_DAILY_H

#include <stdint.h>

#include "spool/event.h"
#include "spool/settings.h"

/* The last time before now that it was that hour in the agency's time zone. */
int64_t mail_daily_moment(int64_t now, int64_t hour);

/*
 * Make the day's mails, if nobody has yet: of several that ask one does it. *ret_more: that was a
 * part of them.
 */
int mail_daily(struct catalog *catalog, const struct actor *actor, const struct settings *settings,
    bool *ret_more, struct err *err);

#endif
