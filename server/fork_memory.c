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

enum { HEAP_AHEAD = 1024 * 1024 }; /* free at the heap's end: a short session never grows it */

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

static int leave_out(struct dl_phdr_info *library, size_t size, void *arg)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	(void)size;
	(void)arg;
	for (size_t i = 0; i < library->dlpi_phnum && is_left_out(library->dlpi_name); i++) {
		const ElfW(Phdr) *part = &library->dlpi_phdr[i];
		uintptr_t from = library->dlpi_addr + part->p_vaddr;
		uintptr_t to = from + part->p_memsz;

		from &= ~(page - 1);
		/* A kernel that does not do it has them copied, which is only slower. */
		if (part->p_type == PT_LOAD)
			(void)madvise(
			    (void *)from, (to - from + page - 1) & ~(page - 1), MADV_DONTFORK);
	}
	return 0;
}

void fork_memory_begin(void)
{
	/* Larger blocks stay in the heap of the process, and are not given back each time. */
	(void)mallopt(M_MMAP_THRESHOLD, 8 * 1024 * 1024);
	(void)mallopt(M_TRIM_THRESHOLD, 16 * 1024 * 1024);
	(void)mallopt(M_TOP_PAD, HEAP_AHEAD);
}

void fork_memory_settle(void)
{
	/* Free chunks that adjoin are put together here, once, not by each process in its copy. */
	(void)malloc_trim(HEAP_AHEAD);
	/* The dynamic linker would look a name up in them that is bound at its first call. */
	if (getenv("LD_BIND_NOW"))
		(void)dl_iterate_phdr(leave_out, NULL);
}
