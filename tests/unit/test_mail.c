/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail.h"

#include <string.h>

#include "base/number.h"
#include "spool/mail_token.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_mail(CU_pSuite suite);

#define ID "123456789"

/* ann with a mail in the queue; its id. */
static int64_t open_with_mail(struct fixture *f)
{
	int64_t id = 0;
	struct err err;

	fixture_open(f);
	scratch_provider(&f->spool, ID);
	CU_ASSERT_EQUAL_FATAL(
	    mail_add(f->catalog, fixture_clerk(f, "ann", ID), MAIL_LETTERS, clock_now(), &id, &err),
	    0);
	return id;
}

static struct mail find(const struct fixture *f, int64_t id)
{
	struct mail mail = {.id = 0};
	bool found = false;
	struct err err;

	CU_ASSERT_EQUAL(mail_find(f->catalog, id, &mail, &found, &err), 0);
	CU_ASSERT_TRUE(found);
	return mail;
}

static void a_mail_is_due_at_once(void)
{
	OWNED_FIXTURE struct fixture f;
	struct mail mail = find(&f, open_with_mail(&f));
	bool found = true;
	struct err err;

	CU_ASSERT_STRING_EQUAL(mail.login, "ann");
	CU_ASSERT_STRING_EQUAL(mail.email, "someone@example.org");
	CU_ASSERT_EQUAL(mail.kind, MAIL_LETTERS);
	CU_ASSERT_EQUAL(mail.state, MAIL_QUEUED);
	CU_ASSERT_EQUAL(mail.created, FIXTURE_NOW);
	CU_ASSERT_EQUAL(mail.due, FIXTURE_NOW);
	CU_ASSERT_EQUAL(mail.attempts, 0);
	CU_ASSERT_STRING_EQUAL(mail.answer, "");
	CU_ASSERT_EQUAL(mail_find(f.catalog, 999, &mail, &found, &err), 0);
	CU_ASSERT_FALSE(found);
}

static void knows_its_words(void)
{
	enum mail_state state = MAIL_SENT;
	struct err err;

	for (enum mail_state each = MAIL_QUEUED; each < MAIL_STATE_COUNT; each++) {
		CU_ASSERT_EQUAL(mail_state_parse(mail_state_name(each), &state, &err), 0);
		CU_ASSERT_EQUAL(state, each);
	}
	CU_ASSERT_TRUE(fails(mail_state_parse("lost", &state, &err), &err, ERR_REFUSED));
}

/* Nothing goes to an address that is bad; what it is told waits for another. */
static void to_a_bad_address_it_waits_as_failed(void)
{
	OWNED_FIXTURE struct fixture f;
	int64_t id = open_with_mail(&f);
	struct mail mail;
	struct err err;

	fixture_sql(&f, "UPDATE account SET email_state = 'bad', email_reason = '550 nobody'");
	CU_ASSERT_EQUAL(
	    mail_add(f.catalog, find(&f, id).account_id, MAIL_LETTERS, clock_now(), &id, &err), 0);
	mail = find(&f, id);
	CU_ASSERT_EQUAL(mail.state, MAIL_FAILED);
	CU_ASSERT_STRING_EQUAL(mail.answer, "550 nobody");
	CU_ASSERT_EQUAL(mail.ended, FIXTURE_NOW);
}

static int count(const struct mail *mail, void *arg, struct err *err)
{
	int64_t *last = arg;

	(void)err;
	CU_ASSERT_TRUE(last[1] == 0 || mail->id < last[1]);
	last[0]++;
	last[1] = mail->id;
	return 0;
}

static void are_listed_by_login_and_state_newest_first(void)
{
	static const struct {
		const char *login;
		enum mail_state state;
		int64_t limit;
		int64_t count;
	} rows[] = {
	    {"", MAIL_STATE_COUNT, 10, 3},
	    {"", MAIL_STATE_COUNT, 2, 2},
	    {"ann", MAIL_STATE_COUNT, 10, 2},
	    {"ann", MAIL_FAILED, 10, 1},
	    {"bob", MAIL_FAILED, 10, 0},
	    {"nobody", MAIL_STATE_COUNT, 10, 0},
	};
	OWNED_FIXTURE struct fixture f;
	int64_t id = open_with_mail(&f);
	struct err err;

	CU_ASSERT_EQUAL(
	    mail_add(f.catalog, find(&f, id).account_id, MAIL_LETTERS, clock_now(), &id, &err), 0);
	CU_ASSERT_EQUAL(mail_add(f.catalog, fixture_clerk(&f, "bob", ID), MAIL_QUARANTINE,
	                    clock_now(), &id, &err),
	    0);
	fixture_sql(&f, "UPDATE mail SET state = 'failed', answer = 'x' WHERE id = 1");
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t seen[2] = {0, 0};

		CU_ASSERT_EQUAL(mail_list(f.catalog, rows[i].login, rows[i].state, rows[i].limit,
		                    count, seen, &err),
		    0);
		CU_ASSERT_EQUAL(seen[0], rows[i].count);
	}
}

static void an_operator_holds_and_sends_again(void)
{
	OWNED_FIXTURE struct fixture f;
	int64_t id = open_with_mail(&f);
	struct err err;

	CU_ASSERT_EQUAL(mail_hold(f.catalog, &f.spool.actor, id, &err), 0);
	CU_ASSERT_EQUAL(find(&f, id).state, MAIL_HELD);
	CU_ASSERT_TRUE(fails(mail_hold(f.catalog, &f.spool.actor, id, &err), &err, ERR_REFUSED));
	CU_ASSERT_EQUAL(mail_retry(f.catalog, &f.spool.actor, id, &err), 0);
	CU_ASSERT_EQUAL(find(&f, id).state, MAIL_QUEUED);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM event WHERE what IN ('mail.held',"
	                       " 'mail.retried') AND login = 'ann' AND detail = 'mail=1'"),
	    2);
	fixture_sql(&f, "UPDATE mail SET owner = 'x', owned_until = 1");
	CU_ASSERT_TRUE(fails(mail_hold(f.catalog, &f.spool.actor, id, &err), &err, ERR_REFUSED));
	fixture_sql(&f, "UPDATE mail SET state = 'sent', owner = NULL");
	CU_ASSERT_TRUE(fails(mail_retry(f.catalog, &f.spool.actor, id, &err), &err, ERR_REFUSED));
	CU_ASSERT_TRUE(fails(mail_retry(f.catalog, &f.spool.actor, 77, &err), &err, ERR_REFUSED));
}

/* The count of attempts begins anew, and the address is believed. */
static void sending_again_begins_anew(void)
{
	OWNED_FIXTURE struct fixture f;
	int64_t id = open_with_mail(&f);
	struct account ann;
	struct mail mail;
	struct err err;

	fixture_sql(&f, "UPDATE mail SET state = 'failed', attempts = 9, first_attempt = 5,"
	                " ended = 7, answer = '550'");
	fixture_sql(&f, "UPDATE account SET email_state = 'bad', email_reason = '550'");
	fixture_account(&f, "ann", &ann);
	CU_ASSERT_TRUE(ann.email_bad);
	CU_ASSERT_STRING_EQUAL(ann.email_reason, "550");
	CU_ASSERT_EQUAL(mail_retry(f.catalog, &f.spool.actor, id, &err), 0);
	mail = find(&f, id);
	CU_ASSERT_EQUAL(mail.attempts, 0);
	CU_ASSERT_EQUAL(mail.first_attempt, 0);
	CU_ASSERT_EQUAL(mail.ended, 0);
	fixture_account(&f, "ann", &ann);
	CU_ASSERT_FALSE(ann.email_bad);
}

static void a_bad_address_is_told_of_once(void)
{
	OWNED_FIXTURE struct fixture f;
	struct account ann;
	struct err err;

	(void)open_with_mail(&f);
	fixture_account(&f, "ann", &ann);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(mail_distrust_address(
		                    f.catalog, &f.spool.actor, &ann, "550 no such user", &err),
		    0);
	fixture_account(&f, "ann", &ann);
	CU_ASSERT_TRUE(ann.email_bad);
	CU_ASSERT_STRING_EQUAL(ann.email_reason, "550 no such user");
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM event WHERE what ="
	                                   " 'account.email-bad' AND login = 'ann'"),
	    1);
}

/* R7: what could not be told is told as soon as there is an address. */
static void a_new_address_gets_what_failed(void)
{
	OWNED_FIXTURE struct fixture f;
	int64_t id = open_with_mail(&f);
	struct account ann;
	struct err err;

	fixture_sql(&f, "UPDATE mail SET state = 'failed', answer = '550'");
	fixture_sql(&f, "UPDATE account SET email_state = 'bad'");
	fixture_account(&f, "ann", &ann);
	CU_ASSERT_EQUAL(account_set(f.catalog, &f.spool.actor, &ann, &err), 0);
	CU_ASSERT_EQUAL(find(&f, id).state, MAIL_FAILED);
	CU_ASSERT_EQUAL(account_fill_email(&ann, "ann@new.example", &err), 0);
	CU_ASSERT_EQUAL(account_set(f.catalog, &f.spool.actor, &ann, &err), 0);
	CU_ASSERT_EQUAL(find(&f, id).state, MAIL_QUEUED);
	CU_ASSERT_STRING_EQUAL(find(&f, id).email, "ann@new.example");
	fixture_account(&f, "ann", &ann);
	CU_ASSERT_FALSE(ann.email_bad);
	fixture_sql(&f, "UPDATE mail SET state = 'failed', answer = '" MAIL_DROPPED "x'");
	CU_ASSERT_EQUAL(mail_trust_address(f.catalog, ann.id, &err), 0);
	CU_ASSERT_EQUAL(find(&f, id).state, MAIL_FAILED);
}

/* It was for the address that it was asked for at, and is forgotten. */
static void a_code_that_failed_is_not_sent_again(void)
{
	OWNED_FIXTURE struct fixture f;
	int64_t id = open_with_mail(&f);
	struct account ann;
	struct err err;

	fixture_sql(
	    &f, "UPDATE mail SET state = 'failed', kind = 'code', answer = '550', expires = 9");
	CU_ASSERT_TRUE(fails(mail_retry(f.catalog, &f.spool.actor, id, &err), &err, ERR_REFUSED));
	fixture_account(&f, "ann", &ann);
	CU_ASSERT_EQUAL(mail_trust_address(f.catalog, ann.id, &err), 0);
	CU_ASSERT_EQUAL(find(&f, id).state, MAIL_FAILED);
}

/* An address that an account does not have yet says nothing about the one that it has. */
static void what_comes_back_from_another_address_is_noted_of_the_mail_alone(void)
{
	OWNED_FIXTURE struct fixture f;
	int64_t id = open_with_mail(&f);
	struct account ann;
	struct mail mail;
	bool noted = false;
	struct err err;

	fixture_sql(&f, "UPDATE mail SET state = 'sent', kind = 'code', detail = 'ABC to',"
	                " email = 'new@example.org', expires = 9");
	mail = find(&f, id);
	CU_ASSERT_STRING_EQUAL(mail.email, "new@example.org");
	CU_ASSERT_EQUAL(mail_bounced(f.catalog, &f.spool.actor, &mail, "5.1.1", &noted, &err), 0);
	CU_ASSERT_TRUE(noted);
	CU_ASSERT_STRING_EQUAL(find(&f, id).detail, "");
	fixture_account(&f, "ann", &ann);
	CU_ASSERT_FALSE(ann.email_bad);
}

static void what_comes_back_is_noted_once(void)
{
	OWNED_FIXTURE struct fixture f;
	int64_t id = open_with_mail(&f);
	struct account ann;
	struct mail mail;
	bool noted = false;
	struct err err;

	fixture_sql(&f, "UPDATE mail SET state = 'sent'");
	mail = find(&f, id);
	CU_ASSERT_EQUAL(
	    mail_bounced(f.catalog, &f.spool.actor, &mail, "5.1.1 unknown", &noted, &err), 0);
	CU_ASSERT_TRUE(noted);
	CU_ASSERT_EQUAL(find(&f, id).state, MAIL_BOUNCED);
	fixture_account(&f, "ann", &ann);
	CU_ASSERT_TRUE(ann.email_bad);
	CU_ASSERT_EQUAL(
	    mail_bounced(f.catalog, &f.spool.actor, &mail, "5.1.1 unknown", &noted, &err), 0);
	CU_ASSERT_FALSE(noted);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM event WHERE what = 'mail.bounced'"), 1);
}

static void what_ended_long_ago_is_forgotten_with_its_counts(void)
{
	OWNED_FIXTURE struct fixture f;
	int64_t id = open_with_mail(&f);
	int64_t gone = 0;
	struct err err;

	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(mail_add(f.catalog, find(&f, id).account_id, MAIL_LETTERS,
		                    clock_now(), &id, &err),
		    0);
	fixture_sql(&f, "UPDATE mail SET state = 'failed', ended = id * 10 WHERE id < 4");
	fixture_sql(&f, "INSERT INTO notification (account_id, avrs_id, class, letters, since,"
	                " mail_id) SELECT account_id, '" ID "', 'edelivery', 1, 1, id FROM mail");
	fixture_sql(&f, "UPDATE account SET email_state = 'bad'");
	CU_ASSERT_EQUAL(mail_forget(f.catalog, 30, 1, &gone, &err), 0);
	CU_ASSERT_EQUAL(gone, 0);
	fixture_sql(&f, "UPDATE account SET email_state = 'unknown'");
	CU_ASSERT_EQUAL(mail_forget(f.catalog, 30, 1, &gone, &err), 0);
	CU_ASSERT_EQUAL(gone, 1);
	CU_ASSERT_EQUAL(mail_forget(f.catalog, 30, 10, &gone, &err), 0);
	CU_ASSERT_EQUAL(gone, 1);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM mail WHERE id > 2"), 2);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM notification"), 2);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT MIN(mail_id) FROM notification"), 3);
}

void add_suite_mail(CU_pSuite suite)
{
	TEST(a_mail_is_due_at_once);
	TEST(to_a_bad_address_it_waits_as_failed);
	TEST(knows_its_words);
	TEST(are_listed_by_login_and_state_newest_first);
	TEST(an_operator_holds_and_sends_again);
	TEST(sending_again_begins_anew);
	TEST(a_bad_address_is_told_of_once);
	TEST(a_new_address_gets_what_failed);
	TEST(a_code_that_failed_is_not_sent_again);
	TEST(what_comes_back_from_another_address_is_noted_of_the_mail_alone);
	TEST(what_comes_back_is_noted_once);
	TEST(what_ended_long_ago_is_forgotten_with_its_counts);
}
