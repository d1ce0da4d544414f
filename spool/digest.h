/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a letter's bytes are known by: SHA-256 (FIPS 180-4), and the CRC-32 that zip wants.
 *
 * A digest is dear to make and cheap to use again.
 */
#ifndef SPOOL_DIGEST_H
#define SPOOL_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/clean.h"
#include "base/err.h"
#include "base/sha256.h"

struct digest;

struct digest *digest_new(void);
void digest_free(struct digest *digest);
void digest_clean(struct digest **digest);
#define OWNED_DIGEST OWNED(digest_clean)

/* Begin anew, add bytes, and end: the hash as lower-case hex, the CRC-32. */
int digest_begin(struct digest *digest, struct err *err);
void digest_add(struct digest *digest, const void *bytes, size_t count);
void digest_end(struct digest *digest, char ret_sha256[SHA256_HEX + 1], uint32_t *ret_crc32);

/* Of a whole file, from its start whatever its position; *ret_size: how many bytes it has. */
int digest_file(struct digest *digest, int fd, char ret_sha256[SHA256_HEX + 1], uint32_t *ret_crc32,
    int64_t *ret_size, struct err *err);

/* The CRC-32 alone. */
uint32_t digest_crc32(const void *bytes, size_t count);

#endif
