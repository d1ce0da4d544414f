/* SPDX-License-Identifier: Apache-2.0 */
/* The server's host keys and algorithms, as libssh wants to have them. */
#ifndef SERVER_HOST_KEY_H
#define SERVER_HOST_KEY_H

#include <libssh/libssh.h>
#include <libssh/server.h>

#include "base/err.h"
#include "spool/policy.h"
#include "spool/settings.h"

/* Load the keys that the policy offers from the folder of the settings. ssh_bind_free() ends it. */
int host_key_load(const struct settings *settings, const struct policy *policy, ssh_bind *ret_bind,
    struct err *err);

/*
 * Do one key exchange within this process, over a socket pair: what OpenSSL and libssh set up
 * on first use is then there, once, for all that are forked.
 */
int host_key_warm_up(ssh_bind bind, struct err *err);

#endif
