/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host keys that the server will have: announced to accounts before they count, so that partners
 * can compare the fingerprint in time.
 *
 * One is announced by two files beside the host keys, as ssh-keygen(1) makes them: ed25519_key.next
 * and ed25519_key.next.pub, and likewise ecdsa_key and rsa_key. Only the second is read.
 */
#ifndef SPOOL_NEXT_KEY_H
#define SPOOL_NEXT_KEY_H

#include "spool/public_key.h"
#include "spool/settings.h"

enum { NEXT_KEYS = 3 };

struct next_key {
	char type[KEY_TYPE_MAX + 1];               /* ssh-ed25519 */
	char fingerprint[KEY_FINGERPRINT_MAX + 1]; /* SHA256:... */
	int64_t since;                             /* its file was made */
};

/*
 * The announced key of a kind, 0 to NEXT_KEYS - 1. *ret_found false: none is announced. -1 with
 * ERR_REFUSED: what is there cannot be announced.
 */
int next_key_read(const struct settings *settings, int kind, struct next_key *ret_key,
    bool *ret_found, struct err *err);

#endif
