/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/account.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_account(CU_pSuite suite);

static void takes_logins_of_lower_case_digits_and_a_few_marks(void)
{
	static const char *const right[] = {
	    "a", "7", "ann", "ann.smith", "clearing-house_2", "12345678901234567890123456789012"};
	struct err err;

	for (size_t i = 0; i < COUNT(right); i++) {
		struct account account;

		CU_ASSERT_EQUAL(account_fill(&account, right[i], "ann@example.org", &err), 0);
		CU_ASSERT_STRING_EQUAL(account.login, right[i]);
		CU_ASSERT_STRING_EQUAL(account.email, "ann@example.org");
		CU_ASSERT_EQUAL(account.id, 0);
		CU_ASSERT_FALSE(account.disabled || account.locked || account.admin);
	}
}

static void refuses_other_logins_and_leaves_the_account_alone(void)
{
	static const char *const wrong[] = {"", ".ann", "-ann", "_ann", "Ann", "ann smith", "ann+x",
	    "ann@x", "../ann", "ann/x", "ann\n", "\xc3\xa4nn", "123456789012345678901234567890123",
	    /* Logins with a meaning of their own. */
	    "enroll", "unlock", "root", "operator", "watchd"};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct account account = {.id = 42};
		struct err err;

		CU_ASSERT_TRUE(fails(
		    account_fill(&account, wrong[i], "ann@example.org", &err), &err, ERR_REFUSED));
		CU_ASSERT_EQUAL(account.id, 42);
	}
}

static void refuses_what_is_no_e_mail_address(void)
{
	static const struct {
		const char *email;
		bool right;
	} rows[] = {
	    {"a@b", true},
	    {"ann+letters@mail.example.org", true},
	    {"o'hara@example.org", true},
	    {"", false},
	    {"ann", false},
	    {"@example.org", false},
	    {"ann@", false},
	    {"ann@@example.org", false},
	    {"ann@b@c", false},
	    {"ann smith@example.org", false},
	    {"<ann@example.org>", false},
	    {"ann@example.org,bob@example.org", false},
	    {"ann@example.org;", false},
	    {"\"ann\"@example.org", false},
	    {"ann@[10.0.0.1]", false},
	    {"ann@example.org\r\nBcc: x@example.org", false},
	    {"ann@example.org\x7f", false},
	    {"ann\xff@example.org", false},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct account account = {.id = 42};
		struct err err;
		int result = account_fill(&account, "ann", rows[i].email, &err);

		CU_ASSERT_TRUE(rows[i].right ? result == 0 : fails(result, &err, ERR_REFUSED));
		CU_ASSERT_EQUAL(account.id, rows[i].right ? 0 : 42);
	}
}

static void takes_an_address_of_254_bytes_and_no_more(void)
{
	char email[EMAIL_MAX + 2];
	struct account account;
	struct err err;

	memset(email, 'x', sizeof(email));
	email[10] = '@';
	email[EMAIL_MAX + 1] = '\0';
	CU_ASSERT_TRUE(fails(account_fill(&account, "ann", email, &err), &err, ERR_REFUSED));
	email[EMAIL_MAX] = '\0';
	CU_ASSERT_EQUAL(account_fill(&account, "ann", email, &err), 0);
	CU_ASSERT_STRING_EQUAL(account.email, email);
}

static void add(const struct fixture *f, const char *login, struct account *ret_account)
{
	struct err err;

	CU_ASSERT_EQUAL(account_fill(ret_account, login, "someone@example.org", &err), 0);
	CU_ASSERT_EQUAL(account_add(f->catalog, &f->spool.actor, ret_account, &err), 0);
}

static void adds_an_account_that_is_found_as_it_was(void)
{
	OWNED_FIXTURE struct fixture f;
	struct account account;
	struct account found_account;
	bool found = false;
	struct err err;

	fixture_open(&f);
	CU_ASSERT_EQUAL(account_fill(&account, "ann", "ann@example.org", &err), 0);
	account.admin = true;
	account.bundle = true;
	account.ack = ACK_ON_READ;
	CU_ASSERT_EQUAL(account_add(f.catalog, &f.spool.actor, &account, &err), 0);
	CU_ASSERT_TRUE(account.id > 0);
	CU_ASSERT_EQUAL(account.created, FIXTURE_NOW);
	CU_ASSERT_EQUAL(account_find(f.catalog, "ann\xc5", &found_account, &found, &err), 0);
	CU_ASSERT_FALSE(found);
	CU_ASSERT_EQUAL(account_find(f.catalog, "ann", &found_account, &found, &err), 0);
	CU_ASSERT_TRUE_FATAL(found);
	CU_ASSERT_EQUAL(found_account.id, account.id);
	CU_ASSERT_STRING_EQUAL(found_account.login, "ann");
	CU_ASSERT_STRING_EQUAL(found_account.email, "ann@example.org");
	CU_ASSERT_TRUE(found_account.admin && found_account.bundle);
	CU_ASSERT_FALSE(found_account.print_shop || found_account.disabled || found_account.locked);
	CU_ASSERT_EQUAL(found_account.ack, ACK_ON_READ);
	CU_ASSERT_EQUAL(found_account.created, FIXTURE_NOW);
	CU_ASSERT_EQUAL(found_account.last_login, 0);
}

static void keeps_each_flag_apart(void)
{
	OWNED_FIXTURE struct fixture f;
	struct account account;

	fixture_open(&f);
	add(&f, "ann", &account);
	fixture_sql(&f, "UPDATE account SET print_shop = 1");
	fixture_account(&f, "ann", &account);
	CU_ASSERT_TRUE(account.print_shop && !account.admin && !account.bundle);
	CU_ASSERT_EQUAL(account.ack, ACK_ON_DELETE);
}

/* R12: a lock closes password logins only, so it is another thing than being disabled. */
static void tells_locked_from_disabled(void)
{
	OWNED_FIXTURE struct fixture f;
	struct account account;

	fixture_open(&f);
	add(&f, "ann", &account);
	fixture_sql(&f, "UPDATE account SET locked = 1");
	fixture_account(&f, "ann", &account);
	CU_ASSERT_TRUE(account.locked && !account.disabled);
	fixture_sql(&f, "UPDATE account SET locked = NULL, state = 'disabled'");
	fixture_account(&f, "ann", &account);
	CU_ASSERT_TRUE(!account.locked && account.disabled);
}

static void gives_a_login_once(void)
{
	OWNED_FIXTURE struct fixture f;
	struct account first;
	struct account second;
	struct err err;

	fixture_open(&f);
	add(&f, "ann", &first);
	CU_ASSERT_EQUAL(account_fill(&second, "ann", "other@example.org", &err), 0);
	CU_ASSERT_TRUE(
	    fails(account_add(f.catalog, &f.spool.actor, &second, &err), &err, ERR_CONFLICT));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "ann"));
	/* It has no id: the next account will get the one that it nearly had. */
	CU_ASSERT_EQUAL(second.id, 0);
	CU_ASSERT_EQUAL(second.created, 0);
	fixture_account(&f, "ann", &second);
	CU_ASSERT_STRING_EQUAL(second.email, "someone@example.org");
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM event"), 1);
}

static void says_what_adds_an_account_that_is_missing(void)
{
	OWNED_FIXTURE struct fixture f;
	struct account account = {.id = 42};
	bool found = true;
	struct err err;

	fixture_open(&f);
	CU_ASSERT_EQUAL(account_find(f.catalog, "ann", &account, &found, &err), 0);
	CU_ASSERT_FALSE(found);
	CU_ASSERT_TRUE(fails(account_get(f.catalog, "ann", &account, &err), &err, ERR_REFUSED));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "edelivery account add"));
	CU_ASSERT_EQUAL(account.id, 42);
}

static void notes_a_login_that_worked(void)
{
	OWNED_FIXTURE struct fixture f;
	struct account ann;
	struct account bob;
	struct err err;

	fixture_open(&f);
	add(&f, "ann", &ann);
	add(&f, "bob", &bob);
	fixture_sql(&f, "UPDATE account SET failed_passwords = 3");
	clock_freeze(FIXTURE_NOW + 5);
	CU_ASSERT_EQUAL(
	    account_logged_in(f.catalog, &f.spool.actor, &ann, "from=10.0.0.1", &err), 0);
	fixture_account(&f, "ann", &ann);
	fixture_account(&f, "bob", &bob);
	CU_ASSERT_EQUAL(ann.last_login, FIXTURE_NOW + 5);
	CU_ASSERT_EQUAL(bob.last_login, 0);
	/* Wrong passwords stay counted: a key shows nothing of who tries those (R12). */
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT failed_passwords FROM account WHERE login='ann'"), 3);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT failed_passwords FROM account WHERE login='bob'"), 3);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM event WHERE what = 'account.logged-in'"
	                       " AND login = 'ann' AND detail = 'from=10.0.0.1'"),
	    1);
}

struct seen {
	char logins[64];
	int stop_after;
};

static int note(const struct account *account, void *arg, struct err *err)
{
	struct seen *seen = arg;
	size_t used = strlen(seen->logins);

	if (seen->stop_after-- == 0)
		return err_set(err, ERR_USAGE, "enough");
	(void)snprintf(seen->logins + used, sizeof(seen->logins) - used, "%s ", account->login);
	return 0;
}

static void lists_accounts_in_the_order_of_logins(void)
{
	OWNED_FIXTURE struct fixture f;
	struct seen seen = {.stop_after = 9};
	struct account account;
	struct err err;

	fixture_open(&f);
	CU_ASSERT_EQUAL(account_list(f.catalog, note, &seen, &err), 0);
	CU_ASSERT_STRING_EQUAL(seen.logins, "");
	add(&f, "cid", &account);
	add(&f, "ann", &account);
	add(&f, "bob", &account);
	CU_ASSERT_EQUAL(account_list(f.catalog, note, &seen, &err), 0);
	CU_ASSERT_STRING_EQUAL(seen.logins, "ann bob cid ");
}

static void stops_listing_when_it_is_told_to(void)
{
	OWNED_FIXTURE struct fixture f;
	struct seen seen = {.stop_after = 1};
	struct account account;
	struct err err;

	fixture_open(&f);
	add(&f, "ann", &account);
	add(&f, "bob", &account);
	CU_ASSERT_TRUE(fails(account_list(f.catalog, note, &seen, &err), &err, ERR_USAGE));
	CU_ASSERT_STRING_EQUAL(seen.logins, "ann ");
}

void add_suite_account(CU_pSuite suite)
{
	TEST(takes_logins_of_lower_case_digits_and_a_few_marks);
	TEST(refuses_other_logins_and_leaves_the_account_alone);
	TEST(refuses_what_is_no_e_mail_address);
	TEST(takes_an_address_of_254_bytes_and_no_more);
	TEST(adds_an_account_that_is_found_as_it_was);
	TEST(keeps_each_flag_apart);
	TEST(tells_locked_from_disabled);
	TEST(gives_a_login_once);
	TEST(says_what_adds_an_account_that_is_missing);
	TEST(notes_a_login_that_worked);
	TEST(lists_accounts_in_the_order_of_logins);
	TEST(stops_listing_when_it_is_told_to);
}
