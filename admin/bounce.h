/* SPDX-License-Identifier: Apache-2.0 */
/* Mails that come back: delivery status notifications (RFC 3464), taken apart. */
#ifndef ADMIN_BOUNCE_H
#define ADMIN_BOUNCE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "spool/mail.h"

enum { BOUNCE_MAX = 1024 * 1024 }; /* bytes that are read of one */

struct bounce {
	bool failed; /* for good: not only late, and no mere receipt */
	char reason[MAIL_ANSWER_MAX +
	            1]; /* status and diagnosis, one line without control characters */
};

/*
 * What the message in text reports. Returns 0, or -1 with ERR_REFUSED when it is
 * no delivery report: an answer of a person, or of a program that is on holiday.
 */
int bounce_parse(const struct buffer *text, struct bounce *ret_bounce, struct err *err);

/*
 * The return path that the message came back to, from its headers: one that has the form of ours.
 * ERR_REFUSED when there is none.
 */
int bounce_find_path(const struct buffer *text, char ret_path[EMAIL_MAX + 1], struct err *err);

#endif
