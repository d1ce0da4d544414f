/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *p)
{
	if (p)
		return p;
	(void)fputs("out of memory\n", stderr);
	abort();
}

void *mem_new(size_t count, size_t size)
{
	return checked(calloc(count ? count : 1, size ? size : 1));
}

void *mem_resize(void *p, size_t count, size_t size)
{
	return checked(reallocarray(p, count ? count : 1, size ? size : 1));
}

void *mem_grow(void *array, size_t count, size_t size)
{
	bool is_full = (count & (count - 1)) == 0; /* or empty */

	return is_full ? mem_resize(array, count ? 2 * count : 1, size) : array;
}

char *mem_dup(const char *text)
{
	return mem_dup_part(text, strlen(text));
}

char *mem_dup_part(const char *text, size_t length)
{
	char *copy = mem_new(length + 1, 1);

	memcpy(copy, text, length);
	return copy;
}
