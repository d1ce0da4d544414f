/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sftp_upload.h"

#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "server/sftp.h"
#include "tests/lib/sftp_bench.h"
#include "tests/lib/stub_broker.h"
#include "tests/unit/suite.h"

void add_suite_sftp_upload(CU_pSuite suite);

static void request_write(struct sftp_bench *bench, uint32_t id, const struct sftp_handle *handle,
    uint64_t offset, size_t size)
{
	OWNED_MEM char *bytes = mem_new(size, 1);
	size_t start = begin_request(bench, SFTP_WRITE, id);

	sftp_put_string(&bench->ask, handle->bytes, handle->length);
	sftp_put_uint64(&bench->ask, offset);
	sftp_put_string(&bench->ask, bytes, size);
	end_request(bench, start);
}

static void expect_size(
    struct sftp_bench *bench, uint32_t id, const struct sftp_handle *handle, uint64_t size)
{
	struct sftp_told answer;

	request_handle(bench, SFTP_FSTAT, id, handle);
	answer = next_answer(bench);
	CU_ASSERT_EQUAL(answer.type, SFTP_ATTRS);
	(void)sftp_get_uint32(&answer.body);
	CU_ASSERT_EQUAL(sftp_get_uint64(&answer.body), size);
}

static void a_file_is_uploaded(void)
{
	OWNED_SFTP_BENCH struct sftp_bench bench;
	struct sftp_handle handle;
	size_t start;

	sftp_bench_open(&bench);
	request_open(&bench, 1, "/drop/b", SFTP_OPEN_WRITE | SFTP_OPEN_CREATE);
	expect_reason(&bench, 1, SFTP_PERMISSION_DENIED, "not /drop/a");
	request_open(&bench, 2, "/drop/a", SFTP_OPEN_WRITE | SFTP_OPEN_CREATE);
	handle = expect_handle(&bench, 2);
	request_write(&bench, 3, &handle, 0, 40000);
	expect_status(&bench, 3, SFTP_OK);
	request_write(&bench, 4, &handle, 40000, 1);
	expect_status(&bench, 4, SFTP_OK);
	expect_size(&bench, 5, &handle, 40001);
	/* It is not there to be read, and no folder. */
	request_read(&bench, 6, &handle, 0, 10);
	expect_status(&bench, 6, SFTP_FAILURE);
	request_handle(&bench, SFTP_READDIR, 7, &handle);
	expect_status(&bench, 7, SFTP_FAILURE);
	start = begin_request(&bench, SFTP_FSETSTAT, 8);
	sftp_put_string(&bench.ask, handle.bytes, handle.length);
	sftp_put_uint32(&bench.ask, 1);
	sftp_put_uint64(&bench.ask, 50000);
	end_request(&bench, start);
	expect_status(&bench, 8, SFTP_OK);
	expect_size(&bench, 9, &handle, 50000);
	start = begin_request(&bench, SFTP_EXTENDED, 10);
	put_text(&bench, "fsync@openssh.com");
	sftp_put_string(&bench.ask, handle.bytes, handle.length);
	end_request(&bench, start);
	expect_status(&bench, 10, SFTP_OK);
	request_handle(&bench, SFTP_CLOSE, 11, &handle);
	expect_status(&bench, 11, SFTP_OK);
	request_write(&bench, 12, &handle, 0, 1);
	expect_status(&bench, 12, SFTP_PERMISSION_DENIED);
}

/* A client that closes what it could not write whole is told again: some look at nothing else. */
static void what_is_not_whole_is_not_closed_as_if_it_were(void)
{
	static const char reason[] = "larger than the 100000 bytes that are taken";
	static const struct {
		uint64_t offset;
		size_t size;
	} writes[] = {{STUB_UPLOAD_MAX, 1}, {0, STUB_UPLOAD_MAX + 1}, {UINT64_MAX, 1},
	    {UINT64_MAX - 1, 100}, {(uint64_t)INT64_MAX, 1}};

	for (size_t i = 0; i < COUNT(writes); i++) {
		OWNED_SFTP_BENCH struct sftp_bench bench;
		struct sftp_handle handle;

		sftp_bench_open(&bench);
		request_open(&bench, 1, "/drop/a", SFTP_OPEN_WRITE | SFTP_OPEN_CREATE);
		handle = expect_handle(&bench, 1);
		request_write(&bench, 2, &handle, 0, STUB_UPLOAD_MAX);
		expect_status(&bench, 2, SFTP_OK);
		request_write(&bench, 3, &handle, writes[i].offset, writes[i].size);
		expect_reason(&bench, 3, SFTP_FAILURE, reason);
		request_write(&bench, 4, &handle, 0, 1);
		expect_reason(&bench, 4, SFTP_FAILURE, reason);
		request_handle(&bench, SFTP_CLOSE, 5, &handle);
		expect_reason(&bench, 5, SFTP_FAILURE, reason);
	}
}

static void what_is_appended_goes_to_the_end(void)
{
	OWNED_SFTP_BENCH struct sftp_bench bench;
	struct sftp_handle handle;

	sftp_bench_open(&bench);
	request_open(&bench, 1, "/drop/a", SFTP_OPEN_WRITE | SFTP_OPEN_CREATE | SFTP_OPEN_APPEND);
	handle = expect_handle(&bench, 1);
	request_write(&bench, 2, &handle, 0, 10);
	expect_status(&bench, 2, SFTP_OK);
	request_write(&bench, 3, &handle, 0, 10);
	expect_status(&bench, 3, SFTP_OK);
	expect_size(&bench, 4, &handle, 20);
}

static void only_what_is_in_drop_can_be_changed(void)
{
	OWNED_SFTP_BENCH struct sftp_bench bench;
	size_t start;

	sftp_bench_open(&bench);
	request_path(&bench, SFTP_MKDIR, 1, "/drop/a");
	expect_status(&bench, 1, SFTP_OK);
	request_path(&bench, SFTP_MKDIR, 2, "/dropped/a");
	expect_status(&bench, 2, SFTP_PERMISSION_DENIED);
	for (uint32_t id = 3; id < 7; id++) {
		/* By the request and by the extension; one end of it, or both, elsewhere. */
		start = begin_request(&bench, id % 2 ? SFTP_RENAME : SFTP_EXTENDED, id);
		if (id % 2 == 0)
			put_text(&bench, "posix-rename@openssh.com");
		put_text(&bench, "/drop/a");
		put_text(&bench, id < 5 ? "/drop/b" : "/new/b");
		end_request(&bench, start);
		expect_status(&bench, id, id < 5 ? SFTP_OK : SFTP_PERMISSION_DENIED);
	}
	start = begin_request(&bench, SFTP_SETSTAT, 7);
	put_text(&bench, "/drop/a");
	sftp_put_uint32(&bench.ask, 0);
	end_request(&bench, start);
	expect_status(&bench, 7, SFTP_OK);
}

static void nothing_can_be_written(void)
{
	OWNED_SFTP_BENCH struct sftp_bench bench;
	struct sftp_handle handle;
	size_t start;
	static const enum sftp_type types[] = {SFTP_MKDIR, SFTP_RMDIR, SFTP_RENAME, SFTP_SYMLINK,
	    SFTP_SETSTAT, SFTP_WRITE, SFTP_FSETSTAT};
	static const uint32_t flags[] = {SFTP_OPEN_WRITE, SFTP_OPEN_READ | SFTP_OPEN_WRITE, 0x1a};

	sftp_bench_open(&bench);
	for (size_t i = 0; i < COUNT(types); i++) {
		start = begin_request(&bench, types[i], (uint32_t)i);
		put_text(&bench, "/file");
		put_text(&bench, "/other");
		sftp_put_uint32(&bench.ask, 0);
		end_request(&bench, start);
		expect_status(&bench, (uint32_t)i, SFTP_PERMISSION_DENIED);
	}
	for (size_t i = 0; i < COUNT(flags); i++) {
		request_open(&bench, 50, "/file", flags[i]);
		expect_status(&bench, 50, SFTP_PERMISSION_DENIED);
	}
	handle = open_file(&bench, "/file");
	start = begin_request(&bench, SFTP_WRITE, 51);
	sftp_put_string(&bench.ask, handle.bytes, handle.length);
	sftp_put_uint64(&bench.ask, 0);
	put_text(&bench, "x");
	end_request(&bench, start);
	expect_status(&bench, 51, SFTP_PERMISSION_DENIED);
	request_path(&bench, SFTP_REMOVE, 52, "/file");
	expect_reason(&bench, 52, SFTP_PERMISSION_DENIED, "not in new/");
	request_path(&bench, SFTP_READLINK, 53, "/file");
	expect_status(&bench, 53, SFTP_FAILURE);
}

static void setting_times_is_answered_as_the_setting_says(void)
{
	OWNED_SFTP_BENCH struct sftp_bench bench;
	struct sftp_handle handle = {.length = 0};

	sftp_bench_open(&bench);
	sftp_free(bench.sftp);
	bench.sftp = sftp_new(bench.broker.channel, true);
	buffer_add(&bench.ask, SFTP_INIT_3, 9);
	feed_all(&bench);
	bench.at = bench.told.length;
	request_path(&bench, SFTP_SETSTAT, 1, "/file");
	expect_status(&bench, 1, SFTP_OK);
	request_handle(&bench, SFTP_FSETSTAT, 2, &handle);
	expect_status(&bench, 2, SFTP_OK);
	request_path(&bench, SFTP_MKDIR, 3, "/file");
	expect_status(&bench, 3, SFTP_PERMISSION_DENIED);
}

void add_suite_sftp_upload(CU_pSuite suite)
{
	TEST(a_file_is_uploaded);
	TEST(what_is_not_whole_is_not_closed_as_if_it_were);
	TEST(what_is_appended_goes_to_the_end);
	TEST(only_what_is_in_drop_can_be_changed);
	TEST(nothing_can_be_written);
	TEST(setting_times_is_answered_as_the_setting_says);
}
