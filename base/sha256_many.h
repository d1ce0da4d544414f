/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 of many short messages at once.
 *
 * A processor hashes several messages side by side in little more than the time of one: sixteen
 * by AVX-512, two by its SHA instructions. The library for that is Intel's multi-buffer
 * cryptography; where that or such a processor is missing, it is one message after the other by
 * OpenSSL, with the same result.
 */
#ifndef BASE_SHA256_MANY_H
#define BASE_SHA256_MANY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/sha256.h"

struct sha256_message {
	const void *bytes;
	size_t count;
	char hex[SHA256_HEX + 1]; /* its hash, afterwards */
};

/* Its first use for more than one message is dear (0.7 ms); of one thread at a time. */
struct sha256_many;

struct sha256_many *sha256_many_new(void);
void sha256_many_free(struct sha256_many *many);

/* Is there a library, and a processor for it? */
bool sha256_many_is_fast(struct sha256_many *many);

/* In the way that takes least time; on -1 none of the hashes is to be used. */
int sha256_many(
    struct sha256_many *many, struct sha256_message *messages, size_t count, struct err *err);

#endif
