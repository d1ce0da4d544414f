/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session: one connection, from the key exchange to the last byte, in a process of its own
 * that has nothing but the client's socket and its channel to the broker.
 */
#ifndef SERVER_SESSION_H
#define SERVER_SESSION_H

#include <libssh/libssh.h>
#include <libssh/server.h>

#include "base/sandbox.h"
#include "spool/policy.h"
#include "spool/settings.h"

enum { SESSION_CLIENT_FD = 3, SESSION_BROKER_FD = 4 }; /* its descriptors, and all it has */

/* What the zygote has ready for every session; borrowed. */
struct session_means {
	const struct settings *settings;
	const struct policy *policy;
	ssh_session ssh; /* made ready, and not begun */
	const struct sandbox *sandbox;
};

/* The system calls that a session makes, beyond sandbox_basics. */
extern const struct sandbox_rule session_rules[];

/*
 * Make ready what every session begins with, its host keys included, once for all that are forked:
 * copying the RSA key takes libssh longer than the rest of a small session's beginning. ssh_free()
 * ends it, and closes SESSION_CLIENT_FD, whatever that is by then.
 */
int session_prepare(
    ssh_bind bind, const struct settings *settings, ssh_session *ret_ssh, struct err *err);

/*
 * Serve the client, connected at SESSION_CLIENT_FD, until it or we are done. Called in a process of
 * its own, whose other descriptors but SESSION_BROKER_FD are closed; returns its exit status.
 */
int session_run(const struct session_means *means);

#endif
