/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/number.h"
#include "server/sftp_packet.h"
#include "tests/unit/suite.h"

void add_suite_sftp_packet(CU_pSuite suite);

#define NOW (INT64_C(1553688000) * SECOND) /* 2019-03-27T12:00:00Z */

static struct sftp_reader reader_of(const struct buffer *bytes)
{
	const uint8_t *at = (const uint8_t *)buffer_text(bytes);

	return (struct sftp_reader){at, at + bytes->length, false};
}

static void numbers_are_read_as_they_were_written(void)
{
	static const uint64_t numbers[] = {0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fffffff, 0x80000000,
	    0xffffffff, 0x100000000, INT64_MAX, UINT64_MAX};

	for (size_t i = 0; i < COUNT(numbers); i++) {
		OWNED_BUFFER struct buffer out = BUFFER(64);
		struct sftp_reader in;

		sftp_put_byte(&out, (uint8_t)numbers[i]);
		sftp_put_uint32(&out, (uint32_t)numbers[i]);
		sftp_put_uint64(&out, numbers[i]);
		CU_ASSERT_EQUAL(out.length, 1 + 4 + 8);
		in = reader_of(&out);
		CU_ASSERT_EQUAL(sftp_get_byte(&in), (uint8_t)numbers[i]);
		CU_ASSERT_EQUAL(sftp_get_uint32(&in), (uint32_t)numbers[i]);
		CU_ASSERT_EQUAL(sftp_get_uint64(&in), numbers[i]);
		CU_ASSERT_FALSE(in.bad);
		CU_ASSERT_EQUAL(in.at, in.end);
	}
}

/* Most significant byte first (RFC 4251, 5). */
static void numbers_are_in_network_order(void)
{
	OWNED_BUFFER struct buffer out = BUFFER(64);

	sftp_put_uint32(&out, 0x01020304);
	sftp_put_uint64(&out, 0x05060708090a0b0c);
	CU_ASSERT_EQUAL(memcmp(out.data, "\1\2\3\4\5\6\7\x8\x9\xa\xb\xc", 12), 0);
}

static void strings_of_any_bytes_are_read_as_they_were_written(void)
{
	static const struct {
		const char *bytes;
		size_t length;
	} strings[] = {{"", 0}, {"a", 1}, {"a\0b", 3}, {"\xff\xfe\n", 3}, {"\0", 1}};
	OWNED_BUFFER struct buffer out = BUFFER(1024);
	struct sftp_reader in;

	for (size_t i = 0; i < COUNT(strings); i++)
		sftp_put_string(&out, strings[i].bytes, strings[i].length);
	in = reader_of(&out);
	for (size_t i = 0; i < COUNT(strings); i++) {
		size_t length = 99;
		const char *bytes = sftp_get_string(&in, &length);

		CU_ASSERT_EQUAL(length, strings[i].length);
		CU_ASSERT_EQUAL(memcmp(bytes, strings[i].bytes, length), 0);
	}
	CU_ASSERT_FALSE(in.bad);
}

/* Cut anywhere, what is missing reads as nothing, and the reader says so from then on. */
static void what_is_cut_off_is_bad_at_every_length(void)
{
	OWNED_BUFFER struct buffer out = BUFFER(1024);

	sftp_put_byte(&out, 1);
	sftp_put_uint32(&out, 2);
	sftp_put_string(&out, "three", 5);
	sftp_put_uint64(&out, 4);
	for (size_t size = 0; size <= out.length; size++) {
		/* Of exactly that length, so that a sanitizer sees whoever reads past it. */
		OWNED_MEM uint8_t *bytes = mem_resize(NULL, size ? size : 1, 1);
		struct sftp_reader in = {bytes, bytes + size, false};
		size_t length = 99;

		memcpy(bytes, out.data, size);
		CU_ASSERT_EQUAL(sftp_get_byte(&in), size >= 1 ? 1 : 0);
		CU_ASSERT_EQUAL(sftp_get_uint32(&in), size >= 5 ? 2 : 0);
		(void)sftp_get_string(&in, &length);
		CU_ASSERT_EQUAL(length, size >= 14 ? 5 : 0);
		CU_ASSERT_EQUAL(sftp_get_uint64(&in), size >= 22 ? 4 : 0);
		CU_ASSERT_EQUAL(in.bad, size < 22);
		/* Nothing mends it. */
		CU_ASSERT_EQUAL(sftp_get_byte(&in), 0);
		CU_ASSERT_TRUE(in.bad);
	}
}

static void a_string_longer_than_the_packet_is_bad_and_empty(void)
{
	static const uint32_t lengths[] = {4, 5, 0x7fffffff, 0x80000000, 0xfffffffb, 0xffffffff};

	for (size_t i = 0; i < COUNT(lengths); i++) {
		OWNED_BUFFER struct buffer out = BUFFER(64);
		struct sftp_reader in;
		size_t length = 99;

		sftp_put_uint32(&out, lengths[i]);
		buffer_add(&out, "abc", 3);
		in = reader_of(&out);
		CU_ASSERT_STRING_EQUAL(sftp_get_string(&in, &length), "");
		CU_ASSERT_EQUAL(length, 0);
		CU_ASSERT_TRUE(in.bad);
	}
}

static void a_packet_begins_with_its_length(void)
{
	OWNED_BUFFER struct buffer out = BUFFER(1024);
	struct sftp_reader in;
	size_t start;

	buffer_add(&out, "before", 6);
	start = sftp_begin(&out, SFTP_STATUS, 0xdeadbeef);
	CU_ASSERT_EQUAL(start, 6);
	sftp_put_uint32(&out, SFTP_EOF);
	sftp_end(&out, start);
	buffer_add(&out, "after", 5);
	in = reader_of(&out);
	in.at += start;
	CU_ASSERT_EQUAL(sftp_get_uint32(&in), 1 + 4 + 4);
	CU_ASSERT_EQUAL(sftp_get_byte(&in), SFTP_STATUS);
	CU_ASSERT_EQUAL(sftp_get_uint32(&in), 0xdeadbeef);
	CU_ASSERT_EQUAL(sftp_get_uint32(&in), SFTP_EOF);
	CU_ASSERT_EQUAL(memcmp(in.at, "after", 5), 0);
	sftp_put_length(&out, start, 7);
	in = reader_of(&out);
	in.at += start;
	CU_ASSERT_EQUAL(sftp_get_uint32(&in), 7);
}

/* Version 3 (draft-ietf-secsh-filexfer-02, 5): flags, then what they name, in this order. */
static void all_attributes_are_told(void)
{
	OWNED_BUFFER struct buffer out = BUFFER(1024);
	struct sftp_attributes attributes = {
	    .size = UINT64_C(5000000000), .mode = S_IFREG | 0444, .changed = NOW + 999999};
	struct sftp_reader in;

	sftp_put_attributes(&out, &attributes);
	in = reader_of(&out);
	CU_ASSERT_EQUAL(sftp_get_uint32(&in), 0x0000000f);
	CU_ASSERT_EQUAL(sftp_get_uint64(&in), UINT64_C(5000000000));
	CU_ASSERT_EQUAL(sftp_get_uint32(&in), 0);
	CU_ASSERT_EQUAL(sftp_get_uint32(&in), 0);
	CU_ASSERT_EQUAL(sftp_get_uint32(&in), S_IFREG | 0444);
	CU_ASSERT_EQUAL(sftp_get_uint32(&in), 1553688000);
	CU_ASSERT_EQUAL(sftp_get_uint32(&in), 1553688000);
	CU_ASSERT_EQUAL(in.at, in.end);
	CU_ASSERT_FALSE(in.bad);
}

/* As `ls -l` shows it: with the time of day within six months, else with the year. */
static const struct {
	const char *name;
	struct sftp_attributes attributes;
	const char *line;
} lines[] = {
    {"EFT_1.pdf", {40960, S_IFREG | 0444, NOW},
        "-r--r--r--   1 edelivery edelivery    40960 Mar 27 12:00 EFT_1.pdf"},
    {"new", {0, S_IFDIR | 0555, NOW - 30 * DAY},
        "dr-xr-xr-x   1 edelivery edelivery        0 Feb 25 12:00 new"},
    {"a", {1, S_IFREG | 0640, NOW - 182 * DAY},
        "-rw-r-----   1 edelivery edelivery        1 Sep 26 12:00 a"},
    {"a", {1, S_IFREG | 0444, NOW - 183 * DAY},
        "-r--r--r--   1 edelivery edelivery        1 Sep 25  2018 a"},
    {"a", {1, S_IFREG | 0444, NOW + DAY},
        "-r--r--r--   1 edelivery edelivery        1 Mar 28 12:00 a"},
    {"a", {1, S_IFREG | 0444, NOW + DAY + 1},
        "-r--r--r--   1 edelivery edelivery        1 Mar 28  2019 a"},
    {"a", {1, S_IFREG | 0444, 0}, "-r--r--r--   1 edelivery edelivery        1 Jan  1  1970 a"},
    {"large", {UINT64_MAX, S_IFREG, NOW},
        "----------   1 edelivery edelivery 18446744073709551615 Mar 27 12:00 large"},
};

static void a_long_name_is_a_line_of_ls(void)
{
	for (size_t i = 0; i < COUNT(lines); i++) {
		OWNED_BUFFER struct buffer out = BUFFER(1024);
		struct sftp_reader in;
		size_t length = 0;
		const char *line;

		sftp_put_long_name(&out, lines[i].name, &lines[i].attributes, NOW);
		in = reader_of(&out);
		line = sftp_get_string(&in, &length);
		CU_ASSERT_FALSE(in.bad);
		CU_ASSERT_EQUAL(in.at, in.end);
		CU_ASSERT_EQUAL(length, strlen(lines[i].line));
		CU_ASSERT_EQUAL(memcmp(line, lines[i].line, length), 0);
	}
}

static void a_long_name_stays_within_its_bounds(void)
{
	static const int64_t times[] = {INT64_MIN, -1, INT64_MAX, INT64_C(253402300800) * SECOND};
	char name[1024];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (size_t i = 0; i < COUNT(times); i++) {
		OWNED_BUFFER struct buffer out = BUFFER(4096);
		struct sftp_attributes attributes = {.changed = times[i]};
		struct sftp_reader in;
		size_t length = 0;

		sftp_put_long_name(&out, name, &attributes, NOW);
		in = reader_of(&out);
		(void)sftp_get_string(&in, &length);
		CU_ASSERT_EQUAL(length, 511);
		CU_ASSERT_EQUAL(in.at, in.end);
	}
}

static void what_a_client_wishes_is_read_over_what_it_may_not(void)
{
	for (uint32_t has = 0; has < 16; has++) {
		OWNED_BUFFER struct buffer out = BUFFER(4096);
		struct sftp_reader in;
		struct sftp_wish wish;

		sftp_put_uint32(&out, has);
		if (has & 1)
			sftp_put_uint64(&out, 77);
		if (has & 2)
			sftp_put_uint64(&out, 0);
		if (has & 4)
			sftp_put_uint32(&out, 0100777);
		if (has & 8)
			sftp_put_uint64(&out, (uint64_t)5 << 32 | 1553688000);
		in = reader_of(&out);
		wish = sftp_get_wish(&in);
		CU_ASSERT_FALSE(in.bad);
		CU_ASSERT_EQUAL(in.at, in.end);
		CU_ASSERT_EQUAL(wish.has_size, (has & 1) != 0);
		CU_ASSERT_EQUAL(wish.has_times, (has & 8) != 0);
		CU_ASSERT_EQUAL(wish.size, has & 1 ? 77 : 0);
		CU_ASSERT_EQUAL(wish.modified, has & 8 ? 1553688000 : 0);
	}
}

void add_suite_sftp_packet(CU_pSuite suite)
{
	TEST(numbers_are_read_as_they_were_written);
	TEST(numbers_are_in_network_order);
	TEST(strings_of_any_bytes_are_read_as_they_were_written);
	TEST(what_is_cut_off_is_bad_at_every_length);
	TEST(a_string_longer_than_the_packet_is_bad_and_empty);
	TEST(a_packet_begins_with_its_length);
	TEST(all_attributes_are_told);
	TEST(a_long_name_is_a_line_of_ls);
	TEST(a_long_name_stays_within_its_bounds);
	TEST(what_a_client_wishes_is_read_over_what_it_may_not);
}
