/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/sftp_bench.h"

#include <CUnit/CUnit.h>
#include <string.h>

enum {
	INPUT = 1024 * 1024,
	OUTPUT_LIMIT = 2 * 1024 * 1024,
};

void take_all(struct sftp *sftp)
{
	struct err err;

	CU_ASSERT_EQUAL(sftp_sent(sftp, sftp_output(sftp)->length, &err), 0);
}

void sftp_bench_open(struct sftp_bench *bench)
{
	struct err err;
	size_t used = 0;

	*bench = (struct sftp_bench){.ask = BUFFER(16 * INPUT), .told = BUFFER(64 * INPUT)};
	stub_broker_start(&bench->broker, SFTP_BENCH_ENTRIES);
	bench->sftp = sftp_new(bench->broker.channel, false);
	CU_ASSERT_EQUAL_FATAL(sftp_feed(bench->sftp, SFTP_INIT_3, 9, &used, &err), 0);
	CU_ASSERT_EQUAL(used, 9);
	take_all(bench->sftp);
}

void sftp_bench_close(struct sftp_bench *bench)
{
	sftp_free(bench->sftp);
	stub_broker_stop(&bench->broker);
	buffer_done(&bench->ask);
	buffer_done(&bench->told);
}

void feed_all(struct sftp_bench *bench)
{
	while (bench->ask.length > 0) {
		size_t used = 0;
		struct err err;

		CU_ASSERT_EQUAL_FATAL(
		    sftp_feed(bench->sftp, bench->ask.data, bench->ask.length, &used, &err), 0);
		CU_ASSERT_FATAL(used > 0 && used <= bench->ask.length);
		CU_ASSERT(sftp_output(bench->sftp)->length <= OUTPUT_LIMIT);
		CU_ASSERT_FALSE(buffer_is_full(sftp_output(bench->sftp)));
		buffer_consume(&bench->ask, used);
		buffer_add(&bench->told, buffer_text(sftp_output(bench->sftp)),
		    sftp_output(bench->sftp)->length);
		take_all(bench->sftp);
	}
}

struct sftp_told next_answer(struct sftp_bench *bench)
{
	const uint8_t *data;
	struct sftp_reader in;
	struct sftp_told answer;
	uint32_t length;

	feed_all(bench);
	data = (const uint8_t *)buffer_text(&bench->told);
	in = (struct sftp_reader){data + bench->at, data + bench->told.length, false};
	length = sftp_get_uint32(&in);
	CU_ASSERT_FATAL(!in.bad && length >= 5 && length <= (size_t)(in.end - in.at));
	in.end = in.at + length;
	bench->at = (size_t)(in.end - data);
	answer.type = sftp_get_byte(&in);
	answer.id = sftp_get_uint32(&in);
	answer.body = in;
	return answer;
}

void expect_status(struct sftp_bench *bench, uint32_t id, enum sftp_status status)
{
	struct sftp_told answer = next_answer(bench);
	size_t length = 0;

	CU_ASSERT_EQUAL(answer.type, SFTP_STATUS);
	CU_ASSERT_EQUAL(answer.id, id);
	CU_ASSERT_EQUAL(sftp_get_uint32(&answer.body), status);
	(void)sftp_get_string(&answer.body, &length);
	CU_ASSERT_NOT_EQUAL(length, 0);
	(void)sftp_get_string(&answer.body, &length);
	CU_ASSERT_FALSE(answer.body.bad);
	CU_ASSERT_EQUAL(answer.body.at, answer.body.end);
}

void expect_reason(
    struct sftp_bench *bench, uint32_t id, enum sftp_status status, const char *reason)
{
	struct sftp_told answer = next_answer(bench);
	size_t length = 0;
	const char *text;

	CU_ASSERT_EQUAL(answer.id, id);
	CU_ASSERT_EQUAL(sftp_get_uint32(&answer.body), status);
	text = sftp_get_string(&answer.body, &length);
	CU_ASSERT_EQUAL(length, strlen(reason));
	CU_ASSERT_EQUAL(strncmp(text, reason, length), 0);
}

void expect_nothing(struct sftp_bench *bench)
{
	feed_all(bench);
	CU_ASSERT_EQUAL(bench->at, bench->told.length);
}

size_t begin_request(struct sftp_bench *bench, enum sftp_type type, uint32_t id)
{
	return sftp_begin(&bench->ask, type, id);
}

void end_request(struct sftp_bench *bench, size_t start)
{
	sftp_end(&bench->ask, start);
}

void put_text(struct sftp_bench *bench, const char *text)
{
	sftp_put_string(&bench->ask, text, strlen(text));
}

void request_path(struct sftp_bench *bench, enum sftp_type type, uint32_t id, const char *path)
{
	size_t start = begin_request(bench, type, id);

	put_text(bench, path);
	end_request(bench, start);
}

void request_open(struct sftp_bench *bench, uint32_t id, const char *path, uint32_t flags)
{
	size_t start = begin_request(bench, SFTP_OPEN, id);

	put_text(bench, path);
	sftp_put_uint32(&bench->ask, flags);
	sftp_put_uint32(&bench->ask, 0); /* no attributes */
	end_request(bench, start);
}

struct sftp_handle expect_handle(struct sftp_bench *bench, uint32_t id)
{
	struct sftp_told answer = next_answer(bench);
	struct sftp_handle handle = {.length = 0};
	const char *bytes;

	CU_ASSERT_EQUAL(answer.type, SFTP_HANDLE);
	CU_ASSERT_EQUAL(answer.id, id);
	bytes = sftp_get_string(&answer.body, &handle.length);
	CU_ASSERT_FATAL(handle.length > 0 && handle.length <= sizeof(handle.bytes));
	memcpy(handle.bytes, bytes, handle.length);
	CU_ASSERT_EQUAL(answer.body.at, answer.body.end);
	return handle;
}

struct sftp_handle open_file(struct sftp_bench *bench, const char *path)
{
	request_open(bench, 77, path, SFTP_OPEN_READ);
	return expect_handle(bench, 77);
}

struct sftp_handle open_folder(struct sftp_bench *bench, const char *path)
{
	request_path(bench, SFTP_OPENDIR, 78, path);
	return expect_handle(bench, 78);
}

void request_handle(
    struct sftp_bench *bench, enum sftp_type type, uint32_t id, const struct sftp_handle *handle)
{
	size_t start = begin_request(bench, type, id);

	sftp_put_string(&bench->ask, handle->bytes, handle->length);
	end_request(bench, start);
}

void request_read(struct sftp_bench *bench, uint32_t id, const struct sftp_handle *handle,
    uint64_t offset, uint32_t length)
{
	size_t start = begin_request(bench, SFTP_READ, id);

	sftp_put_string(&bench->ask, handle->bytes, handle->length);
	sftp_put_uint64(&bench->ask, offset);
	sftp_put_uint32(&bench->ask, length);
	end_request(bench, start);
}

void expect_data(struct sftp_bench *bench, uint32_t id, uint64_t offset, size_t count)
{
	struct sftp_told answer = next_answer(bench);
	size_t length = 0;
	size_t wrong = 0;
	const char *bytes;

	CU_ASSERT_EQUAL(answer.type, SFTP_DATA);
	CU_ASSERT_EQUAL(answer.id, id);
	bytes = sftp_get_string(&answer.body, &length);
	CU_ASSERT_FALSE(answer.body.bad);
	CU_ASSERT_EQUAL(answer.body.at, answer.body.end);
	CU_ASSERT_EQUAL(length, count);
	for (size_t i = 0; i < length; i++)
		wrong += (uint8_t)bytes[i] != stub_byte(offset + i);
	CU_ASSERT_EQUAL(wrong, 0);
}

void expect_attributes(struct sftp_reader *in, uint64_t size, uint32_t mode)
{
	CU_ASSERT_EQUAL(sftp_get_uint32(in), 0x0f);
	CU_ASSERT_EQUAL(sftp_get_uint64(in), size);
	CU_ASSERT_EQUAL(sftp_get_uint64(in), 0);
	CU_ASSERT_EQUAL(sftp_get_uint32(in), mode);
	(void)sftp_get_uint64(in);
	CU_ASSERT_FALSE(in->bad);
}
