/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Letters packed into one file: a zip, or a tar that is compressed.
 *
 * The same letters in the same order give the same bytes: entries carry the letters' posting
 * times, no owner, one mode. MANIFEST.csv and SHA256SUMS come last. Memory does not grow with the
 * letters, but for what a zip says about each of them at its end (some 110 bytes). The process
 * needs a UTF-8 locale (setlocale()), for names that are not ASCII.
 */
#ifndef SPOOL_ARCHIVE_WRITER_H
#define SPOOL_ARCHIVE_WRITER_H

#include <stdbool.h>

#include "base/sha256.h"
#include "spool/bundle_format.h"
#include "spool/letter.h"

#define ARCHIVE_MANIFEST "MANIFEST.csv"
#define ARCHIVE_SUMS     "SHA256SUMS"

enum { ARCHIVE_PATH_MAX = AVRS_ID_MAX + SERVED_NAME_MAX + 64 };

struct archive_writer;

/*
 * Write to fd, an empty file that stays the caller's; lists that outgrow memory go into files
 * without a name in folder_fd meanwhile. by_provider: letters are in a folder for each AVRS ID.
 */
int archive_writer_new(int fd, int folder_fd, enum bundle_format format, bool by_provider,
    struct archive_writer **ret_writer, struct err *err);
/*
 * The same as a zip that nobody seeks in: its bytes, in order, are given to write(bytes, count,
 * arg), which returns 0, or -1 with *err.
 */
typedef int archive_write_fn(const void *bytes, size_t count, void *arg, struct err *err);
int archive_writer_new_stream(archive_write_fn *write, void *arg, int folder_fd, bool by_provider,
    struct archive_writer **ret_writer, struct err *err);
void archive_writer_free(struct archive_writer *writer);
void archive_writer_clean(struct archive_writer **writer);
#define OWNED_ARCHIVE_WRITER OWNED(archive_writer_clean)

/*
 * Add a letter with the content of letter_fd, read from its start. ERR_INTERNAL when that is not
 * what was posted (size, SHA-256). After any failure the file is worth nothing.
 */
int archive_writer_add(
    struct archive_writer *writer, const struct letter *letter, int letter_fd, struct err *err);

/* Of a zip: up to which byte of it reaches what was added by now, written or not. */
int64_t archive_writer_position(const struct archive_writer *writer);

/* Write what comes last; then the file is complete, but not durable. Its size and hash. */
int archive_writer_end(struct archive_writer *writer, int64_t *ret_size,
    char ret_sha256[SHA256_HEX + 1], struct err *err);

/*
 * Where the letter is in the archive: its name, below its AVRS ID where by_provider. A name that
 * cannot be as it is (the manifest's; one with a backslash, which some programs take for a folder)
 * is below renamed/, with the letter's id in front: no letter's name has a slash.
 */
void archive_path_of(
    const struct letter *letter, bool by_provider, char ret_path[ARCHIVE_PATH_MAX]);

/* Does deflating pay for content that begins with these bytes? PDF and pictures hardly shrink. */
bool archive_deflate_pays(const unsigned char *bytes, size_t count);

#endif
