/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/maild.h"

#include <stdio.h>

#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_maild(CU_pSuite suite);

/* What it cannot work with is told before anything is touched. */
static void refuses_settings_that_leave_it_nothing_to_do(void)
{
	static const char *const wrong[] = {
	    "",
	    "mail.relay = \"smtp://127.0.0.1:1\"\n",
	    "mail.relay = \"smtp://127.0.0.1:1\"\nmail.from = a@b\nmail.user = u\nmail.tls = none\n",
	};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		OWNED_SCRATCH struct scratch scratch;
		OWNED_SPOOL struct spool spool = SPOOL_CLOSED;
		char path[SCRATCH_PATH_MAX + 32];
		struct err err;

		scratch_open(&scratch);
		scratch_spool(&scratch, wrong[i], &spool);
		(void)snprintf(path, sizeof(path), "%s/edelivery.conf", scratch.path);
		CU_ASSERT_TRUE(fails(maild_run(path, &err), &err, ERR_REFUSED));
	}
}

void add_suite_maild(CU_pSuite suite)
{
	TEST(refuses_settings_that_leave_it_nothing_to_do);
}
