/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An SFTP session and its client, for suites: the client's requests are gathered, handed over
 * when an answer is looked for, and every answer is taken apart. The broker is the stub.
 */
#ifndef TESTS_LIB_SFTP_BENCH_H
#define TESTS_LIB_SFTP_BENCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/clean.h"
#include "server/sftp.h"
#include "server/sftp_packet.h"
#include "tests/lib/stub_broker.h"

enum { SFTP_BENCH_ENTRIES = 1000 }; /* of /folder */

/* A client's greeting: INIT of version 3. */
#define SFTP_INIT_3 "\0\0\0\5\1\0\0\0\3"

/* A session and its broker; what is asked is gathered in ask, what is answered in told. */
struct sftp_bench {
	struct stub_broker broker;
	struct sftp *sftp;
	struct buffer ask;
	struct buffer told;
	size_t at; /* of the next answer */
};

/* An answer, its body still to be read. */
struct sftp_told {
	uint8_t type;
	uint32_t id;
	struct sftp_reader body;
};

/* A handle as the server told it. */
struct sftp_handle {
	char bytes[256];
	size_t length;
};

/* A session that was greeted; and its end, which holds nothing open. */
void sftp_bench_open(struct sftp_bench *bench);
void sftp_bench_close(struct sftp_bench *bench);
#define OWNED_SFTP_BENCH OWNED(sftp_bench_close)

/* As if the session had sent every answer. */
void take_all(struct sftp *sftp);

/* Hand over what is gathered, and take the answers, until all of it is used. */
void feed_all(struct sftp_bench *bench);

/* Gather a request; what follows the id is put in between begin_request() and end_request(). */
size_t begin_request(struct sftp_bench *bench, enum sftp_type type, uint32_t id);
void end_request(struct sftp_bench *bench, size_t start);
void put_text(struct sftp_bench *bench, const char *text);
void request_path(struct sftp_bench *bench, enum sftp_type type, uint32_t id, const char *path);
void request_open(struct sftp_bench *bench, uint32_t id, const char *path, uint32_t flags);
void request_handle(
    struct sftp_bench *bench, enum sftp_type type, uint32_t id, const struct sftp_handle *handle);
void request_read(struct sftp_bench *bench, uint32_t id, const struct sftp_handle *handle,
    uint64_t offset, uint32_t length);

/* The next answer, which has to be there; and to be this. */
struct sftp_told next_answer(struct sftp_bench *bench);
void expect_status(struct sftp_bench *bench, uint32_t id, enum sftp_status status);
void expect_reason(
    struct sftp_bench *bench, uint32_t id, enum sftp_status status, const char *reason);
struct sftp_handle expect_handle(struct sftp_bench *bench, uint32_t id);

/* DATA of so many bytes of /file from offset on. */
void expect_data(struct sftp_bench *bench, uint32_t id, uint64_t offset, size_t count);

/* The attributes that come next in an answer. */
void expect_attributes(struct sftp_reader *in, uint64_t size, uint32_t mode);

/* No answer but those that were looked at. */
void expect_nothing(struct sftp_bench *bench);

/* Ask, and take the handle. */
struct sftp_handle open_file(struct sftp_bench *bench, const char *path);
struct sftp_handle open_folder(struct sftp_bench *bench, const char *path);

#endif
