/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/notification.h"

#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_notification(CU_pSuite suite);

#define ID "123456789"

/* An account in each role; those whose login ends in -t asked to be told of trade files. */
static void open_with_roles(struct fixture *f)
{
	fixture_open(f);
	scratch_provider(&f->spool, ID);
	scratch_provider(&f->spool, "200000002");
	(void)scratch_account(&f->spool, "master", ID, "master");
	(void)scratch_account(&f->spool, "includes", ID, "includes-e-delivery");
	(void)scratch_account(&f->spool, "includes-t", ID, "includes-e-delivery");
	(void)scratch_account(&f->spool, "only", ID, "e-delivery-only");
	(void)scratch_account(&f->spool, "only-t", ID, "e-delivery-only");
	(void)scratch_account(&f->spool, "none-t", ID, "none");
	(void)scratch_account(&f->spool, "elsewhere-t", "200000002", "master");
	fixture_sql(f, "UPDATE account SET mail_trade_files = 1 WHERE login LIKE '%-t'");
}

static void count(const struct fixture *f, enum letter_class class, int64_t letters)
{
	struct err err;

	CU_ASSERT_EQUAL(notification_count(f->catalog, ID, class, letters, &err), 0);
}

/* How many letters of a class an account is to be told of; -1: it is not. */
static int64_t told(const struct fixture *f, const char *login, enum letter_class class)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;
	struct err err;

	CU_ASSERT_EQUAL(
	    catalog_find(f->catalog,
	        "SELECT n.letters FROM notification n JOIN account a"
	        " ON a.id = n.account_id WHERE a.login = $1 AND n.class = $2"
	        " AND n.avrs_id = $3 AND n.mail_id = 0",
	        VALUES(TEXT(login), TEXT(letter_class_name(class)), TEXT(ID)), &row, &found, &err),
	    0);
	return found ? statement_int(row, 0) : -1;
}

/* R8 */
static void tells_the_roles_that_the_bulletin_names(void)
{
	static const struct {
		const char *login;
		int64_t letters;
		int64_t trade_files;
	} rows[] = {
	    {"master", 3, -1},
	    {"includes", 3, -1},
	    {"includes-t", 3, 2},
	    {"only", 3, -1},
	    {"only-t", 3, -1},
	    {"none-t", -1, -1},
	    {"elsewhere-t", -1, -1},
	};
	OWNED_FIXTURE struct fixture f;

	open_with_roles(&f);
	count(&f, CLASS_EDELIVERY, 3);
	count(&f, CLASS_TRADE_FILES, 2);
	for (size_t i = 0; i < COUNT(rows); i++) {
		CU_ASSERT_EQUAL(told(&f, rows[i].login, CLASS_EDELIVERY), rows[i].letters);
		CU_ASSERT_EQUAL(told(&f, rows[i].login, CLASS_TRADE_FILES), rows[i].trade_files);
	}
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM notification"), 6);
}

static void tells_a_master_of_trade_files_that_asks(void)
{
	OWNED_FIXTURE struct fixture f;

	open_with_roles(&f);
	fixture_sql(&f, "UPDATE account SET mail_trade_files = 1 WHERE login = 'master'");
	count(&f, CLASS_TRADE_FILES, 2);
	CU_ASSERT_EQUAL(told(&f, "master", CLASS_TRADE_FILES), 2);
}

/* Until a mail is made of them, they are one. */
static void adds_up_what_is_posted_before_the_mail(void)
{
	OWNED_FIXTURE struct fixture f;

	open_with_roles(&f);
	count(&f, CLASS_EDELIVERY, 3);
	clock_freeze(FIXTURE_NOW + 9);
	count(&f, CLASS_EDELIVERY, 4);
	CU_ASSERT_EQUAL(told(&f, "only", CLASS_EDELIVERY), 7);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM notification"), 5);
	/* It waits since the first. */
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT MAX(since) FROM notification"), FIXTURE_NOW);
}

static void begins_a_new_count_behind_a_mail(void)
{
	OWNED_FIXTURE struct fixture f;

	open_with_roles(&f);
	count(&f, CLASS_EDELIVERY, 3);
	fixture_sql(&f, "UPDATE notification SET mail_id = 1");
	clock_freeze(FIXTURE_NOW + 9);
	count(&f, CLASS_EDELIVERY, 4);
	CU_ASSERT_EQUAL(told(&f, "only", CLASS_EDELIVERY), 4);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT MAX(letters) FROM notification WHERE mail_id = 1"), 3);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT MAX(since) FROM notification WHERE mail_id = 0"),
	    FIXTURE_NOW + 9);
}

/* R8: for an account attached to several, it names those that got letters. */
static void counts_each_avrs_id_apart(void)
{
	OWNED_FIXTURE struct fixture f;
	struct err err;

	open_with_roles(&f);
	fixture_grant(&f, "only", "200000002", "e-delivery-only");
	count(&f, CLASS_EDELIVERY, 3);
	CU_ASSERT_EQUAL(notification_count(f.catalog, "200000002", CLASS_EDELIVERY, 5, &err), 0);
	CU_ASSERT_EQUAL(told(&f, "only", CLASS_EDELIVERY), 3);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT letters FROM notification n JOIN account a"
	                                   " ON a.id = n.account_id WHERE a.login = 'only'"
	                                   " AND n.avrs_id = '200000002'"),
	    5);
}

static void tells_nobody_where_there_is_nobody(void)
{
	OWNED_FIXTURE struct fixture f;
	struct err err;

	open_with_roles(&f);
	CU_ASSERT_EQUAL(notification_count(f.catalog, "999999999", CLASS_EDELIVERY, 1, &err), 0);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM notification"), 0);
}

void add_suite_notification(CU_pSuite suite)
{
	TEST(tells_the_roles_that_the_bulletin_names);
	TEST(tells_a_master_of_trade_files_that_asks);
	TEST(adds_up_what_is_posted_before_the_mail);
	TEST(begins_a_new_count_behind_a_mail);
	TEST(counts_each_avrs_id_apart);
	TEST(tells_nobody_where_there_is_nobody);
}
