/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/news.h"

#include "spool/renewal.h"
#include "tests/lib/news_model.h"
#include "tests/unit/suite.h"

void add_suite_news(CU_pSuite suite);

static void moves_the_mark_with_each_acknowledgement_in_order(void)
{
	OWNED_MODEL struct model m;

	model_open(&m, "master");
	for (int i = 0; i < 6; i++)
		model_post(&m, i % 3 == 2 ? CLASS_TRADE_FILES : CLASS_EDELIVERY);
	model_check(&m, 100);
	for (int number = 1; number <= 6; number++) {
		model_acknowledge(&m, number);
		CU_ASSERT_EQUAL(m.membership.mark, number);
		CU_ASSERT_EQUAL(model_exceptions(&m), 0);
		model_check(&m, 2);
	}
}

static void keeps_the_mark_behind_the_first_gap(void)
{
	OWNED_MODEL struct model m;

	model_open(&m, "master");
	for (int i = 0; i < 6; i++)
		model_post(&m, CLASS_EDELIVERY);
	for (int number = 6; number >= 2; number--) {
		model_acknowledge(&m, number);
		CU_ASSERT_EQUAL(m.membership.mark, 0);
		CU_ASSERT_EQUAL(model_exceptions(&m), 7 - number);
		model_check(&m, 3);
	}
	model_acknowledge(&m, 1);
	CU_ASSERT_EQUAL(m.membership.mark, 6);
	CU_ASSERT_EQUAL(model_exceptions(&m), 0);
	model_check(&m, 1);
}

/* A generator of its own, so that a failure comes back. */
static unsigned next_random(unsigned *state, unsigned below)
{
	*state = *state * 1103515245u + 12345u;
	return (*state >> 16) % below;
}

static void take_a_random_step(struct model *m, unsigned *state)
{
	unsigned what = next_random(state, 10);
	int number = m->count ? 1 + (int)next_random(state, (unsigned)m->count) : 0;

	if (what < 3 && m->count < MODEL_MAX)
		model_post(m, what == 0 ? CLASS_TRADE_FILES : CLASS_EDELIVERY);
	else if (number && what < 8 && model_is_new(m, number))
		model_acknowledge(m, number);
	else if (number && what == 8 && !m->gone[number] && model_shows(m, number))
		model_renew(m, number);
	else if (number && what == 9 && !m->gone[number])
		model_recall(m, number);
}

static void agrees_with_the_model_at_random(const char *role)
{
	for (unsigned seed = 1; seed <= 4; seed++) {
		OWNED_MODEL struct model m;
		unsigned state = seed;

		model_open(&m, role);
		for (int step = 0; step < 250; step++) {
			take_a_random_step(&m, &state);
			if (step % 5 == 0)
				model_check(&m, 1 + step % 7);
		}
		model_check(&m, 100);
	}
}

static void agrees_with_the_model_for_a_master(void)
{
	agrees_with_the_model_at_random("master");
}

/* R5: what the role does not show is not there, and does not hold the mark back. */
static void agrees_with_the_model_for_e_delivery_only(void)
{
	agrees_with_the_model_at_random("e-delivery-only");
}

static void shows_nothing_to_an_account_without_a_role(void)
{
	OWNED_MODEL struct model m;
	struct seen seen;

	model_open(&m, "none");
	model_post(&m, CLASS_EDELIVERY);
	model_post(&m, CLASS_TRADE_FILES);
	model_list(&m, 10, &seen);
	CU_ASSERT_EQUAL(seen.passed, 0);
	CU_ASSERT_EQUAL(model_count(&m, CLASS_EDELIVERY, 10), 0);
	CU_ASSERT_EQUAL(model_count(&m, CLASS_TRADE_FILES, 10), 0);
}

/* R5 */
static void is_not_held_back_by_trade_files_that_are_hidden(void)
{
	OWNED_MODEL struct model m;

	model_open(&m, "e-delivery-only");
	model_post(&m, CLASS_TRADE_FILES);
	model_post(&m, CLASS_EDELIVERY);
	model_post(&m, CLASS_TRADE_FILES);
	model_post(&m, CLASS_TRADE_FILES);
	CU_ASSERT_EQUAL(m.membership.mark, 0);
	model_acknowledge(&m, 2);
	CU_ASSERT_EQUAL(m.membership.mark, 4);
	CU_ASSERT_EQUAL(model_exceptions(&m), 0);
	model_check(&m, 1);
}

static void is_not_held_back_by_letters_that_are_gone(void)
{
	OWNED_MODEL struct model m;

	model_open(&m, "master");
	for (int i = 0; i < 4; i++)
		model_post(&m, CLASS_EDELIVERY);
	model_recall(&m, 1);
	model_recall(&m, 3);
	model_acknowledge(&m, 2);
	CU_ASSERT_EQUAL(m.membership.mark, 3);
	model_check(&m, 1);
}

static void begins_with_what_is_posted_after_the_grant(void)
{
	OWNED_MODEL struct model m;
	struct grant grant = {
	    .login = "bob", .avrs_id = MODEL_ID, .role = ROLE_INCLUDES_E_DELIVERY};
	enum role before;
	bool found = false;
	struct seen seen;
	struct err err;

	model_open(&m, "master");
	model_post(&m, CLASS_EDELIVERY);
	model_post(&m, CLASS_TRADE_FILES);
	for (int backlog = 0; backlog < 2; backlog++) {
		int64_t bob = scratch_account(&m.f.spool, backlog ? "cid" : "bob", "", "");

		grant.login = backlog ? "cid" : "bob";
		grant.backlog = backlog;
		CU_ASSERT_EQUAL(
		    membership_grant(m.f.catalog, &m.f.spool.actor, &grant, &before, &err), 0);
		model_post(&m, CLASS_EDELIVERY);
		CU_ASSERT_EQUAL(
		    membership_find(m.f.catalog, bob, MODEL_ID, &m.membership, &found, &err), 0);
		model_list(&m, 1, &seen);
		for (int number = 1; number <= m.count; number++)
			CU_ASSERT_EQUAL(seen.times[number], backlog || number == m.count);
	}
}

/* Who is attached without a role, and then gets one, begins anew: with all or with nothing. */
static void forgets_the_exceptions_of_a_role_that_showed_nothing(void)
{
	for (int backlog = 0; backlog < 2; backlog++) {
		OWNED_MODEL struct model m;
		const struct grant grant = {.login = "ann",
		    .avrs_id = MODEL_ID,
		    .role = ROLE_INCLUDES_E_DELIVERY,
		    .backlog = backlog};
		enum role before;
		struct seen seen;
		struct err err;

		model_open(&m, "includes-e-delivery");
		for (int i = 0; i < 4; i++)
			model_post(&m, CLASS_EDELIVERY);
		model_acknowledge(&m, 1);
		model_acknowledge(&m, 2);
		model_acknowledge(&m, 4);
		model_renew(&m, 2);
		fixture_grant(&m.f, "ann", MODEL_ID, "none");
		CU_ASSERT_EQUAL(
		    membership_grant(m.f.catalog, &m.f.spool.actor, &grant, &before, &err), 0);
		model_read(&m);
		model_list(&m, 2, &seen);
		for (int number = 1; number <= 4; number++)
			CU_ASSERT_EQUAL(seen.times[number], backlog);
		CU_ASSERT_EQUAL(model_count(&m, CLASS_EDELIVERY, 10), backlog ? 4 : 0);
		CU_ASSERT_EQUAL(model_exceptions(&m), 0);
	}
}

/* R5: letters that were new stay so; of trade files only those from now on are. */
static void begins_with_trade_files_when_the_role_shows_them(void)
{
	OWNED_MODEL struct model m;
	struct seen seen;

	model_open(&m, "e-delivery-only");
	model_post(&m, CLASS_EDELIVERY);
	model_post(&m, CLASS_TRADE_FILES);
	fixture_grant(&m.f, "ann", MODEL_ID, "includes-e-delivery");
	model_post(&m, CLASS_TRADE_FILES);
	model_post(&m, CLASS_EDELIVERY);
	model_list(&m, 1, &seen);
	CU_ASSERT_EQUAL(seen.times[1], 1);
	CU_ASSERT_EQUAL(seen.times[2], 0);
	CU_ASSERT_EQUAL(seen.times[3], 1);
	CU_ASSERT_EQUAL(seen.times[4], 1);
	/* The one from before the role does not hold the mark back either. */
	m.shows_trade_files = true;
	model_acknowledge(&m, 1);
	CU_ASSERT_EQUAL(m.membership.mark, 2);
}

/* R5: the mark has passed the hidden trade files; the backlog brings them all the same. */
static void begins_with_all_trade_files_when_the_backlog_is_asked_for(void)
{
	OWNED_MODEL struct model m;
	const struct grant grant = {
	    .login = "ann", .avrs_id = MODEL_ID, .role = ROLE_INCLUDES_E_DELIVERY, .backlog = true};
	enum role before;
	struct seen seen;
	struct err err;

	model_open(&m, "e-delivery-only");
	model_post(&m, CLASS_TRADE_FILES);
	model_post(&m, CLASS_EDELIVERY);
	model_post(&m, CLASS_TRADE_FILES);
	model_acknowledge(&m, 2);
	model_post(&m, CLASS_TRADE_FILES);
	model_recall(&m, 3);
	CU_ASSERT_EQUAL(m.membership.mark, 3);
	CU_ASSERT_EQUAL(membership_grant(m.f.catalog, &m.f.spool.actor, &grant, &before, &err), 0);
	model_read(&m);
	model_list(&m, 1, &seen);
	CU_ASSERT_EQUAL(seen.times[1], 1);
	/* What was acknowledged stays so, what is gone is gone. */
	CU_ASSERT_EQUAL(seen.times[2], 0);
	CU_ASSERT_EQUAL(seen.times[3], 0);
	CU_ASSERT_EQUAL(seen.times[4], 1);
}

static void hides_trade_files_when_the_role_is_taken_down(void)
{
	OWNED_MODEL struct model m;
	struct seen seen;

	model_open(&m, "includes-e-delivery");
	model_post(&m, CLASS_TRADE_FILES);
	model_post(&m, CLASS_EDELIVERY);
	fixture_grant(&m.f, "ann", MODEL_ID, "e-delivery-only");
	model_read(&m);
	model_list(&m, 10, &seen);
	CU_ASSERT_EQUAL(seen.times[1], 0);
	CU_ASSERT_EQUAL(seen.times[2], 1);
	CU_ASSERT_EQUAL(model_count(&m, CLASS_TRADE_FILES, 10), 0);
}

static void can_be_told_twice(void)
{
	OWNED_MODEL struct model m;

	model_open(&m, "master");
	for (int i = 0; i < 3; i++)
		model_post(&m, CLASS_EDELIVERY);
	model_acknowledge(&m, 2);
	model_acknowledge(&m, 2);
	CU_ASSERT_EQUAL(model_exceptions(&m), 1);
	model_acknowledge(&m, 1);
	model_acknowledge(&m, 1);
	CU_ASSERT_EQUAL(m.membership.mark, 2);
	CU_ASSERT_EQUAL(model_exceptions(&m), 0);
	model_check(&m, 5);
}

/* What a session read of its membership may be old; the row counts. */
static void goes_by_the_mark_of_now(void)
{
	OWNED_MODEL struct model m;
	struct membership old;
	struct err err;

	model_open(&m, "master");
	for (int i = 0; i < 3; i++)
		model_post(&m, CLASS_EDELIVERY);
	old = m.membership;
	model_acknowledge(&m, 1);
	CU_ASSERT_EQUAL(
	    news_acknowledge(m.f.catalog, &m.f.spool.actor, &old, &m.letters[2], &err), 0);
	CU_ASSERT_EQUAL(old.mark, 0);
	m.acknowledged[2] = true;
	model_move_mark(&m);
	model_read(&m);
	model_check(&m, 1);
	CU_ASSERT_EQUAL(m.membership.mark, 2);
}

static void refuses_when_the_role_was_taken_away(void)
{
	OWNED_MODEL struct model m;
	int64_t events;
	struct err err;

	model_open(&m, "includes-e-delivery");
	model_post(&m, CLASS_EDELIVERY);
	CU_ASSERT_EQUAL(membership_revoke(m.f.catalog, &m.f.spool.actor, "ann", MODEL_ID, &err), 0);
	events = fixture_number(&m.f, "SELECT COUNT(*) FROM event");
	CU_ASSERT_TRUE(fails(
	    news_acknowledge(m.f.catalog, &m.f.spool.actor, &m.membership, &m.letters[1], &err),
	    &err, ERR_REFUSED));
	CU_ASSERT_EQUAL(model_exceptions(&m), 0);
	CU_ASSERT_EQUAL(fixture_number(&m.f, "SELECT COUNT(*) FROM event"), events);
}

static void puts_acknowledgements_into_the_audit_log(void)
{
	OWNED_MODEL struct model m;

	model_open(&m, "master");
	model_post(&m, CLASS_EDELIVERY);
	model_acknowledge(&m, 1);
	CU_ASSERT_EQUAL(fixture_number(&m.f, "SELECT letter_id FROM event WHERE"
	                                     " what = 'letter.acknowledged' AND login = 'ann'"
	                                     " AND avrs_id = '123456789'"),
	    m.letters[1].id);
}

/* Each account has news of its own. */
static void leaves_the_news_of_others_alone(void)
{
	OWNED_MODEL struct model m;
	struct seen seen;
	int64_t bob;
	bool found = false;
	struct err err;

	model_open(&m, "master");
	bob = scratch_account(&m.f.spool, "bob", MODEL_ID, "includes-e-delivery");
	for (int i = 0; i < 3; i++)
		model_post(&m, CLASS_EDELIVERY);
	model_acknowledge(&m, 1);
	model_acknowledge(&m, 3);
	CU_ASSERT_EQUAL(
	    membership_find(m.f.catalog, bob, MODEL_ID, &m.membership, &found, &err), 0);
	model_list(&m, 2, &seen);
	CU_ASSERT_EQUAL(seen.passed, 3);
}

static int stop(const struct letter *letter, void *arg, struct err *err)
{
	++*(int *)arg;
	return err_set(err, ERR_USAGE, "not %s", letter->name);
}

static void stops_when_it_is_told_to(void)
{
	OWNED_MODEL struct model m;
	struct news_cursor cursor = {.past_renewed = false};
	int calls = 0;
	bool more = true;
	struct err err;

	model_open(&m, "master");
	model_post(&m, CLASS_EDELIVERY);
	model_post(&m, CLASS_EDELIVERY);
	CU_ASSERT_TRUE(
	    fails(news_list(m.f.catalog, &m.membership, &cursor, 9, stop, &calls, &more, &err),
	        &err, ERR_USAGE));
	CU_ASSERT_EQUAL(calls, 1);
	CU_ASSERT_TRUE(more);
}

static void notes_when_a_letter_was_opened_last(void)
{
	OWNED_MODEL struct model m;
	bool opened = true;
	struct err err;

	model_open(&m, "master");
	model_post(&m, CLASS_EDELIVERY);
	model_post(&m, CLASS_EDELIVERY);
	CU_ASSERT_EQUAL(news_was_opened(m.f.catalog, 1, m.letters[1].id, 0, &opened, &err), 0);
	CU_ASSERT_FALSE(opened);
	CU_ASSERT_EQUAL(news_note_opening(m.f.catalog, 1, m.letters[1].id, &err), 0);
	clock_freeze(FIXTURE_NOW + 5);
	CU_ASSERT_EQUAL(news_note_opening(m.f.catalog, 1, m.letters[1].id, &err), 0);
	CU_ASSERT_EQUAL(news_was_opened(m.f.catalog, 1, m.letters[1].id, 0, &opened, &err), 0);
	CU_ASSERT_TRUE(opened);
	CU_ASSERT_EQUAL(fixture_number(&m.f, "SELECT opened FROM opening"), FIXTURE_NOW + 5);
	CU_ASSERT_EQUAL(
	    news_was_opened(m.f.catalog, 1, m.letters[1].id, FIXTURE_NOW + 5, &opened, &err), 0);
	CU_ASSERT_TRUE(opened);
	CU_ASSERT_EQUAL(
	    news_was_opened(m.f.catalog, 1, m.letters[1].id, FIXTURE_NOW + 6, &opened, &err), 0);
	CU_ASSERT_FALSE(opened);
	CU_ASSERT_EQUAL(news_was_opened(m.f.catalog, 1, m.letters[2].id, 0, &opened, &err), 0);
	CU_ASSERT_FALSE(opened);
	CU_ASSERT_EQUAL(news_was_opened(m.f.catalog, 2, m.letters[1].id, 0, &opened, &err), 0);
	CU_ASSERT_FALSE(opened);
}

static int news_of(struct model *m)
{
	int64_t letters = 0;
	struct err err;

	model_read(m);
	CU_ASSERT_EQUAL(
	    news_count(m->f.catalog, &m->membership, CLASS_EDELIVERY, 100, &letters, &err), 0);
	return (int)letters;
}

/* What is in the archive is not new any more, renewed or not; what is not stays new. */
static void acknowledges_all_of_an_archive_at_once(void)
{
	OWNED_MODEL struct model m;
	char *const names[] = {m.letters[1].name};
	int64_t renewed = 0;
	struct err err;

	model_open(&m, "e-delivery-only");
	for (int i = 0; i < 6; i++)
		model_post(&m, i == 4 ? CLASS_TRADE_FILES : CLASS_EDELIVERY);
	model_acknowledge(&m, 1);
	CU_ASSERT_EQUAL(renewal_by_names(
	                    m.f.catalog, &m.f.spool.actor, &m.membership, names, 1, &renewed, &err),
	    0);
	CU_ASSERT_EQUAL(news_of(&m), 5);
	fixture_sql(&m.f,
	    "INSERT INTO archive (id, avrs_id, class, night, revision, name, state)"
	    " VALUES (1, '" MODEL_ID "', 'edelivery', '2024-05-15', 1, 'a', 'ready')");
	fixture_sql(&m.f,
	    "INSERT INTO archive_letter SELECT 1, id FROM letter WHERE sequence IN (1, 2, 4)");
	for (int twice = 0; twice < 2; twice++) {
		CU_ASSERT_EQUAL(
		    news_acknowledge_archive(m.f.catalog, &m.f.spool.actor, &m.membership, 1, &err),
		    0);
		CU_ASSERT_EQUAL(news_of(&m), 2);
		CU_ASSERT_EQUAL(m.membership.mark, 2);
	}
	fixture_sql(&m.f, "INSERT INTO archive_letter SELECT 1, id FROM letter WHERE sequence = 3");
	CU_ASSERT_EQUAL(
	    news_acknowledge_archive(m.f.catalog, &m.f.spool.actor, &m.membership, 1, &err), 0);
	/* Past the trade file that the role does not show. */
	CU_ASSERT_EQUAL(news_of(&m), 1);
	CU_ASSERT_EQUAL(m.membership.mark, 5);
	CU_ASSERT_EQUAL(
	    fixture_number(&m.f, "SELECT COUNT(*) FROM event WHERE what = 'archive.acknowledged'"),
	    3);
	fixture_sql(&m.f, "DELETE FROM membership");
	CU_ASSERT(
	    fails(news_acknowledge_archive(m.f.catalog, &m.f.spool.actor, &m.membership, 1, &err),
	        &err, ERR_REFUSED));
}

void add_suite_news(CU_pSuite suite)
{
	TEST(moves_the_mark_with_each_acknowledgement_in_order);
	TEST(keeps_the_mark_behind_the_first_gap);
	TEST(agrees_with_the_model_for_a_master);
	TEST(agrees_with_the_model_for_e_delivery_only);
	TEST(shows_nothing_to_an_account_without_a_role);
	TEST(is_not_held_back_by_trade_files_that_are_hidden);
	TEST(is_not_held_back_by_letters_that_are_gone);
	TEST(begins_with_what_is_posted_after_the_grant);
	TEST(begins_with_trade_files_when_the_role_shows_them);
	TEST(hides_trade_files_when_the_role_is_taken_down);
	TEST(can_be_told_twice);
	TEST(goes_by_the_mark_of_now);
	TEST(refuses_when_the_role_was_taken_away);
	TEST(puts_acknowledgements_into_the_audit_log);
	TEST(leaves_the_news_of_others_alone);
	TEST(stops_when_it_is_told_to);
	TEST(notes_when_a_letter_was_opened_last);
	TEST(forgets_the_exceptions_of_a_role_that_showed_nothing);
	TEST(begins_with_all_trade_files_when_the_backlog_is_asked_for);
	TEST(acknowledges_all_of_an_archive_at_once);
}
