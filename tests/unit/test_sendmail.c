/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/sendmail.h"

#include <signal.h>
#include <sysexits.h>

#include "tests/unit/suite.h"

void add_suite_sendmail(CU_pSuite suite);

/* As waitpid() has it. */
#define EXIT(status) ((status) << 8)

static void only_an_unknown_address_is_final(void)
{
	static const struct {
		int status;
		enum handover handover;
	} rows[] = {
	    {EXIT(EX_OK), HANDOVER_DONE},
	    {EXIT(EX_NOUSER), HANDOVER_REFUSED},
	    {EXIT(EX_NOHOST), HANDOVER_REFUSED},
	    {EXIT(EX_TEMPFAIL), HANDOVER_RETRY},
	    {EXIT(EX_UNAVAILABLE), HANDOVER_RETRY},
	    {EXIT(1), HANDOVER_RETRY},
	    {EXIT(EX_USAGE), HANDOVER_TROUBLE},
	    {EXIT(EX_CONFIG), HANDOVER_TROUBLE},
	    {EXIT(127), HANDOVER_TROUBLE},
	    {SIGKILL, HANDOVER_RETRY},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		CU_ASSERT_EQUAL(sendmail_judge(rows[i].status), rows[i].handover);
}

void add_suite_sendmail(CU_pSuite suite)
{
	TEST(only_an_unknown_address_is_final);
}
