/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_code.h"

#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_mail_code(CU_pSuite suite);

static const struct mail_code good = {.account_id = 1,
    .email = "",
    .code = "K7-PQRS",
    .purpose = "to unlock the account",
    .expires = FIXTURE_NOW + 15 * MINUTE};

static void open_with_ann(struct fixture *f)
{
	fixture_open(f);
	(void)scratch_account(&f->spool, "ann", "", "");
}

static int add(const struct fixture *f, const struct mail_code *code, struct err *err)
{
	int64_t id = 0;

	return mail_code_add(f->catalog, &f->spool.settings, code, &id, err);
}

static void read_mail(const struct fixture *f, struct mail *ret_mail)
{
	bool found = false;
	struct err err;

	CU_ASSERT_EQUAL_FATAL(mail_find(f->catalog, 1, ret_mail, &found, &err), 0);
	CU_ASSERT_TRUE_FATAL(found);
}

static void tells_the_code_what_for_and_until_when(void)
{
	OWNED_FIXTURE struct fixture f;
	struct mail_news news = {.files = 0};
	struct mail mail;
	struct err err;

	open_with_ann(&f);
	CU_ASSERT_EQUAL(add(&f, &good, &err), 0);
	read_mail(&f, &mail);
	CU_ASSERT_EQUAL(mail.kind, MAIL_CODE);
	CU_ASSERT_EQUAL(mail.due, FIXTURE_NOW);
	CU_ASSERT_STRING_EQUAL(mail.email, "someone@example.org");
	mail_code_tell(&mail, &news);
	CU_ASSERT_STRING_EQUAL(news.code, "K7-PQRS");
	CU_ASSERT_STRING_EQUAL(news.purpose, "to unlock the account");
	CU_ASSERT_STRING_EQUAL(news.until, "2024-05-15T12:15:00Z");
	CU_ASSERT_STRING_EQUAL(news.dropped, "");
	clock_freeze(good.expires);
	mail_code_tell(&mail, &news);
	CU_ASSERT_EQUAL(strncmp(news.dropped, MAIL_DROPPED, strlen(MAIL_DROPPED)), 0);
}

/* R7: an address is confirmed before it is the account's. */
static void goes_to_the_address_that_it_is_for(void)
{
	OWNED_FIXTURE struct fixture f;
	struct mail_code code = good;
	struct mail mail;
	struct err err;

	open_with_ann(&f);
	code.email = "new@example.org";
	CU_ASSERT_EQUAL(add(&f, &code, &err), 0);
	read_mail(&f, &mail);
	CU_ASSERT_STRING_EQUAL(mail.email, "new@example.org");
}

static void is_never_merged_with_another(void)
{
	OWNED_FIXTURE struct fixture f;
	struct err err;

	open_with_ann(&f);
	CU_ASSERT_EQUAL(add(&f, &good, &err), 0);
	CU_ASSERT_EQUAL(add(&f, &good, &err), 0);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM mail"), 2);
}

/* Even to an address that is bad: somebody says that it is not. */
static void is_sent_to_whoever_asks(void)
{
	OWNED_FIXTURE struct fixture f;
	struct err err;

	open_with_ann(&f);
	fixture_sql(&f, "UPDATE account SET email_state = 'bad', state = 'disabled'");
	CU_ASSERT_EQUAL(add(&f, &good, &err), 0);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM mail WHERE state = 'queued'"), 1);
}

static void an_account_gets_a_few_an_hour(void)
{
	OWNED_FIXTURE struct fixture f;
	struct mail_code other = good;
	struct err err;

	open_with_ann(&f);
	other.account_id = scratch_account(&f.spool, "bob", "", "");
	for (int64_t i = 0; i < f.spool.settings.mail_codes; i++)
		CU_ASSERT_EQUAL(add(&f, &good, &err), 0);
	CU_ASSERT_TRUE(fails(add(&f, &good, &err), &err, ERR_RETRY));
	CU_ASSERT_EQUAL(add(&f, &other, &err), 0);
	clock_freeze(FIXTURE_NOW + HOUR);
	other = good;
	other.expires += HOUR;
	CU_ASSERT_EQUAL(add(&f, &other, &err), 0);
}

static void refuses_what_would_not_be_a_line_of_a_mail(void)
{
	static const struct {
		const char *code;
		const char *purpose;
		const char *email;
		int64_t expires;
	} rows[] = {
	    {"", "x", "", FIXTURE_NOW + 1},
	    {"12 34", "x", "", FIXTURE_NOW + 1},
	    {"12\n", "x", "", FIXTURE_NOW + 1},
	    {"123456789012345678901234567890123", "x", "", FIXTURE_NOW + 1},
	    {"1234", "two\nlines", "", FIXTURE_NOW + 1},
	    {"1234", "x", "not an address", FIXTURE_NOW + 1},
	    {"1234", "x", "", FIXTURE_NOW},
	};
	OWNED_FIXTURE struct fixture f;

	open_with_ann(&f);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mail_code code = {
		    1, rows[i].email, rows[i].code, rows[i].purpose, rows[i].expires};
		struct err err;

		CU_ASSERT_TRUE(fails(add(&f, &code, &err), &err, ERR_REFUSED));
	}
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM mail"), 0);
}

void add_suite_mail_code(CU_pSuite suite)
{
	TEST(tells_the_code_what_for_and_until_when);
	TEST(goes_to_the_address_that_it_is_for);
	TEST(is_never_merged_with_another);
	TEST(is_sent_to_whoever_asks);
	TEST(an_account_gets_a_few_an_hour);
	TEST(refuses_what_would_not_be_a_line_of_a_mail);
}
