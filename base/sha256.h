/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 of bytes that come piece by piece; the context is made once and used again. */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stddef.h>

#include "base/err.h"

enum { SHA256_SIZE = 32, SHA256_HEX = 2 * SHA256_SIZE };

struct sha256 {
	void *context;
};

/* Begin, or begin again; sha256_done() ends the last one's life. NULL inside is fine for it. */
int sha256_start(struct sha256 *hash, struct err *err);
void sha256_done(struct sha256 *hash);

void sha256_add(struct sha256 *hash, const void *bytes, size_t count);

/* The hash of what was added, in hex; what follows is sha256_start() or sha256_done(). */
void sha256_print(struct sha256 *hash, char ret_hex[SHA256_HEX + 1]);

/* A hash's bytes in hex. */
void sha256_hex(const unsigned char bytes[SHA256_SIZE], char ret_hex[SHA256_HEX + 1]);

#endif
