/* SPDX-License-Identifier: Apache-2.0 */
/* Who takes the mails: the setting mail.relay, taken apart. */
#ifndef SPOOL_MAIL_RELAY_H
#define SPOOL_MAIL_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum { MAIL_RELAY_HOST_MAX = 255 };

struct mail_relay {
	bool is_program; /* a sendmail program; host and port are of no use then */
	bool is_smtps;   /* TLS from the first byte on */
	char host[MAIL_RELAY_HOST_MAX + 1]; /* an IPv6 address without its brackets */
	uint16_t port;
};

/*
 * smtp://HOST[:PORT] (25), smtps://HOST[:PORT] (465), IPv6 in brackets, or an absolute path.
 * Returns 0, or -1 with ERR_REFUSED.
 */
int mail_relay_parse(const char *text, struct mail_relay *ret_relay, struct err *err);

#endif
