/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sftp_packet.h"

#include <endian.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/number.h"

enum {
	HAS_SIZE = 0x01,
	HAS_IDS = 0x02,
	HAS_MODE = 0x04,
	HAS_TIMES = 0x08,

	LONG_NAME_MAX = 511,
};

#define SIX_MONTHS (183 * DAY)

static const uint8_t *get(struct sftp_reader *in, size_t count)
{
	const uint8_t *at = in->at;

	if (in->bad || count > (size_t)(in->end - in->at)) {
		in->bad = true;
		return NULL;
	}
	in->at += count;
	return at;
}

uint8_t sftp_get_byte(struct sftp_reader *in)
{
	const uint8_t *at = get(in, 1);

	return at ? *at : 0;
}

uint32_t sftp_get_uint32(struct sftp_reader *in)
{
	const uint8_t *at = get(in, sizeof(uint32_t));
	uint32_t value = 0;

	if (at)
		memcpy(&value, at, sizeof(value));
	return be32toh(value);
}

uint64_t sftp_get_uint64(struct sftp_reader *in)
{
	const uint8_t *at = get(in, sizeof(uint64_t));
	uint64_t value = 0;

	if (at)
		memcpy(&value, at, sizeof(value));
	return be64toh(value);
}

const char *sftp_get_string(struct sftp_reader *in, size_t *ret_length)
{
	uint32_t length = sftp_get_uint32(in);
	const uint8_t *at = get(in, length);

	*ret_length = at ? length : 0;
	return at ? (const char *)at : "";
}

/* What is extended comes last, so that nothing behind it is missed. */
struct sftp_wish sftp_get_wish(struct sftp_reader *in)
{
	uint32_t has = sftp_get_uint32(in);
	struct sftp_wish wish = {.has_size = has & HAS_SIZE, .has_times = has & HAS_TIMES};

	if (has & HAS_SIZE)
		wish.size = sftp_get_uint64(in);
	if (has & HAS_IDS)
		(void)sftp_get_uint64(in);
	if (has & HAS_MODE)
		(void)sftp_get_uint32(in);
	if (has & HAS_TIMES) {
		(void)sftp_get_uint32(in);
		wish.modified = sftp_get_uint32(in);
	}
	return wish;
}

void sftp_put_byte(struct buffer *out, uint8_t value)
{
	buffer_add(out, &value, 1);
}

void sftp_put_uint32(struct buffer *out, uint32_t value)
{
	uint32_t wire = htobe32(value);

	buffer_add(out, &wire, sizeof(wire));
}

void sftp_put_uint64(struct buffer *out, uint64_t value)
{
	uint64_t wire = htobe64(value);

	buffer_add(out, &wire, sizeof(wire));
}

void sftp_put_string(struct buffer *out, const char *bytes, size_t length)
{
	sftp_put_uint32(out, (uint32_t)length);
	buffer_add(out, bytes, length);
}

size_t sftp_begin(struct buffer *out, enum sftp_type type, uint32_t id)
{
	size_t start = out->length;

	sftp_put_uint32(out, 0);
	sftp_put_byte(out, (uint8_t)type);
	sftp_put_uint32(out, id);
	return start;
}

void sftp_put_length(struct buffer *out, size_t at, uint32_t value)
{
	uint32_t wire = htobe32(value);

	memcpy(out->data + at, &wire, sizeof(wire));
}

void sftp_end(struct buffer *out, size_t start)
{
	sftp_put_length(out, start, (uint32_t)(out->length - start - sizeof(uint32_t)));
}

void sftp_put_status(struct buffer *out, uint32_t id, enum sftp_status status, const char *text)
{
	size_t start = sftp_begin(out, SFTP_STATUS, id);

	sftp_put_uint32(out, status);
	sftp_put_string(out, text, strlen(text));
	sftp_put_string(out, "en", 2);
	sftp_end(out, start);
}

static uint32_t seconds_of(int64_t when)
{
	return (uint32_t)(when / SECOND);
}

void sftp_put_attributes(struct buffer *out, const struct sftp_attributes *attributes)
{
	sftp_put_uint32(out, HAS_SIZE | HAS_IDS | HAS_MODE | HAS_TIMES);
	sftp_put_uint64(out, attributes->size);
	sftp_put_uint32(out, 0);
	sftp_put_uint32(out, 0);
	sftp_put_uint32(out, attributes->mode);
	sftp_put_uint32(out, seconds_of(attributes->changed));
	sftp_put_uint32(out, seconds_of(attributes->changed));
}

/* value, on the right of width characters; snprintf() would be most of the cost of a listing. */
static void put_number(struct buffer *out, uint64_t value, int width, char pad)
{
	char digits[24];
	char *at = digits + sizeof(digits);

	do {
		*--at = (char)('0' + value % 10);
		value /= 10;
		width--;
	} while (value > 0);
	while (width-- > 0)
		*--at = pad;
	buffer_add(out, at, (size_t)(digits + sizeof(digits) - at));
}

static void put_mode(struct buffer *out, uint32_t mode)
{
	static const char bits[] = "rwxrwxrwx";
	char text[] = "----------";

	if (S_ISDIR(mode))
		text[0] = 'd';
	for (int i = 0; i < 9; i++)
		if (mode & 0400u >> i)
			text[1 + i] = bits[i];
	buffer_add_text(out, text);
}

/* Month and day, and the time of day of what is recent, or the year: twelve characters. */
static void put_time(struct buffer *out, int64_t when, int64_t now)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct tm parts = clock_parts(when);

	buffer_add(out, months + 3 * (ptrdiff_t)parts.tm_mon, 3);
	buffer_add(out, " ", 1);
	put_number(out, (uint64_t)parts.tm_mday, 2, ' ');
	buffer_add(out, " ", 1);
	if (when > now - SIX_MONTHS && when <= now + DAY) {
		put_number(out, (uint64_t)parts.tm_hour, 2, '0');
		buffer_add(out, ":", 1);
		put_number(out, (uint64_t)parts.tm_min, 2, '0');
	} else {
		put_number(out, (uint64_t)(parts.tm_year + 1900) % 10000, 5, ' ');
	}
}

void sftp_put_long_name(
    struct buffer *out, const char *name, const struct sftp_attributes *attributes, int64_t now)
{
	size_t start = out->length;

	sftp_put_uint32(out, 0);
	put_mode(out, attributes->mode);
	buffer_add_text(out, "   1 edelivery edelivery ");
	put_number(out, attributes->size, 8, ' ');
	buffer_add(out, " ", 1);
	put_time(out, attributes->changed, now);
	buffer_add(out, " ", 1);
	buffer_add(
	    out, name, strnlen(name, start + sizeof(uint32_t) + LONG_NAME_MAX - out->length));
	sftp_put_length(out, start, (uint32_t)(out->length - start - sizeof(uint32_t)));
}
