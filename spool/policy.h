/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Crypto policies: which algorithms are offered, by server.policy.
 *
 * libssh drops names that it does not know without a word, so a test compares these lists with
 * what really goes over the wire. The client's order wins; what is not listed decides.
 */
#ifndef SPOOL_POLICY_H
#define SPOOL_POLICY_H

#include <stdbool.h>

#include "base/err.h"

struct policy {
	const char *name;
	const char *key_exchanges;
	const char *host_keys;
	const char *ciphers;
	const char *macs;
	const char *user_keys;
	int rsa_bits; /* of users' keys, at least */
};

/* The policy at a setting's index (settings.h, server_policy). */
const struct policy *policy_get(int index);

/* Is a user's key of this type accepted? It is the blob's name ("ssh-rsa"), no signature's. */
bool policy_accepts_key(const struct policy *policy, const char *type);

/* Is a user's key with that blob (base64), which is one of that type, long enough? */
bool policy_accepts_length(const struct policy *policy, const char *type, const char *blob);

/* Both, of a key that an account is to get: ERR_REFUSED says why no login could use it. */
int policy_check_key(
    const struct policy *policy, const char *type, const char *blob, struct err *err);

#endif
