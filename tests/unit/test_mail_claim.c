/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_claim.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/text.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_mail_claim(CU_pSuite suite);

#define ID    "123456789"
#define UNTIL (FIXTURE_NOW + MINUTE)

enum { MAILS = 5 };

/* Five clerks with a mail each, of which each tells of one letter. */
static void open_with_mails(struct fixture *f)
{
	char login[LOGIN_MAX + 1];
	int64_t id = 0;
	struct err err;

	fixture_open(f);
	scratch_provider(&f->spool, ID);
	for (int i = 0; i < MAILS; i++) {
		(void)snprintf(login, sizeof(login), "clerk%d", i);
		CU_ASSERT_EQUAL(mail_add(f->catalog, fixture_clerk(f, login, ID), MAIL_LETTERS,
		                    clock_now(), &id, &err),
		    0);
	}
	fixture_sql(f, "INSERT INTO notification (account_id, avrs_id, class, letters, since,"
	               " mail_id) SELECT account_id, '" ID "', 'edelivery', 1, 1, id FROM mail");
}

static size_t claim(
    const struct fixture *f, const char *owner, size_t limit, struct mail ret_mails[MAILS])
{
	size_t count = 0;
	struct err err;

	CU_ASSERT_EQUAL_FATAL(
	    mail_claim(f->catalog, owner, UNTIL, limit, ret_mails, &count, &err), 0);
	return count;
}

static size_t record(const struct fixture *f, const char *owner, const struct mail *mail,
    enum mail_outcome outcome, const char *answer)
{
	struct mail_result result = {
	    .mail = *mail, .outcome = outcome, .again = FIXTURE_NOW + HOUR};
	size_t lost = 99;
	struct err err;

	text_copy(result.answer, answer);
	CU_ASSERT_EQUAL_FATAL(
	    mail_record(f->catalog, &f->spool.actor, owner, &result, 1, &lost, &err), 0);
	return lost;
}

static void no_mail_is_claimed_twice(void)
{
	struct mail first[MAILS];
	struct mail second[MAILS];
	OWNED_FIXTURE struct fixture f;
	struct catalog *other;
	size_t count = 0;
	struct err err;

	open_with_mails(&f);
	CU_ASSERT_EQUAL(claim(&f, "one", 3, first), 3);
	other = fixture_connect(&f);
	CU_ASSERT_EQUAL(mail_claim(other, "two", UNTIL, MAILS, second, &count, &err), 0);
	catalog_close(other);
	CU_ASSERT_EQUAL(count, 2);
	for (size_t i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(first[i].attempts, 1);
		CU_ASSERT_EQUAL(first[i].first_attempt, FIXTURE_NOW);
		for (size_t j = 0; j < count; j++)
			CU_ASSERT_NOT_EQUAL(first[i].id, second[j].id);
	}
	CU_ASSERT_EQUAL(claim(&f, "one", MAILS, first), 0);
}

/* One that only a later version knows is left to it. */
static void every_kind_is_claimed_that_there_is(void)
{
	struct mail mails[MAILS];
	OWNED_FIXTURE struct fixture f;

	open_with_mails(&f);
	for (enum mail_kind kind = MAIL_LETTERS; kind < MAIL_KIND_COUNT; kind++) {
		struct err err;

		CU_ASSERT_EQUAL(
		    catalog_run(f.catalog, "UPDATE mail SET kind = $1, owner = NULL WHERE id = 1",
		        VALUES(TEXT(mail_kind_name(kind))), &err),
		    0);
		CU_ASSERT_EQUAL(claim(&f, "one", 1, mails), 1);
		CU_ASSERT_EQUAL(mails[0].kind, kind);
	}
	fixture_sql(&f, "UPDATE mail SET kind = 'greetings', owner = NULL");
	CU_ASSERT_EQUAL(claim(&f, "one", MAILS, mails), 0);
}

/* Somebody waits for it; however long the queue is. */
static void what_expires_goes_first(void)
{
	struct mail mails[MAILS];
	OWNED_FIXTURE struct fixture f;

	open_with_mails(&f);
	fixture_sql(&f, "UPDATE mail SET expires = 1, due = due + 1 WHERE id = 4");
	clock_freeze(FIXTURE_NOW + 1);
	CU_ASSERT_EQUAL(claim(&f, "one", 2, mails), 2);
	CU_ASSERT_EQUAL(mails[0].id, 4);
	CU_ASSERT_EQUAL(mails[0].expires, 1);
	CU_ASSERT_EQUAL(mails[1].id, 1);
	CU_ASSERT_EQUAL(claim(&f, "one", MAILS, mails), 3);
}

/* A code is a secret as long as it is good. */
static void a_code_is_forgotten_when_it_has_gone_out_or_failed(void)
{
	for (enum mail_outcome outcome = MAIL_OUTCOME_SENT; outcome < MAIL_OUTCOME_COUNT;
	     outcome++) {
		bool again = outcome == MAIL_OUTCOME_RETRY || outcome == MAIL_OUTCOME_UNTRIED;
		OWNED_FIXTURE struct fixture f;
		struct mail mails[MAILS];

		open_with_mails(&f);
		fixture_sql(&f, "UPDATE mail SET detail = 'ABC123 to unlock the account'");
		fixture_sql(&f, "UPDATE mail SET kind = 'code', expires = 1 WHERE id = 1");
		CU_ASSERT_EQUAL(claim(&f, "one", 1, mails), 1);
		CU_ASSERT_EQUAL(record(&f, "one", &mails[0], outcome, "the answer"), 0);
		CU_ASSERT_EQUAL(
		    fixture_number(&f, "SELECT COUNT(*) FROM mail WHERE detail LIKE 'ABC%'"),
		    MAILS - 1 + again);
	}
}

static void a_claim_that_ran_out_is_anybodys(void)
{
	struct mail mails[MAILS];
	OWNED_FIXTURE struct fixture f;

	open_with_mails(&f);
	CU_ASSERT_EQUAL(claim(&f, "one", MAILS, mails), MAILS);
	clock_freeze(UNTIL);
	CU_ASSERT_EQUAL(claim(&f, "two", MAILS, mails), 0);
	clock_freeze(UNTIL + 1);
	CU_ASSERT_EQUAL(claim(&f, "two", MAILS, mails), MAILS);
	CU_ASSERT_EQUAL(mails[0].attempts, 2);
	CU_ASSERT_EQUAL(mails[0].first_attempt, FIXTURE_NOW);
	/* The first wakes up, and leaves what is the second's. */
	CU_ASSERT_EQUAL(record(&f, "one", &mails[0], MAIL_OUTCOME_SENT, "250"), 1);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM mail WHERE state = 'sent'"), 0);
	CU_ASSERT_EQUAL(record(&f, "two", &mails[0], MAIL_OUTCOME_SENT, "250"), 0);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM mail WHERE state = 'sent'"), 1);
}

static void a_start_takes_back_the_claims_of_the_run_before(void)
{
	struct mail mails[MAILS];
	OWNED_FIXTURE struct fixture f;
	struct err err;

	open_with_mails(&f);
	CU_ASSERT_EQUAL(claim(&f, "one", 2, mails), 2);
	CU_ASSERT_EQUAL(claim(&f, "two", 2, mails), 2);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(mail_unclaim(f.catalog, "one", &err), 0);
	CU_ASSERT_EQUAL(claim(&f, "one", MAILS, mails), 3);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(mails[i].attempts, 1);
}

static void what_is_not_due_waits(void)
{
	struct mail mails[MAILS];
	OWNED_FIXTURE struct fixture f;

	open_with_mails(&f);
	fixture_sql(&f, "UPDATE mail SET due = due + 1 WHERE id > 1");
	fixture_sql(&f, "UPDATE mail SET state = 'held' WHERE id = 1");
	CU_ASSERT_EQUAL(claim(&f, "one", MAILS, mails), 0);
	clock_freeze(FIXTURE_NOW + 1);
	CU_ASSERT_EQUAL(claim(&f, "one", MAILS, mails), 4);
}

static void each_outcome_leaves_its_row(void)
{
	static const struct {
		enum mail_outcome outcome;
		const char *state;
		int64_t due;
		int64_t attempts;
		int64_t counts; /* notifications that are left */
		const char *event;
	} rows[] = {
	    {MAIL_OUTCOME_SENT, "sent", FIXTURE_NOW, 1, 0, "mail.sent"},
	    {MAIL_OUTCOME_RETRY, "queued", FIXTURE_NOW + HOUR, 1, 1, NULL},
	    {MAIL_OUTCOME_REFUSED, "failed", FIXTURE_NOW, 1, 1, "mail.refused"},
	    {MAIL_OUTCOME_GIVEN_UP, "failed", FIXTURE_NOW, 1, 1, "mail.given-up"},
	    {MAIL_OUTCOME_DROPPED, "failed", FIXTURE_NOW, 1, 0, "mail.dropped"},
	    {MAIL_OUTCOME_UNTRIED, "queued", FIXTURE_NOW, 0, 1, NULL},
	};

	CU_ASSERT_EQUAL_FATAL(COUNT(rows), MAIL_OUTCOME_COUNT);
	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_FIXTURE struct fixture f;
		struct mail mails[MAILS];
		struct mail mail;
		bool found = false;
		struct err err;

		open_with_mails(&f);
		CU_ASSERT_EQUAL(claim(&f, "one", 1, mails), 1);
		CU_ASSERT_EQUAL(record(&f, "one", &mails[0], rows[i].outcome, "the answer"), 0);
		CU_ASSERT_EQUAL(mail_find(f.catalog, mails[0].id, &mail, &found, &err), 0);
		CU_ASSERT_STRING_EQUAL(mail_state_name(mail.state), rows[i].state);
		CU_ASSERT_EQUAL(mail.due, rows[i].due);
		CU_ASSERT_EQUAL(mail.attempts, rows[i].attempts);
		CU_ASSERT_EQUAL(mail.ended != 0, strcmp(rows[i].state, "queued") != 0);
		CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM notification"),
		    MAILS - 1 + rows[i].counts);
		CU_ASSERT_EQUAL(
		    fixture_number(&f, "SELECT COUNT(*) FROM event WHERE what LIKE 'mail.%'"),
		    rows[i].event ? 1 : 0);
		CU_ASSERT_EQUAL(
		    fixture_number(&f, "SELECT COUNT(*) FROM mail WHERE owner IS NULL"), MAILS);
		/* Only a refusal says something about the address. */
		CU_ASSERT_EQUAL(
		    fixture_number(&f, "SELECT COUNT(*) FROM account WHERE email_state = 'bad'"),
		    rows[i].outcome == MAIL_OUTCOME_REFUSED);
	}
}

static void a_refusal_says_nothing_about_a_new_address(void)
{
	struct mail mails[MAILS];
	OWNED_FIXTURE struct fixture f;

	open_with_mails(&f);
	CU_ASSERT_EQUAL(claim(&f, "one", 1, mails), 1);
	fixture_sql(&f, "UPDATE account SET email = 'new@example.org'");
	CU_ASSERT_EQUAL(record(&f, "one", &mails[0], MAIL_OUTCOME_REFUSED, "550"), 0);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM account WHERE email_state = 'bad'"), 0);
}

static void an_account_that_was_removed_takes_its_mail_along(void)
{
	struct mail mails[MAILS];
	OWNED_FIXTURE struct fixture f;
	struct err err;

	open_with_mails(&f);
	CU_ASSERT_EQUAL(claim(&f, "one", 1, mails), 1);
	CU_ASSERT_EQUAL(account_remove(f.catalog, &f.spool.actor, mails[0].login, &err), 0);
	CU_ASSERT_EQUAL(record(&f, "one", &mails[0], MAIL_OUTCOME_SENT, "250"), 1);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM mail"), MAILS - 1);
}

void add_suite_mail_claim(CU_pSuite suite)
{
	TEST(no_mail_is_claimed_twice);
	TEST(every_kind_is_claimed_that_there_is);
	TEST(what_expires_goes_first);
	TEST(a_code_is_forgotten_when_it_has_gone_out_or_failed);
	TEST(a_claim_that_ran_out_is_anybodys);
	TEST(a_start_takes_back_the_claims_of_the_run_before);
	TEST(what_is_not_due_waits);
	TEST(each_outcome_leaves_its_row);
	TEST(a_refusal_says_nothing_about_a_new_address);
	TEST(an_account_that_was_removed_takes_its_mail_along);
}
