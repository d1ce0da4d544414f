/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/archive_writer.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"

enum {
	CHUNK = 256 * 1024,
	BLOCK = 256 * 1024,       /* written at a time */
	WINDOW = 8 * 1024 * 1024, /* at most two of them wait for the disk */
	LIST_MEMORY = 64 * 1024,  /* of a list; beyond it is in a file */
	LIST_LINE_MAX = 16 * 1024,
	SAMPLE = 4096,
	STRIDE = 2 * SAMPLE, /* every other piece is enough to tell, and costs half */
};

/* Faster than the usual 6 on text, by more than hashing costs us, and a twentieth larger. */
#define ZIP_LEVEL "3"

/* The file that is being written, or who takes the bytes instead. */
struct sink {
	int fd;
	archive_write_fn *write; /* or NULL */
	void *arg;
	struct sha256 hash;
	int64_t size;
	int64_t asked;  /* up to where writing back was begun */
	int64_t waited; /* up to where it was waited for */
	struct err err; /* why a write failed */
	bool failed;
};

/* A text about all letters, which is an entry of its own in the end. */
struct list {
	struct buffer text;
	int fd; /* what did not fit, or -1 */
	int64_t size;
};

struct archive_writer {
	struct archive *archive;
	struct archive_entry *entry;
	enum bundle_format format;
	bool by_provider;
	int folder_fd;
	struct sink sink;
	struct sha256 hash; /* of a letter */
	struct list manifest;
	struct list sums;
	int64_t newest; /* posting time of a letter */
	unsigned char chunk[CHUNK];
};

static int write_bytes(struct sink *sink, const void *bytes, size_t count)
{
	if (sink->write)
		return sink->write(bytes, count, sink->arg, &sink->err);
	return file_write(sink->fd, bytes, count, &sink->err);
}

/* Have the kernel write as we go: a gigabyte of dirty pages would hold up everybody's fsync. */
static void write_back(struct sink *sink)
{
	if (sink->write || sink->size - sink->asked < WINDOW)
		return;
	(void)sync_file_range(
	    sink->fd, sink->asked, sink->size - sink->asked, SYNC_FILE_RANGE_WRITE);
	if (sink->asked > sink->waited)
		(void)sync_file_range(sink->fd, sink->waited, sink->asked - sink->waited,
		    SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
		        SYNC_FILE_RANGE_WAIT_AFTER);
	sink->waited = sink->asked;
	sink->asked = sink->size;
}

/*
 * Behind a failure nothing is written any more, but libarchive is not told: what it has would not
 * be freed then (3.6). check() tells.
 */
static la_ssize_t on_write(struct archive *archive, void *arg, const void *bytes, size_t count)
{
	struct sink *sink = arg;

	(void)archive;
	if (sink->failed || write_bytes(sink, bytes, count) < 0) {
		sink->failed = true;
		return (la_ssize_t)count;
	}
	sha256_add(&sink->hash, bytes, count);
	sink->size += (int64_t)count;
	write_back(sink);
	return (la_ssize_t)count;
}

/* Anything but ARCHIVE_OK is a failure: a warning is an entry that is not as it was asked for. */
static int check(struct archive_writer *writer, int result, struct err *err)
{
	if (writer->sink.failed) {
		*err = writer->sink.err;
		return -1;
	}
	if (result == ARCHIVE_OK)
		return 0;
	return err_set(err, ERR_INTERNAL, "pack: %s", archive_error_string(writer->archive));
}

static int choose_format(struct archive_writer *writer, struct err *err)
{
	struct archive *a = writer->archive;

	if (writer->format == BUNDLE_ZIP) {
		if (check(writer, archive_write_set_format_zip(a), err) < 0 ||
		    check(writer,
		        archive_write_set_format_option(a, "zip", "compression-level", ZIP_LEVEL),
		        err) < 0)
			return -1;
		return check(
		    writer, archive_write_set_format_option(a, "zip", "hdrcharset", "UTF-8"), err);
	}
	if (check(writer, archive_write_set_format_pax_restricted(a), err) < 0)
		return -1;
	if (writer->format == BUNDLE_TAR_ZST)
		return check(writer, archive_write_add_filter_zstd(a), err);
	if (check(writer, archive_write_add_filter_gzip(a), err) < 0)
		return -1;
	return check(writer, archive_write_set_filter_option(a, "gzip", "timestamp", NULL), err);
}

static int start(struct archive_writer *writer, struct err *err)
{
	struct archive *a = writer->archive;

	if (!a || !writer->entry)
		return err_set(err, ERR_INTERNAL, "pack: no memory");
	if (choose_format(writer, err) < 0 ||
	    check(writer, archive_write_set_bytes_per_block(a, BLOCK), err) < 0 ||
	    check(writer, archive_write_set_bytes_in_last_block(a, 1), err) < 0 ||
	    sha256_start(&writer->sink.hash, err) < 0)
		return -1;
	return check(
	    writer, archive_write_open2(a, &writer->sink, NULL, on_write, NULL, NULL), err);
}

static void list_start(struct list *list, const char *head)
{
	*list = (struct list){.text = BUFFER(LIST_MEMORY + LIST_LINE_MAX), .fd = -1};
	buffer_add_text(&list->text, head);
}

static int new_writer(const struct sink *sink, int folder_fd, enum bundle_format format,
    bool by_provider, struct archive_writer **ret_writer, struct err *err)
{
	OWNED_ARCHIVE_WRITER struct archive_writer *writer = mem_new(1, sizeof(*writer));

	writer->archive = archive_write_new();
	writer->entry = archive_entry_new();
	writer->format = format;
	writer->by_provider = by_provider;
	writer->folder_fd = folder_fd;
	writer->sink = *sink;
	list_start(&writer->manifest, "name,avrs_id,class,type,size,sha256,posted,file\r\n");
	list_start(&writer->sums, "");
	if (start(writer, err) < 0)
		return -1;
	*ret_writer = TAKE(writer);
	return 0;
}

int archive_writer_new(int fd, int folder_fd, enum bundle_format format, bool by_provider,
    struct archive_writer **ret_writer, struct err *err)
{
	const struct sink sink = {.fd = fd};

	return new_writer(&sink, folder_fd, format, by_provider, ret_writer, err);
}

int archive_writer_new_stream(archive_write_fn *write, void *arg, int folder_fd, bool by_provider,
    struct archive_writer **ret_writer, struct err *err)
{
	const struct sink sink = {.fd = -1, .write = write, .arg = arg};

	return new_writer(&sink, folder_fd, BUNDLE_ZIP, by_provider, ret_writer, err);
}

void archive_writer_free(struct archive_writer *writer)
{
	if (!writer)
		return;
	/* What was not ended is thrown away: nothing more is written of it. */
	writer->sink.failed = true;
	if (writer->archive)
		(void)archive_write_free(writer->archive);
	archive_entry_free(writer->entry);
	sha256_done(&writer->sink.hash);
	sha256_done(&writer->hash);
	buffer_done(&writer->manifest.text);
	buffer_done(&writer->sums.text);
	clean_fd(&writer->manifest.fd);
	clean_fd(&writer->sums.fd);
	free(writer);
}

void archive_writer_clean(struct archive_writer **writer)
{
	archive_writer_free(*writer);
}

/* Move a list that has become long into its file. */
static int list_spill(struct archive_writer *writer, struct list *list, struct err *err)
{
	char name[NAME_MAX + 1];

	if (buffer_is_full(&list->text))
		return err_set(err, ERR_INTERNAL, "a line of a list is too long");
	if (list->text.length < LIST_MEMORY)
		return 0;
	if (list->fd < 0) {
		if (file_new(writer->folder_fd, name, &list->fd, err) < 0)
			return -1;
		if (name[0] && unlinkat(writer->folder_fd, name, 0) < 0)
			return err_sys(err, "remove %s", name);
	}
	if (file_write(list->fd, list->text.data, list->text.length, err) < 0)
		return -1;
	list->size += (int64_t)list->text.length;
	buffer_clear(&list->text);
	return 0;
}

static void add_to_manifest(struct buffer *out, const struct letter *letter, const char *path)
{
	char size[24];
	char posted[TIME_SIZE];

	(void)snprintf(size, sizeof(size), "%" PRId64, letter->size);
	clock_print(letter->posted, posted);
	csv_add(out, letter->name);
	csv_add(out, letter->avrs_id);
	csv_add(out, letter_class_name(letter->class));
	csv_add(out, letter->type);
	csv_add(out, size);
	csv_add(out, letter->sha256);
	csv_add(out, posted);
	csv_add(out, path);
	csv_end(out);
}

static int add_to_lists(
    struct archive_writer *writer, const struct letter *letter, const char *path, struct err *err)
{
	add_to_manifest(&writer->manifest.text, letter, path);
	/* As sha256sum writes it, and reads it with -c. */
	buffer_print(&writer->sums.text, "%s  %s\n", letter->sha256, path);
	if (letter->posted > writer->newest)
		writer->newest = letter->posted;
	if (list_spill(writer, &writer->manifest, err) < 0)
		return -1;
	return list_spill(writer, &writer->sums, err);
}

void archive_path_of(const struct letter *letter, bool by_provider, char ret_path[ARCHIVE_PATH_MAX])
{
	const char *name = letter->name;
	bool is_taken = !by_provider && (strcasecmp(name, ARCHIVE_MANIFEST) == 0 ||
	                                    strcasecmp(name, ARCHIVE_SUMS) == 0);
	char id[32] = "";

	if (is_taken || strchr(name, '\\'))
		(void)snprintf(id, sizeof(id), "renamed/%" PRId64 "_", letter->id);
	(void)snprintf(ret_path, ARCHIVE_PATH_MAX, "%s%s%s%s", by_provider ? letter->avrs_id : "",
	    by_provider ? "/" : "", id, name);
	for (char *at = ret_path; *at; at++)
		if (*at == '\\')
			*at = '_';
}

/*
 * Are the bytes far from being all equally frequent? The sum of squares is count * count / 256 for
 * those that are, and grows with any order in them: text has 10 times as much, base64 4 times.
 */
static bool is_ordered(const unsigned char *bytes, size_t count)
{
	uint32_t counts[256] = {0};
	uint64_t squares = 0;

	for (size_t i = 0; i < count; i++)
		counts[bytes[i]]++;
	for (size_t i = 0; i < 256; i++)
		squares += (uint64_t)counts[i] * counts[i];
	return squares * 160 > (uint64_t)count * count;
}

bool archive_deflate_pays(const unsigned char *bytes, size_t count)
{
	size_t looked_at = 0;
	size_t ordered = 0;

	for (size_t at = 0; at < count; at += STRIDE) {
		size_t length = count - at < SAMPLE ? count - at : SAMPLE;

		looked_at += length;
		if (is_ordered(bytes + at, length))
			ordered += length;
	}
	return ordered > looked_at / 4;
}

static int start_entry(struct archive_writer *writer, const char *path, int64_t size,
    int64_t changed, bool deflate, struct err *err)
{
	struct archive *a = writer->archive;

	if (writer->format == BUNDLE_ZIP &&
	    check(writer,
	        deflate ? archive_write_zip_set_compression_deflate(a)
	                : archive_write_zip_set_compression_store(a),
	        err) < 0)
		return -1;
	archive_entry_clear(writer->entry);
	archive_entry_set_pathname_utf8(writer->entry, path);
	archive_entry_set_filetype(writer->entry, AE_IFREG);
	archive_entry_set_perm(writer->entry, 0644);
	archive_entry_set_size(writer->entry, size);
	archive_entry_set_mtime(writer->entry, changed / SECOND, 0);
	return check(writer, archive_write_header(a, writer->entry), err);
}

static int add_bytes(
    struct archive_writer *writer, const void *bytes, size_t count, struct err *err)
{
	la_ssize_t written = archive_write_data(writer->archive, bytes, count);

	if (written < 0)
		return check(writer, (int)written, err);
	return (size_t)written == count
	           ? 0
	           : err_set(err, ERR_INTERNAL, "an entry has more bytes than were announced");
}

static int end_entry(struct archive_writer *writer, struct err *err)
{
	return check(writer, archive_write_finish_entry(writer->archive), err);
}

/* The next bytes of a file into the chunk; 0 at its end. */
static int read_chunk(
    struct archive_writer *writer, int fd, int64_t at, size_t *ret_count, struct err *err)
{
	ssize_t count;

	do
		count = pread(fd, writer->chunk, CHUNK, at);
	while (count < 0 && errno == EINTR);
	if (count < 0)
		return err_sys(err, "read");
	*ret_count = (size_t)count;
	return 0;
}

static int refuse_content(struct err *err)
{
	return err_set(err, ERR_INTERNAL, "its file is not what was posted");
}

/* The content of a letter, whose first bytes are in the chunk. */
static int add_content(struct archive_writer *writer, const struct letter *letter, int fd,
    size_t count, struct err *err)
{
	char sha256[SHA256_HEX + 1];
	int64_t size = 0;

	if (sha256_start(&writer->hash, err) < 0)
		return -1;
	while (count > 0) {
		size += (int64_t)count;
		sha256_add(&writer->hash, writer->chunk, count);
		if (add_bytes(writer, writer->chunk, count, err) < 0)
			return -1;
		if (size == letter->size)
			break;
		if (read_chunk(writer, fd, size, &count, err) < 0)
			return -1;
	}
	sha256_print(&writer->hash, sha256);
	if (strcmp(sha256, letter->sha256) != 0)
		return refuse_content(err);
	return end_entry(writer, err);
}

static int add_letter(
    struct archive_writer *writer, const struct letter *letter, int fd, struct err *err)
{
	char path[ARCHIVE_PATH_MAX];
	struct stat st;
	size_t count = 0;

	if (fstat(fd, &st) < 0)
		return err_sys(err, "stat");
	if (st.st_size != letter->size)
		return refuse_content(err);
	archive_path_of(letter, writer->by_provider, path);
	if (read_chunk(writer, fd, 0, &count, err) < 0 ||
	    start_entry(writer, path, letter->size, letter->posted,
	        archive_deflate_pays(writer->chunk, count), err) < 0 ||
	    add_content(writer, letter, fd, count, err) < 0)
		return -1;
	return add_to_lists(writer, letter, path, err);
}

int archive_writer_add(
    struct archive_writer *writer, const struct letter *letter, int letter_fd, struct err *err)
{
	if (add_letter(writer, letter, letter_fd, err) < 0)
		return err_context(err, "letter=%" PRId64, letter->id);
	return 0;
}

int64_t archive_writer_position(const struct archive_writer *writer)
{
	return archive_filter_bytes(writer->archive, -1);
}

/* A list as an entry: what is in its file, and what still is in memory. */
static int add_list(
    struct archive_writer *writer, const char *name, const struct list *list, struct err *err)
{
	int64_t size = list->size + (int64_t)list->text.length;
	size_t count = 0;

	if (start_entry(writer, name, size, writer->newest, true, err) < 0)
		return -1;
	for (int64_t at = 0; at < list->size; at += (int64_t)count) {
		if (read_chunk(writer, list->fd, at, &count, err) < 0 ||
		    add_bytes(writer, writer->chunk, count, err) < 0)
			return -1;
		if (count == 0)
			return err_set(err, ERR_INTERNAL, "%s was cut off", name);
	}
	if (list->text.length > 0 && add_bytes(writer, list->text.data, list->text.length, err) < 0)
		return -1;
	return end_entry(writer, err);
}

int archive_writer_end(struct archive_writer *writer, int64_t *ret_size,
    char ret_sha256[SHA256_HEX + 1], struct err *err)
{
	if (add_list(writer, ARCHIVE_MANIFEST, &writer->manifest, err) < 0 ||
	    add_list(writer, ARCHIVE_SUMS, &writer->sums, err) < 0 ||
	    check(writer, archive_write_close(writer->archive), err) < 0)
		return -1;
	sha256_print(&writer->sink.hash, ret_sha256);
	*ret_size = writer->sink.size;
	return 0;
}
