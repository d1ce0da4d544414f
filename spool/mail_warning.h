/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Warnings to accounts, each given once: passwords are locked (R12), a role ends soon, letters go
 * soon that nobody has got (R11). STATUS.txt says the same to who looks there.
 */
#ifndef SPOOL_MAIL_WARNING_H
#define SPOOL_MAIL_WARNING_H

#include "spool/mail_news.h"
#include "spool/settings.h"

/*
 * Make mails for roles that end, and for letters that go, within mail.warn-before days, a chunk in
 * a transaction. *ret_more: there may be more. Nothing is warned of twice, whoever calls.
 */
int mail_warning_of_roles(
    struct catalog *catalog, const struct settings *settings, bool *ret_more, struct err *err);
int mail_warning_of_letters(
    struct catalog *catalog, const struct settings *settings, bool *ret_more, struct err *err);

/* What a mail tells of roles that end: when the first does, and a line for each. */
int mail_warning_tell_roles(
    struct catalog *catalog, const struct mail *mail, struct mail_news *news, struct err *err);

#endif
