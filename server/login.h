/* SPDX-License-Identifier: Apache-2.0 */
/* Logging in: the SSH user authentication protocol (RFC 4252), decided by the broker. */
#ifndef SERVER_LOGIN_H
#define SERVER_LOGIN_H

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <stdbool.h>

#include "spool/policy.h"

enum { LOGIN_FAILURES_MAX = 6 };

struct login {
	int broker_fd;
	const struct policy *policy;
	bool done;   /* logged in */
	bool failed; /* the connection has to end, for reason */
	int failures;
	char reason[160];
	char asked[64]; /* whose password was asked for interactively; "": nobody's */
};

void login_init(struct login *login, int broker_fd, const struct policy *policy);

/*
 * Offer every way to log in, and fill in the callbacks for it. Their userdata is the session, which
 * begins with nothing in common with login; so there is one login a process, remembered here.
 */
void login_set_callbacks(
    struct login *login, ssh_session ssh, struct ssh_server_callbacks_struct *callbacks);

/* What the client calls its software, fit to be shown. Borrowed until the next call. */
const char *login_client(ssh_session ssh);

#endif
