/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets of the SFTP protocol, version 3 (draft-ietf-secsh-filexfer-02): reading and writing.
 *
 * Reading past the end, or a string longer than what is left, makes the reader bad and yields
 * zeros: read everything, then ask once. Nothing here copies; strings point into the packet.
 */
#ifndef SERVER_SFTP_PACKET_H
#define SERVER_SFTP_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

enum sftp_type {
	SFTP_INIT = 1,
	SFTP_VERSION = 2,
	SFTP_OPEN = 3,
	SFTP_CLOSE = 4,
	SFTP_READ = 5,
	SFTP_WRITE = 6,
	SFTP_LSTAT = 7,
	SFTP_FSTAT = 8,
	SFTP_SETSTAT = 9,
	SFTP_FSETSTAT = 10,
	SFTP_OPENDIR = 11,
	SFTP_READDIR = 12,
	SFTP_REMOVE = 13,
	SFTP_MKDIR = 14,
	SFTP_RMDIR = 15,
	SFTP_REALPATH = 16,
	SFTP_STAT = 17,
	SFTP_RENAME = 18,
	SFTP_READLINK = 19,
	SFTP_SYMLINK = 20,
	SFTP_STATUS = 101,
	SFTP_HANDLE = 102,
	SFTP_DATA = 103,
	SFTP_NAME = 104,
	SFTP_ATTRS = 105,
	SFTP_EXTENDED = 200,
	SFTP_EXTENDED_REPLY = 201,
};

enum sftp_status {
	SFTP_OK = 0,
	SFTP_EOF = 1,
	SFTP_NO_SUCH_FILE = 2,
	SFTP_PERMISSION_DENIED = 3,
	SFTP_FAILURE = 4,
	SFTP_BAD_MESSAGE = 5,
	SFTP_OP_UNSUPPORTED = 8,
};

enum {
	SFTP_OPEN_READ = 0x01,
	SFTP_OPEN_WRITE = 0x02,
	SFTP_OPEN_APPEND = 0x04,
	SFTP_OPEN_CREATE = 0x08,
	SFTP_OPEN_TRUNCATE = 0x10,
	SFTP_OPEN_EXCLUSIVE = 0x20,

	SFTP_PACKET_MAX = 256 * 1024, /* of a request, without its length field */
};

/* What is told of a file; all of it is always there. */
struct sftp_attributes {
	uint64_t size;
	uint32_t mode;   /* with the file type */
	int64_t changed; /* microseconds since 1970 */
};

/* What a client asks for; modes and owners are read over. */
struct sftp_wish {
	bool has_size;
	bool has_times;
	uint64_t size;
	uint32_t modified; /* seconds since 1970 */
};

struct sftp_reader {
	const uint8_t *at;
	const uint8_t *end;
	bool bad;
};

uint8_t sftp_get_byte(struct sftp_reader *in);
uint32_t sftp_get_uint32(struct sftp_reader *in);
uint64_t sftp_get_uint64(struct sftp_reader *in);
const char *sftp_get_string(struct sftp_reader *in, size_t *ret_length);

/* The attributes that a request ends with. */
struct sftp_wish sftp_get_wish(struct sftp_reader *in);

/* Begin a packet of a type; returns where, for sftp_end() to write its length there. */
size_t sftp_begin(struct buffer *out, enum sftp_type type, uint32_t id);
void sftp_end(struct buffer *out, size_t start);

/* Write value over the four bytes that were put at: a length or count known only afterwards. */
void sftp_put_length(struct buffer *out, size_t at, uint32_t value);

void sftp_put_byte(struct buffer *out, uint8_t value);
void sftp_put_uint32(struct buffer *out, uint32_t value);
void sftp_put_uint64(struct buffer *out, uint64_t value);
void sftp_put_string(struct buffer *out, const char *bytes, size_t length);
void sftp_put_attributes(struct buffer *out, const struct sftp_attributes *attributes);

/* A whole STATUS packet. */
void sftp_put_status(struct buffer *out, uint32_t id, enum sftp_status status, const char *text);

/* The line that `ls -l` shows, as a string. now decides between time of day and year. */
void sftp_put_long_name(
    struct buffer *out, const char *name, const struct sftp_attributes *attributes, int64_t now);

#endif
