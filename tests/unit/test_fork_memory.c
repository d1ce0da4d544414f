/* SPDX-License-Identifier: Apache-2.0 */
#include "server/fork_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

void add_suite_fork_memory(CU_pSuite suite)
{
	TEST(who_is_forked_has_not_what_only_the_start_needs);
}
