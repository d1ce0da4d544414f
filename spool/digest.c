/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/digest.h"

#include <openssl/evp.h>
#include <unistd.h>
#include <zlib.h>

#include "base/mem.h"

enum { CHUNK = 128 * 1024 };

struct digest {
	EVP_MD_CTX *context;
	uLong crc;
	unsigned char chunk[CHUNK];
};

struct digest *digest_new(void)
{
	struct digest *digest = mem_new(1, sizeof(*digest));

	digest->context = EVP_MD_CTX_new();
	return digest;
}

void digest_free(struct digest *digest)
{
	if (!digest)
		return;
	EVP_MD_CTX_free(digest->context);
	free(digest);
}

void digest_clean(struct digest **digest)
{
	digest_free(*digest);
}

static void print_hex(const unsigned char *bytes, size_t count, char *ret_text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < count; i++) {
		ret_text[2 * i] = digits[bytes[i] >> 4];
		ret_text[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret_text[2 * count] = '\0';
}

int digest_begin(struct digest *digest, struct err *err)
{
	digest->crc = crc32(0, NULL, 0);
	return EVP_DigestInit_ex2(digest->context, EVP_sha256(), NULL) == 1
	           ? 0
	           : err_set(err, ERR_INTERNAL, "cannot start a hash");
}

void digest_add(struct digest *digest, const void *bytes, size_t count)
{
	(void)EVP_DigestUpdate(digest->context, bytes, count);
	digest->crc = crc32_z(digest->crc, bytes, count);
}

void digest_end(struct digest *digest, char ret_sha256[SHA256_TEXT + 1], uint32_t *ret_crc32)
{
	unsigned char hash[EVP_MAX_MD_SIZE];

	(void)EVP_DigestFinal_ex(digest->context, hash, NULL);
	print_hex(hash, SHA256_TEXT / 2, ret_sha256);
	*ret_crc32 = (uint32_t)digest->crc;
}

int digest_file(struct digest *digest, int fd, char ret_sha256[SHA256_TEXT + 1],
    uint32_t *ret_crc32, int64_t *ret_size, struct err *err)
{
	int64_t size = 0;
	ssize_t count;

	if (digest_begin(digest, err) < 0)
		return -1;
	while ((count = pread(fd, digest->chunk, CHUNK, size)) > 0) {
		digest_add(digest, digest->chunk, (size_t)count);
		size += count;
	}
	if (count < 0)
		return err_sys(err, "read");
	digest_end(digest, ret_sha256, ret_crc32);
	*ret_size = size;
	return 0;
}
