/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/password.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_password(CU_pSuite suite);

static void is_text_of_twelve_bytes_and_more(void)
{
	static const struct {
		const char *password;
		bool right;
	} rows[] = {
	    {"correct horse", true},
	    {"p\xc3\xa4sswort mit", true},
	    {"123456789012", true},
	    {"12345678901", false},
	    {"", false},
	    {"tab\tin a password", false},
	    {"not utf-8 \xff\xff", false},
	};
	char long_one[PASSWORD_MOST + 2];

	memset(long_one, 'x', sizeof(long_one));
	long_one[PASSWORD_MOST + 1] = '\0';
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err err = {.text = ""};

		CU_ASSERT_EQUAL(password_check(rows[i].password, &err) == 0, rows[i].right);
		if (rows[i].password[0])
			CU_ASSERT_PTR_NULL(strstr(err.text, rows[i].password));
	}
	for (int i = 0; i < 2; i++) {
		struct err err;

		CU_ASSERT_EQUAL(password_check(long_one, &err), i - 1);
		long_one[PASSWORD_MOST] = '\0';
	}
}

static void matches_its_own_hash_and_no_other(void)
{
	char hash[PASSWORD_HASH_MAX + 1];
	char other[PASSWORD_HASH_MAX + 1];
	struct err err;

	CU_ASSERT_EQUAL_FATAL(password_hash("correct horse", hash, &err), 0);
	CU_ASSERT_EQUAL_FATAL(password_hash("correct horse", other, &err), 0);
	CU_ASSERT_EQUAL(strncmp(hash, "$y$", 3), 0);
	CU_ASSERT_STRING_NOT_EQUAL(hash, other);
	CU_ASSERT_TRUE(password_matches("correct horse", hash));
	CU_ASSERT_FALSE(password_matches("correct horsf", hash));
	CU_ASSERT_FALSE(password_matches("", hash));
	CU_ASSERT_FALSE(password_matches("correct horse", ""));
	CU_ASSERT_FALSE(password_matches("correct horse", "*0"));
	CU_ASSERT_FALSE(password_matches("correct horse", "correct horse"));
}

static void open_with_ann(struct fixture *f, struct account *ret_ann)
{
	fixture_open(f);
	scratch_provider(&f->spool, "123456789");
	(void)fixture_clerk(f, "ann", "123456789");
	fixture_account(f, "ann", ret_ann);
}

/* R12: so many in a row lock, a right one between them starts from nothing. */
static void locks_after_so_many_wrong_ones_in_a_row(void)
{
	OWNED_FIXTURE struct fixture f;
	struct account ann;
	struct err err;

	open_with_ann(&f, &ann);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 2; i++)
			CU_ASSERT_EQUAL(
			    password_note_failure(f.catalog, &f.spool.actor, &ann, 3, &err), 0);
		CU_ASSERT_EQUAL(password_note_success(f.catalog, ann.id, &err), 0);
	}
	fixture_account(&f, "ann", &ann);
	CU_ASSERT_FALSE(ann.locked);
	for (int i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(password_note_failure(f.catalog, &f.spool.actor, &ann, 3, &err), 0);
	fixture_account(&f, "ann", &ann);
	CU_ASSERT_TRUE(ann.locked);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM event WHERE what = 'account.locked'"), 1);
	/* Its holder is told, at once and once. */
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM mail WHERE kind = 'locked'"
	                                   " AND due = created"),
	    1);
	CU_ASSERT_EQUAL(account_unlock(f.catalog, &f.spool.actor, "ann", &err), 0);
	fixture_account(&f, "ann", &ann);
	CU_ASSERT_FALSE(ann.locked);
}

static void is_stored_as_its_hash_and_takes_the_lock_away(void)
{
	OWNED_FIXTURE struct fixture f;
	struct account ann;
	char hash[PASSWORD_HASH_MAX + 1];
	struct err err;

	open_with_ann(&f, &ann);
	CU_ASSERT_EQUAL(password_find(f.catalog, ann.id, hash, &err), 0);
	CU_ASSERT_STRING_EQUAL(hash, "");
	CU_ASSERT_EQUAL(password_note_failure(f.catalog, &f.spool.actor, &ann, 1, &err), 0);
	CU_ASSERT_EQUAL(password_set(f.catalog, &f.spool.actor, "ann", "$y$x", &err), 0);
	CU_ASSERT_EQUAL(password_find(f.catalog, ann.id, hash, &err), 0);
	CU_ASSERT_STRING_EQUAL(hash, "$y$x");
	fixture_account(&f, "ann", &ann);
	CU_ASSERT_FALSE(ann.locked);
	CU_ASSERT_TRUE(fails(
	    password_set(f.catalog, &f.spool.actor, "nobody", "$y$x", &err), &err, ERR_REFUSED));
}

void add_suite_password(CU_pSuite suite)
{
	TEST(is_text_of_twelve_bytes_and_more);
	TEST(matches_its_own_hash_and_no_other);
	TEST(locks_after_so_many_wrong_ones_in_a_row);
	TEST(is_stored_as_its_hash_and_takes_the_lock_away);
}
