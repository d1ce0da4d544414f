/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that is always there: out of memory ends the process with one line. What comes from
 * outside is bounded before it is stored, so this means a broken machine, not a large input.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* count * size zeroed bytes; the caller frees them. Never NULL. */
void *mem_new(size_t count, size_t size);

/* What p points at (or NULL), moved into count * size bytes; what is new is not zeroed. */
void *mem_resize(void *p, size_t count, size_t size);

/*
 * An array of count elements of size bytes (or NULL, of none) with room for one more, moved into
 * twice as much wherever count is a power of two: so adding one by one costs what is added. Grown
 * by nothing else; there may be fewer elements in it than there were.
 */
void *mem_grow(void *array, size_t count, size_t size);

/* A copy of text, or of its first length bytes with a NUL behind; the caller frees it. */
char *mem_dup(const char *text);
char *mem_dup_part(const char *text, size_t length);

#endif
