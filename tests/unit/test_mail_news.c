/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_news.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "spool/membership.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_mail_news(CU_pSuite suite);

#define FIRST "111111111"
#define OTHER "222222222"

/* ann with a role at two AVRS IDs, told of trade files, and a mail about both. */
static void open_with_mail(struct fixture *f, struct mail *ret_mail)
{
	int64_t id = 0;
	bool found = false;
	struct err err;

	fixture_open(f);
	scratch_provider(&f->spool, FIRST);
	scratch_provider(&f->spool, OTHER);
	(void)fixture_clerk(f, "ann", FIRST);
	fixture_grant(f, "ann", OTHER, "e-delivery-only");
	fixture_sql(f, "UPDATE account SET mail_trade_files = 1");
	CU_ASSERT_EQUAL_FATAL(mail_add(f->catalog, 1, MAIL_LETTERS, clock_now(), &id, &err), 0);
	fixture_sql(f, "INSERT INTO notification (account_id, avrs_id, class, letters, since,"
	               " mail_id) VALUES (1, '" FIRST "', 'edelivery', 3, 1, 1),"
	               " (1, '" FIRST "', 'trade-files', 1, 1, 1),"
	               " (1, '" OTHER "', 'edelivery', 1, 1, 1),"
	               " (1, '" OTHER "', 'edelivery', 9, 1, 0)");
	CU_ASSERT_EQUAL_FATAL(mail_find(f->catalog, id, ret_mail, &found, &err), 0);
}

static void tells_each_avrs_id_to_an_account_of_several(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_MAIL_NEWS struct mail_news news;
	struct mail mail;
	struct err err;

	open_with_mail(&f, &mail);
	CU_ASSERT_EQUAL(mail_news_count(f.catalog, &mail, &news, &err), 0);
	CU_ASSERT_STRING_EQUAL(news.dropped, "");
	CU_ASSERT_EQUAL(news.counts[CLASS_EDELIVERY], 4);
	CU_ASSERT_EQUAL(news.counts[CLASS_TRADE_FILES], 1);
	CU_ASSERT_STRING_EQUAL(buffer_text(&news.list),
	    "  " FIRST ": 3 new letters and 1 new trade file\n"
	    "  " OTHER ": 1 new letter");
}

/* R8: to an account of one, the AVRS ID is nothing new. */
static void names_no_avrs_id_to_an_account_of_one(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_MAIL_NEWS struct mail_news news;
	struct mail mail;
	struct err err;

	open_with_mail(&f, &mail);
	CU_ASSERT_EQUAL(membership_revoke(f.catalog, &f.spool.actor, "ann", OTHER, &err), 0);
	CU_ASSERT_EQUAL(mail_news_count(f.catalog, &mail, &news, &err), 0);
	CU_ASSERT_EQUAL(news.counts[CLASS_EDELIVERY], 3);
	CU_ASSERT_STRING_EQUAL(buffer_text(&news.list), "");
}

/* What changed since the letters were posted, and what is told then. */
static void tells_what_the_account_may_see_today(void)
{
	static const struct {
		const char *sql;
		int64_t letters;
		int64_t trade_files;
		bool dropped;
	} rows[] = {
	    {"UPDATE account SET mail_trade_files = 0", 4, 0, false},
	    {"UPDATE membership SET role = 'e-delivery-only'", 4, 0, false},
	    {"UPDATE membership SET role = 'none' WHERE avrs_id = '" FIRST "'", 1, 0, false},
	    {"UPDATE membership SET until_date = '2024-05-14'", 0, 0, true},
	    {"UPDATE membership SET until_date = '2024-05-15'", 4, 1, false},
	    {"UPDATE membership SET from_date = '2024-05-16'", 0, 0, true},
	    {"UPDATE account SET mail_window = 'off'", 0, 0, true},
	    {"UPDATE account SET state = 'disabled'", 0, 0, true},
	    {"DELETE FROM membership", 0, 0, true},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_FIXTURE struct fixture f;
		OWNED_MAIL_NEWS struct mail_news news;
		struct mail mail;
		struct err err;

		open_with_mail(&f, &mail);
		CU_ASSERT_EQUAL(catalog_run(f.catalog, rows[i].sql, NO_VALUES, &err), 0);
		CU_ASSERT_EQUAL(mail_news_count(f.catalog, &mail, &news, &err), 0);
		CU_ASSERT_EQUAL(news.counts[CLASS_EDELIVERY], rows[i].letters);
		CU_ASSERT_EQUAL(news.counts[CLASS_TRADE_FILES], rows[i].trade_files);
		CU_ASSERT_EQUAL(news.dropped[0] != '\0', rows[i].dropped);
	}
}

static void a_master_is_told_whatever_it_wants(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_MAIL_NEWS struct mail_news news;
	struct mail mail;
	struct err err;

	open_with_mail(&f, &mail);
	fixture_sql(&f, "UPDATE account SET mail_window = 'off'");
	fixture_sql(&f, "UPDATE membership SET role = 'master' WHERE avrs_id = '" OTHER "'");
	CU_ASSERT_EQUAL(mail_news_count(f.catalog, &mail, &news, &err), 0);
	CU_ASSERT_EQUAL(news.counts[CLASS_EDELIVERY], 1);
}

static void a_list_is_bounded(void)
{
	enum { MANY = 1500 };
	OWNED_FIXTURE struct fixture f;
	OWNED_MAIL_NEWS struct mail_news news;
	struct mail mail;
	struct err err;

	open_with_mail(&f, &mail);
	fixture_sql(&f, "DELETE FROM notification");
	for (int i = 0; i < MANY; i++) {
		char avrs_id[16];

		(void)snprintf(avrs_id, sizeof(avrs_id), "%d", 300000000 + i);
		scratch_provider(&f.spool, avrs_id);
		CU_ASSERT_EQUAL(
		    catalog_run(f.catalog,
		        "INSERT INTO membership (account_id, avrs_id, role, mark, trade_files_after,"
		        " granted, changed) VALUES (1, $1, 'e-delivery-only', 0, 0, 1, 1)",
		        VALUES(TEXT(avrs_id)), &err),
		    0);
		CU_ASSERT_EQUAL(catalog_run(f.catalog,
		                    "INSERT INTO notification (account_id, avrs_id, class, letters,"
		                    " since, mail_id) VALUES (1, $1, 'edelivery', 1, 1, 1)",
		                    VALUES(TEXT(avrs_id)), &err),
		    0);
	}
	CU_ASSERT_EQUAL(mail_news_count(f.catalog, &mail, &news, &err), 0);
	CU_ASSERT_EQUAL(news.counts[CLASS_EDELIVERY], MANY);
	CU_ASSERT_FALSE(buffer_is_full(&news.list));
	CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&news.list), " more"));
}

static void who_is_no_administrator_any_more_is_told_nothing(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_MAIL_NEWS struct mail_news news;
	struct mail mail;
	struct err err;

	open_with_mail(&f, &mail);
	mail.kind = MAIL_QUARANTINE;
	CU_ASSERT_EQUAL(mail_news_count(f.catalog, &mail, &news, &err), 0);
	CU_ASSERT_STRING_EQUAL(news.dropped, MAIL_DROPPED "the account is no administrator");
}

static void counts_a_group_like_each_alone(void)
{
	OWNED_FIXTURE struct fixture f;
	struct mail mails[2];
	struct mail_news news[2];
	struct err err;

	open_with_mail(&f, &mails[0]);
	mails[1] = mails[0];
	mails[1].kind = MAIL_LOCKED;
	CU_ASSERT_EQUAL(mail_news_count_all(f.catalog, mails, 2, news, &err), 0);
	CU_ASSERT_EQUAL(news[0].counts[CLASS_EDELIVERY], 4);
	CU_ASSERT_STRING_EQUAL(news[1].dropped, MAIL_DROPPED "the account is unlocked by now");
	mail_news_done(&news[0]);
	mail_news_done(&news[1]);
}

/* What was so when the mail was made, and is no more. */
static void tells_of_a_lock_as_long_as_there_is_one(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_MAIL_NEWS struct mail_news news;
	struct mail mail;
	struct err err;

	open_with_mail(&f, &mail);
	mail.kind = MAIL_LOCKED;
	fixture_sql(&f, "UPDATE account SET locked = 1");
	CU_ASSERT_EQUAL(mail_news_count(f.catalog, &mail, &news, &err), 0);
	CU_ASSERT_STRING_EQUAL(news.dropped, "");
	mail_news_done(&news);
	fixture_sql(&f, "UPDATE account SET locked = NULL");
	CU_ASSERT_EQUAL(mail_news_count(f.catalog, &mail, &news, &err), 0);
	CU_ASSERT_STRING_EQUAL(news.dropped, MAIL_DROPPED "the account is unlocked by now");
}

static void names_roles_that_end_to_an_account_of_several(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_MAIL_NEWS struct mail_news news;
	struct mail mail;
	struct err err;

	open_with_mail(&f, &mail);
	mail.kind = MAIL_ROLE_ENDS;
	fixture_sql(&f, "DELETE FROM notification");
	fixture_sql(&f, "UPDATE membership SET until_date = '2024-06-01', warned = '2024-06-01'"
	                " WHERE avrs_id = '" FIRST "'");
	CU_ASSERT_EQUAL(mail_news_count(f.catalog, &mail, &news, &err), 0);
	CU_ASSERT_STRING_EQUAL(news.until, "2024-06-01");
	CU_ASSERT_STRING_EQUAL(buffer_text(&news.list), "  " FIRST ": until 2024-06-01");
	mail_news_done(&news);
	CU_ASSERT_EQUAL(membership_revoke(f.catalog, &f.spool.actor, "ann", OTHER, &err), 0);
	CU_ASSERT_EQUAL(mail_news_count(f.catalog, &mail, &news, &err), 0);
	CU_ASSERT_STRING_EQUAL(news.until, "2024-06-01");
	CU_ASSERT_STRING_EQUAL(buffer_text(&news.list), "");
}

static void counts_letters_that_go_like_those_that_came(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_MAIL_NEWS struct mail_news news;
	struct mail mail;
	struct err err;

	open_with_mail(&f, &mail);
	mail.kind = MAIL_LETTERS_END;
	text_copy(mail.detail, "2025-05-15");
	CU_ASSERT_EQUAL(mail_news_count(f.catalog, &mail, &news, &err), 0);
	CU_ASSERT_EQUAL(news.counts[CLASS_EDELIVERY], 4);
	CU_ASSERT_STRING_EQUAL(news.until, "2025-05-15");
}

static void says_one_and_many(void)
{
	static const struct {
		int64_t counts[CLASS_COUNT];
		const char *text;
	} rows[] = {
	    {{1, 0}, "1 new letter"},
	    {{2, 0}, "2 new letters"},
	    {{0, 1}, "1 new trade file"},
	    {{2, 2}, "2 new letters and 2 new trade files"},
	    {{0, 0}, ""},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_BUFFER struct buffer out = BUFFER(100);

		mail_news_print(&out, rows[i].counts);
		CU_ASSERT_STRING_EQUAL(buffer_text(&out), rows[i].text);
	}
}

void add_suite_mail_news(CU_pSuite suite)
{
	TEST(tells_each_avrs_id_to_an_account_of_several);
	TEST(names_no_avrs_id_to_an_account_of_one);
	TEST(tells_what_the_account_may_see_today);
	TEST(a_master_is_told_whatever_it_wants);
	TEST(a_list_is_bounded);
	TEST(who_is_no_administrator_any_more_is_told_nothing);
	TEST(counts_a_group_like_each_alone);
	TEST(tells_of_a_lock_as_long_as_there_is_one);
	TEST(names_roles_that_end_to_an_account_of_several);
	TEST(counts_letters_that_go_like_those_that_came);
	TEST(says_one_and_many);
}
