/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_publication.h"

#include "base/clock.h"
#include "base/number.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_mail_publication(CU_pSuite suite);

static int64_t open_with_ann(struct fixture *f)
{
	fixture_open(f);
	return scratch_account(&f->spool, "ann", "", "");
}

static void publish(const struct fixture *f, int64_t account_id, enum section section)
{
	struct err err;

	CU_ASSERT_EQUAL_FATAL(
	    mail_publication_add(f->catalog, &f->spool.settings, account_id, section, &err), 0);
}

/* What the newest mail tells; the caller ends it. */
static struct mail_news tell(const struct fixture *f)
{
	struct mail_news news = {.list = BUFFER(MAIL_LIST_MAX)};
	struct mail mail;
	bool found = false;
	struct err err;

	CU_ASSERT_EQUAL_FATAL(mail_find(f->catalog, fixture_number(f, "SELECT MAX(id) FROM mail"),
	                          &mail, &found, &err),
	    0);
	mail_publication_tell(&mail, &news);
	return news;
}

static void documents_of_a_window_are_one_mail(void)
{
	OWNED_FIXTURE struct fixture f;
	int64_t ann = open_with_ann(&f);
	OWNED_MAIL_NEWS struct mail_news news = {.list = BUFFER(1)};

	publish(&f, ann, SECTION_BULLETINS);
	clock_freeze(FIXTURE_NOW + MINUTE);
	publish(&f, ann, SECTION_TELEHEALTH);
	for (int i = 0; i < 11; i++)
		publish(&f, ann, SECTION_BULLETINS);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT due FROM mail"), FIXTURE_NOW + f.spool.settings.mail_window);
	news = tell(&f);
	CU_ASSERT_EQUAL(news.documents, 13);
	CU_ASSERT_STRING_EQUAL(buffer_text(&news.list), "  telehealth: 1\n  bulletins: 12");
}

static void what_comes_after_is_told_by_the_next(void)
{
	OWNED_FIXTURE struct fixture f;
	int64_t ann = open_with_ann(&f);
	OWNED_MAIL_NEWS struct mail_news news = {.list = BUFFER(1)};

	publish(&f, ann, SECTION_BULLETINS);
	fixture_sql(&f, "UPDATE mail SET owner = 'maild', owned_until = 1");
	publish(&f, ann, SECTION_MESSAGES);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM mail"), 2);
	news = tell(&f);
	CU_ASSERT_STRING_EQUAL(buffer_text(&news.list), "  messages: 1");
}

static void each_subscriber_has_a_mail_of_its_own(void)
{
	OWNED_FIXTURE struct fixture f;
	int64_t ann = open_with_ann(&f);

	publish(&f, ann, SECTION_BULLETINS);
	publish(&f, scratch_account(&f.spool, "bob", "", ""), SECTION_BULLETINS);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM mail WHERE kind = 'publication'"
	                                   " AND detail LIKE '%bulletins=1'"),
	    2);
}

static void there_is_no_mail_to_nobody(void)
{
	OWNED_FIXTURE struct fixture f;
	struct err err;

	(void)open_with_ann(&f);
	CU_ASSERT_TRUE(
	    fails(mail_publication_add(f.catalog, &f.spool.settings, 77, SECTION_MESSAGES, &err),
	        &err, ERR_REFUSED));
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM mail"), 0);
}

void add_suite_mail_publication(CU_pSuite suite)
{
	TEST(documents_of_a_window_are_one_mail);
	TEST(what_comes_after_is_told_by_the_next);
	TEST(each_subscriber_has_a_mail_of_its_own);
	TEST(there_is_no_mail_to_nobody);
}
