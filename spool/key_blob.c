/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/key_blob.h"

#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static uint32_t read_uint32(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The bytes that the base64 stands for, and how many: 0 when it is none. */
static size_t decode(const char *base64, unsigned char ret_blob[KEY_BLOB_MAX])
{
	size_t length = strlen(base64);
	int decoded = length <= KEY_BLOB_MAX
	                  ? EVP_DecodeBlock(ret_blob, (const unsigned char *)base64, (int)length)
	                  : -1;

	return decoded > 0 ? (size_t)decoded : 0;
}

bool key_blob_is_of_type(const char *blob, const char *type)
{
	unsigned char bytes[KEY_BLOB_MAX];
	size_t length = decode(blob, bytes);
	size_t type_length = strlen(type);

	return length > 4 + type_length && read_uint32(bytes) == type_length &&
	       memcmp(bytes + 4, type, type_length) == 0;
}

/* How long the modulus is, in an ssh-rsa blob: string type, mpint e, mpint n. */
static unsigned modulus_bits(const unsigned char *blob, size_t length)
{
	size_t at = 0;

	for (int field = 0; at + 4 <= length; field++) {
		uint32_t size = read_uint32(blob + at);

		at += 4;
		if (size > length - at)
			return 0;
		if (field == 2) {
			while (size > 0 && blob[at] == 0) {
				at++;
				size--;
			}
			return size ? size * 8 - (unsigned)__builtin_clz(blob[at]) + 24 : 0;
		}
		at += size;
	}
	return 0;
}

unsigned key_blob_rsa_bits(const char *blob)
{
	unsigned char bytes[KEY_BLOB_MAX];

	return modulus_bits(bytes, decode(blob, bytes));
}
