/* SPDX-License-Identifier: Apache-2.0 */
#include "server/fork_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tests/lib/child.h"
#include "tests/unit/suite.h"

void add_suite_fork_memory(CU_pSuite suite);

/* Is a library of that name in our memory? */
static bool has(const char *library)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	bool found = false;

	CHILD_MUST(maps);
	while (fgets(line, sizeof(line), maps))
		found |= strstr(line, library) != NULL;
	(void)fclose(maps);
	return found;
}

static void must_be_lean(const void *arg)
{
	(void)arg;
	CHILD_MUST(!has("libgssapi_krb5") && !has("libkrb5") && !has("libseccomp"));
	CHILD_MUST(has("libssh") && has("libcrypto") && has("libc.so"));
}

static void leave_out_and_fork(const void *arg)
{
	struct child_end end;

	CHILD_MUST(has("libgssapi_krb5") && has("libkrb5") && has("libseccomp"));
	CHILD_MUST(setenv("LD_BIND_NOW", "1", 1) == 0);
	fork_memory_settle();
	CHILD_MUST(has("libgssapi_krb5") && has("libkrb5") && has("libseccomp"));
	child_run(must_be_lean, arg, &end);
	(void)fputs(end.said, stderr);
	CHILD_MUST(end.status == 0);
}

static void who_is_forked_has_not_what_only_the_start_needs(void)
{
	CU_ASSERT_TRUE(child_succeeds(leave_out_and_fork, NULL));
}

enum { BLOCKS = 64 };

/* Of sizes that glibc keeps in several ways, each beside one that stays. */
static void make_gaps(char **ret_last)
{
	static const size_t sizes[] = {24, 40, 120, 136, 1000, 1032, 1048, 5000, 70000};
	char *gaps[BLOCKS];
	char *kept = NULL;

	for (size_t i = 0; i < BLOCKS; i++) {
		size_t size = sizes[i % (sizeof(sizes) / sizeof(sizes[0]))];

		gaps[i] = mem_resize(NULL, 1, size);
		kept = mem_resize(NULL, 1, size);
	}
	for (size_t i = 0; i < BLOCKS; i++)
		free(gaps[i]);
	*ret_last = kept;
}

static void must_allocate_at_the_end(const void *arg)
{
	char *last = NULL;

	(void)arg;
	fork_memory_begin();
	make_gaps(&last);
	fork_memory_settle();
	/* The sanitizers' allocator has an order of its own. */
	for (size_t size = 1; size < 100000; size += size / 8 + 1) {
		char *block = mem_resize(NULL, 1, size);

#ifndef EDELIVERY_SANITIZED
		CHILD_MUST(block > last);
#endif
	}
}

static void what_is_allocated_afterwards_is_side_by_side_at_the_heaps_end(void)
{
	CU_ASSERT_TRUE(child_succeeds(must_allocate_at_the_end, NULL));
}

void add_suite_fork_memory(CU_pSuite suite)
{
	TEST(who_is_forked_has_not_what_only_the_start_needs);
	TEST(what_is_allocated_afterwards_is_side_by_side_at_the_heaps_end);
}
