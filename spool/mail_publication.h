/* SPDX-License-Identifier: Apache-2.0 */
/* Mails of publications (R16): to a subscriber, how many came in which section, once a window. */
#ifndef SPOOL_MAIL_PUBLICATION_H
#define SPOOL_MAIL_PUBLICATION_H

#include "spool/mail_news.h"
#include "spool/section.h"
#include "spool/settings.h"

/*
 * Inside the transaction that publishes a document in section, for each account that is to hear of
 * it: it counts in the mail of the window, also when that has failed and waits.
 */
int mail_publication_add(struct catalog *catalog, const struct settings *settings,
    int64_t account_id, enum section section, struct err *err);

/* What a mail of that kind tells: how many documents, and a line for each section. */
void mail_publication_tell(const struct mail *mail, struct mail_news *news);

#endif
