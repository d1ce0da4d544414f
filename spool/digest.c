/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/digest.h"

#include <libdeflate.h>
#include <unistd.h>

#include "base/mem.h"

enum { CHUNK = 128 * 1024 };

struct digest {
	struct sha256 hash;
	uint32_t crc;
	unsigned char chunk[CHUNK];
};

struct digest *digest_new(void)
{
	return mem_new(1, sizeof(struct digest));
}

void digest_free(struct digest *digest)
{
	if (!digest)
		return;
	sha256_done(&digest->hash);
	free(digest);
}

void digest_clean(struct digest **digest)
{
	digest_free(*digest);
}

int digest_begin(struct digest *digest, struct err *err)
{
	digest->crc = libdeflate_crc32(0, NULL, 0);
	return sha256_start(&digest->hash, err);
}

void digest_add(struct digest *digest, const void *bytes, size_t count)
{
	sha256_add(&digest->hash, bytes, count);
	digest->crc = libdeflate_crc32(digest->crc, bytes, count);
}

void digest_end(struct digest *digest, char ret_sha256[SHA256_HEX + 1], uint32_t *ret_crc32)
{
	sha256_print(&digest->hash, ret_sha256);
	*ret_crc32 = digest->crc;
}

int digest_file(struct digest *digest, int fd, char ret_sha256[SHA256_HEX + 1], uint32_t *ret_crc32,
    int64_t *ret_size, struct err *err)
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

uint32_t digest_crc32(const void *bytes, size_t count)
{
	return libdeflate_crc32(0, bytes, count);
}
