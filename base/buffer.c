/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { FIRST_CAPACITY = 256 };

void buffer_done(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer)BUFFER(buffer->max);
}

void buffer_clear(struct buffer *buffer)
{
	buffer->length = 0;
	buffer->full = false;
	if (buffer->data)
		buffer->data[0] = '\0';
}

void buffer_consume(struct buffer *buffer, size_t count)
{
	if (count == 0)
		return;
	buffer->length -= count;
	memmove(buffer->data, buffer->data + count, buffer->length);
	buffer->data[buffer->length] = '\0';
}

char *buffer_reserve(struct buffer *buffer, size_t count)
{
	size_t wanted = buffer->length + count;

	if (count > buffer->max || wanted > buffer->max) {
		buffer->full = true;
		return NULL;
	}
	if (wanted + 1 > buffer->capacity) {
		size_t capacity = buffer->capacity ? buffer->capacity : FIRST_CAPACITY;

		while (capacity < wanted + 1)
			capacity *= 2;
		if (capacity > buffer->max + 1)
			capacity = buffer->max + 1;
		buffer->data = mem_resize(buffer->data, capacity, 1);
		buffer->capacity = capacity;
		buffer->data[buffer->length] = '\0';
	}
	return buffer->data + buffer->length;
}

void buffer_grow(struct buffer *buffer, size_t count)
{
	buffer->length += count;
	buffer->data[buffer->length] = '\0';
}

void buffer_add(struct buffer *buffer, const void *bytes, size_t count)
{
	char *at = buffer_reserve(buffer, count);

	if (!at)
		return;
	if (count)
		memcpy(at, bytes, count);
	buffer_grow(buffer, count);
}

void buffer_add_text(struct buffer *buffer, const char *text)
{
	buffer_add(buffer, text, strlen(text));
}

void buffer_print(struct buffer *buffer, const char *format, ...)
{
	va_list args;
	va_list again;
	int length;
	char *at;

	va_start(args, format);
	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, args);
	at = length < 0 ? NULL : buffer_reserve(buffer, (size_t)length);
	if (at) {
		(void)vsnprintf(at, (size_t)length + 1, format, again);
		buffer_grow(buffer, (size_t)length);
	}
	va_end(again);
	va_end(args);
}

bool buffer_is_full(const struct buffer *buffer)
{
	return buffer->full;
}

const char *buffer_text(const struct buffer *buffer)
{
	return buffer->data ? buffer->data : "";
}
