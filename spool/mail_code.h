/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Codes: who has one reads the mail of its address. A code goes out at once, before all that waits,
 * alone in its mail, and never after its time. When it has gone out, or has failed, the queue
 * forgets it.
 */
#ifndef SPOOL_MAIL_CODE_H
#define SPOOL_MAIL_CODE_H

#include "spool/mail_news.h"
#include "spool/settings.h"

struct mail_code {
	int64_t account_id;
	const char *email;   /* where to; "": the account's address */
	const char *code;    /* 1 to MAIL_CODE_MAX of 0-9, A-Z, a-z and "-" */
	const char *purpose; /* what for, at most MAIL_PURPOSE_MAX bytes: "to unlock the account" */
	int64_t expires;
};

/*
 * Inside a transaction: put it into the queue; *ret_id is the id of its mail. ERR_RETRY: the
 * account had as many as it may have (mail.codes); ERR_REFUSED: something in it is not as above.
 */
int mail_code_add(struct catalog *catalog, const struct settings *settings,
    const struct mail_code *code, int64_t *ret_id, struct err *err);

/* What a mail of that kind tells. */
void mail_code_tell(const struct mail *mail, struct mail_news *news);

#endif
