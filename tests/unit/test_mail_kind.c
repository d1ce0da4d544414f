/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_kind.h"

#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_mail_kind(CU_pSuite suite);

static void every_kind_has_a_name_that_is_read_back(void)
{
	for (enum mail_kind kind = MAIL_LETTERS; kind < MAIL_KIND_COUNT; kind++) {
		enum mail_kind read = MAIL_KIND_COUNT;
		struct err err;

		CU_ASSERT_EQUAL(mail_kind_parse(mail_kind_name(kind), &read, &err), 0);
		CU_ASSERT_EQUAL(read, kind);
	}
}

static void refuses_a_kind_of_a_later_version(void)
{
	enum mail_kind kind = MAIL_LETTERS;
	struct err err;

	CU_ASSERT_TRUE(fails(mail_kind_parse("greetings", &kind, &err), &err, ERR_INTERNAL));
	CU_ASSERT_EQUAL(kind, MAIL_LETTERS);
}

static void knows_what_is_for_administrators(void)
{
	CU_ASSERT_TRUE(mail_kind_is_administrative(MAIL_QUARANTINE));
	CU_ASSERT_TRUE(mail_kind_is_administrative(MAIL_BATCH));
	CU_ASSERT_FALSE(mail_kind_is_administrative(MAIL_LETTERS));
}

/* R12: a code may be what enables an account again. */
static void only_a_code_reaches_who_is_disabled(void)
{
	for (enum mail_kind kind = MAIL_LETTERS; kind < MAIL_KIND_COUNT; kind++)
		CU_ASSERT_EQUAL(mail_kind_reaches_disabled(kind), kind == MAIL_CODE);
}

void add_suite_mail_kind(CU_pSuite suite)
{
	TEST(every_kind_has_a_name_that_is_read_back);
	TEST(refuses_a_kind_of_a_later_version);
	TEST(knows_what_is_for_administrators);
	TEST(only_a_code_reaches_who_is_disabled);
}
