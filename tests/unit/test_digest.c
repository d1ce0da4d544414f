/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "spool/digest.h"
#include "tests/lib/scratch.h"
#include "tests/unit/suite.h"

void add_suite_digest(CU_pSuite suite);

/* FIPS 180-4's first example; the CRC-32 is that of zip (ISO 3309). */
#define ABC_SHA256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define ABC_CRC32  0x352441c2

static void is_the_same_however_the_bytes_come_and_can_be_used_again(void)
{
	OWNED_DIGEST struct digest *digest = digest_new();
	char sha256[SHA256_HEX + 1];
	uint32_t crc32 = 0;
	struct err err;

	for (size_t part = 1; part <= 3; part++) {
		CU_ASSERT_EQUAL(digest_begin(digest, &err), 0);
		for (size_t at = 0; at < 3; at += part)
			digest_add(digest, &"abc"[at], at + part > 3 ? 3 - at : part);
		digest_end(digest, sha256, &crc32);
		CU_ASSERT_STRING_EQUAL(sha256, ABC_SHA256);
		CU_ASSERT_EQUAL(crc32, ABC_CRC32);
	}
}

static void reads_a_file_from_its_start_wherever_the_file_stands(void)
{
	OWNED_SCRATCH struct scratch scratch;
	OWNED_DIGEST struct digest *digest = digest_new();
	char sha256[SHA256_HEX + 1] = "untouched";
	uint32_t crc32 = 7;
	int64_t size = 7;
	struct err err;
	int fd;

	scratch_open(&scratch);
	scratch_write(&scratch, "abc", "abc");
	fd = openat(scratch.fd, "abc", O_RDONLY | O_CLOEXEC);
	CU_ASSERT_EQUAL(lseek(fd, 2, SEEK_SET), 2);
	CU_ASSERT_EQUAL(digest_file(digest, fd, sha256, &crc32, &size, &err), 0);
	CU_ASSERT_STRING_EQUAL(sha256, ABC_SHA256);
	CU_ASSERT_EQUAL(crc32, ABC_CRC32);
	CU_ASSERT_EQUAL(size, 3);
	(void)close(fd);
	fd = openat(scratch.fd, "abc", O_WRONLY | O_CLOEXEC);
	memcpy(sha256, "untouched", sizeof("untouched"));
	crc32 = 7;
	CU_ASSERT_EQUAL(digest_file(digest, fd, sha256, &crc32, &size, &err), -1);
	CU_ASSERT_STRING_EQUAL(sha256, "untouched");
	CU_ASSERT_EQUAL(crc32, 7);
	(void)close(fd);
}

void add_suite_digest(CU_pSuite suite)
{
	TEST(is_the_same_however_the_bytes_come_and_can_be_used_again);
	TEST(reads_a_file_from_its_start_wherever_the_file_stands);
}
