/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Crypto policies: which algorithms are offered, by server.policy.
 *
 * libssh drops names that it does not know without a word, so a test compares these lists with
 * what really goes over the wire. The client's order wins; what is not listed decides.
 */
#ifndef SERVER_POLICY_H
#define SERVER_POLICY_H

#include <stdbool.h>

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

/* Is a user's key of this type, as its blob names it ("ssh-rsa", not the signature's name),
 * accepted? */
bool policy_accepts_key(const struct policy *policy, const char *type);

#endif
