/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_warning.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_mail_warning(CU_pSuite suite);

#define FIRST "111111111"
#define OTHER "222222222"

static void open_with_ann(struct fixture *f)
{
	fixture_open(f);
	scratch_provider(&f->spool, FIRST);
	scratch_provider(&f->spool, OTHER);
	(void)fixture_clerk(f, "ann", FIRST);
	fixture_grant(f, "ann", OTHER, "e-delivery-only");
	f->spool.settings.retain_months = 12;
}

static void warn_of_roles(const struct fixture *f)
{
	bool more = true;
	struct err err;

	while (more)
		CU_ASSERT_EQUAL_FATAL(
		    mail_warning_of_roles(f->catalog, &f->spool.settings, &more, &err), 0);
}

/* As it is done days after the fixture's time. */
static void warn_of_letters(const struct fixture *f, int64_t days)
{
	bool more = true;
	struct err err;

	clock_freeze(FIXTURE_NOW + days * DAY);
	while (more)
		CU_ASSERT_EQUAL_FATAL(
		    mail_warning_of_letters(f->catalog, &f->spool.settings, &more, &err), 0);
}

static int64_t mails(const struct fixture *f)
{
	return fixture_number(f, "SELECT COUNT(*) FROM mail");
}

static void tell_roles(const struct fixture *f, struct mail_news *ret_news)
{
	const struct mail mail = {.account_id = 1};
	struct err err;

	*ret_news = (struct mail_news){.list = BUFFER(MAIL_LIST_MAX)};
	CU_ASSERT_EQUAL(mail_warning_tell_roles(f->catalog, &mail, ret_news, &err), 0);
}

static void a_role_that_ends_soon_is_told_of_once(void)
{
	OWNED_FIXTURE struct fixture f;

	open_with_ann(&f);
	fixture_sql(
	    &f, "UPDATE membership SET until_date = '2024-06-15' WHERE avrs_id = '" FIRST "'");
	warn_of_roles(&f);
	CU_ASSERT_EQUAL(mails(&f), 0);
	clock_freeze(FIXTURE_NOW + DAY);
	warn_of_roles(&f);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM mail WHERE kind = 'role-ends'"), 1);
	fixture_sql(&f, "UPDATE mail SET state = 'sent'");
	for (int day = 2; day < 33; day++) {
		clock_freeze(FIXTURE_NOW + day * DAY);
		warn_of_roles(&f);
	}
	CU_ASSERT_EQUAL(mails(&f), 1);
}

static void roles_that_end_together_are_one_mail_and_another_date_is_another(void)
{
	OWNED_FIXTURE struct fixture f;
	struct mail_news news;

	open_with_ann(&f);
	fixture_sql(
	    &f, "UPDATE membership SET until_date = '2024-06-10' WHERE avrs_id = '" FIRST "'");
	fixture_sql(
	    &f, "UPDATE membership SET until_date = '2024-06-01' WHERE avrs_id = '" OTHER "'");
	warn_of_roles(&f);
	CU_ASSERT_EQUAL(mails(&f), 1);
	tell_roles(&f, &news);
	CU_ASSERT_STRING_EQUAL(news.until, "2024-06-01");
	CU_ASSERT_STRING_EQUAL(buffer_text(&news.list), "  " OTHER ": until 2024-06-01\n"
	                                                "  " FIRST ": until 2024-06-10");
	mail_news_done(&news);
	fixture_sql(&f, "UPDATE mail SET state = 'sent'");
	fixture_sql(
	    &f, "UPDATE membership SET until_date = '2024-06-02' WHERE avrs_id = '" OTHER "'");
	warn_of_roles(&f);
	CU_ASSERT_EQUAL(mails(&f), 2);
}

/* Roles that have ended, that are far from it, or that show nothing. */
static void other_roles_are_not_told_of(void)
{
	static const char *const others[] = {
	    "UPDATE membership SET until_date = '2024-05-14'",
	    "UPDATE membership SET until_date = '2024-06-15'",
	    "UPDATE membership SET until_date = '2024-06-01', role = 'none'",
	    "UPDATE membership SET until_date = NULL",
	};

	for (size_t i = 0; i < COUNT(others); i++) {
		OWNED_FIXTURE struct fixture f;
		struct mail_news news;
		struct err err;

		open_with_ann(&f);
		CU_ASSERT_EQUAL(catalog_run(f.catalog, others[i], NO_VALUES, &err), 0);
		warn_of_roles(&f);
		CU_ASSERT_EQUAL(mails(&f), 0);
		tell_roles(&f, &news);
		CU_ASSERT_EQUAL(strncmp(news.dropped, MAIL_DROPPED, strlen(MAIL_DROPPED)), 0);
		mail_news_done(&news);
	}
}

static void more_roles_than_a_chunk_are_all_told_of(void)
{
	enum { MANY = 600 };
	OWNED_FIXTURE struct fixture f;
	char login[LOGIN_MAX + 1];

	open_with_ann(&f);
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(login, sizeof(login), "clerk%d", i);
		(void)fixture_clerk(&f, login, FIRST);
	}
	fixture_sql(&f, "UPDATE membership SET until_date = '2024-06-01'");
	warn_of_roles(&f);
	CU_ASSERT_EQUAL(mails(&f), MANY + 1);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(DISTINCT account_id) FROM mail"), MANY + 1);
}

static void post(const struct fixture *f, const char *avrs_id, const char *name)
{
	struct letter letter;

	fixture_posted(f, avrs_id, CLASS_EDELIVERY, name, &letter);
}

/* R11: twelve months are over on 2025-05-15, thirty days before is 2025-04-15. */
static void letters_that_nobody_got_are_told_of_before_they_go(void)
{
	OWNED_FIXTURE struct fixture f;

	open_with_ann(&f);
	warn_of_letters(&f, 0);
	post(&f, FIRST, "EFT_1.pdf");
	post(&f, FIRST, "EFT_2.pdf");
	post(&f, FIRST, "EFT_3.pdf");
	post(&f, OTHER, "EFT_1.pdf");
	fixture_sql(&f, "INSERT INTO receipt (id, login, letter_id, completed, bytes, address,"
	                " client) VALUES (1, 'mary', 2, 1, 1, 'x', 'x')");
	warn_of_letters(&f, 334);
	CU_ASSERT_EQUAL(mails(&f), 0);
	warn_of_letters(&f, 335);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM mail WHERE kind = 'letters-end'"
	                                   " AND detail = '2025-05-15'"),
	    1);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT letters FROM notification n JOIN mail m"
	                                   " ON m.id = n.mail_id WHERE n.avrs_id = '" FIRST "'"),
	    2);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT letters FROM notification n JOIN mail m"
	                                   " ON m.id = n.mail_id WHERE n.avrs_id = '" OTHER "'"),
	    1);
	fixture_sql(&f, "UPDATE mail SET state = 'sent'");
	warn_of_letters(&f, 336);
	CU_ASSERT_EQUAL(mails(&f), 1);
}

/* As of new letters: a clerk may want no mail, a master gets it. */
static void who_wants_no_mail_is_not_told_of_letters(void)
{
	OWNED_FIXTURE struct fixture f;

	open_with_ann(&f);
	(void)scratch_account(&f.spool, "mary", FIRST, "master");
	fixture_sql(&f, "UPDATE account SET mail_window = 'off'");
	warn_of_letters(&f, 0);
	post(&f, FIRST, "EFT_1.pdf");
	warn_of_letters(&f, 340);
	CU_ASSERT_EQUAL(mails(&f), 1);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM mail m JOIN account a"
	                                   " ON a.id = m.account_id WHERE a.login = 'mary'"),
	    1);
}

static void zero_days_warn_of_nothing(void)
{
	OWNED_FIXTURE struct fixture f;

	open_with_ann(&f);
	f.spool.settings.mail_warn_before = 0;
	fixture_sql(&f, "UPDATE membership SET until_date = '2024-05-15'");
	warn_of_letters(&f, 0);
	post(&f, FIRST, "EFT_1.pdf");
	warn_of_roles(&f);
	warn_of_letters(&f, 400);
	CU_ASSERT_EQUAL(mails(&f), 0);
}

void add_suite_mail_warning(CU_pSuite suite)
{
	TEST(a_role_that_ends_soon_is_told_of_once);
	TEST(roles_that_end_together_are_one_mail_and_another_date_is_another);
	TEST(other_roles_are_not_told_of);
	TEST(more_roles_than_a_chunk_are_all_told_of);
	TEST(letters_that_nobody_got_are_told_of_before_they_go);
	TEST(who_wants_no_mail_is_not_told_of_letters);
	TEST(zero_days_warn_of_nothing);
}
