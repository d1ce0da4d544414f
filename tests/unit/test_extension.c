/* SPDX-License-Identifier: Apache-2.0 */
#include "server/extension.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/mem.h"
#include "tests/lib/stub_broker.h"
#include "tests/unit/suite.h"

void add_suite_extension(CU_pSuite suite);

enum { ID = 7, FILE_SIZE = 100000 };

/* A broker, an open file of stub_byte()s, and one request at a time. */
struct bench {
	struct stub_broker broker;
	struct buffer in;
	struct buffer out;
	uint8_t *bytes;
	int fd;
	uint64_t size; /* that the file is said to have */
};

static void bench_open(struct bench *bench)
{
	*bench = (struct bench){.in = BUFFER(1024 * 1024), .out = BUFFER(2 * 1024 * 1024)};
	stub_broker_start(&bench->broker, 0);
	bench->bytes = mem_new(FILE_SIZE, 1);
	bench->size = FILE_SIZE;
	bench->fd = memfd_create("extension", MFD_CLOEXEC);
	for (uint64_t i = 0; i < FILE_SIZE; i++)
		bench->bytes[i] = stub_byte(i);
	CU_ASSERT_EQUAL_FATAL(write(bench->fd, bench->bytes, FILE_SIZE), FILE_SIZE);
}

static void bench_close(struct bench *bench)
{
	stub_broker_stop(&bench->broker);
	buffer_done(&bench->in);
	buffer_done(&bench->out);
	free(bench->bytes);
	(void)close(bench->fd);
}
#define OWNED_BENCH OWNED(bench_close)

/* What follows the name, and the handle. */
static struct buffer *begin(struct bench *bench)
{
	buffer_consume(&bench->in, bench->in.length);
	return &bench->in;
}

static void put_text(struct buffer *out, const char *text)
{
	sftp_put_string(out, text, strlen(text));
}

/* The answer to it: its type, and what follows the id. */
static uint8_t answer_about(
    struct bench *bench, const char *name, int fd, struct sftp_reader *ret_body)
{
	const struct extension *extension = extension_find(name, strlen(name));
	const uint8_t *asked = (const uint8_t *)buffer_text(&bench->in);
	struct sftp_reader in = {asked, asked + bench->in.length, false};
	struct extension_request request = {.broker = bench->broker.channel,
	    .out = &bench->out,
	    .in = &in,
	    .id = ID,
	    .fd = fd,
	    .size = bench->size};
	const uint8_t *told;
	uint8_t type;
	struct err err;

	CU_ASSERT_PTR_NOT_NULL_FATAL(extension);
	buffer_consume(&bench->out, bench->out.length);
	CU_ASSERT_EQUAL_FATAL(extension->answer(&request, &err), 0);
	told = (const uint8_t *)buffer_text(&bench->out);
	*ret_body = (struct sftp_reader){told, told + bench->out.length, false};
	CU_ASSERT_EQUAL(sftp_get_uint32(ret_body), bench->out.length - 4);
	type = sftp_get_byte(ret_body);
	CU_ASSERT_EQUAL(sftp_get_uint32(ret_body), ID);
	return type;
}

static uint8_t answer(struct bench *bench, const char *name, struct sftp_reader *ret_body)
{
	return answer_about(bench, name, bench->fd, ret_body);
}

static void expect_status(struct bench *bench, const char *name, enum sftp_status status)
{
	struct sftp_reader body;

	CU_ASSERT_EQUAL(answer(bench, name, &body), SFTP_STATUS);
	CU_ASSERT_EQUAL(sftp_get_uint32(&body), status);
}

static void each_has_a_name_of_its_own(void)
{
	size_t count = 0;

	for (const struct extension *row = extension_rows; row->name; row++, count++)
		CU_ASSERT_PTR_EQUAL(extension_find(row->name, strlen(row->name)), row);
	CU_ASSERT_EQUAL(count, 6);
	CU_ASSERT_PTR_NULL(extension_find("statvfs", 7));
	CU_ASSERT_PTR_NULL(extension_find("", 0));
	CU_ASSERT_PTR_NULL(extension_find("check-file-names", 16));
}

static void a_file_system_is_told_as_the_broker_has_it(void)
{
	/* bsize, frsize, blocks, bfree, bavail, files, ffree, favail, fsid, flag, namemax */
	static const uint64_t told[] = {1000, 1000, 2000, 3000, 3000, 4000, 5000, 5000, 0, 1, 255};
	static const char *const names[] = {"statvfs@openssh.com", "fstatvfs@openssh.com"};
	OWNED_BENCH struct bench bench;
	struct sftp_reader body;

	bench_open(&bench);
	for (size_t i = 0; i < COUNT(names); i++) {
		put_text(begin(&bench), "/folder");
		CU_ASSERT_EQUAL(answer(&bench, names[i], &body), SFTP_EXTENDED_REPLY);
		for (size_t j = 0; j < COUNT(told); j++)
			CU_ASSERT_EQUAL(sftp_get_uint64(&body), told[j]);
		CU_ASSERT_PTR_EQUAL(body.at, body.end);
	}
	put_text(begin(&bench), "/nowhere");
	expect_status(&bench, names[0], SFTP_NO_SUCH_FILE);
	put_text(begin(&bench), "/denied");
	expect_status(&bench, names[0], SFTP_PERMISSION_DENIED);
	put_text(begin(&bench), "/later");
	expect_status(&bench, names[0], SFTP_FAILURE);
	sftp_put_string(begin(&bench), "/a\0b", 4);
	expect_status(&bench, names[0], SFTP_NO_SUCH_FILE);
}

static void expect_names(struct sftp_reader *body, const char *first, const char *second)
{
	const char *const names[] = {first, second};
	size_t length = 0;
	const char *all = sftp_get_string(body, &length);
	struct sftp_reader in = {(const uint8_t *)all, (const uint8_t *)all + length, false};

	for (size_t i = 0; i < COUNT(names) && names[i]; i++) {
		const char *name = sftp_get_string(&in, &length);

		CU_ASSERT_EQUAL(length, strlen(names[i]));
		CU_ASSERT_EQUAL(memcmp(name, names[i], length), 0);
	}
	CU_ASSERT_FALSE(in.bad);
	CU_ASSERT_PTR_EQUAL(in.at, in.end);
}

static void only_the_owner_of_everything_has_a_name(void)
{
	enum { TOO_MANY = 4097 };
	OWNED_BENCH struct bench bench;
	OWNED_MEM char *many = mem_new(TOO_MANY, 4);
	struct sftp_reader body;
	struct buffer *in;

	bench_open(&bench);
	in = begin(&bench);
	sftp_put_string(in, "\0\0\0\0\0\0\3\350", 8);
	sftp_put_string(in, "\0\0\0\0", 4);
	CU_ASSERT_EQUAL(
	    answer(&bench, "users-groups-by-id@openssh.com", &body), SFTP_EXTENDED_REPLY);
	expect_names(&body, "edelivery", "");
	expect_names(&body, "edelivery", NULL);
	CU_ASSERT_PTR_EQUAL(body.at, body.end);
	sftp_put_string(begin(&bench), many, (size_t)TOO_MANY * 4);
	expect_status(&bench, "users-groups-by-id@openssh.com", SFTP_FAILURE);
}

static void put_range(
    struct buffer *out, const char *algorithms, uint64_t from, uint64_t length, uint32_t block)
{
	put_text(out, algorithms);
	sftp_put_uint64(out, from);
	sftp_put_uint64(out, length);
	sftp_put_uint32(out, block);
}

static void expect_head(struct sftp_reader *body)
{
	size_t length = 0;

	CU_ASSERT_EQUAL(memcmp(sftp_get_string(body, &length), "check-file", 10), 0);
	CU_ASSERT_EQUAL(memcmp(sftp_get_string(body, &length), "sha256", 6), 0);
}

static void an_open_file_is_hashed_whole_in_part_and_by_blocks(void)
{
	static const struct {
		uint64_t from;
		uint64_t length;
		uint32_t block;
		size_t hashes;
	} rows[] = {
	    {0, 0, 0, 1},
	    {0, FILE_SIZE, 0, 1},
	    {0, 10 * FILE_SIZE, 0, 1},
	    {10, 70000, 0, 1},
	    {99999, 0, 0, 1},
	    {0, 0, 256, 391},
	    {0, 512, 256, 2},
	    {0, 513, 256, 3},
	    {5000, 0, 50000, 2},
	    {FILE_SIZE, 0, 0, 1},
	    {UINT64_MAX, UINT64_MAX, UINT32_MAX, 1},
	};
	static const char *const names[] = {"check-file", "check-file-handle"};
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t at = rows[i].from < FILE_SIZE ? rows[i].from : FILE_SIZE;
		uint64_t end = rows[i].length && rows[i].length < FILE_SIZE - at
		                   ? at + rows[i].length
		                   : FILE_SIZE;
		struct sftp_reader body;

		put_range(begin(&bench), "md5,sha256", rows[i].from, rows[i].length, rows[i].block);
		CU_ASSERT_EQUAL_FATAL(answer(&bench, names[i % 2], &body), SFTP_EXTENDED_REPLY);
		expect_head(&body);
		CU_ASSERT_EQUAL_FATAL((size_t)(body.end - body.at), rows[i].hashes * 32);
		for (size_t j = 0; j < rows[i].hashes; j++) {
			uint64_t part =
			    rows[i].block && rows[i].block < end - at ? rows[i].block : end - at;
			unsigned char hash[32];

			(void)SHA256(bench.bytes + at, part, hash);
			CU_ASSERT_EQUAL(memcmp(body.at + j * 32, hash, 32), 0);
			at += part;
		}
	}
}

static void what_would_take_too_long_or_cannot_be_is_refused(void)
{
	static const struct {
		const char *algorithms;
		uint64_t from;
		uint64_t length;
		uint32_t block;
	} rows[] = {
	    {"", 0, 0, 0},
	    {"md5,sha1,sha2560", 0, 0, 0},
	    {"sha256", 0, 0, 1},
	    {"sha256", 0, 0, 255},
	};
	OWNED_BENCH struct bench bench;
	struct sftp_reader body;

	bench_open(&bench);
	for (size_t i = 0; i < COUNT(rows); i++) {
		put_range(
		    begin(&bench), rows[i].algorithms, rows[i].from, rows[i].length, rows[i].block);
		expect_status(&bench, "check-file", SFTP_FAILURE);
	}
	/* More than 64 MiB, or than 1,024 blocks. */
	bench.size = 64 * 1024 * 1024 + 1;
	put_range(begin(&bench), "sha256", 0, 0, 0);
	expect_status(&bench, "check-file", SFTP_FAILURE);
	put_range(begin(&bench), "sha256", 0, 256 * 1024, 256);
	expect_status(&bench, "check-file", SFTP_FAILURE);
	bench.size = FILE_SIZE;
	/* A folder's handle; a file that is gone from the disk. */
	put_range(begin(&bench), "sha256", 0, 0, 0);
	CU_ASSERT_EQUAL(answer_about(&bench, "check-file", -1, &body), SFTP_STATUS);
	CU_ASSERT_EQUAL(ftruncate(bench.fd, 10), 0);
	CU_ASSERT_EQUAL(answer(&bench, "check-file", &body), SFTP_STATUS);
}

static void a_name_has_the_hash_that_the_broker_knows(void)
{
	OWNED_BENCH struct bench bench;
	struct sftp_reader body;

	bench_open(&bench);
	put_text(begin(&bench), "/file");
	put_range(&bench.in, "sha256,md5", 0, 0, 0);
	CU_ASSERT_EQUAL_FATAL(answer(&bench, "check-file-name", &body), SFTP_EXTENDED_REPLY);
	expect_head(&body);
	CU_ASSERT_EQUAL(body.end - body.at, 32);
	CU_ASSERT_EQUAL(memcmp(body.at, "\xab\0\0\0\0\0\0\0\xab", 9), 0);
	put_text(begin(&bench), "/nowhere");
	put_range(&bench.in, "sha256", 0, 0, 0);
	expect_status(&bench, "check-file-name", SFTP_NO_SUCH_FILE);
	put_text(begin(&bench), "/file");
	put_range(&bench.in, "md5", 0, 0, 0);
	expect_status(&bench, "check-file-name", SFTP_FAILURE);
	put_text(begin(&bench), "/file");
	put_range(&bench.in, "sha256", 0, 0, 1024);
	expect_status(&bench, "check-file-name", SFTP_FAILURE);
}

void add_suite_extension(CU_pSuite suite)
{
	TEST(each_has_a_name_of_its_own);
	TEST(a_file_system_is_told_as_the_broker_has_it);
	TEST(only_the_owner_of_everything_has_a_name);
	TEST(an_open_file_is_hashed_whole_in_part_and_by_blocks);
	TEST(what_would_take_too_long_or_cannot_be_is_refused);
	TEST(a_name_has_the_hash_that_the_broker_knows);
}
