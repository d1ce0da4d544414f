/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/smtp.h"

#include "tests/unit/suite.h"

void add_suite_smtp(CU_pSuite suite);

/* What is about the address ends the mail; what is about us or the relay must not. */
static void only_what_is_about_the_address_is_final(void)
{
	static const struct {
		const char *command;
		const char *answer;
		enum handover handover;
	} rows[] = {
	    {"RCPT", "550 5.1.1 no such user", HANDOVER_REFUSED},
	    {"RCPT", "550 no such user", HANDOVER_REFUSED},
	    {"RCPT", "552 5.2.2 mailbox full", HANDOVER_REFUSED},
	    {"RCPT", "550 5.4.4 no such host", HANDOVER_REFUSED},
	    {".", "550 5.1.1 no such user", HANDOVER_REFUSED},
	    {"DATA", "554 5.1.1 no recipient", HANDOVER_REFUSED},
	    {"RCPT", "550-5.1.1 no such user", HANDOVER_REFUSED},
	    {"RCPT", "554 5.7.1 relay access denied", HANDOVER_RETRY},
	    {"RCPT", "550 5.3.0 system trouble", HANDOVER_RETRY},
	    {".", "554 5.6.0 we do not like the text", HANDOVER_RETRY},
	    {".", "554 5.7.1 spam", HANDOVER_RETRY},
	    {"RCPT", "450 4.2.0 busy", HANDOVER_RETRY},
	    {"RCPT", "421 going down", HANDOVER_RETRY},
	    {".", "354 go on", HANDOVER_RETRY},
	    {".", "", HANDOVER_RETRY},
	    {"MAIL", "553 not from you", HANDOVER_TROUBLE},
	    {"MAIL", "451 later", HANDOVER_TROUBLE},
	    {"AUTH", "535 5.7.8 no", HANDOVER_TROUBLE},
	    {"EHLO", "550 who are you", HANDOVER_TROUBLE},
	    {"STAR", "454 no TLS", HANDOVER_TROUBLE},
	    {"", "421 too busy", HANDOVER_TROUBLE},
	    {"", "", HANDOVER_TROUBLE},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		CU_ASSERT_EQUAL(smtp_judge(rows[i].command, rows[i].answer), rows[i].handover);
}

void add_suite_smtp(CU_pSuite suite)
{
	TEST(only_what_is_about_the_address_is_final);
}
