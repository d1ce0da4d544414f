/* SPDX-License-Identifier: Apache-2.0 */
#include "server/extension.h"

#include <openssl/crypto.h>
#include <string.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/number.h"
#include "base/text.h"
#include "server/ask.h"
#include "server/sftp_answer.h"
#include "spool/digest.h"
#include "spool/place.h"

enum {
	IDS_MAX = 4096, /* of users, or of groups, in a request */
	BLOCK_MIN = 256,
	BLOCKS_MAX = 1024, /* hashes in an answer */
	PART = 64 * 1024,  /* that is read and hashed at a time */
	NAME_LENGTH_MAX = 255,
	READ_ONLY = 1, /* SSH2_FXE_STATVFS_ST_RDONLY */
};

/* A session computes for this long at a stretch, a tenth of a second or two. */
#define HASHED_MAX (64 * MIB)

#define ALGORITHM "sha256"

static int put_status(
    const struct extension_request *request, enum sftp_status status, const char *text)
{
	sftp_put_status(request->out, request->id, status, text);
	return 0;
}

static int put_reply(const struct extension_request *request, const struct reply *reply)
{
	sftp_put_reply(request->out, request->id, reply);
	return 0;
}

static size_t begin_reply(const struct extension_request *request)
{
	return sftp_begin(request->out, SFTP_EXTENDED_REPLY, request->id);
}

/* --- file systems */

static int put_space(const struct extension_request *request, const char *path, struct err *err)
{
	struct buffer *out = request->out;
	struct space space;
	struct reply reply;
	size_t start;

	if (ask_space(request->broker, path, &space, &reply, err) < 0)
		return -1;
	if (reply.answer != ANSWER_OK)
		return put_reply(request, &reply);
	start = begin_reply(request);
	sftp_put_uint64(out, (uint64_t)space.block_size);
	sftp_put_uint64(out, (uint64_t)space.block_size);
	sftp_put_uint64(out, (uint64_t)space.blocks);
	sftp_put_uint64(out, (uint64_t)space.free_blocks);
	sftp_put_uint64(out, (uint64_t)space.free_blocks);
	sftp_put_uint64(out, (uint64_t)space.files);
	sftp_put_uint64(out, (uint64_t)space.free_files);
	sftp_put_uint64(out, (uint64_t)space.free_files);
	sftp_put_uint64(out, 0); /* which file system it is */
	sftp_put_uint64(out, space.is_read_only ? READ_ONLY : 0);
	sftp_put_uint64(out, NAME_LENGTH_MAX);
	sftp_end(out, start);
	return 0;
}

static int answer_statvfs(const struct extension_request *request, struct err *err)
{
	char path[PLACE_PATH_MAX];

	if (!sftp_get_path(request->in, path))
		return put_status(request, SFTP_NO_SUCH_FILE, "no such file");
	return put_space(request, path, err);
}

/* All of the tree is one file system. */
static int answer_fstatvfs(const struct extension_request *request, struct err *err)
{
	return put_space(request, "/", err);
}

/* --- names of users and groups */

/* The names of the ids in the next string, as one string: 0, which all files have, is ours. */
static void put_names(struct buffer *out, const char *ids, size_t length)
{
	static const char name[] = "edelivery";
	struct sftp_reader in = {(const uint8_t *)ids, (const uint8_t *)ids + length, false};
	size_t at = out->length;

	sftp_put_uint32(out, 0);
	for (size_t left = length / sizeof(uint32_t); left > 0; left--)
		sftp_put_string(out, name, sftp_get_uint32(&in) == 0 ? sizeof(name) - 1 : 0);
	sftp_put_length(out, at, (uint32_t)(out->length - at - sizeof(uint32_t)));
}

static int answer_names(const struct extension_request *request, struct err *err)
{
	size_t user_length = 0;
	size_t group_length = 0;
	const char *users = sftp_get_string(request->in, &user_length);
	const char *groups = sftp_get_string(request->in, &group_length);
	size_t start;

	(void)err;
	if (user_length > IDS_MAX * sizeof(uint32_t) || group_length > IDS_MAX * sizeof(uint32_t))
		return put_status(request, SFTP_FAILURE, "too many at a time");
	start = begin_reply(request);
	put_names(request->out, users, user_length);
	put_names(request->out, groups, group_length);
	sftp_end(request->out, start);
	return 0;
}

/* --- hashes */

/* Which part of a file is hashed, in blocks of which size. */
struct range {
	uint64_t from;
	uint64_t length; /* 0: to the end */
	uint32_t block;  /* 0: all of it is one */
};

/* Is SHA-256 among the algorithms, with commas between them? */
static bool takes_sha256(const char *list, size_t length)
{
	size_t wanted = sizeof(ALGORITHM) - 1;

	while (length > 0) {
		const char *comma = memchr(list, ',', length);
		size_t part = comma ? (size_t)(comma - list) : length;

		if (part == wanted && memcmp(list, ALGORITHM, wanted) == 0)
			return true;
		length -= comma ? part + 1 : part;
		list += part + 1;
	}
	return false;
}

/* What follows path or handle. NULL, or why it cannot be answered. */
static const char *get_range(struct sftp_reader *in, struct range *ret_range)
{
	size_t length = 0;
	const char *list = sftp_get_string(in, &length);

	ret_range->from = sftp_get_uint64(in);
	ret_range->length = sftp_get_uint64(in);
	ret_range->block = sftp_get_uint32(in);
	if (!takes_sha256(list, length))
		return "only " ALGORITHM " is computed here";
	if (ret_range->block > 0 && ret_range->block < BLOCK_MIN)
		return "blocks have at least 256 bytes";
	return NULL;
}

/* To the end of the file at most. NULL, or why it is too much. */
static const char *fit_range(struct range *range, uint64_t size)
{
	uint64_t left = range->from < size ? size - range->from : 0;

	if (range->length == 0 || range->length > left)
		range->length = left;
	if (range->length > HASHED_MAX)
		return "no more than 64 MiB are hashed at a time";
	if (range->block > 0 && range->length / range->block >= BLOCKS_MAX)
		return "so many blocks do not fit an answer";
	return NULL;
}

static size_t begin_hashes(const struct extension_request *request)
{
	size_t start = begin_reply(request);

	sftp_put_string(request->out, "check-file", 10);
	sftp_put_string(request->out, ALGORITHM, sizeof(ALGORITHM) - 1);
	return start;
}

/* The bytes of a hash that is told as text. */
static bool put_hash(struct buffer *out, const char sha256[SHA256_HEX + 1])
{
	unsigned char hash[SHA256_HEX / 2];
	size_t length = 0;

	if (OPENSSL_hexstr2buf_ex(hash, sizeof(hash), &length, sha256, '\0') != 1 ||
	    length != sizeof(hash))
		return false;
	buffer_add(out, hash, sizeof(hash));
	return true;
}

/* The hash of length bytes from there. False: they cannot be read. */
static bool hash_part(
    struct digest *digest, int fd, uint64_t from, uint64_t length, char ret_sha256[SHA256_HEX + 1])
{
	static unsigned char bytes[PART];
	uint32_t crc32;
	struct err err;

	if (digest_begin(digest, &err) < 0)
		return false;
	while (length > 0) {
		ssize_t count =
		    pread(fd, bytes, length < PART ? (size_t)length : PART, (off_t)from);

		if (count <= 0)
			return false;
		digest_add(digest, bytes, (size_t)count);
		from += (uint64_t)count;
		length -= (uint64_t)count;
	}
	digest_end(digest, ret_sha256, &crc32);
	return true;
}

static int put_hashes(const struct extension_request *request, const struct range *range)
{
	uint64_t block = range->block ? range->block : range->length;
	OWNED_DIGEST struct digest *digest = digest_new();
	char sha256[SHA256_HEX + 1];
	uint64_t at = 0;
	size_t start = begin_hashes(request);

	do {
		uint64_t left = range->length - at;

		if (!hash_part(digest, request->fd, range->from + at, left < block ? left : block,
		        sha256) ||
		    !put_hash(request->out, sha256)) {
			request->out->length = start;
			return put_status(request, SFTP_FAILURE, "the file cannot be read now");
		}
		at += block;
	} while (at < range->length);
	sftp_end(request->out, start);
	return 0;
}

/* What the open file holds: of files that do not change. */
static int answer_check_handle(const struct extension_request *request, struct err *err)
{
	struct range range;
	const char *problem = get_range(request->in, &range);

	(void)err;
	if (request->in->bad || problem)
		return put_status(request, SFTP_FAILURE, problem ? problem : "");
	if (request->fd < 0)
		return put_status(request, SFTP_FAILURE, "not an open file");
	problem = fit_range(&range, request->size);
	return problem ? put_status(request, SFTP_FAILURE, problem) : put_hashes(request, &range);
}

/* The hash that the letter was posted with: no byte is read for it. */
static int answer_check_name(const struct extension_request *request, struct err *err)
{
	char path[PLACE_PATH_MAX];
	bool is_path = sftp_get_path(request->in, path);
	char sha256[SHA256_HEX + 1];
	struct range range;
	const char *problem = get_range(request->in, &range);
	struct reply reply;
	size_t start;

	if (!is_path)
		return put_status(request, SFTP_NO_SUCH_FILE, "no such file");
	if (!problem && (range.from > 0 || range.length > 0 || range.block > 0))
		problem = "open it, to have the hash of a part";
	if (problem)
		return put_status(request, SFTP_FAILURE, problem);
	if (ask_hash(request->broker, path, sha256, &reply, err) < 0)
		return -1;
	if (reply.answer != ANSWER_OK)
		return put_reply(request, &reply);
	start = begin_hashes(request);
	if (!put_hash(request->out, sha256))
		return err_set(err, ERR_GONE, "the broker's answer is not one");
	sftp_end(request->out, start);
	return 0;
}

const struct extension extension_rows[] = {
    {"statvfs@openssh.com", "2", false, answer_statvfs},
    {"fstatvfs@openssh.com", "2", true, answer_fstatvfs},
    {"users-groups-by-id@openssh.com", "1", false, answer_names},
    {"check-file", "1", true, answer_check_handle},
    {"check-file-handle", "1", true, answer_check_handle},
    {"check-file-name", "1", false, answer_check_name},
    {.name = NULL},
};

const struct extension *extension_find(const char *name, size_t length)
{
	for (const struct extension *row = extension_rows; row->name; row++)
		if (strlen(row->name) == length && memcmp(row->name, name, length) == 0)
			return row;
	return NULL;
}
