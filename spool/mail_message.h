/* SPDX-License-Identifier: Apache-2.0 */
/* A mail as a message of the Internet (RFC 5322): plain text in UTF-8, lines ended by CR LF. */
#ifndef SPOOL_MAIL_MESSAGE_H
#define SPOOL_MAIL_MESSAGE_H

#include "spool/mail_news.h"
#include "spool/mail_template.h"

enum { MAIL_MESSAGE_MAX = 60 * 1024 };

/* What all mails of a maild have in common. */
struct mail_writer {
	const struct settings *settings;
	struct mail_template templates[MAIL_KIND_COUNT];
};

/* Load the templates; settings is kept. */
int mail_writer_init(
    struct mail_writer *ret_writer, const struct settings *settings, struct err *err);

/*
 * Add the message of mail, which tells news, to *out. Its Message-ID is the same however often it
 * is made. Returns 0, or -1 with ERR_REFUSED when it is larger than *out can be.
 */
int mail_message_write(const struct mail_writer *writer, const struct mail *mail,
    const struct mail_news *news, struct buffer *out, struct err *err);

#endif
