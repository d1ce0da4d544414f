/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

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
