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

/* What the zygote has ready for every session; borrowed. */
struct session_means {
	const struct settings *settings;
	const struct policy *policy;
	ssh_bind bind; /* with the host keys */
	const struct sandbox *sandbox;
};

/* The system calls that a session makes, beyond sandbox_basics. */
extern const struct sandbox_rule session_rules[];

/*
 * Serve the client on its connected socket until it or we are done. Called in a process of its
 * own, whose other descriptors are closed; returns its exit status.
 */
int session_run(const struct session_means *means, int client_fd, int broker_fd);

#endif
