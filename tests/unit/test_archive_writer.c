/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/archive_writer.h"

#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/number.h"
#include "base/text.h"
#include "tests/lib/fixture.h"
#include "tests/lib/shell.h"
#include "tests/unit/suite.h"

void add_suite_archive_writer(CU_pSuite suite);

#define ID "123456789"

enum { RANDOM_BYTES = 300 * 1000 };

static const char *const names[] = {"EFT_1.pdf", "PA_2 \xc3\xa4\xe2\x82\xac.pdf", "a\\..\\b.pdf",
    "MANIFEST.csv", "sha256sums", "RA_1.835", "EMPTY.txt"};

/* Bytes without order, the same each time. */
static void fill(unsigned char *bytes, size_t count)
{
	uint32_t state = 1;

	for (size_t i = 0; i < count; i++) {
		state = state * 1664525 + 1013904223;
		bytes[i] = (unsigned char)(state >> 24);
	}
}

/* The content of the letter of that number: text, none at the end, and one without order. */
static void make_content(size_t number, struct buffer *out)
{
	unsigned char *bytes = NULL;

	buffer_clear(out);
	if (number == 0) {
		bytes = (unsigned char *)buffer_reserve(out, RANDOM_BYTES);
		fill(bytes, RANDOM_BYTES);
		buffer_grow(out, RANDOM_BYTES);
	} else if (number + 1 < COUNT(names)) {
		for (int line = 0; line < 200; line++)
			buffer_print(out, "letter %zu says line %d\n", number, line);
	}
}

/* Write it to a file of the folder, and say in the letter what is in it. */
static void make_letter(const struct scratch *scratch, size_t number, struct letter *ret_letter)
{
	OWNED_BUFFER struct buffer content = BUFFER(RANDOM_BYTES + 1);
	struct sha256 hash = {NULL};
	struct letter letter = {.id = 17 + (int64_t)number,
	    .class = number == 5 ? CLASS_TRADE_FILES : CLASS_EDELIVERY,
	    .posted = FIXTURE_NOW + (int64_t)number * HOUR};
	char file[32];
	struct err err;

	make_content(number, &content);
	letter.size = (int64_t)content.length;
	text_copy(letter.avrs_id, number % 2 ? ID : "222222222");
	text_copy(letter.name, names[number]);
	letter_name_type(names[number], letter.type);
	CU_ASSERT_EQUAL_FATAL(sha256_start(&hash, &err), 0);
	sha256_add(&hash, buffer_text(&content), content.length);
	sha256_print(&hash, letter.sha256);
	sha256_done(&hash);
	(void)snprintf(file, sizeof(file), "letter%zu", number);
	CU_ASSERT_EQUAL_FATAL(file_replace(scratch->fd, file, &content, 0640, &err), 0);
	*ret_letter = letter;
}

static int add(struct archive_writer *writer, const struct scratch *scratch, size_t number,
    const struct letter *letter, struct err *err)
{
	OWNED_FD int fd = -1;
	char file[32];

	(void)snprintf(file, sizeof(file), "letter%zu", number);
	fd = file_open_beneath(scratch->fd, file, O_RDONLY, 0);
	return archive_writer_add(writer, letter, fd, err);
}

/* All letters in the file of that name; *ret_sha256 is what the writer says of it. */
static void pack(const struct scratch *scratch, const char *file, bool by_provider,
    char ret_sha256[SHA256_HEX + 1])
{
	OWNED_ARCHIVE_WRITER struct archive_writer *writer = NULL;
	OWNED_FD int fd = openat(scratch->fd, file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct letter letter;
	struct stat st;
	int64_t size = 0;
	struct err err;

	CU_ASSERT_EQUAL_FATAL(
	    archive_writer_new(fd, scratch->fd, bundle_format_of(file), by_provider, &writer, &err),
	    0);
	for (size_t i = 0; i < COUNT(names); i++) {
		make_letter(scratch, i, &letter);
		CU_ASSERT_EQUAL_FATAL(add(writer, scratch, i, &letter, &err), 0);
	}
	CU_ASSERT_EQUAL(archive_writer_end(writer, &size, ret_sha256, &err), 0);
	CU_ASSERT_EQUAL(fstat(fd, &st), 0);
	CU_ASSERT_EQUAL(st.st_size, size);
}

static void use_utf8(void)
{
	CU_ASSERT_PTR_NOT_NULL(setlocale(LC_CTYPE, "C.UTF-8"));
}

/* Every program that partners open archives with finds the letters, byte for byte. */
static void is_opened_by_unzip_bsdtar_7z_and_python(void)
{
	static const char *const commands[] = {
	    "unzip -tqq a.zip",
	    "7z t -bd a.zip",
	    "mkdir u b s p && LC_ALL=C.UTF-8 unzip -q a.zip -d u",
	    "LC_ALL=C.UTF-8 bsdtar -xf a.zip -C b",
	    "LC_ALL=C.UTF-8 7z x -bd -os a.zip",
	    "/usr/bin/python3 -c 'import zipfile; z = zipfile.ZipFile(\"a.zip\");"
	    " assert z.testzip() is None; z.extractall(\"p\")'",
	    "diff -r u b && diff -r u s && diff -r u p",
	    "(cd u && sha256sum -c --strict --quiet SHA256SUMS)",
	    "cmp letter0 u/EFT_1.pdf && cmp letter1 'u/PA_2 \xc3\xa4\xe2\x82\xac.pdf'"
	    " && cmp letter2 u/renamed/19_a_.._b.pdf && cmp letter3 u/renamed/20_MANIFEST.csv"
	    " && cmp letter4 u/renamed/21_sha256sums && cmp letter5 u/RA_1.835"
	    " && cmp letter6 u/EMPTY.txt",
	    "test $(find u -type f | wc -l) = 9",
	    "test \"$(unzip -Z1 a.zip | tail -n 2 | paste -s -d ' ')\" = 'MANIFEST.csv SHA256SUMS'",
	};
	OWNED_SCRATCH struct scratch scratch;
	char sha256[SHA256_HEX + 1];

	use_utf8();
	scratch_open(&scratch);
	pack(&scratch, "a.zip", false, sha256);
	for (size_t i = 0; i < COUNT(commands); i++)
		CU_ASSERT(shell_succeeds(&scratch, commands[i]));
}

static void the_manifest_tells_what_is_in_it(void)
{
	static const char head[] =
	    "name,avrs_id,class,type,size,sha256,posted,file\r\nEFT_1.pdf,222222222,"
	    "edelivery,EFT,300000,";
	OWNED_SCRATCH struct scratch scratch;
	char sha256[SHA256_HEX + 1];
	char *text = NULL;

	use_utf8();
	scratch_open(&scratch);
	pack(&scratch, "a.zip", true, sha256);
	CU_ASSERT(shell_succeeds(&scratch, "unzip -q a.zip"));
	text = scratch_read(&scratch, "MANIFEST.csv");
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT_EQUAL(strncmp(text, head, sizeof(head) - 1), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, ",2024-05-15T12:00:00Z,222222222/EFT_1.pdf\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\r\nRA_1.835," ID ",trade-files,RA,"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, ",222222222/renamed/19_a_.._b.pdf\r\n"));
	/* In a folder of its own it is in nobody's way. */
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "," ID "/MANIFEST.csv\r\n"));
	free(text);
}

static void the_same_letters_give_the_same_bytes_in_every_format(void)
{
	static const char *const files[] = {"a.zip", "a.tar.gz", "a.tar.zst"};
	OWNED_SCRATCH struct scratch scratch;
	struct sha256 hash = {NULL};

	use_utf8();
	scratch_open(&scratch);
	for (size_t i = 0; i < COUNT(files); i++) {
		OWNED_BUFFER struct buffer content = BUFFER(4 * RANDOM_BYTES);
		char first[SHA256_HEX + 1];
		char second[SHA256_HEX + 1];
		struct err err;

		pack(&scratch, files[i], true, first);
		CU_ASSERT(shell_succeeds(&scratch, "sleep 1.1; umask 0"));
		pack(&scratch, files[i], true, second);
		CU_ASSERT_STRING_EQUAL(first, second);
		CU_ASSERT_EQUAL(file_read(scratch.fd, files[i], &content, &err), 0);
		CU_ASSERT_EQUAL(sha256_start(&hash, &err), 0);
		sha256_add(&hash, content.data, content.length);
		sha256_print(&hash, second);
		CU_ASSERT_STRING_EQUAL(first, second);
	}
	sha256_done(&hash);
	CU_ASSERT(
	    shell_succeeds(&scratch, "mkdir g z && LC_ALL=C.UTF-8 tar -xzf a.tar.gz -C g &&"
	                             " LC_ALL=C.UTF-8 bsdtar -xf a.tar.zst -C z && diff -r g z &&"
	                             " cd g && sha256sum -c --strict --quiet SHA256SUMS"));
}

static void entries_have_no_owner_and_the_time_of_posting(void)
{
	OWNED_SCRATCH struct scratch scratch;
	char sha256[SHA256_HEX + 1];

	use_utf8();
	scratch_open(&scratch);
	pack(&scratch, "a.tar.gz", true, sha256);
	CU_ASSERT(shell_succeeds(&scratch,
	    "TZ=UTC tar --numeric-owner -tvzf a.tar.gz | head -n 1 |"
	    " grep -qx -e '-rw-r--r-- 0/0 *300000 2024-05-15 12:00 222222222/EFT_1.pdf'"));
}

static void what_hardly_shrinks_is_stored(void)
{
	OWNED_SCRATCH struct scratch scratch;
	char sha256[SHA256_HEX + 1];

	use_utf8();
	scratch_open(&scratch);
	pack(&scratch, "a.zip", false, sha256);
	CU_ASSERT(
	    shell_succeeds(&scratch, "unzip -v a.zip | grep -q '^ *300000  *Stored .* EFT_1.pdf'"));
	CU_ASSERT(shell_succeeds(&scratch, "unzip -v a.zip | grep -q 'Defl:N .* RA_1.835'"));
}

static void deflating_pays_for_text_and_base64_and_not_for_noise(void)
{
	static unsigned char bytes[64 * 1024];

	fill(bytes, sizeof(bytes));
	CU_ASSERT_FALSE(archive_deflate_pays(bytes, sizeof(bytes)));
	CU_ASSERT_FALSE(archive_deflate_pays(bytes, 4096));
	CU_ASSERT_FALSE(archive_deflate_pays(bytes, 0));
	/* A head of text before noise, as PDF has. */
	memset(bytes, ' ', 4096);
	CU_ASSERT_FALSE(archive_deflate_pays(bytes, sizeof(bytes)));
	memset(bytes, ' ', sizeof(bytes) / 2);
	CU_ASSERT(archive_deflate_pays(bytes, sizeof(bytes)));
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)('0' + bytes[i] % 64);
	CU_ASSERT(archive_deflate_pays(bytes, sizeof(bytes)));
	CU_ASSERT(archive_deflate_pays((const unsigned char *)"a short letter", 14));
}

static void refuses_a_letter_that_is_not_what_was_posted(void)
{
	OWNED_SCRATCH struct scratch scratch;
	struct letter letter;

	scratch_open(&scratch);
	for (int fault = 0; fault < 3; fault++) {
		OWNED_ARCHIVE_WRITER struct archive_writer *writer = NULL;
		OWNED_FD int fd =
		    openat(scratch.fd, "a", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		struct err err;

		CU_ASSERT_EQUAL_FATAL(
		    archive_writer_new(fd, scratch.fd, BUNDLE_ZIP, false, &writer, &err), 0);
		make_letter(&scratch, 1, &letter);
		letter.size += fault - 1;
		if (fault == 1)
			letter.sha256[0] = letter.sha256[0] == '0' ? '1' : '0';
		CU_ASSERT(fails(add(writer, &scratch, 1, &letter, &err), &err, ERR_INTERNAL));
		CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "letter=18"));
	}
}

static void a_full_disk_is_told_and_may_end(void)
{
	OWNED_SCRATCH struct scratch scratch;
	OWNED_ARCHIVE_WRITER struct archive_writer *writer = NULL;
	OWNED_FD int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	char sha256[SHA256_HEX + 1];
	struct letter letter;
	int64_t size = 0;
	struct err err = {.kind = ERR_INTERNAL};
	int result;

	scratch_open(&scratch);
	make_letter(&scratch, 0, &letter);
	CU_ASSERT_EQUAL_FATAL(
	    archive_writer_new(full, scratch.fd, BUNDLE_ZIP, false, &writer, &err), 0);
	result = add(writer, &scratch, 0, &letter, &err);
	if (result == 0)
		result = archive_writer_end(writer, &size, sha256, &err);
	CU_ASSERT(fails(result, &err, ERR_RETRY));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "No space left"));
}

/* Lists that outgrow memory come out whole, and the memory stays what it was. */
static void lists_of_any_length_are_whole(void)
{
	OWNED_SCRATCH struct scratch scratch;
	OWNED_ARCHIVE_WRITER struct archive_writer *writer = NULL;
	OWNED_FD int fd = -1;
	char sha256[SHA256_HEX + 1];
	struct letter letter;
	int64_t size = 0;
	struct err err;

	use_utf8();
	scratch_open(&scratch);
	fd = openat(scratch.fd, "a.zip", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	make_letter(&scratch, 1, &letter);
	CU_ASSERT_EQUAL_FATAL(
	    archive_writer_new(fd, scratch.fd, BUNDLE_ZIP, true, &writer, &err), 0);
	for (int i = 0; i < 3000; i++) {
		(void)snprintf(letter.name, sizeof(letter.name), "EFT_%d.pdf", i);
		CU_ASSERT_EQUAL_FATAL(add(writer, &scratch, 1, &letter, &err), 0);
	}
	CU_ASSERT_EQUAL(archive_writer_end(writer, &size, sha256, &err), 0);
	CU_ASSERT(
	    shell_succeeds(&scratch, "unzip -q a.zip && sha256sum -c --strict --quiet SHA256SUMS &&"
	                             " test $(wc -l <MANIFEST.csv) = 3001"));
}

struct taken {
	int fd;
	int64_t size;
	int64_t most; /* then nothing more is taken */
};

static int take(const void *bytes, size_t count, void *arg, struct err *err)
{
	struct taken *taken = arg;

	if (taken->size + (int64_t)count > taken->most)
		return err_set(err, ERR_GONE, "the client is gone");
	taken->size += (int64_t)count;
	return file_write(taken->fd, bytes, count, err);
}

/* Who takes a stream gets the bytes that a file would have, and knows how far a letter reaches. */
static void a_stream_is_the_same_zip(void)
{
	OWNED_SCRATCH struct scratch scratch;
	OWNED_ARCHIVE_WRITER struct archive_writer *writer = NULL;
	struct taken taken = {.fd = -1, .most = INT64_MAX};
	char sha256[SHA256_HEX + 1];
	char streamed[SHA256_HEX + 1];
	int64_t position = 0;
	int64_t size = 0;
	struct letter letter;
	struct err err;

	use_utf8();
	scratch_open(&scratch);
	pack(&scratch, "a.zip", true, sha256);
	taken.fd = openat(scratch.fd, "b.zip", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	CU_ASSERT_EQUAL_FATAL(
	    archive_writer_new_stream(take, &taken, scratch.fd, true, &writer, &err), 0);
	for (size_t i = 0; i < COUNT(names); i++) {
		make_letter(&scratch, i, &letter);
		CU_ASSERT_EQUAL_FATAL(add(writer, &scratch, i, &letter, &err), 0);
		CU_ASSERT(archive_writer_position(writer) > position);
		CU_ASSERT(archive_writer_position(writer) >= taken.size);
		position = archive_writer_position(writer);
	}
	CU_ASSERT_EQUAL(archive_writer_end(writer, &size, streamed, &err), 0);
	CU_ASSERT_EQUAL(size, taken.size);
	CU_ASSERT(position < size);
	CU_ASSERT_STRING_EQUAL(streamed, sha256);
	CU_ASSERT(shell_succeeds(&scratch, "cmp a.zip b.zip"));
	(void)close(taken.fd);
}

static void a_stream_that_nobody_takes_fails_as_it_was_said(void)
{
	OWNED_SCRATCH struct scratch scratch;
	OWNED_ARCHIVE_WRITER struct archive_writer *writer = NULL;
	struct taken taken = {.fd = -1, .most = 0};
	struct letter letter;
	int result = 0;
	struct err err;

	use_utf8();
	scratch_open(&scratch);
	CU_ASSERT_EQUAL_FATAL(
	    archive_writer_new_stream(take, &taken, scratch.fd, true, &writer, &err), 0);
	make_letter(&scratch, 0, &letter);
	for (int i = 0; i < 3 && result == 0; i++)
		result = add(writer, &scratch, 0, &letter, &err);
	CU_ASSERT_EQUAL_FATAL(result, -1);
	CU_ASSERT_EQUAL(err.kind, ERR_GONE);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "the client is gone"));
}

void add_suite_archive_writer(CU_pSuite suite)
{
	TEST(a_stream_is_the_same_zip);
	TEST(a_stream_that_nobody_takes_fails_as_it_was_said);
	TEST(is_opened_by_unzip_bsdtar_7z_and_python);
	TEST(the_manifest_tells_what_is_in_it);
	TEST(the_same_letters_give_the_same_bytes_in_every_format);
	TEST(entries_have_no_owner_and_the_time_of_posting);
	TEST(what_hardly_shrinks_is_stored);
	TEST(deflating_pays_for_text_and_base64_and_not_for_noise);
	TEST(refuses_a_letter_that_is_not_what_was_posted);
	TEST(a_full_disk_is_told_and_may_end);
	TEST(lists_of_any_length_are_whole);
}
