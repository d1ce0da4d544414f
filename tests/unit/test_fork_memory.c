/* SPDX-License-Identifier: Apache-2.0 */
#include "server/fork_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tests/lib/child.h"
#include "tests/unit/suite.h"

void add_suite_fork_memory(CU_pSuite suite);

/* Their allocator has an order of its own, and they need exit(). */
#ifdef EDELIVERY_SANITIZED
enum { IS_SANITIZED = true };
#else
enum { IS_SANITIZED = false };
#endif

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

static void must_give_up(const void *arg)
{
	(void)arg;
	CHILD_MUST(has("libgssapi_krb5") && has("libkrb5") && has("libseccomp"));
	CHILD_MUST(setenv("LD_BIND_NOW", "1", 1) == 0);
	CHILD_MUST(fork_memory_is_whole());
	fork_memory_settle();
	CHILD_MUST(has("libgssapi_krb5") == IS_SANITIZED && has("libkrb5") == IS_SANITIZED &&
	           has("libseccomp") == IS_SANITIZED);
	CHILD_MUST(fork_memory_is_whole() == IS_SANITIZED);
	CHILD_MUST(has("libssh") && has("libcrypto") && has("libc.so"));
}

static void what_only_the_start_needs_is_given_up(void)
{
	CU_ASSERT_TRUE(child_succeeds(must_give_up, NULL));
}

static void must_stay_whole(const void *arg)
{
	(void)arg;
	CHILD_MUST(unsetenv("LD_BIND_NOW") == 0);
	fork_memory_settle();
	CHILD_MUST(has("libgssapi_krb5") && has("libkrb5") && has("libseccomp"));
	CHILD_MUST(fork_memory_is_whole());
}

static void where_names_are_bound_later_all_libraries_stay(void)
{
	CU_ASSERT_TRUE(child_succeeds(must_stay_whole, NULL));
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
	for (size_t size = 1; size < 100000; size += size / 8 + 1) {
		char *block = mem_resize(NULL, 1, size);

		CHILD_MUST(IS_SANITIZED || block > last);
	}
}

static void what_is_allocated_afterwards_is_side_by_side_at_the_heaps_end(void)
{
	CU_ASSERT_TRUE(child_succeeds(must_allocate_at_the_end, NULL));
}

void add_suite_fork_memory(CU_pSuite suite)
{
	TEST(what_only_the_start_needs_is_given_up);
	TEST(where_names_are_bound_later_all_libraries_stay);
	TEST(what_is_allocated_afterwards_is_side_by_side_at_the_heaps_end);
}
