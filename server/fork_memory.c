/* SPDX-License-Identifier: Apache-2.0 */
#include "server/fork_memory.h"

#include <link.h>
#include <malloc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"

enum {
	HEAP_AHEAD = 1024 * 1024, /* free at the heap's end: a short session never grows it */
	/* Of glibc's allocator. */
	LEAST_BLOCK = 24,
	SMALL_BLOCK = 1032,
	BLOCK_STEP = 16,
};

/*
 * Settings and filters are made before; GSSAPI has no mechanism (login.c): libssh asks that
 * callback first, and then calls nothing of Kerberos.
 */
static const char *const left_out[] = {
    "libconfuse",
    "libseccomp",
    "libgssapi_krb5",
    "libkrb5",
    "libk5crypto",
    "libkrb5support",
    "libcom_err",
    "libkeyutils",
    "libresolv",
};

static bool has_given_up; /* libraries, whose own ends exit() would call */

static bool is_left_out(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++) {
		size_t length = strlen(left_out[i]);

		if (strncmp(name, left_out[i], length) == 0 && name[length] == '.')
			return true;
	}
	return false;
}

/*
 * Not by MADV_DONTFORK: what that keeps out is taken out of the copy of the table of mappings at
 * each fork, one by one.
 */
static int give_up(struct dl_phdr_info *library, size_t size, void *arg)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t begin = UINTPTR_MAX;
	uintptr_t end = 0;

	(void)size;
	(void)arg;
	for (size_t i = 0; i < library->dlpi_phnum && is_left_out(library->dlpi_name); i++) {
		const ElfW(Phdr) *part = &library->dlpi_phdr[i];
		uintptr_t from = library->dlpi_addr + part->p_vaddr;
		uintptr_t to = from + part->p_memsz;

		if (part->p_type != PT_LOAD)
			continue;
		begin = from < begin ? from : begin;
		end = to > end ? to : end;
	}
	begin &= ~(page - 1);
	/* Whole, with these headers in it. What cannot be given up is copied, and only slower. */
	if (begin < end && munmap((void *)begin, (end - begin + page - 1) & ~(page - 1)) == 0)
		has_given_up = true;
	return 0;
}

void fork_memory_begin(void)
{
	/* Larger blocks stay in the heap of the process, and are not given back each time. */
	(void)mallopt(M_MMAP_THRESHOLD, 8 * 1024 * 1024);
	(void)mallopt(M_TRIM_THRESHOLD, 16 * 1024 * 1024);
	(void)mallopt(M_TOP_PAD, HEAP_AHEAD);
}

/* A gap between blocks that are in use: it is never given back. */
struct gap {
	struct gap *next;
};
static struct gap *filled;

/* Fill the gaps of that size which begin below end, at most *budget bytes of them. */
static void fill_gaps_of(size_t size, uintptr_t end, size_t *budget)
{
	while (*budget >= size) {
		struct gap *gap = mem_resize(NULL, 1, size);

		if ((uintptr_t)gap >= end) {
			free(gap);
			return;
		}
		*gap = (struct gap){filled};
		filled = gap;
		*budget -= size;
	}
}

/*
 * What a session allocates in gaps is on as many pages, and each of them is copied when it is
 * written to; what it allocates at the heap's end is side by side, on pages that are empty.
 */
static void fill_gaps(void)
{
	struct mallinfo2 heap = mallinfo2();
	size_t budget = heap.fordblks;
	/* Where the last block in use ends: nothing was ever written behind it. */
	uintptr_t end = (uintptr_t)sbrk(0) - heap.keepcost;

	/* The allocator cuts what is large into pieces, and keeps what is small by its size. */
	for (size_t size = HEAP_AHEAD / 4; size > SMALL_BLOCK; size /= 2)
		fill_gaps_of(size, end, &budget);
	for (size_t size = SMALL_BLOCK; size >= LEAST_BLOCK; size -= BLOCK_STEP)
		fill_gaps_of(size, end, &budget);
}

/* The dynamic linker would look a name up in those libraries that is bound at its first call. */
static bool can_give_up(void)
{
#ifdef EDELIVERY_SANITIZED
	return false; /* leaks are looked for at exit() */
#else
	return getenv("LD_BIND_NOW") != NULL;
#endif
}

void fork_memory_settle(void)
{
	/* Free chunks that adjoin are put together here, once, not by each process in its copy. */
	(void)malloc_trim(HEAP_AHEAD);
	fill_gaps();
	if (can_give_up())
		(void)dl_iterate_phdr(give_up, NULL);
}

bool fork_memory_is_whole(void)
{
	return !has_given_up;
}
