/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/maild.h"

#include <stdio.h>

#include "base/number.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_maild(CU_pSuite suite);

static void each_attempt_waits_twice_as_long_but_not_for_ever(void)
{
	CU_ASSERT_EQUAL(maild_delay(MINUTE, 1), MINUTE);
	CU_ASSERT_EQUAL(maild_delay(MINUTE, 2), 2 * MINUTE);
	CU_ASSERT_EQUAL(maild_delay(MINUTE, 5), 16 * MINUTE);
	CU_ASSERT_EQUAL(maild_delay(MINUTE, 9), 4 * HOUR);
	CU_ASSERT_EQUAL(maild_delay(MINUTE, INT64_MAX), 4 * HOUR);
	CU_ASSERT_EQUAL(maild_delay(SECOND, 0), SECOND);
}

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
	TEST(each_attempt_waits_twice_as_long_but_not_for_ever);
	TEST(refuses_settings_that_leave_it_nothing_to_do);
}
