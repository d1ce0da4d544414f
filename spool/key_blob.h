/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The blob of a public key (RFC 4253, 6.6) as base64, as it stands in authorized_keys: what can be
 * read off it without a catalog, also by a session.
 */
#ifndef SPOOL_KEY_BLOB_H
#define SPOOL_KEY_BLOB_H

#include <stdbool.h>

enum { KEY_BLOB_MAX = 4096 }; /* of base64: RSA with 16,384 bits fits */

/* Does the blob begin with that type, and have a key behind it? */
bool key_blob_is_of_type(const char *blob, const char *type);

/* How long the modulus of an ssh-rsa key is; 0 when the blob is none. */
unsigned key_blob_rsa_bits(const char *blob);

#endif
