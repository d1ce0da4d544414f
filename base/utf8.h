/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 (RFC 3629) from outside: is it fit to be a name, and how to show what is not. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/* Are the bytes valid UTF-8? */
bool utf8_is_valid(const char *bytes, size_t length);

/*
 * Is there a control character (C0, DEL, C1), a line or paragraph separator, or one of the
 * invisible marks that turn the direction of text, so that a name could read as another?
 * Bytes that are not valid UTF-8 count as control characters.
 */
bool utf8_has_control(const char *bytes, size_t length);

/* The most bytes of text, at most max, that do not end inside a character. */
size_t utf8_cut(const char *text, size_t max);

/*
 * Add text in a form that is safe on a terminal, in a log line and as part of a file name:
 * control characters, invalid bytes, "\\" and "/" become \xNN.
 */
void utf8_escape(struct buffer *out, const char *bytes, size_t length);

/* The same for a whole line, where "\\" and "/" are nothing special. */
void utf8_escape_line(struct buffer *out, const char *bytes, size_t length);

/* Add the bytes that utf8_escape() made text of. */
void utf8_unescape(struct buffer *out, const char *text);

#endif
