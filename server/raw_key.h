/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private keys that libssh takes apart and puts together again.
 *
 * libssh 0.10 keeps private keys of curve25519 and ed25519 as their bytes, and has OpenSSL make a
 * key of them at each use, which computes its public half anew: twice in a key exchange, and each
 * as long as signing. A program that calls raw_key_begin() has EVP_PKEY_new_raw_private_key() and
 * EVP_PKEY_get_raw_private_key() in a version that gives back the key which those bytes are of,
 * if it is at hand, and else does what OpenSSL does. The bytes are compared, all of them.
 *
 * A host key (ed25519) stays, as it does in libssh. A key of an exchange (curve25519) is handed
 * over once, and is gone with what libssh does with it.
 */
#ifndef SERVER_RAW_KEY_H
#define SERVER_RAW_KEY_H

#include "base/err.h"

/*
 * Have them linked, and find OpenSSL's. Keys of before are not known; what is known is known after
 * a fork as well. Returns 0, or -1 with ERR_INTERNAL.
 */
int raw_key_begin(struct err *err);

#endif
