/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/archive_check.h"

#include <archive.h>
#include <archive_entry.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "spool/archive_members.h"
#include "spool/archive_signature.h"
#include "spool/archive_writer.h"

enum { PAGE = 64, CHUNK = 256 * 1024 };

/* An archive being read beside the list of what has to be in it. */
struct checking {
	const struct spool *spool;
	const struct night_archive *archive;
	struct archive *reader;
	struct sha256 hash;
	struct members_cursor cursor;
	struct letter letters[PAGE];
	size_t count;
	size_t at;
	bool more;
	char chunk[CHUNK];
};

static int check_file(struct checking *c, int fd, struct err *err)
{
	char sha256[SHA256_HEX + 1];
	int64_t size = 0;
	ssize_t count;

	if (sha256_start(&c->hash, err) < 0)
		return -1;
	while ((count = pread(fd, c->chunk, CHUNK, size)) > 0) {
		sha256_add(&c->hash, c->chunk, (size_t)count);
		size += count;
	}
	if (count < 0)
		return err_sys(err, "read");
	sha256_print(&c->hash, sha256);
	if (size != c->archive->size || strcmp(sha256, c->archive->sha256) != 0)
		return err_set(err, ERR_REFUSED,
		    "%" PRId64 " bytes with SHA-256 %.12s..., but it was made with %" PRId64
		    " and %.12s...",
		    size, sha256, c->archive->size, c->archive->sha256);
	return 0;
}

static int keep(const struct letter *letter, void *arg, struct err *err)
{
	struct checking *c = arg;

	(void)err;
	c->letters[c->count++] = *letter;
	return 0;
}

/* The next letter that has to be in it; NULL behind the last. */
static int next_letter(struct checking *c, const struct letter **ret_letter, struct err *err)
{
	if (c->at == c->count && c->more) {
		c->at = 0;
		c->count = 0;
		if (archive_members_list(c->spool->catalog, c->archive, &c->cursor, PAGE, keep, c,
		        &c->more, err) < 0)
			return -1;
	}
	*ret_letter = c->at < c->count ? &c->letters[c->at++] : NULL;
	return 0;
}

static int next_entry(struct checking *c, const char **ret_path, struct err *err)
{
	struct archive_entry *entry = NULL;
	int result = archive_read_next_header(c->reader, &entry);

	if (result != ARCHIVE_OK && result != ARCHIVE_EOF)
		return err_set(err, ERR_REFUSED, "%s", archive_error_string(c->reader));
	*ret_path = result == ARCHIVE_OK ? archive_entry_pathname_utf8(entry) : NULL;
	return 0;
}

static int hash_entry(struct checking *c, char ret_sha256[SHA256_HEX + 1], struct err *err)
{
	la_ssize_t count;

	if (sha256_start(&c->hash, err) < 0)
		return -1;
	while ((count = archive_read_data(c->reader, c->chunk, CHUNK)) > 0)
		sha256_add(&c->hash, c->chunk, (size_t)count);
	if (count < 0)
		return err_set(err, ERR_REFUSED, "%s", archive_error_string(c->reader));
	sha256_print(&c->hash, ret_sha256);
	return 0;
}

static int check_letter(struct checking *c, const struct letter *letter, struct err *err)
{
	char sha256[SHA256_HEX + 1] = "";
	char wanted[ARCHIVE_PATH_MAX];
	const char *path = NULL;

	archive_path_of(letter, night_archive_is_bundle(c->archive), wanted);
	if (next_entry(c, &path, err) < 0)
		return -1;
	if (!path || strcmp(path, wanted) != 0)
		return err_set(
		    err, ERR_REFUSED, "letter %" PRId64 " is not where it should be", letter->id);
	if (hash_entry(c, sha256, err) < 0)
		return -1;
	if (strcmp(sha256, letter->sha256) != 0)
		return err_set(err, ERR_REFUSED, "letter %" PRId64 " has SHA-256 %.12s...",
		    letter->id, sha256);
	return 0;
}

static int check_entries(struct checking *c, struct err *err)
{
	static const char *const last[] = {ARCHIVE_MANIFEST, ARCHIVE_SUMS};
	const struct letter *letter = NULL;
	const char *path = NULL;

	for (;;) {
		if (next_letter(c, &letter, err) < 0)
			return -1;
		if (!letter)
			break;
		if (check_letter(c, letter, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < 2; i++) {
		if (next_entry(c, &path, err) < 0)
			return -1;
		if (!path || strcmp(path, last[i]) != 0)
			return err_set(err, ERR_REFUSED, "no %s after the letters", last[i]);
	}
	if (next_entry(c, &path, err) < 0)
		return -1;
	return path ? err_set(err, ERR_REFUSED, "something comes after %s", ARCHIVE_SUMS) : 0;
}

static int open_reader(struct checking *c, int fd, struct err *err)
{
	struct archive *reader = c->reader;

	if (!reader)
		return err_set(err, ERR_INTERNAL, "no memory to read archives");
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(err, "seek");
	if (archive_read_support_format_zip_seekable(reader) != ARCHIVE_OK ||
	    archive_read_support_format_tar(reader) != ARCHIVE_OK ||
	    archive_read_support_filter_gzip(reader) != ARCHIVE_OK ||
	    archive_read_support_filter_zstd(reader) != ARCHIVE_OK ||
	    archive_read_open_fd(reader, fd, CHUNK) != ARCHIVE_OK)
		return err_set(err, ERR_REFUSED, "%s", archive_error_string(reader));
	return 0;
}

/* By the certificate of the settings; where there is none now, nobody here can tell. */
static int check_signature(const struct checking *c, int fd, struct err *err)
{
	OWNED_FD int signature_fd = -1;
	char path[FOLDER_PATH_MAX];

	if (c->archive->signature_size == 0 || !c->spool->settings.archive_certificate[0])
		return 0;
	night_archive_signature_path(c->archive, path);
	if (spool_open_file(c->spool, path, &signature_fd, err) < 0)
		return -1;
	return archive_signature_check(&c->spool->settings, fd, signature_fd, err);
}

static int check(struct checking *c, int fd, struct err *err)
{
	if (check_file(c, fd, err) < 0 || check_signature(c, fd, err) < 0 ||
	    open_reader(c, fd, err) < 0)
		return -1;
	return check_entries(c, err);
}

int archive_check(const struct spool *spool, const struct night_archive *archive, struct err *err)
{
	OWNED_MEM struct checking *c = mem_new(1, sizeof(*c));
	OWNED_FD int fd = -1;
	char path[FOLDER_PATH_MAX];
	int result;

	night_archive_path(archive, path);
	if (spool_open_file(spool, path, &fd, err) < 0)
		return -1;
	c->spool = spool;
	c->archive = archive;
	c->more = true;
	c->reader = archive_read_new();
	result = check(c, fd, err);
	(void)archive_read_free(c->reader);
	sha256_done(&c->hash);
	return result;
}
