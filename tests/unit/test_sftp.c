/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "server/sftp.h"
#include "server/sftp_packet.h"
#include "tests/lib/drops.h"
#include "tests/lib/sftp_bench.h"
#include "tests/lib/stub_broker.h"
#include "tests/unit/suite.h"

void add_suite_sftp(CU_pSuite suite);

enum {
	READ_LIMIT = 255 * 1024,
	OUTPUT_LIMIT = 2 * 1024 * 1024,
	NAME_LIMIT = 32 * 1024,
};

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

/* What a client may begin with, or not. */
static const struct {
	const char *bytes;
	size_t length;
	int result;
} greetings[] = {
    {SFTP_INIT_3, 9, 0},
    {"\0\0\0\5\1\0\0\0\4", 9, 0},
    {"\0\0\0\5\1\xff\xff\xff\xff", 9, 0},
    {"\0\0\0\x11\1\0\0\0\3\0\0\0\1x\0\0\0\3abc", 21, 0}, /* with an extension */
    {"\0\0\0\5\1\0\0\0\2", 9, -1},
    {"\0\0\0\5\1\0\0\0\0", 9, -1},
    {"\0\0\0\4\1\0\0\3", 8, -1}, /* the version is cut off */
    {"\0\0\0\1\1", 5, -1},
    {SFTP_INIT_3 SFTP_INIT_3, 18, -1},           /* twice */
    {"\0\0\0\5\4\0\0\0\1", 9, -1},               /* a request before it */
    {"\0\0\0\x0a\x11\0\0\0\1\0\0\0\1/", 14, -1}, /* STAT before it */
    {"\0\0\0\5\x63\0\0\0\1", 9, -1},             /* an unknown one before it */
    {SFTP_INIT_3 "\0\0\0\0", 13, -1},            /* a packet of nothing */
    {SFTP_INIT_3 "\0\0\0\4\4\0\0\0", 17, -1},    /* without an id */
    {SFTP_INIT_3 "\0\4\0\1", 13, -1},            /* of more than 256 KiB */
    {SFTP_INIT_3 "\xff\xff\xff\xff", 13, -1},
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
	OWNED_SFTP_BENCH struct sftp_bench bench;
	size_t length;
	struct err err;

	sftp_bench_open(&bench);
	request_path(&bench, SFTP_REALPATH, 1, ".");
	length = bench.ask.length;
	request_path(&bench, SFTP_REALPATH, 2, ".");
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
	CU_ASSERT_EQUAL(next_answer(&bench).id, 1);
	CU_ASSERT_EQUAL(next_answer(&bench).id, 2);
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
	OWNED_SFTP_BENCH struct sftp_bench bench;

	sftp_bench_open(&bench);
	for (size_t i = 0; i < COUNT(paths); i++) {
		struct sftp_told answer;
		size_t length = 0;
		const char *name;

		request_path(&bench, SFTP_REALPATH, 5, paths[i].path);
		answer = next_answer(&bench);
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
	OWNED_SFTP_BENCH struct sftp_bench bench;
	OWNED_MEM char *longest = mem_new(1, 5001);

	sftp_bench_open(&bench);
	memset(longest, 'x', 5000);
	for (size_t i = 0; i < COUNT(types); i++) {
		request_path(&bench, types[i], 1, longest);
		expect_status(&bench, 1, SFTP_NO_SUCH_FILE);
		request_path(&bench, types[i], 2, "/a\nb");
		expect_status(&bench, 2, SFTP_NO_SUCH_FILE);
	}
	request_open(&bench, 3, "/a\x01", SFTP_OPEN_READ);
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
	OWNED_SFTP_BENCH struct sftp_bench bench;

	sftp_bench_open(&bench);
	for (size_t i = 0; i < COUNT(files) * COUNT(types); i++) {
		struct sftp_told answer;

		request_path(&bench, types[i % COUNT(types)], 9, files[i / COUNT(types)].path);
		answer = next_answer(&bench);
		CU_ASSERT_EQUAL(answer.type, SFTP_ATTRS);
		expect_attributes(
		    &answer.body, files[i / COUNT(types)].size, files[i / COUNT(types)].mode);
		CU_ASSERT_EQUAL(answer.body.at, answer.body.end);
	}
}

static void what_the_broker_refuses_is_refused_with_its_reason(void)
{
	static const enum sftp_type types[] = {SFTP_STAT, SFTP_LSTAT, SFTP_OPENDIR, SFTP_REMOVE};
	OWNED_SFTP_BENCH struct sftp_bench bench;

	sftp_bench_open(&bench);
	for (size_t i = 0; i < COUNT(types); i++) {
		request_path(&bench, types[i], 1, "/missing");
		expect_status(&bench, 1, SFTP_NO_SUCH_FILE);
		request_path(&bench, types[i], 2, "/denied");
		expect_reason(&bench, 2, SFTP_PERMISSION_DENIED, "you may not");
		request_path(&bench, types[i], 3, "/later");
		expect_reason(&bench, 3, SFTP_FAILURE, "come back later");
	}
	request_open(&bench, 4, "/missing", SFTP_OPEN_READ);
	expect_status(&bench, 4, SFTP_NO_SUCH_FILE);
	request_open(&bench, 5, "/denied", SFTP_OPEN_READ);
	expect_reason(&bench, 5, SFTP_PERMISSION_DENIED, "you may not");
	request_open(&bench, 6, "/later", SFTP_OPEN_READ);
	expect_reason(&bench, 6, SFTP_FAILURE, "come back later");
	request_open(&bench, 7, "/folder", SFTP_OPEN_READ);
	expect_status(&bench, 7, SFTP_FAILURE);
	request_path(&bench, SFTP_OPENDIR, 8, "/file");
	expect_status(&bench, 8, SFTP_FAILURE);
	request_path(&bench, SFTP_REMOVE, 9, "/new/a");
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
	OWNED_SFTP_BENCH struct sftp_bench bench;
	struct sftp_handle handle;

	sftp_bench_open(&bench);
	handle = open_file(&bench, "/file");
	for (size_t i = 0; i < COUNT(offsets); i++) {
		for (size_t j = 0; j < COUNT(lengths); j++) {
			uint64_t left =
			    offsets[i] < STUB_FILE_SIZE ? STUB_FILE_SIZE - offsets[i] : 0;
			size_t wanted = lengths[j] < READ_LIMIT ? lengths[j] : READ_LIMIT;

			request_read(&bench, (uint32_t)j, &handle, offsets[i], lengths[j]);
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
	request_read(&bench, 1, &handle, 0, 1);
	expect_status(&bench, 1, SFTP_EOF);
}

static void an_open_file_tells_its_attributes(void)
{
	OWNED_SFTP_BENCH struct sftp_bench bench;
	struct sftp_handle handle;
	struct sftp_told answer;

	sftp_bench_open(&bench);
	handle = open_file(&bench, "/file");
	request_handle(&bench, SFTP_FSTAT, 1, &handle);
	answer = next_answer(&bench);
	CU_ASSERT_EQUAL(answer.type, SFTP_ATTRS);
	expect_attributes(&answer.body, STUB_FILE_SIZE, S_IFREG | 0644);
	handle = open_folder(&bench, "/folder");
	request_handle(&bench, SFTP_FSTAT, 2, &handle);
	answer = next_answer(&bench);
	expect_attributes(&answer.body, 0, S_IFDIR | 0755);
}

/* Every entry once, in packets that every client takes, then the end, as often as it is asked. */
static void list(const char *path, unsigned count, size_t name_length, bool read_ahead)
{
	OWNED_SFTP_BENCH struct sftp_bench bench;
	struct sftp_handle handle;
	unsigned listed = 0;
	struct err err;

	sftp_bench_open(&bench);
	handle = open_folder(&bench, path);
	while (listed < count) {
		struct sftp_told answer;
		uint32_t names;

		request_handle(&bench, SFTP_READDIR, listed, &handle);
		answer = next_answer(&bench);
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
		if (read_ahead)
			CU_ASSERT_EQUAL(sftp_read_ahead(bench.sftp, &err), 0);
	}
	CU_ASSERT_EQUAL(listed, count);
	for (uint32_t i = 0; i < 2; i++) {
		request_handle(&bench, SFTP_READDIR, i, &handle);
		expect_status(&bench, i, SFTP_EOF);
	}
}

static void a_folder_is_listed_to_its_end(void)
{
	for (int read_ahead = 0; read_ahead < 2; read_ahead++) {
		list("/folder", SFTP_BENCH_ENTRIES, 12, read_ahead);
		list("/long", STUB_LONG_NAMES, NAME_MAX, read_ahead);
		list("/nothing", 0, 0, read_ahead);
	}
}

static void the_next_page_of_a_folder_is_there_before_it_is_asked_for(void)
{
	OWNED_SFTP_BENCH struct sftp_bench bench;
	struct sftp_handle handle;
	struct err err;

	sftp_bench_open(&bench);
	handle = open_folder(&bench, "/folder");
	CU_ASSERT_EQUAL(sftp_read_ahead(bench.sftp, &err), 0);
	request_handle(&bench, SFTP_READDIR, 1, &handle);
	CU_ASSERT_EQUAL(next_answer(&bench).type, SFTP_NAME);
	CU_ASSERT_EQUAL(sftp_read_ahead(bench.sftp, &err), 0);
	stub_broker_kill(&bench.broker);
	request_handle(&bench, SFTP_READDIR, 2, &handle);
	CU_ASSERT_EQUAL(next_answer(&bench).type, SFTP_NAME);
	CU_ASSERT_EQUAL(sftp_read_ahead(bench.sftp, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_GONE);
	CU_ASSERT_EQUAL(sftp_read_ahead(bench.sftp, &err), 0);
}

static void nothing_is_read_ahead_of_a_folder_that_is_closed(void)
{
	OWNED_SFTP_BENCH struct sftp_bench bench;
	struct sftp_handle handle;
	struct err err;

	sftp_bench_open(&bench);
	handle = open_folder(&bench, "/folder");
	request_handle(&bench, SFTP_READDIR, 1, &handle);
	CU_ASSERT_EQUAL(next_answer(&bench).type, SFTP_NAME);
	request_handle(&bench, SFTP_CLOSE, 2, &handle);
	expect_status(&bench, 2, SFTP_OK);
	stub_broker_kill(&bench.broker);
	CU_ASSERT_EQUAL(sftp_read_ahead(bench.sftp, &err), 0);
}

static void every_type_of_request_is_answered_once(void)
{
	OWNED_SFTP_BENCH struct sftp_bench bench;

	sftp_bench_open(&bench);
	for (unsigned type = 0; type < 256; type++) {
		struct sftp_told answer;
		size_t start;

		if (type == SFTP_INIT)
			continue;
		start = begin_request(&bench, (enum sftp_type)type, 1000 + type);
		put_text(&bench, "/file");
		sftp_put_uint64(&bench.ask, 0);
		sftp_put_uint64(&bench.ask, 0);
		end_request(&bench, start);
		answer = next_answer(&bench);
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
	OWNED_SFTP_BENCH struct sftp_bench bench;
	struct sftp_handle right;
	struct sftp_handle wrong[7];

	sftp_bench_open(&bench);
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
			size_t start = begin_request(&bench, types[j], 1);

			sftp_put_string(&bench.ask, wrong[i].bytes, wrong[i].length);
			sftp_put_uint64(&bench.ask, 0);
			sftp_put_uint32(&bench.ask, 10);
			end_request(&bench, start);
			expect_status(&bench, 1, SFTP_FAILURE);
		}
	}
	/* The right one still is right. */
	request_read(&bench, 2, &right, 0, 10);
	expect_data(&bench, 2, 0, 10);
}

static void a_closed_handle_stays_closed_though_its_slot_is_used_again(void)
{
	OWNED_SFTP_BENCH struct sftp_bench bench;
	struct sftp_handle stale;
	struct sftp_handle fresh;

	sftp_bench_open(&bench);
	stale = open_file(&bench, "/file");
	request_handle(&bench, SFTP_CLOSE, 1, &stale);
	expect_status(&bench, 1, SFTP_OK);
	request_handle(&bench, SFTP_CLOSE, 2, &stale);
	expect_status(&bench, 2, SFTP_FAILURE);
	fresh = open_file(&bench, "/empty");
	request_read(&bench, 3, &stale, 0, 10);
	expect_status(&bench, 3, SFTP_FAILURE);
	request_handle(&bench, SFTP_CLOSE, 4, &stale);
	expect_status(&bench, 4, SFTP_FAILURE);
	request_handle(&bench, SFTP_CLOSE, 5, &fresh);
	expect_status(&bench, 5, SFTP_OK);
}

static void a_handle_is_for_what_it_was_opened_for(void)
{
	OWNED_SFTP_BENCH struct sftp_bench bench;
	struct sftp_handle file;
	struct sftp_handle folder;

	sftp_bench_open(&bench);
	file = open_file(&bench, "/file");
	folder = open_folder(&bench, "/folder");
	request_handle(&bench, SFTP_READDIR, 1, &file);
	expect_status(&bench, 1, SFTP_FAILURE);
	request_read(&bench, 2, &folder, 0, 10);
	expect_status(&bench, 2, SFTP_FAILURE);
	request_handle(&bench, SFTP_CLOSE, 3, &folder);
	expect_status(&bench, 3, SFTP_OK);
	request_read(&bench, 4, &file, 1, 1);
	expect_data(&bench, 4, 1, 1);
}

/* A request that reads its body, whole. */
static void put_request(
    struct sftp_bench *bench, enum sftp_type type, const struct sftp_handle *handle)
{
	size_t start = begin_request(bench, type, 6);

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
	end_request(bench, start);
}

/* It is told so, and nothing of it is done. */
static void a_request_that_is_cut_off_is_a_bad_message(void)
{
	static const enum sftp_type types[] = {SFTP_OPEN, SFTP_CLOSE, SFTP_READ, SFTP_LSTAT,
	    SFTP_FSTAT, SFTP_OPENDIR, SFTP_READDIR, SFTP_REMOVE, SFTP_REALPATH, SFTP_STAT};
	OWNED_SFTP_BENCH struct sftp_bench bench;
	struct sftp_handle handle;
	int before;

	sftp_bench_open(&bench);
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
	request_read(&bench, 7, &handle, 0, 10);
	expect_data(&bench, 7, 0, 10);
}

static void pipelined_requests_are_answered_in_order(void)
{
	enum { MANY = 4000 };
	OWNED_SFTP_BENCH struct sftp_bench bench;
	struct sftp_handle handle;

	sftp_bench_open(&bench);
	handle = open_file(&bench, "/file");
	for (uint32_t i = 0; i < MANY; i++) {
		if (i % 3 == 0)
			request_read(&bench, i * 7919, &handle, i, i % 50 + 1);
		else if (i % 3 == 1)
			request_path(&bench, SFTP_REALPATH, i * 7919, "/a");
		else
			request_path(&bench, SFTP_STAT, i * 7919, i % 2 ? "/file" : "/missing");
	}
	for (uint32_t i = 0; i < MANY; i++) {
		struct sftp_told answer;

		if (i % 3 == 0) {
			expect_data(&bench, i * 7919, i, i % 50 + 1);
			continue;
		}
		answer = next_answer(&bench);
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
	OWNED_SFTP_BENCH struct sftp_bench bench;
	static struct sftp_handle handles[HANDLES];
	int before = drops_open_fds();

	sftp_bench_open(&bench);
	for (int i = 0; i < HANDLES; i++) {
		handles[i] = open_file(&bench, "/empty");
		for (int j = 0; j < i; j++)
			CU_ASSERT_NOT_EQUAL(
			    memcmp(handles[i].bytes, handles[j].bytes, handles[i].length), 0);
	}
	request_open(&bench, 1, "/empty", SFTP_OPEN_READ);
	expect_status(&bench, 1, SFTP_FAILURE);
	request_path(&bench, SFTP_OPENDIR, 2, "/folder");
	expect_status(&bench, 2, SFTP_FAILURE);
	request_handle(&bench, SFTP_CLOSE, 3, &handles[100]);
	expect_status(&bench, 3, SFTP_OK);
	(void)open_file(&bench, "/empty");
	request_open(&bench, 4, "/empty", SFTP_OPEN_READ);
	expect_status(&bench, 4, SFTP_FAILURE);
	/* All of them go with the session. */
	sftp_free(bench.sftp);
	bench.sftp = NULL;
	CU_ASSERT_EQUAL(drops_open_fds(), before + 1); /* the channel */
}

static void a_closed_folder_makes_room_at_the_broker(void)
{
	OWNED_SFTP_BENCH struct sftp_bench bench;

	sftp_bench_open(&bench);
	for (int i = 0; i < 200; i++) {
		struct sftp_handle handle = open_folder(&bench, "/folder");

		request_handle(&bench, SFTP_CLOSE, 1, &handle);
		expect_status(&bench, 1, SFTP_OK);
	}
	for (int i = 0; i < 64; i++)
		(void)open_folder(&bench, "/folder");
	request_path(&bench, SFTP_OPENDIR, 2, "/folder");
	expect_reason(&bench, 2, SFTP_FAILURE, "too many folders are open");
	/* The handle that it would have had is free. */
	(void)open_file(&bench, "/empty");
}

/* A client that asks for everything and reads nothing: what is kept for it has a bound. */
static void answers_never_pass_their_maximum(void)
{
	enum { MANY = 64 };
	OWNED_SFTP_BENCH struct sftp_bench bench;
	struct sftp_handle handle;
	size_t used = 77;
	size_t taken;
	struct err err;

	sftp_bench_open(&bench);
	handle = open_file(&bench, "/file");
	for (uint32_t i = 0; i < MANY; i++)
		request_read(&bench, i, &handle, i, UINT32_MAX);
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
		OWNED_SFTP_BENCH struct sftp_bench bench;
		size_t used = 77;
		struct err err;

		sftp_bench_open(&bench);
		if (i == 1)
			stub_broker_kill(&bench.broker);
		request_path(&bench, SFTP_STAT, 1, paths[i]);
		CU_ASSERT_EQUAL(
		    sftp_feed(bench.sftp, bench.ask.data, bench.ask.length, &used, &err), -1);
		CU_ASSERT_EQUAL(err.kind, ERR_GONE);
		CU_ASSERT_EQUAL(used, 77);
	}
}

static void request_extension(
    struct sftp_bench *bench, uint32_t id, const char *name, const char *text)
{
	size_t start = begin_request(bench, SFTP_EXTENDED, id);

	put_text(bench, name);
	if (text)
		put_text(bench, text);
	end_request(bench, start);
}

/* The path of a NAME with one entry. */
static void expect_path(struct sftp_bench *bench, uint32_t id, const char *path)
{
	struct sftp_told answer = next_answer(bench);
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
	OWNED_SFTP_BENCH struct sftp_bench bench;
	struct sftp_told answer;

	sftp_bench_open(&bench);
	request_extension(&bench, 1, "limits@openssh.com", NULL);
	answer = next_answer(&bench);
	CU_ASSERT_EQUAL(answer.type, SFTP_EXTENDED_REPLY);
	CU_ASSERT_EQUAL(sftp_get_uint64(&answer.body), 256 * 1024);
	CU_ASSERT_EQUAL(sftp_get_uint64(&answer.body), 255 * 1024);
	CU_ASSERT_NOT_EQUAL(sftp_get_uint64(&answer.body), 0);
	CU_ASSERT_EQUAL(sftp_get_uint64(&answer.body), 256);
	request_extension(&bench, 2, "expand-path@openssh.com", "~");
	expect_path(&bench, 2, "/");
	request_extension(&bench, 3, "expand-path@openssh.com", "~/new");
	expect_path(&bench, 3, "/new");
	request_extension(&bench, 4, "expand-path@openssh.com", "folder/../new");
	expect_path(&bench, 4, "/new");
	request_extension(&bench, 5, "expand-path@openssh.com", "~root");
	expect_status(&bench, 5, SFTP_NO_SUCH_FILE);
	request_extension(&bench, 6, "home-directory", "ann");
	expect_path(&bench, 6, "/");
	request_extension(&bench, 7, "hardlink@openssh.com", "/a");
	expect_status(&bench, 7, SFTP_OP_UNSUPPORTED);
	request_extension(&bench, 8, "home-directory", NULL);
	expect_status(&bench, 8, SFTP_BAD_MESSAGE);
}

static void is_idle_while_nothing_is_open_or_to_be_sent(void)
{
	OWNED_SFTP_BENCH struct sftp_bench bench;
	struct sftp_handle file;
	struct sftp_handle folder;
	size_t used = 0;
	struct err err;

	sftp_bench_open(&bench);
	CU_ASSERT_TRUE(sftp_is_idle(bench.sftp));
	file = open_file(&bench, "/file");
	folder = open_folder(&bench, "/folder");
	request_handle(&bench, SFTP_CLOSE, 1, &file);
	expect_status(&bench, 1, SFTP_OK);
	CU_ASSERT_FALSE(sftp_is_idle(bench.sftp));
	request_handle(&bench, SFTP_CLOSE, 2, &folder);
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
	TEST(the_next_page_of_a_folder_is_there_before_it_is_asked_for);
	TEST(nothing_is_read_ahead_of_a_folder_that_is_closed);
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
