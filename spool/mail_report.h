/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What mails to administrators tell: counts, and no name of a letter, a provider or a person. The
 * reason of a file in quarantine may have one in it, so it is told under a heading of ours.
 */
#ifndef SPOOL_MAIL_REPORT_H
#define SPOOL_MAIL_REPORT_H

#include "spool/mail_news.h"

/* The files in quarantine, how many came within a day of the mail, and a line for each heading. */
int mail_report_quarantine(
    struct catalog *catalog, const struct mail *mail, struct mail_news *news, struct err *err);

/* The batches that have raised an alarm and still wait, and how many letters are in them. */
int mail_report_batches(struct catalog *catalog, struct mail_news *news, struct err *err);

#endif
