/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "server/sftp.h"
#include "server/sftp_packet.h"
#include "tests/lib/drops.h"
#include "tests/lib/stub_broker.h"
#include "tests/unit/suite.h"

void add_suite_sftp(CU_pSuite suite);

enum {
	ENTRIES = 1000,
	INPUT = 1024 * 1024,
	READ_LIMIT = 255 * 1024,
	OUTPUT_LIMIT = 2 * 1024 * 1024,
	NAME_LIMIT = 32 * 1024,
};

/* A session and its broker; what is asked is gathered in ask, what is answered in told. */
struct bench {
	struct stub_broker broker;
	struct sftp *sftp;
	struct buffer ask;
	struct buffer told;
	size_t at; /* of the next answer */
};

/* An answer, its body still to be read. */
struct answer {
	uint8_t type;
	uint32_t id;
	struct sftp_reader body;
};

/* As if the session had sent every answer. */
static void take_all(struct sftp *sftp)
{
	struct err err;

	CU_ASSERT_EQUAL(sftp_sent(sftp, sftp_output(sftp)->length, &err), 0);
}

static void bench_open(struct bench *bench)
{
	struct err err;
	size_t used = 0;

	*bench = (struct bench){.ask = BUFFER(16 * INPUT), .told = BUFFER(64 * INPUT)};
	stub_broker_start(&bench->broker, ENTRIES);
	bench->sftp = sftp_new(bench->broker.channel, false);
	CU_ASSERT_EQUAL_FATAL(sftp_feed(bench->sftp, "\0\0\0\5\1\0\0\0\3", 9, &used, &err), 0);
	CU_ASSERT_EQUAL(used, 9);
	take_all(bench->sftp);
}

static void bench_close(struct bench *bench)
{
	sftp_free(bench->sftp);
	stub_broker_stop(&bench->broker);
	buffer_done(&bench->ask);
	buffer_done(&bench->told);
}
#define OWNED_BENCH OWNED(bench_close)

/* Hand over what is gathered, and take the answers, until all of it is used. */
static void feed_all(struct bench *bench)
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

/* The next answer, which has to be there. */
static struct answer next(struct bench *bench)
{
	const uint8_t *data;
	struct sftp_reader in;
	struct answer answer;
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

/* The next answer, which has to be this status. */
static void expect_status(struct bench *bench, uint32_t id, enum sftp_status status)
{
	struct answer answer = next(bench);
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

static void expect_reason(
    struct bench *bench, uint32_t id, enum sftp_status status, const char *reason)
{
	struct answer answer = next(bench);
	size_t length = 0;
	const char *text;

	CU_ASSERT_EQUAL(answer.id, id);
	CU_ASSERT_EQUAL(sftp_get_uint32(&answer.body), status);
	text = sftp_get_string(&answer.body, &length);
	CU_ASSERT_EQUAL(length, strlen(reason));
	CU_ASSERT_EQUAL(strncmp(text, reason, length), 0);
}

static void expect_nothing(struct bench *bench)
{
	feed_all(bench);
	CU_ASSERT_EQUAL(bench->at, bench->told.length);
}

/* Requests: what follows the id is put in between begin and end. */
static size_t begin(struct bench *bench, enum sftp_type type, uint32_t id)
{
	return sftp_begin(&bench->ask, type, id);
}

static void end(struct bench *bench, size_t start)
{
	sftp_end(&bench->ask, start);
}

static void put_text(struct bench *bench, const char *text)
{
	sftp_put_string(&bench->ask, text, strlen(text));
}

static void ask_path(struct bench *bench, enum sftp_type type, uint32_t id, const char *path)
{
	size_t start = begin(bench, type, id);

	put_text(bench, path);
	end(bench, start);
}

static void ask_open(struct bench *bench, uint32_t id, const char *path, uint32_t flags)
{
	size_t start = begin(bench, SFTP_OPEN, id);

	put_text(bench, path);
	sftp_put_uint32(&bench->ask, flags);
	sftp_put_uint32(&bench->ask, 0); /* no attributes */
	end(bench, start);
}

/* A handle as the server told it. */
struct handle_text {
	char bytes[256];
	size_t length;
};

static struct handle_text expect_handle(struct bench *bench, uint32_t id)
{
	struct answer answer = next(bench);
	struct handle_text handle = {.length = 0};
	const char *bytes;

	CU_ASSERT_EQUAL(answer.type, SFTP_HANDLE);
	CU_ASSERT_EQUAL(answer.id, id);
	bytes = sftp_get_string(&answer.body, &handle.length);
	CU_ASSERT_FATAL(handle.length > 0 && handle.length <= sizeof(handle.bytes));
	memcpy(handle.bytes, bytes, handle.length);
	CU_ASSERT_EQUAL(answer.body.at, answer.body.end);
	return handle;
}

static struct handle_text open_file(struct bench *bench, const char *path)
{
	ask_open(bench, 77, path, SFTP_OPEN_READ);
	return expect_handle(bench, 77);
}

static struct handle_text open_folder(struct bench *bench, const char *path)
{
	ask_path(bench, SFTP_OPENDIR, 78, path);
	return expect_handle(bench, 78);
}

static void ask_handle(
    struct bench *bench, enum sftp_type type, uint32_t id, const struct handle_text *handle)
{
	size_t start = begin(bench, type, id);

	sftp_put_string(&bench->ask, handle->bytes, handle->length);
	end(bench, start);
}

static void ask_read(struct bench *bench, uint32_t id, const struct handle_text *handle,
    uint64_t offset, uint32_t length)
{
	size_t start = begin(bench, SFTP_READ, id);

	sftp_put_string(&bench->ask, handle->bytes, handle->length);
	sftp_put_uint64(&bench->ask, offset);
	sftp_put_uint32(&bench->ask, length);
	end(bench, start);
}

/* DATA of so many bytes of /file from offset on. */
static void expect_data(struct bench *bench, uint32_t id, uint64_t offset, size_t count)
{
	struct answer answer = next(bench);
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

static void expect_attributes(struct sftp_reader *in, uint64_t size, uint32_t mode)
{
	CU_ASSERT_EQUAL(sftp_get_uint32(in), 0x0f);
	CU_ASSERT_EQUAL(sftp_get_uint64(in), size);
	CU_ASSERT_EQUAL(sftp_get_uint64(in), 0);
	CU_ASSERT_EQUAL(sftp_get_uint32(in), mode);
	(void)sftp_get_uint64(in);
	CU_ASSERT_FALSE(in->bad);
}

/* Feed these bytes to a session that has not greeted. Its result; -1 with the error's kind. */
static int feed_fresh(const void *bytes, size_t length, enum err_kind *ret_kind)
{
	struct sftp *sftp = sftp_new(-1, false);
	size_t used = 77;
	struct err err = {.kind = ERR_INTERNAL};
	int result = sftp_feed(sftp, bytes, length, &used, &err);

	if (result < 0)
		CU_ASSERT_EQUAL(used, 77);
	*ret_kind = err.kind;
	sftp_free(sftp);
	return result;
}

#define INIT_3 "\0\0\0\5\1\0\0\0\3"

/* What a client may begin with, or not. */
static const struct {
	const char *bytes;
	size_t length;
	int result;
} greetings[] = {
    {INIT_3, 9, 0},
    {"\0\0\0\5\1\0\0\0\4", 9, 0},
    {"\0\0\0\5\1\xff\xff\xff\xff", 9, 0},
    {"\0\0\0\x11\1\0\0\0\3\0\0\0\1x\0\0\0\3abc", 21, 0}, /* with an extension */
    {"\0\0\0\5\1\0\0\0\2", 9, -1},
    {"\0\0\0\5\1\0\0\0\0", 9, -1},
    {"\0\0\0\4\1\0\0\3", 8, -1}, /* the version is cut off */
    {"\0\0\0\1\1", 5, -1},
    {INIT_3 INIT_3, 18, -1},                     /* twice */
    {"\0\0\0\5\4\0\0\0\1", 9, -1},               /* a request before it */
    {"\0\0\0\x0a\x11\0\0\0\1\0\0\0\1/", 14, -1}, /* STAT before it */
    {"\0\0\0\5\x63\0\0\0\1", 9, -1},             /* an unknown one before it */
    {INIT_3 "\0\0\0\0", 13, -1},                 /* a packet of nothing */
    {INIT_3 "\0\0\0\4\4\0\0\0", 17, -1},         /* without an id */
    {INIT_3 "\0\4\0\1", 13, -1},                 /* of more than 256 KiB */
    {INIT_3 "\xff\xff\xff\xff", 13, -1},
    {"SSH-2.0-OpenSSH_9.2\r\n", 21, -1},
    {"", 0, 0},
    {"\0\0\0", 3, 0},
    {"\0\0\0\5\1\0\0\0", 8, 0},
};

static void a_session_begins_with_one_init(void)
{
	for (size_t i = 0; i < COUNT(greetings); i++) {
		enum err_kind kind;
		int result = feed_fresh(greetings[i].bytes, greetings[i].length, &kind);

		CU_ASSERT_EQUAL(result, greetings[i].result);
		if (result < 0)
			CU_ASSERT_EQUAL(kind, ERR_REFUSED);
	}
}

static void the_version_is_three(void)
{
	struct sftp *sftp = sftp_new(-1, false);
	size_t used = 0;
	struct err err;

	CU_ASSERT_EQUAL(sftp_feed(sftp, "\0\0\0\5\1\0\0\0\6", 9, &used, &err), 0);
	CU_ASSERT_EQUAL(used, 9);
	CU_ASSERT_TRUE(sftp_output(sftp)->length > 9);
	CU_ASSERT_EQUAL(memcmp(sftp_output(sftp)->data + 4, "\2\0\0\0\3", 5), 0);
	sftp_free(sftp);
	sftp_free(NULL);
}

static void an_incomplete_packet_waits_for_the_rest(void)
{
	OWNED_BENCH struct bench bench;
	size_t length;
	struct err err;

	bench_open(&bench);
	ask_path(&bench, SFTP_REALPATH, 1, ".");
	length = bench.ask.length;
	ask_path(&bench, SFTP_REALPATH, 2, ".");
	for (size_t part = 0; part < length; part++) {
		size_t used = 77;

		CU_ASSERT_EQUAL(sftp_feed(bench.sftp, bench.ask.data, part, &used, &err), 0);
		CU_ASSERT_EQUAL(used, 0);
		CU_ASSERT_EQUAL(sftp_output(bench.sftp)->length, 0);
	}
	/* Of one and a half, one is answered. */
	for (size_t part = length; part < 2 * length; part++) {
		size_t used = 77;

		CU_ASSERT_EQUAL(sftp_feed(bench.sftp, bench.ask.data, part, &used, &err), 0);
		CU_ASSERT_EQUAL(used, length);
		CU_ASSERT_NOT_EQUAL(sftp_output(bench.sftp)->length, 0);
		take_all(bench.sftp);
	}
	CU_ASSERT_EQUAL(next(&bench).id, 1);
	CU_ASSERT_EQUAL(next(&bench).id, 2);
	expect_nothing(&bench);
}

static void a_path_is_made_absolute(void)
{
	static const struct {
		const char *path;
		const char *real;
	} paths[] = {
	    {"", "/"},
	    {".", "/"},
	    {"/", "/"},
	    {"..", "/"},
	    {"a/./b/../c/", "/a/c"},
	    {"//a//b", "/a/b"},
	    {"/../../etc/passwd", "/etc/passwd"},
	};
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	for (size_t i = 0; i < COUNT(paths); i++) {
		struct answer answer;
		size_t length = 0;
		const char *name;

		ask_path(&bench, SFTP_REALPATH, 5, paths[i].path);
		answer = next(&bench);
		CU_ASSERT_EQUAL(answer.type, SFTP_NAME);
		CU_ASSERT_EQUAL(sftp_get_uint32(&answer.body), 1);
		name = sftp_get_string(&answer.body, &length);
		CU_ASSERT_EQUAL(length, strlen(paths[i].real));
		CU_ASSERT_EQUAL(memcmp(name, paths[i].real, length), 0);
		(void)sftp_get_string(&answer.body, &length);
		expect_attributes(&answer.body, 0, S_IFDIR | 0755);
		CU_ASSERT_EQUAL(answer.body.at, answer.body.end);
	}
}

/* Nothing in the tree has such a path, so the broker is not even asked. */
static void a_path_that_cannot_be_is_no_file(void)
{
	static const enum sftp_type types[] = {
	    SFTP_REALPATH, SFTP_STAT, SFTP_LSTAT, SFTP_OPENDIR, SFTP_REMOVE};
	OWNED_BENCH struct bench bench;
	OWNED_MEM char *longest = mem_new(1, 5001);

	bench_open(&bench);
	memset(longest, 'x', 5000);
	for (size_t i = 0; i < COUNT(types); i++) {
		ask_path(&bench, types[i], 1, longest);
		expect_status(&bench, 1, SFTP_NO_SUCH_FILE);
		ask_path(&bench, types[i], 2, "/a\nb");
		expect_status(&bench, 2, SFTP_NO_SUCH_FILE);
	}
	ask_open(&bench, 3, "/a\x01", SFTP_OPEN_READ);
	expect_status(&bench, 3, SFTP_NO_SUCH_FILE);
}

static void what_the_broker_finds_is_told_as_attributes(void)
{
	static const struct {
		const char *path;
		uint64_t size;
		uint32_t mode;
	} files[] = {
	    {"/file", STUB_FILE_SIZE, S_IFREG | 0644},
	    {"empty", 0, S_IFREG | 0644},
	    {"/folder/", 0, S_IFDIR | 0755},
	    {"/", 0, S_IFDIR | 0755},
	};
	static const enum sftp_type types[] = {SFTP_STAT, SFTP_LSTAT};
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	for (size_t i = 0; i < COUNT(files) * COUNT(types); i++) {
		struct answer answer;

		ask_path(&bench, types[i % COUNT(types)], 9, files[i / COUNT(types)].path);
		answer = next(&bench);
		CU_ASSERT_EQUAL(answer.type, SFTP_ATTRS);
		expect_attributes(
		    &answer.body, files[i / COUNT(types)].size, files[i / COUNT(types)].mode);
		CU_ASSERT_EQUAL(answer.body.at, answer.body.end);
	}
}

static void what_the_broker_refuses_is_refused_with_its_reason(void)
{
	static const enum sftp_type types[] = {SFTP_STAT, SFTP_LSTAT, SFTP_OPENDIR, SFTP_REMOVE};
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	for (size_t i = 0; i < COUNT(types); i++) {
		ask_path(&bench, types[i], 1, "/missing");
		expect_status(&bench, 1, SFTP_NO_SUCH_FILE);
		ask_path(&bench, types[i], 2, "/denied");
		expect_reason(&bench, 2, SFTP_PERMISSION_DENIED, "you may not");
		ask_path(&bench, types[i], 3, "/later");
		expect_reason(&bench, 3, SFTP_FAILURE, "come back later");
	}
	ask_open(&bench, 4, "/missing", SFTP_OPEN_READ);
	expect_status(&bench, 4, SFTP_NO_SUCH_FILE);
	ask_open(&bench, 5, "/denied", SFTP_OPEN_READ);
	expect_reason(&bench, 5, SFTP_PERMISSION_DENIED, "you may not");
	ask_open(&bench, 6, "/later", SFTP_OPEN_READ);
	expect_reason(&bench, 6, SFTP_FAILURE, "come back later");
	ask_open(&bench, 7, "/folder", SFTP_OPEN_READ);
	expect_status(&bench, 7, SFTP_FAILURE);
	ask_path(&bench, SFTP_OPENDIR, 8, "/file");
	expect_status(&bench, 8, SFTP_FAILURE);
	ask_path(&bench, SFTP_REMOVE, 9, "/new/a");
	expect_status(&bench, 9, SFTP_OK);
}

/* Any offset, any length: what there is of it, as far as one answer goes. */
static void a_file_is_read_anywhere(void)
{
	static const uint64_t offsets[] = {0, 1, 255, 32768, 300000, STUB_FILE_SIZE - 1,
	    STUB_FILE_SIZE, STUB_FILE_SIZE + 1, INT64_MAX - READ_LIMIT + 1, INT64_MAX - 1,
	    INT64_MAX, UINT64_C(1) << 63, UINT64_MAX};
	static const uint32_t lengths[] = {0, 1, 2, 4096, 32768, READ_LIMIT - 1, READ_LIMIT,
	    READ_LIMIT + 1, INT32_MAX, UINT32_MAX};
	OWNED_BENCH struct bench bench;
	struct handle_text handle;

	bench_open(&bench);
	handle = open_file(&bench, "/file");
	for (size_t i = 0; i < COUNT(offsets); i++) {
		for (size_t j = 0; j < COUNT(lengths); j++) {
			uint64_t left =
			    offsets[i] < STUB_FILE_SIZE ? STUB_FILE_SIZE - offsets[i] : 0;
			size_t wanted = lengths[j] < READ_LIMIT ? lengths[j] : READ_LIMIT;

			ask_read(&bench, (uint32_t)j, &handle, offsets[i], lengths[j]);
			if (lengths[j] == 0 && offsets[i] <= STUB_FILE_SIZE + 1)
				expect_data(&bench, (uint32_t)j, offsets[i], 0);
			else if (left == 0)
				expect_status(&bench, (uint32_t)j, SFTP_EOF);
			else
				expect_data(&bench, (uint32_t)j, offsets[i],
				    left < wanted ? (size_t)left : wanted);
		}
	}
	handle = open_file(&bench, "/empty");
	ask_read(&bench, 1, &handle, 0, 1);
	expect_status(&bench, 1, SFTP_EOF);
}

static void an_open_file_tells_its_attributes(void)
{
	OWNED_BENCH struct bench bench;
	struct handle_text handle;
	struct answer answer;

	bench_open(&bench);
	handle = open_file(&bench, "/file");
	ask_handle(&bench, SFTP_FSTAT, 1, &handle);
	answer = next(&bench);
	CU_ASSERT_EQUAL(answer.type, SFTP_ATTRS);
	expect_attributes(&answer.body, STUB_FILE_SIZE, S_IFREG | 0644);
	handle = open_folder(&bench, "/folder");
	ask_handle(&bench, SFTP_FSTAT, 2, &handle);
	answer = next(&bench);
	expect_attributes(&answer.body, 0, S_IFDIR | 0755);
}

/* Every entry once, in packets that every client takes, then the end, as often as it is asked. */
static void list(const char *path, unsigned count, size_t name_length)
{
	OWNED_BENCH struct bench bench;
	struct handle_text handle;
	unsigned listed = 0;

	bench_open(&bench);
	handle = open_folder(&bench, path);
	while (listed < count) {
		struct answer answer;
		uint32_t names;

		ask_handle(&bench, SFTP_READDIR, listed, &handle);
		answer = next(&bench);
		CU_ASSERT_EQUAL_FATAL(answer.type, SFTP_NAME);
		CU_ASSERT_EQUAL(answer.id, listed);
		CU_ASSERT(answer.body.end - answer.body.at <= NAME_LIMIT);
		names = sftp_get_uint32(&answer.body);
		CU_ASSERT_FATAL(names > 0);
		for (uint32_t i = 0; i < names; i++) {
			char expected[16];
			size_t length = 0;
			const char *name = sftp_get_string(&answer.body, &length);

			(void)snprintf(expected, sizeof(expected), "entry-%06u", listed++);
			CU_ASSERT_EQUAL(length, name_length);
			CU_ASSERT_EQUAL(strncmp(name, expected, 12), 0);
			(void)sftp_get_string(&answer.body, &length);
			expect_attributes(&answer.body, 40960, S_IFREG | 0644);
		}
		CU_ASSERT_FALSE(answer.body.bad);
		CU_ASSERT_EQUAL(answer.body.at, answer.body.end);
	}
	CU_ASSERT_EQUAL(listed, count);
	for (uint32_t i = 0; i < 2; i++) {
		ask_handle(&bench, SFTP_READDIR, i, &handle);
		expect_status(&bench, i, SFTP_EOF);
	}
}

static void a_folder_is_listed_to_its_end(void)
{
	list("/folder", ENTRIES, 12);
	list("/long", STUB_LONG_NAMES, NAME_MAX);
	list("/nothing", 0, 0);
}

static void nothing_can_be_written(void)
{
	OWNED_BENCH struct bench bench;
	struct handle_text handle;
	size_t start;
	static const enum sftp_type types[] = {SFTP_MKDIR, SFTP_RMDIR, SFTP_RENAME, SFTP_SYMLINK,
	    SFTP_SETSTAT, SFTP_WRITE, SFTP_FSETSTAT};
	static const uint32_t flags[] = {SFTP_OPEN_WRITE, SFTP_OPEN_READ | SFTP_OPEN_WRITE, 0x1a};

	bench_open(&bench);
	for (size_t i = 0; i < COUNT(types); i++) {
		start = begin(&bench, types[i], (uint32_t)i);
		put_text(&bench, "/file");
		put_text(&bench, "/other");
		sftp_put_uint32(&bench.ask, 0);
		end(&bench, start);
		expect_status(&bench, (uint32_t)i, SFTP_PERMISSION_DENIED);
	}
	for (size_t i = 0; i < COUNT(flags); i++) {
		ask_open(&bench, 50, "/file", flags[i]);
		expect_status(&bench, 50, SFTP_PERMISSION_DENIED);
	}
	handle = open_file(&bench, "/file");
	start = begin(&bench, SFTP_WRITE, 51);
	sftp_put_string(&bench.ask, handle.bytes, handle.length);
	sftp_put_uint64(&bench.ask, 0);
	put_text(&bench, "x");
	end(&bench, start);
	expect_status(&bench, 51, SFTP_PERMISSION_DENIED);
	ask_path(&bench, SFTP_REMOVE, 52, "/file");
	expect_reason(&bench, 52, SFTP_PERMISSION_DENIED, "not in new/");
	ask_path(&bench, SFTP_READLINK, 53, "/file");
	expect_status(&bench, 53, SFTP_FAILURE);
}

static void setting_times_is_answered_as_the_setting_says(void)
{
	OWNED_BENCH struct bench bench;
	struct handle_text handle = {.length = 0};

	bench_open(&bench);
	sftp_free(bench.sftp);
	bench.sftp = sftp_new(bench.broker.channel, true);
	buffer_add(&bench.ask, INIT_3, 9);
	feed_all(&bench);
	bench.at = bench.told.length;
	ask_path(&bench, SFTP_SETSTAT, 1, "/file");
	expect_status(&bench, 1, SFTP_OK);
	ask_handle(&bench, SFTP_FSETSTAT, 2, &handle);
	expect_status(&bench, 2, SFTP_OK);
	ask_path(&bench, SFTP_MKDIR, 3, "/file");
	expect_status(&bench, 3, SFTP_PERMISSION_DENIED);
}

static void ask_write(struct bench *bench, uint32_t id, const struct handle_text *handle,
    uint64_t offset, size_t size)
{
	OWNED_MEM char *bytes = mem_new(size, 1);
	size_t start = begin(bench, SFTP_WRITE, id);

	sftp_put_string(&bench->ask, handle->bytes, handle->length);
	sftp_put_uint64(&bench->ask, offset);
	sftp_put_string(&bench->ask, bytes, size);
	end(bench, start);
}

static void expect_size(
    struct bench *bench, uint32_t id, const struct handle_text *handle, uint64_t size)
{
	struct answer answer;

	ask_handle(bench, SFTP_FSTAT, id, handle);
	answer = next(bench);
	CU_ASSERT_EQUAL(answer.type, SFTP_ATTRS);
	(void)sftp_get_uint32(&answer.body);
	CU_ASSERT_EQUAL(sftp_get_uint64(&answer.body), size);
}

static void a_file_is_uploaded(void)
{
	OWNED_BENCH struct bench bench;
	struct handle_text handle;
	size_t start;

	bench_open(&bench);
	ask_open(&bench, 1, "/drop/b", SFTP_OPEN_WRITE | SFTP_OPEN_CREATE);
	expect_reason(&bench, 1, SFTP_PERMISSION_DENIED, "not /drop/a");
	ask_open(&bench, 2, "/drop/a", SFTP_OPEN_WRITE | SFTP_OPEN_CREATE);
	handle = expect_handle(&bench, 2);
	ask_write(&bench, 3, &handle, 0, 40000);
	expect_status(&bench, 3, SFTP_OK);
	ask_write(&bench, 4, &handle, 40000, 1);
	expect_status(&bench, 4, SFTP_OK);
	expect_size(&bench, 5, &handle, 40001);
	/* It is not there to be read, and no folder. */
	ask_read(&bench, 6, &handle, 0, 10);
	expect_status(&bench, 6, SFTP_FAILURE);
	ask_handle(&bench, SFTP_READDIR, 7, &handle);
	expect_status(&bench, 7, SFTP_FAILURE);
	start = begin(&bench, SFTP_FSETSTAT, 8);
	sftp_put_string(&bench.ask, handle.bytes, handle.length);
	sftp_put_uint32(&bench.ask, 1);
	sftp_put_uint64(&bench.ask, 50000);
	end(&bench, start);
	expect_status(&bench, 8, SFTP_OK);
	expect_size(&bench, 9, &handle, 50000);
	start = begin(&bench, SFTP_EXTENDED, 10);
	put_text(&bench, "fsync@openssh.com");
	sftp_put_string(&bench.ask, handle.bytes, handle.length);
	end(&bench, start);
	expect_status(&bench, 10, SFTP_OK);
	ask_handle(&bench, SFTP_CLOSE, 11, &handle);
	expect_status(&bench, 11, SFTP_OK);
	ask_write(&bench, 12, &handle, 0, 1);
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
		OWNED_BENCH struct bench bench;
		struct handle_text handle;

		bench_open(&bench);
		ask_open(&bench, 1, "/drop/a", SFTP_OPEN_WRITE | SFTP_OPEN_CREATE);
		handle = expect_handle(&bench, 1);
		ask_write(&bench, 2, &handle, 0, STUB_UPLOAD_MAX);
		expect_status(&bench, 2, SFTP_OK);
		ask_write(&bench, 3, &handle, writes[i].offset, writes[i].size);
		expect_reason(&bench, 3, SFTP_FAILURE, reason);
		ask_write(&bench, 4, &handle, 0, 1);
		expect_reason(&bench, 4, SFTP_FAILURE, reason);
		ask_handle(&bench, SFTP_CLOSE, 5, &handle);
		expect_reason(&bench, 5, SFTP_FAILURE, reason);
	}
}

static void what_is_appended_goes_to_the_end(void)
{
	OWNED_BENCH struct bench bench;
	struct handle_text handle;

	bench_open(&bench);
	ask_open(&bench, 1, "/drop/a", SFTP_OPEN_WRITE | SFTP_OPEN_CREATE | SFTP_OPEN_APPEND);
	handle = expect_handle(&bench, 1);
	ask_write(&bench, 2, &handle, 0, 10);
	expect_status(&bench, 2, SFTP_OK);
	ask_write(&bench, 3, &handle, 0, 10);
	expect_status(&bench, 3, SFTP_OK);
	expect_size(&bench, 4, &handle, 20);
}

static void only_what_is_in_drop_can_be_changed(void)
{
	OWNED_BENCH struct bench bench;
	size_t start;

	bench_open(&bench);
	ask_path(&bench, SFTP_MKDIR, 1, "/drop/a");
	expect_status(&bench, 1, SFTP_OK);
	ask_path(&bench, SFTP_MKDIR, 2, "/dropped/a");
	expect_status(&bench, 2, SFTP_PERMISSION_DENIED);
	for (uint32_t id = 3; id < 7; id++) {
		/* By the request and by the extension; one end of it, or both, elsewhere. */
		start = begin(&bench, id % 2 ? SFTP_RENAME : SFTP_EXTENDED, id);
		if (id % 2 == 0)
			put_text(&bench, "posix-rename@openssh.com");
		put_text(&bench, "/drop/a");
		put_text(&bench, id < 5 ? "/drop/b" : "/new/b");
		end(&bench, start);
		expect_status(&bench, id, id < 5 ? SFTP_OK : SFTP_PERMISSION_DENIED);
	}
	start = begin(&bench, SFTP_SETSTAT, 7);
	put_text(&bench, "/drop/a");
	sftp_put_uint32(&bench.ask, 0);
	end(&bench, start);
	expect_status(&bench, 7, SFTP_OK);
}

static void every_type_of_request_is_answered_once(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	for (unsigned type = 0; type < 256; type++) {
		struct answer answer;
		size_t start;

		if (type == SFTP_INIT)
			continue;
		start = begin(&bench, (enum sftp_type)type, 1000 + type);
		put_text(&bench, "/file");
		sftp_put_uint64(&bench.ask, 0);
		sftp_put_uint64(&bench.ask, 0);
		end(&bench, start);
		answer = next(&bench);
		CU_ASSERT_EQUAL(answer.id, 1000 + type);
		if (type < SFTP_OPEN || type > SFTP_SYMLINK) {
			CU_ASSERT_EQUAL(answer.type, SFTP_STATUS);
			CU_ASSERT_EQUAL(sftp_get_uint32(&answer.body), SFTP_OP_UNSUPPORTED);
		}
		expect_nothing(&bench);
	}
}

/* What a client may make of a handle; none of it is one of its session. */
static void a_handle_that_is_none_is_refused(void)
{
	static const enum sftp_type types[] = {SFTP_CLOSE, SFTP_READ, SFTP_FSTAT, SFTP_READDIR};
	OWNED_BENCH struct bench bench;
	struct handle_text right;
	struct handle_text wrong[7];

	bench_open(&bench);
	right = open_file(&bench, "/file");
	for (size_t i = 0; i < COUNT(wrong); i++)
		wrong[i] = right;
	wrong[0].length = 0;
	wrong[1].length--;
	wrong[2].bytes[wrong[2].length++] = '\0';
	wrong[3].bytes[wrong[3].length - 1] ^= 1; /* another serial */
	memcpy(wrong[4].bytes, "\0\0\1\0", 4);    /* a slot too far */
	memcpy(wrong[5].bytes, "\xff\xff\xff\xff", 4);
	memcpy(wrong[6].bytes, "\0\0\0\1", 4); /* a slot that is free */
	for (size_t i = 0; i < COUNT(wrong); i++) {
		for (size_t j = 0; j < COUNT(types); j++) {
			size_t start = begin(&bench, types[j], 1);

			sftp_put_string(&bench.ask, wrong[i].bytes, wrong[i].length);
			sftp_put_uint64(&bench.ask, 0);
			sftp_put_uint32(&bench.ask, 10);
			end(&bench, start);
			expect_status(&bench, 1, SFTP_FAILURE);
		}
	}
	/* The right one still is right. */
	ask_read(&bench, 2, &right, 0, 10);
	expect_data(&bench, 2, 0, 10);
}

static void a_closed_handle_stays_closed_though_its_slot_is_used_again(void)
{
	OWNED_BENCH struct bench bench;
	struct handle_text stale;
	struct handle_text fresh;

	bench_open(&bench);
	stale = open_file(&bench, "/file");
	ask_handle(&bench, SFTP_CLOSE, 1, &stale);
	expect_status(&bench, 1, SFTP_OK);
	ask_handle(&bench, SFTP_CLOSE, 2, &stale);
	expect_status(&bench, 2, SFTP_FAILURE);
	fresh = open_file(&bench, "/empty");
	ask_read(&bench, 3, &stale, 0, 10);
	expect_status(&bench, 3, SFTP_FAILURE);
	ask_handle(&bench, SFTP_CLOSE, 4, &stale);
	expect_status(&bench, 4, SFTP_FAILURE);
	ask_handle(&bench, SFTP_CLOSE, 5, &fresh);
	expect_status(&bench, 5, SFTP_OK);
}

static void a_handle_is_for_what_it_was_opened_for(void)
{
	OWNED_BENCH struct bench bench;
	struct handle_text file;
	struct handle_text folder;

	bench_open(&bench);
	file = open_file(&bench, "/file");
	folder = open_folder(&bench, "/folder");
	ask_handle(&bench, SFTP_READDIR, 1, &file);
	expect_status(&bench, 1, SFTP_FAILURE);
	ask_read(&bench, 2, &folder, 0, 10);
	expect_status(&bench, 2, SFTP_FAILURE);
	ask_handle(&bench, SFTP_CLOSE, 3, &folder);
	expect_status(&bench, 3, SFTP_OK);
	ask_read(&bench, 4, &file, 1, 1);
	expect_data(&bench, 4, 1, 1);
}

/* A request that reads its body, whole. */
static void put_request(struct bench *bench, enum sftp_type type, const struct handle_text *handle)
{
	size_t start = begin(bench, type, 6);

	switch (type) {
	case SFTP_OPEN:
		put_text(bench, "/file");
		sftp_put_uint32(&bench->ask, SFTP_OPEN_READ);
		break;
	case SFTP_READ:
		sftp_put_string(&bench->ask, handle->bytes, handle->length);
		sftp_put_uint64(&bench->ask, 0);
		sftp_put_uint32(&bench->ask, 10);
		break;
	case SFTP_CLOSE:
	case SFTP_FSTAT:
	case SFTP_READDIR:
		sftp_put_string(&bench->ask, handle->bytes, handle->length);
		break;
	default:
		put_text(bench, "/new/a");
		break;
	}
	end(bench, start);
}

/* It is told so, and nothing of it is done. */
static void a_request_that_is_cut_off_is_a_bad_message(void)
{
	static const enum sftp_type types[] = {SFTP_OPEN, SFTP_CLOSE, SFTP_READ, SFTP_LSTAT,
	    SFTP_FSTAT, SFTP_OPENDIR, SFTP_READDIR, SFTP_REMOVE, SFTP_REALPATH, SFTP_STAT};
	OWNED_BENCH struct bench bench;
	struct handle_text handle;
	int before;

	bench_open(&bench);
	handle = open_file(&bench, "/file");
	before = drops_open_fds();
	for (size_t i = 0; i < COUNT(types); i++) {
		size_t whole;

		put_request(&bench, types[i], &handle);
		whole = bench.ask.length;
		buffer_clear(&bench.ask);
		for (size_t length = 9; length < whole; length++) {
			put_request(&bench, types[i], &handle);
			bench.ask.length = length;
			sftp_put_length(&bench.ask, 0, (uint32_t)length - 4);
			expect_status(&bench, 6, SFTP_BAD_MESSAGE);
			expect_nothing(&bench);
		}
	}
	CU_ASSERT_EQUAL(drops_open_fds(), before);
	ask_read(&bench, 7, &handle, 0, 10);
	expect_data(&bench, 7, 0, 10);
}

static void pipelined_requests_are_answered_in_order(void)
{
	enum { MANY = 4000 };
	OWNED_BENCH struct bench bench;
	struct handle_text handle;

	bench_open(&bench);
	handle = open_file(&bench, "/file");
	for (uint32_t i = 0; i < MANY; i++) {
		if (i % 3 == 0)
			ask_read(&bench, i * 7919, &handle, i, i % 50 + 1);
		else if (i % 3 == 1)
			ask_path(&bench, SFTP_REALPATH, i * 7919, "/a");
		else
			ask_path(&bench, SFTP_STAT, i * 7919, i % 2 ? "/file" : "/missing");
	}
	for (uint32_t i = 0; i < MANY; i++) {
		struct answer answer;

		if (i % 3 == 0) {
			expect_data(&bench, i * 7919, i, i % 50 + 1);
			continue;
		}
		answer = next(&bench);
		CU_ASSERT_EQUAL(answer.id, i * 7919);
		CU_ASSERT_EQUAL(answer.type, i % 3 == 1 ? SFTP_NAME
		                             : i % 2    ? SFTP_ATTRS
		                                        : SFTP_STATUS);
	}
	expect_nothing(&bench);
}

static void a_session_has_so_many_handles(void)
{
	enum { HANDLES = 256 };
	OWNED_BENCH struct bench bench;
	static struct handle_text handles[HANDLES];
	int before = drops_open_fds();

	bench_open(&bench);
	for (int i = 0; i < HANDLES; i++) {
		handles[i] = open_file(&bench, "/empty");
		for (int j = 0; j < i; j++)
			CU_ASSERT_NOT_EQUAL(
			    memcmp(handles[i].bytes, handles[j].bytes, handles[i].length), 0);
	}
	ask_open(&bench, 1, "/empty", SFTP_OPEN_READ);
	expect_status(&bench, 1, SFTP_FAILURE);
	ask_path(&bench, SFTP_OPENDIR, 2, "/folder");
	expect_status(&bench, 2, SFTP_FAILURE);
	ask_handle(&bench, SFTP_CLOSE, 3, &handles[100]);
	expect_status(&bench, 3, SFTP_OK);
	(void)open_file(&bench, "/empty");
	ask_open(&bench, 4, "/empty", SFTP_OPEN_READ);
	expect_status(&bench, 4, SFTP_FAILURE);
	/* All of them go with the session. */
	sftp_free(bench.sftp);
	bench.sftp = NULL;
	CU_ASSERT_EQUAL(drops_open_fds(), before + 1); /* the channel */
}

static void a_closed_folder_makes_room_at_the_broker(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	for (int i = 0; i < 200; i++) {
		struct handle_text handle = open_folder(&bench, "/folder");

		ask_handle(&bench, SFTP_CLOSE, 1, &handle);
		expect_status(&bench, 1, SFTP_OK);
	}
	for (int i = 0; i < 64; i++)
		(void)open_folder(&bench, "/folder");
	ask_path(&bench, SFTP_OPENDIR, 2, "/folder");
	expect_reason(&bench, 2, SFTP_FAILURE, "too many folders are open");
	/* The handle that it would have had is free. */
	(void)open_file(&bench, "/empty");
}

/* A client that asks for everything and reads nothing: what is kept for it has a bound. */
static void answers_never_pass_their_maximum(void)
{
	enum { MANY = 64 };
	OWNED_BENCH struct bench bench;
	struct handle_text handle;
	size_t used = 77;
	size_t taken;
	struct err err;

	bench_open(&bench);
	handle = open_file(&bench, "/file");
	for (uint32_t i = 0; i < MANY; i++)
		ask_read(&bench, i, &handle, i, UINT32_MAX);
	CU_ASSERT_FALSE(sftp_is_full(bench.sftp));
	CU_ASSERT_EQUAL(sftp_feed(bench.sftp, bench.ask.data, bench.ask.length, &used, &err), 0);
	CU_ASSERT_TRUE(sftp_is_full(bench.sftp));
	CU_ASSERT(used > 0 && used < bench.ask.length);
	CU_ASSERT(sftp_output(bench.sftp)->length <= OUTPUT_LIMIT);
	taken = sftp_output(bench.sftp)->length;
	buffer_consume(&bench.ask, used);
	/* Full, it takes nothing more. */
	CU_ASSERT_EQUAL(sftp_feed(bench.sftp, bench.ask.data, bench.ask.length, &used, &err), 0);
	CU_ASSERT_EQUAL(used, 0);
	CU_ASSERT_EQUAL(sftp_output(bench.sftp)->length, taken);
	/* Read, it goes on where it was. */
	buffer_add(&bench.told, sftp_output(bench.sftp)->data, taken);
	take_all(bench.sftp);
	for (uint32_t i = 0; i < MANY; i++)
		expect_data(&bench, i, i, READ_LIMIT);
	expect_nothing(&bench);
}

static void without_its_broker_the_session_ends(void)
{
	static const char *const paths[] = {"/wrong", "/file"};

	for (size_t i = 0; i < COUNT(paths); i++) {
		OWNED_BENCH struct bench bench;
		size_t used = 77;
		struct err err;

		bench_open(&bench);
		if (i == 1)
			stub_broker_kill(&bench.broker);
		ask_path(&bench, SFTP_STAT, 1, paths[i]);
		CU_ASSERT_EQUAL(
		    sftp_feed(bench.sftp, bench.ask.data, bench.ask.length, &used, &err), -1);
		CU_ASSERT_EQUAL(err.kind, ERR_GONE);
		CU_ASSERT_EQUAL(used, 77);
	}
}

static void ask_extension(struct bench *bench, uint32_t id, const char *name, const char *text)
{
	size_t start = begin(bench, SFTP_EXTENDED, id);

	put_text(bench, name);
	if (text)
		put_text(bench, text);
	end(bench, start);
}

/* The path of a NAME with one entry. */
static void expect_path(struct bench *bench, uint32_t id, const char *path)
{
	struct answer answer = next(bench);
	size_t length = 0;
	const char *name;

	CU_ASSERT_EQUAL(answer.type, SFTP_NAME);
	CU_ASSERT_EQUAL(answer.id, id);
	CU_ASSERT_EQUAL(sftp_get_uint32(&answer.body), 1);
	name = sftp_get_string(&answer.body, &length);
	CU_ASSERT_EQUAL(length, strlen(path));
	CU_ASSERT_EQUAL(memcmp(name, path, length), 0);
}

static void extensions_that_are_offered_are_answered(void)
{
	OWNED_BENCH struct bench bench;
	struct answer answer;

	bench_open(&bench);
	ask_extension(&bench, 1, "limits@openssh.com", NULL);
	answer = next(&bench);
	CU_ASSERT_EQUAL(answer.type, SFTP_EXTENDED_REPLY);
	CU_ASSERT_EQUAL(sftp_get_uint64(&answer.body), 256 * 1024);
	CU_ASSERT_EQUAL(sftp_get_uint64(&answer.body), 255 * 1024);
	CU_ASSERT_NOT_EQUAL(sftp_get_uint64(&answer.body), 0);
	CU_ASSERT_EQUAL(sftp_get_uint64(&answer.body), 256);
	ask_extension(&bench, 2, "expand-path@openssh.com", "~");
	expect_path(&bench, 2, "/");
	ask_extension(&bench, 3, "expand-path@openssh.com", "~/new");
	expect_path(&bench, 3, "/new");
	ask_extension(&bench, 4, "expand-path@openssh.com", "folder/../new");
	expect_path(&bench, 4, "/new");
	ask_extension(&bench, 5, "expand-path@openssh.com", "~root");
	expect_status(&bench, 5, SFTP_NO_SUCH_FILE);
	ask_extension(&bench, 6, "home-directory", "ann");
	expect_path(&bench, 6, "/");
	ask_extension(&bench, 7, "hardlink@openssh.com", "/a");
	expect_status(&bench, 7, SFTP_OP_UNSUPPORTED);
	ask_extension(&bench, 8, "home-directory", NULL);
	expect_status(&bench, 8, SFTP_BAD_MESSAGE);
}

static void is_idle_while_nothing_is_open_or_to_be_sent(void)
{
	OWNED_BENCH struct bench bench;
	struct handle_text file;
	struct handle_text folder;
	size_t used = 0;
	struct err err;

	bench_open(&bench);
	CU_ASSERT_TRUE(sftp_is_idle(bench.sftp));
	file = open_file(&bench, "/file");
	folder = open_folder(&bench, "/folder");
	ask_handle(&bench, SFTP_CLOSE, 1, &file);
	expect_status(&bench, 1, SFTP_OK);
	CU_ASSERT_FALSE(sftp_is_idle(bench.sftp));
	ask_handle(&bench, SFTP_CLOSE, 2, &folder);
	CU_ASSERT_EQUAL(sftp_feed(bench.sftp, bench.ask.data, bench.ask.length, &used, &err), 0);
	buffer_consume(&bench.ask, used);
	CU_ASSERT_FALSE(sftp_is_idle(bench.sftp));
	take_all(bench.sftp);
	CU_ASSERT_TRUE(sftp_is_idle(bench.sftp));
}

void add_suite_sftp(CU_pSuite suite)
{
	TEST(a_session_begins_with_one_init);
	TEST(the_version_is_three);
	TEST(an_incomplete_packet_waits_for_the_rest);
	TEST(a_path_is_made_absolute);
	TEST(a_path_that_cannot_be_is_no_file);
	TEST(what_the_broker_finds_is_told_as_attributes);
	TEST(what_the_broker_refuses_is_refused_with_its_reason);
	TEST(a_file_is_read_anywhere);
	TEST(an_open_file_tells_its_attributes);
	TEST(a_folder_is_listed_to_its_end);
	TEST(nothing_can_be_written);
	TEST(a_file_is_uploaded);
	TEST(what_is_not_whole_is_not_closed_as_if_it_were);
	TEST(what_is_appended_goes_to_the_end);
	TEST(only_what_is_in_drop_can_be_changed);
	TEST(setting_times_is_answered_as_the_setting_says);
	TEST(every_type_of_request_is_answered_once);
	TEST(a_handle_that_is_none_is_refused);
	TEST(a_closed_handle_stays_closed_though_its_slot_is_used_again);
	TEST(a_handle_is_for_what_it_was_opened_for);
	TEST(a_request_that_is_cut_off_is_a_bad_message);
	TEST(pipelined_requests_are_answered_in_order);
	TEST(a_session_has_so_many_handles);
	TEST(a_closed_folder_makes_room_at_the_broker);
	TEST(answers_never_pass_their_maximum);
	TEST(without_its_broker_the_session_ends);
	TEST(extensions_that_are_offered_are_answered);
	TEST(is_idle_while_nothing_is_open_or_to_be_sent);
}
