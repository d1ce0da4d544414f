/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_row.h"

#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_mail_row(CU_pSuite suite);

static void open_with_mail(struct fixture *f)
{
	int64_t id = 0;
	struct err err;

	fixture_open(f);
	scratch_provider(&f->spool, "123456789");
	CU_ASSERT_EQUAL_FATAL(mail_add(f->catalog, fixture_clerk(f, "ann", "123456789"),
	                          MAIL_QUARANTINE, clock_now(), &id, &err),
	    0);
}

static int read_it(const struct fixture *f, struct mail *ret_mail, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	CU_ASSERT_EQUAL_FATAL(
	    catalog_find(f->catalog, MAIL_SELECT, NO_VALUES, &row, &found, err), 0);
	CU_ASSERT_TRUE_FATAL(found);
	return mail_row_read(row, ret_mail, err);
}

static void reads_every_column_into_its_field(void)
{
	OWNED_FIXTURE struct fixture f;
	struct mail mail;
	struct err err;

	open_with_mail(&f);
	fixture_sql(&f,
	    "UPDATE mail SET state = 'failed', created = 1, due = 2, attempts = 3,"
	    " first_attempt = 4, answer = 'no', ended = 5, detail = 'x=1', expires = 6");
	CU_ASSERT_EQUAL_FATAL(read_it(&f, &mail, &err), 0);
	CU_ASSERT_EQUAL(mail.id, 1);
	CU_ASSERT_STRING_EQUAL(mail.login, "ann");
	CU_ASSERT_STRING_EQUAL(mail.email, "someone@example.org");
	CU_ASSERT_EQUAL(mail.kind, MAIL_QUARANTINE);
	CU_ASSERT_EQUAL(mail.state, MAIL_FAILED);
	CU_ASSERT_STRING_EQUAL(mail.detail, "x=1");
	CU_ASSERT_EQUAL(mail.created, 1);
	CU_ASSERT_EQUAL(mail.due, 2);
	CU_ASSERT_EQUAL(mail.attempts, 3);
	CU_ASSERT_EQUAL(mail.first_attempt, 4);
	CU_ASSERT_STRING_EQUAL(mail.answer, "no");
	CU_ASSERT_EQUAL(mail.ended, 5);
	CU_ASSERT_EQUAL(mail.expires, 6);
}

static void refuses_a_kind_that_it_does_not_know(void)
{
	OWNED_FIXTURE struct fixture f;
	struct mail mail = {.id = 7};
	struct err err;

	open_with_mail(&f);
	fixture_sql(&f, "UPDATE mail SET kind = 'of a later version'");
	CU_ASSERT_TRUE(fails(read_it(&f, &mail, &err), &err, ERR_INTERNAL));
	CU_ASSERT_EQUAL(mail.id, 7);
}

void add_suite_mail_row(CU_pSuite suite)
{
	TEST(reads_every_column_into_its_field);
	TEST(refuses_a_kind_that_it_does_not_know);
}
