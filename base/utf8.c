/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <string.h>
#include <utf8proc.h>

enum { ASCII_END = 128 }; /* what is below needs no tables, which most processes never touch */

/* The code point at bytes and its length, or -1 with length 1 where there is none. */
static utf8proc_int32_t step(const char *bytes, size_t left, size_t *ret_length)
{
	utf8proc_int32_t code = (unsigned char)bytes[0];
	utf8proc_ssize_t used;

	*ret_length = 1;
	if (code < ASCII_END)
		return code;
	code = -1;
	used = utf8proc_iterate((const utf8proc_uint8_t *)bytes, (utf8proc_ssize_t)left, &code);
	*ret_length = used > 0 ? (size_t)used : 1;
	return used > 0 ? code : -1;
}

static bool is_control(utf8proc_int32_t code)
{
	if (code < ASCII_END)
		return code < ' ' || code == '\x7f';
	switch (utf8proc_category(code)) {
	case UTF8PROC_CATEGORY_CC: /* control */
	case UTF8PROC_CATEGORY_CF: /* format: direction marks, zero width */
	case UTF8PROC_CATEGORY_CS: /* surrogates */
	case UTF8PROC_CATEGORY_ZL: /* line separator */
	case UTF8PROC_CATEGORY_ZP: /* paragraph separator */
		return true;
	default:
		return false;
	}
}

/* How many of the bytes come before the first that is no printable ASCII, or one of also. */
static size_t plain_length(const char *bytes, size_t length, const char *also)
{
	size_t at = 0;

	while (at < length && bytes[at] >= ' ' && bytes[at] <= '~' && !strchr(also, bytes[at]))
		at++;
	return at;
}

bool utf8_is_valid(const char *bytes, size_t length)
{
	for (size_t at = plain_length(bytes, length, ""), used; at < length; at += used)
		if (step(bytes + at, length - at, &used) < 0)
			return false;
	return true;
}

bool utf8_has_control(const char *bytes, size_t length)
{
	for (size_t at = plain_length(bytes, length, ""), used; at < length; at += used) {
		utf8proc_int32_t code = step(bytes + at, length - at, &used);

		if (code < 0 || is_control(code))
			return true;
	}
	return false;
}

size_t utf8_cut(const char *text, size_t max)
{
	size_t length = strnlen(text, max);

	while (length > 0 && !utf8_is_valid(text, length))
		length--;
	return length;
}

static void escape(struct buffer *out, const char *bytes, size_t length, const char *also)
{
	size_t plain_first = plain_length(bytes, length, also);

	buffer_add(out, bytes, plain_first);
	for (size_t at = plain_first, used; at < length; at += used) {
		utf8proc_int32_t code = step(bytes + at, length - at, &used);
		bool plain =
		    code > 0 && !is_control(code) && !(code < ASCII_END && strchr(also, code));

		if (plain) {
			buffer_add(out, bytes + at, used);
			continue;
		}
		for (size_t i = 0; i < used; i++)
			buffer_print(out, "\\x%02x", (unsigned char)bytes[at + i]);
	}
}

void utf8_escape(struct buffer *out, const char *bytes, size_t length)
{
	escape(out, bytes, length, "\\/");
}

void utf8_escape_line(struct buffer *out, const char *bytes, size_t length)
{
	escape(out, bytes, length, "");
}

/* The value of a hex digit as utf8_escape() writes it, or -1. */
static int hex_value(char digit)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = digit ? strchr(digits, digit) : NULL;

	return at ? (int)(at - digits) : -1;
}

void utf8_unescape(struct buffer *out, const char *text)
{
	while (*text) {
		int high = text[0] == '\\' && text[1] == 'x' ? hex_value(text[2]) : -1;
		int low = high >= 0 ? hex_value(text[3]) : -1;
		char byte = *text;

		if (low >= 0)
			byte = (char)(high << 4 | low);
		buffer_add(out, &byte, 1);
		text += low >= 0 ? 4 : 1;
	}
}
