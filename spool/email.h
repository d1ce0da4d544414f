/* SPDX-License-Identifier: Apache-2.0 */
/* E-mail addresses: those that can stand in an envelope, a header and an argument as they are. */
#ifndef SPOOL_EMAIL_H
#define SPOOL_EMAIL_H

#include "base/err.h"

enum { EMAIL_MAX = 254, EMAIL_LOCAL_MAX = 64 };

/*
 * Is text LOCAL@DOMAIN of ASCII, nothing in it that has to be quoted or that relays read as a
 * route? Returns 0, or -1 with ERR_REFUSED.
 */
int email_check(const char *text, struct err *err);

/* What stands behind the "@" of an address that was checked. */
const char *email_domain(const char *email);

#endif
