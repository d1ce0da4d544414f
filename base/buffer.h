/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes that grow, up to a maximum given when the buffer is made.
 *
 * What would pass the maximum is left out whole and remembered: write everything, then ask
 * buffer_is_full() once. There is always a NUL behind the bytes, so data reads as text.
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/clean.h"

struct buffer {
	char *data;
	size_t length;
	size_t capacity;
	size_t max;
	bool full;
};

/* An empty one: OWNED_BUFFER struct buffer text = BUFFER(4096); */
#define BUFFER(most)          \
	{                     \
		.max = (most) \
	}
#define OWNED_BUFFER OWNED(buffer_done)

void buffer_done(struct buffer *buffer);

/* Forget the bytes and that it was full; the memory stays. */
void buffer_clear(struct buffer *buffer);

/* Drop the first count bytes. */
void buffer_consume(struct buffer *buffer, size_t count);

void buffer_add(struct buffer *buffer, const void *bytes, size_t count);
void buffer_add_text(struct buffer *buffer, const char *text);
void buffer_print(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Make room for count more bytes behind the end and return where they go, or NULL when that
 * would pass the maximum. Say with buffer_grow() how many were written; that many count.
 */
char *buffer_reserve(struct buffer *buffer, size_t count);
void buffer_grow(struct buffer *buffer, size_t count);

/* Did something not fit since the last buffer_clear()? */
bool buffer_is_full(const struct buffer *buffer);

/* The bytes as text; "" for a buffer that has none. Borrowed until the next change. */
const char *buffer_text(const struct buffer *buffer);

#endif
