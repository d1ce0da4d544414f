/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/news.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_news(CU_pSuite suite);

#define ID "123456789"

enum { MODEL_MAX = 128 };

/*
 * What ought to be new, kept beside the catalog: number 1 to count, and for each whether it was
 * posted as a trade file, is acknowledged, renewed or gone.
 */
struct model {
	struct fixture f;
	struct membership membership; /* as it was read last */
	bool shows_trade_files;
	int64_t mark;
	int count;
	struct letter letters[MODEL_MAX + 1];
	bool acknowledged[MODEL_MAX + 1];
	bool renewed[MODEL_MAX + 1];
	bool gone[MODEL_MAX + 1];
};

static void model_close(struct model *m)
{
	fixture_close(&m->f);
}
#define OWNED_MODEL OWNED(model_close)

static void read_membership(struct model *m)
{
	bool found = false;
	struct err err;

	CU_ASSERT_EQUAL(membership_find(m->f.catalog, 1, ID, &m->membership, &found, &err), 0);
	CU_ASSERT_TRUE_FATAL(found);
}

static void model_open(struct model *m, const char *role)
{
	memset(m, 0, sizeof(*m));
	fixture_open(&m->f);
	scratch_provider(&m->f.spool, ID);
	(void)scratch_account(&m->f.spool, "ann", ID, role);
	m->shows_trade_files = strcmp(role, "e-delivery-only") != 0;
	read_membership(m);
}

static bool shown(const struct model *m, int number)
{
	return m->letters[number].class == CLASS_EDELIVERY || m->shows_trade_files;
}

static bool is_new(const struct model *m, int number)
{
	return shown(m, number) && !m->gone[number] &&
	       (m->renewed[number] || (number > m->mark && !m->acknowledged[number]));
}

/* Where the mark has to be after an acknowledgement above it: before the first that is new. */
static void move_mark(struct model *m)
{
	int64_t mark = m->mark;

	while (mark < m->count && !is_new(m, (int)mark + 1))
		mark++;
	m->mark = mark;
}

static void post(struct model *m, enum letter_class class)
{
	char name[16];

	m->count++;
	(void)snprintf(name, sizeof(name), "EFT_%d", m->count);
	fixture_posted(&m->f, ID, class, name, &m->letters[m->count]);
	CU_ASSERT_EQUAL(m->letters[m->count].sequence, m->count);
	read_membership(m);
}

static void acknowledge(struct model *m, int number)
{
	struct err err;

	CU_ASSERT_EQUAL(news_acknowledge(m->f.catalog, &m->f.spool.actor, &m->membership,
	                    &m->letters[number], &err),
	    0);
	m->acknowledged[number] = true;
	m->renewed[number] = false;
	if (number > m->mark)
		move_mark(m);
	read_membership(m);
}

/* A letter that was acknowledged, above the mark or below it, is new again. */
static void renew(struct model *m, int number)
{
	char *const names[] = {m->letters[number].name};
	int64_t count = 0;
	struct err err;

	CU_ASSERT_EQUAL(news_renew_names(m->f.catalog, &m->f.spool.actor, &m->membership, names, 1,
	                    &count, &err),
	    0);
	CU_ASSERT_EQUAL(count, !is_new(m, number));
	if (number <= m->mark)
		m->renewed[number] = true;
	m->acknowledged[number] = false;
	read_membership(m);
}

static void recall(struct model *m, int number)
{
	struct err err;

	CU_ASSERT_EQUAL(
	    catalog_run(m->f.catalog, "UPDATE letter SET electronic = 'recalled' WHERE id = $1",
	        VALUES(INT(m->letters[number].id)), &err),
	    0);
	m->gone[number] = true;
}

struct seen {
	int times[MODEL_MAX + 1];
	int64_t passed;
};

static int note(const struct letter *letter, void *arg, struct err *err)
{
	struct seen *seen = arg;

	(void)err;
	seen->times[letter->sequence]++;
	seen->passed++;
	return 0;
}

/* All of the news in pages of limit: no page is larger, and nothing comes twice. */
static void list_all(const struct model *m, int64_t limit, struct seen *ret_seen)
{
	struct news_cursor cursor = {.past_renewed = false};
	bool more = true;
	struct err err;

	*ret_seen = (struct seen){.passed = 0};
	for (int page = 0; more; page++) {
		int64_t before = ret_seen->passed;

		CU_ASSERT_EQUAL_FATAL(news_list(m->f.catalog, &m->membership, &cursor, limit, note,
		                          ret_seen, &more, &err),
		    0);
		CU_ASSERT_TRUE(ret_seen->passed - before <= limit);
		CU_ASSERT_FATAL(page <= MODEL_MAX);
	}
}

static int64_t count_news(const struct model *m, enum letter_class class, int64_t limit)
{
	int64_t count = -1;
	struct err err;

	CU_ASSERT_EQUAL(news_count(m->f.catalog, &m->membership, class, limit, &count, &err), 0);
	return count;
}

static int note_apart(const struct letter *letter, bool is_new_to_it, void *arg, struct err *err)
{
	struct seen *seen = arg;

	(void)err;
	CU_ASSERT_EQUAL(seen->times[letter->sequence], 0);
	seen->times[letter->sequence] = is_new_to_it ? 2 : 1;
	CU_ASSERT_TRUE(letter->sequence > seen->passed);
	seen->passed = letter->sequence;
	return 0;
}

/* New, or not: every letter of the classes that the role shows comes once, in order. */
static void check_apart(const struct model *m)
{
	for (enum letter_class class = CLASS_EDELIVERY; class < CLASS_COUNT; class ++) {
		struct seen seen = {.passed = 0};
		struct err err;

		if (class == CLASS_TRADE_FILES && !m->shows_trade_files)
			continue;
		CU_ASSERT_EQUAL(
		    news_tell_apart(m->f.catalog, &m->membership, class, note_apart, &seen, &err),
		    0);
		for (int number = 1; number <= m->count; number++) {
			bool there = m->letters[number].class == class && !m->gone[number];

			CU_ASSERT_EQUAL(seen.times[number], there + (there && is_new(m, number)));
		}
	}
}

/* Everything that can be asked, against the model. */
static void check(const struct model *m, int64_t limit)
{
	struct seen seen;
	int64_t expected[CLASS_COUNT] = {0};
	struct err err;

	CU_ASSERT_EQUAL(m->membership.mark, m->mark);
	check_apart(m);
	list_all(m, limit, &seen);
	for (int number = 1; number <= m->count; number++) {
		bool has = false;

		expected[m->letters[number].class] += is_new(m, number);
		CU_ASSERT_EQUAL(seen.times[number], is_new(m, number));
		if (!shown(m, number) || m->gone[number])
			continue;
		CU_ASSERT_EQUAL(
		    news_has(m->f.catalog, &m->membership, &m->letters[number], &has, &err), 0);
		CU_ASSERT_EQUAL(has, is_new(m, number));
	}
	for (enum letter_class class = CLASS_EDELIVERY; class < CLASS_COUNT; class ++) {
		CU_ASSERT_EQUAL(count_news(m, class, 1000), expected[class]);
		CU_ASSERT_EQUAL(count_news(m, class, 1), expected[class] > 0);
	}
}

/* An empty new/ costs nothing: no row is kept of what the mark says. */
static int64_t exceptions(const struct model *m)
{
	return fixture_number(&m->f, "SELECT COUNT(*) FROM acknowledgement");
}

static void moves_the_mark_with_each_acknowledgement_in_order(void)
{
	OWNED_MODEL struct model m;

	model_open(&m, "master");
	for (int i = 0; i < 6; i++)
		post(&m, i % 3 == 2 ? CLASS_TRADE_FILES : CLASS_EDELIVERY);
	check(&m, 100);
	for (int number = 1; number <= 6; number++) {
		acknowledge(&m, number);
		CU_ASSERT_EQUAL(m.membership.mark, number);
		CU_ASSERT_EQUAL(exceptions(&m), 0);
		check(&m, 2);
	}
}

static void keeps_the_mark_behind_the_first_gap(void)
{
	OWNED_MODEL struct model m;

	model_open(&m, "master");
	for (int i = 0; i < 6; i++)
		post(&m, CLASS_EDELIVERY);
	for (int number = 6; number >= 2; number--) {
		acknowledge(&m, number);
		CU_ASSERT_EQUAL(m.membership.mark, 0);
		CU_ASSERT_EQUAL(exceptions(&m), 7 - number);
		check(&m, 3);
	}
	acknowledge(&m, 1);
	CU_ASSERT_EQUAL(m.membership.mark, 6);
	CU_ASSERT_EQUAL(exceptions(&m), 0);
	check(&m, 1);
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
		post(m, what == 0 ? CLASS_TRADE_FILES : CLASS_EDELIVERY);
	else if (number && what < 8 && is_new(m, number))
		acknowledge(m, number);
	else if (number && what == 8 && !m->gone[number] && shown(m, number))
		renew(m, number);
	else if (number && what == 9 && !m->gone[number])
		recall(m, number);
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
				check(&m, 1 + step % 7);
		}
		check(&m, 100);
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
	post(&m, CLASS_EDELIVERY);
	post(&m, CLASS_TRADE_FILES);
	list_all(&m, 10, &seen);
	CU_ASSERT_EQUAL(seen.passed, 0);
	CU_ASSERT_EQUAL(count_news(&m, CLASS_EDELIVERY, 10), 0);
	CU_ASSERT_EQUAL(count_news(&m, CLASS_TRADE_FILES, 10), 0);
}

/* R5 */
static void is_not_held_back_by_trade_files_that_are_hidden(void)
{
	OWNED_MODEL struct model m;

	model_open(&m, "e-delivery-only");
	post(&m, CLASS_TRADE_FILES);
	post(&m, CLASS_EDELIVERY);
	post(&m, CLASS_TRADE_FILES);
	post(&m, CLASS_TRADE_FILES);
	CU_ASSERT_EQUAL(m.membership.mark, 0);
	acknowledge(&m, 2);
	CU_ASSERT_EQUAL(m.membership.mark, 4);
	CU_ASSERT_EQUAL(exceptions(&m), 0);
	check(&m, 1);
}

static void is_not_held_back_by_letters_that_are_gone(void)
{
	OWNED_MODEL struct model m;

	model_open(&m, "master");
	for (int i = 0; i < 4; i++)
		post(&m, CLASS_EDELIVERY);
	recall(&m, 1);
	recall(&m, 3);
	acknowledge(&m, 2);
	CU_ASSERT_EQUAL(m.membership.mark, 3);
	check(&m, 1);
}

static void begins_with_what_is_posted_after_the_grant(void)
{
	OWNED_MODEL struct model m;
	struct grant grant = {.login = "bob", .avrs_id = ID, .role = ROLE_INCLUDES_E_DELIVERY};
	enum role before;
	bool found = false;
	struct seen seen;
	struct err err;

	model_open(&m, "master");
	post(&m, CLASS_EDELIVERY);
	post(&m, CLASS_TRADE_FILES);
	for (int backlog = 0; backlog < 2; backlog++) {
		int64_t bob = scratch_account(&m.f.spool, backlog ? "cid" : "bob", "", "");

		grant.login = backlog ? "cid" : "bob";
		grant.backlog = backlog;
		CU_ASSERT_EQUAL(
		    membership_grant(m.f.catalog, &m.f.spool.actor, &grant, &before, &err), 0);
		post(&m, CLASS_EDELIVERY);
		CU_ASSERT_EQUAL(
		    membership_find(m.f.catalog, bob, ID, &m.membership, &found, &err), 0);
		list_all(&m, 1, &seen);
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
		    .avrs_id = ID,
		    .role = ROLE_INCLUDES_E_DELIVERY,
		    .backlog = backlog};
		enum role before;
		struct seen seen;
		struct err err;

		model_open(&m, "includes-e-delivery");
		for (int i = 0; i < 4; i++)
			post(&m, CLASS_EDELIVERY);
		acknowledge(&m, 1);
		acknowledge(&m, 2);
		acknowledge(&m, 4);
		renew(&m, 2);
		fixture_grant(&m.f, "ann", ID, "none");
		CU_ASSERT_EQUAL(
		    membership_grant(m.f.catalog, &m.f.spool.actor, &grant, &before, &err), 0);
		read_membership(&m);
		list_all(&m, 2, &seen);
		for (int number = 1; number <= 4; number++)
			CU_ASSERT_EQUAL(seen.times[number], backlog);
		CU_ASSERT_EQUAL(count_news(&m, CLASS_EDELIVERY, 10), backlog ? 4 : 0);
		CU_ASSERT_EQUAL(exceptions(&m), 0);
	}
}

/* R5: letters that were new stay so; of trade files only those from now on are. */
static void begins_with_trade_files_when_the_role_shows_them(void)
{
	OWNED_MODEL struct model m;
	struct seen seen;

	model_open(&m, "e-delivery-only");
	post(&m, CLASS_EDELIVERY);
	post(&m, CLASS_TRADE_FILES);
	fixture_grant(&m.f, "ann", ID, "includes-e-delivery");
	post(&m, CLASS_TRADE_FILES);
	post(&m, CLASS_EDELIVERY);
	list_all(&m, 1, &seen);
	CU_ASSERT_EQUAL(seen.times[1], 1);
	CU_ASSERT_EQUAL(seen.times[2], 0);
	CU_ASSERT_EQUAL(seen.times[3], 1);
	CU_ASSERT_EQUAL(seen.times[4], 1);
	/* The one from before the role does not hold the mark back either. */
	m.shows_trade_files = true;
	acknowledge(&m, 1);
	CU_ASSERT_EQUAL(m.membership.mark, 2);
}

/* R5: the mark has passed the trade files that were hidden; the backlog brings them all the same.
 */
static void begins_with_all_trade_files_when_the_backlog_is_asked_for(void)
{
	OWNED_MODEL struct model m;
	const struct grant grant = {
	    .login = "ann", .avrs_id = ID, .role = ROLE_INCLUDES_E_DELIVERY, .backlog = true};
	enum role before;
	struct seen seen;
	struct err err;

	model_open(&m, "e-delivery-only");
	post(&m, CLASS_TRADE_FILES);
	post(&m, CLASS_EDELIVERY);
	post(&m, CLASS_TRADE_FILES);
	acknowledge(&m, 2);
	post(&m, CLASS_TRADE_FILES);
	recall(&m, 3);
	CU_ASSERT_EQUAL(m.membership.mark, 3);
	CU_ASSERT_EQUAL(membership_grant(m.f.catalog, &m.f.spool.actor, &grant, &before, &err), 0);
	read_membership(&m);
	list_all(&m, 1, &seen);
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
	post(&m, CLASS_TRADE_FILES);
	post(&m, CLASS_EDELIVERY);
	fixture_grant(&m.f, "ann", ID, "e-delivery-only");
	read_membership(&m);
	list_all(&m, 10, &seen);
	CU_ASSERT_EQUAL(seen.times[1], 0);
	CU_ASSERT_EQUAL(seen.times[2], 1);
	CU_ASSERT_EQUAL(count_news(&m, CLASS_TRADE_FILES, 10), 0);
}

static void brings_back_what_was_renewed(void)
{
	OWNED_MODEL struct model m;

	model_open(&m, "master");
	for (int i = 0; i < 5; i++)
		post(&m, i == 1 ? CLASS_TRADE_FILES : CLASS_EDELIVERY);
	for (int number = 1; number <= 5; number++)
		acknowledge(&m, number);
	renew(&m, 2);
	renew(&m, 4);
	check(&m, 1);
	acknowledge(&m, 4);
	CU_ASSERT_EQUAL(m.membership.mark, 5);
	check(&m, 1);
	acknowledge(&m, 2);
	check(&m, 1);
	CU_ASSERT_EQUAL(exceptions(&m), 0);
}

static void can_be_told_twice(void)
{
	OWNED_MODEL struct model m;

	model_open(&m, "master");
	for (int i = 0; i < 3; i++)
		post(&m, CLASS_EDELIVERY);
	acknowledge(&m, 2);
	acknowledge(&m, 2);
	CU_ASSERT_EQUAL(exceptions(&m), 1);
	acknowledge(&m, 1);
	acknowledge(&m, 1);
	CU_ASSERT_EQUAL(m.membership.mark, 2);
	CU_ASSERT_EQUAL(exceptions(&m), 0);
	check(&m, 5);
}

/* What a session read of its membership may be old; the row counts. */
static void goes_by_the_mark_of_now(void)
{
	OWNED_MODEL struct model m;
	struct membership old;
	struct err err;

	model_open(&m, "master");
	for (int i = 0; i < 3; i++)
		post(&m, CLASS_EDELIVERY);
	old = m.membership;
	acknowledge(&m, 1);
	CU_ASSERT_EQUAL(
	    news_acknowledge(m.f.catalog, &m.f.spool.actor, &old, &m.letters[2], &err), 0);
	CU_ASSERT_EQUAL(old.mark, 0);
	m.acknowledged[2] = true;
	move_mark(&m);
	read_membership(&m);
	check(&m, 1);
	CU_ASSERT_EQUAL(m.membership.mark, 2);
}

static void refuses_when_the_role_was_taken_away(void)
{
	OWNED_MODEL struct model m;
	int64_t events;
	struct err err;

	model_open(&m, "includes-e-delivery");
	post(&m, CLASS_EDELIVERY);
	CU_ASSERT_EQUAL(membership_revoke(m.f.catalog, &m.f.spool.actor, "ann", ID, &err), 0);
	events = fixture_number(&m.f, "SELECT COUNT(*) FROM event");
	CU_ASSERT_TRUE(fails(
	    news_acknowledge(m.f.catalog, &m.f.spool.actor, &m.membership, &m.letters[1], &err),
	    &err, ERR_REFUSED));
	CU_ASSERT_EQUAL(exceptions(&m), 0);
	CU_ASSERT_EQUAL(fixture_number(&m.f, "SELECT COUNT(*) FROM event"), events);
}

static void puts_acknowledgements_into_the_audit_log(void)
{
	OWNED_MODEL struct model m;

	model_open(&m, "master");
	post(&m, CLASS_EDELIVERY);
	acknowledge(&m, 1);
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
	bob = scratch_account(&m.f.spool, "bob", ID, "includes-e-delivery");
	for (int i = 0; i < 3; i++)
		post(&m, CLASS_EDELIVERY);
	acknowledge(&m, 1);
	acknowledge(&m, 3);
	CU_ASSERT_EQUAL(membership_find(m.f.catalog, bob, ID, &m.membership, &found, &err), 0);
	list_all(&m, 2, &seen);
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
	post(&m, CLASS_EDELIVERY);
	post(&m, CLASS_EDELIVERY);
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
	post(&m, CLASS_EDELIVERY);
	post(&m, CLASS_EDELIVERY);
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

static void renews_each_letter_once_and_tells_of_it(void)
{
	OWNED_MODEL struct model m;
	char *const names[] = {m.letters[1].name, m.letters[2].name, m.letters[1].name};
	int64_t count = 0;
	struct err err;

	model_open(&m, "master");
	post(&m, CLASS_EDELIVERY);
	post(&m, CLASS_TRADE_FILES);
	post(&m, CLASS_EDELIVERY);
	acknowledge(&m, 1);
	clock_freeze(FIXTURE_NOW + 5);
	CU_ASSERT_EQUAL(
	    news_renew_names(m.f.catalog, &m.f.spool.actor, &m.membership, names, 3, &count, &err),
	    0);
	/* The second was new all the time. */
	CU_ASSERT_EQUAL(count, 1);
	CU_ASSERT_EQUAL(
	    fixture_number(&m.f, "SELECT COUNT(*) FROM event WHERE what = 'letter.renewed'"
	                         " AND login = 'ann' AND avrs_id = '" ID "' AND letter_id = 1"),
	    1);
	m.renewed[1] = true;
	read_membership(&m);
	check(&m, 2);
	/* What the texts of the view tell has changed. */
	CU_ASSERT_EQUAL(m.membership.changed, FIXTURE_NOW + 5);
}

/* It came into new/ again, so that it was opened before does not count. */
static void wants_a_renewed_letter_to_be_opened_again(void)
{
	OWNED_MODEL struct model m;
	bool opened = true;
	struct err err;

	model_open(&m, "master");
	post(&m, CLASS_EDELIVERY);
	CU_ASSERT_EQUAL(news_note_opening(m.f.catalog, 1, m.letters[1].id, &err), 0);
	acknowledge(&m, 1);
	renew(&m, 1);
	CU_ASSERT_EQUAL(news_was_opened(m.f.catalog, 1, m.letters[1].id, 0, &opened, &err), 0);
	CU_ASSERT_FALSE(opened);
	CU_ASSERT_EQUAL(news_note_opening(m.f.catalog, 1, m.letters[1].id, &err), 0);
	CU_ASSERT_EQUAL(news_was_opened(m.f.catalog, 1, m.letters[1].id, 0, &opened, &err), 0);
	CU_ASSERT_TRUE(opened);
}

/* R5, R11: one name that is none leaves all the others as they are. */
static void renews_nothing_that_the_role_does_not_show(void)
{
	OWNED_MODEL struct model m;
	int64_t count = 42;
	struct err err;

	model_open(&m, "e-delivery-only");
	post(&m, CLASS_EDELIVERY);
	post(&m, CLASS_TRADE_FILES);
	post(&m, CLASS_EDELIVERY);
	acknowledge(&m, 1);
	acknowledge(&m, 3);
	recall(&m, 3);
	for (int number = 2; number <= 4; number++) {
		char other[] = "EFT_9";
		char *const names[] = {
		    m.letters[1].name, number == 4 ? other : m.letters[number].name};

		CU_ASSERT_TRUE(fails(news_renew_names(m.f.catalog, &m.f.spool.actor, &m.membership,
		                         names, 2, &count, &err),
		    &err, ERR_REFUSED));
		CU_ASSERT_EQUAL(count, 42);
	}
	CU_ASSERT_EQUAL(exceptions(&m), 0);
	CU_ASSERT_EQUAL(
	    news_renew_since(m.f.catalog, &m.f.spool.actor, &m.membership, 0, &count, &err), 0);
	CU_ASSERT_EQUAL(count, 1);
	m.renewed[1] = true;
	check(&m, 2);
}

/* The trade files from before a role that shows them, by name or all: the floor is theirs. */
static void renews_trade_files_from_before_the_role(void)
{
	OWNED_MODEL struct model m;
	struct seen seen;

	model_open(&m, "e-delivery-only");
	post(&m, CLASS_EDELIVERY);
	post(&m, CLASS_TRADE_FILES);
	fixture_grant(&m.f, "ann", ID, "includes-e-delivery");
	m.shows_trade_files = true;
	read_membership(&m);
	CU_ASSERT_EQUAL(m.membership.mark, 0);
	CU_ASSERT_EQUAL(m.membership.trade_files_after, 2);
	m.acknowledged[2] = true;
	check(&m, 1);
	renew(&m, 2);
	list_all(&m, 1, &seen);
	CU_ASSERT_EQUAL(seen.times[1], 1);
	CU_ASSERT_EQUAL(seen.times[2], 1);
	acknowledge(&m, 2);
	list_all(&m, 1, &seen);
	CU_ASSERT_EQUAL(seen.times[2], 0);
}

/* More than one transaction renews, in either class, and only from the day on. */
static void renews_in_parts_what_was_posted_since(void)
{
	enum { MANY = 1100 };
	OWNED_FIXTURE struct fixture f;
	struct membership membership;
	struct letter letter;
	int64_t count = 0;
	bool found = false;
	struct err err;

	fixture_open(&f);
	scratch_provider(&f.spool, ID);
	(void)scratch_account(&f.spool, "ann", ID, "master");
	for (int i = 0; i < MANY; i++) {
		char name[16];

		clock_freeze(FIXTURE_NOW + i);
		(void)snprintf(name, sizeof(name), "EFT_%d", i);
		fixture_posted(&f, ID, i % 10 ? CLASS_EDELIVERY : CLASS_TRADE_FILES, name, &letter);
	}
	fixture_sql(&f, "UPDATE membership SET mark = 1100");
	CU_ASSERT_EQUAL(membership_find(f.catalog, 1, ID, &membership, &found, &err), 0);
	CU_ASSERT_EQUAL(news_renew_since(f.catalog, &f.spool.actor, &membership, FIXTURE_NOW + 1000,
	                    &count, &err),
	    0);
	CU_ASSERT_EQUAL(count, 100);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT MIN(sequence) FROM acknowledgement"), 1001);
	CU_ASSERT_EQUAL(
	    news_renew_since(f.catalog, &f.spool.actor, &membership, 0, &count, &err), 0);
	CU_ASSERT_EQUAL(count, 1000);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM acknowledgement WHERE renewed = 1"), MANY);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM event WHERE what = 'letter.renewed'"), MANY);
	CU_ASSERT_EQUAL(
	    news_renew_since(f.catalog, &f.spool.actor, &membership, 0, &count, &err), 0);
	CU_ASSERT_EQUAL(count, 0);
}

static void renews_nothing_where_the_role_is_gone(void)
{
	OWNED_MODEL struct model m;
	char *const names[] = {m.letters[1].name};
	int64_t count = 42;
	struct err err;

	model_open(&m, "master");
	post(&m, CLASS_EDELIVERY);
	acknowledge(&m, 1);
	fixture_sql(&m.f, "DELETE FROM membership");
	CU_ASSERT_TRUE(fails(
	    news_renew_names(m.f.catalog, &m.f.spool.actor, &m.membership, names, 1, &count, &err),
	    &err, ERR_REFUSED));
	CU_ASSERT_EQUAL(count, 42);
}

static int news_of(struct model *m)
{
	int64_t letters = 0;
	struct err err;

	read_membership(m);
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
		post(&m, i == 4 ? CLASS_TRADE_FILES : CLASS_EDELIVERY);
	acknowledge(&m, 1);
	CU_ASSERT_EQUAL(news_renew_names(
	                    m.f.catalog, &m.f.spool.actor, &m.membership, names, 1, &renewed, &err),
	    0);
	CU_ASSERT_EQUAL(news_of(&m), 5);
	fixture_sql(&m.f, "INSERT INTO archive (id, avrs_id, class, night, revision, name, state)"
	                  " VALUES (1, '" ID "', 'edelivery', '2024-05-15', 1, 'a', 'ready')");
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
	TEST(renews_each_letter_once_and_tells_of_it);
	TEST(wants_a_renewed_letter_to_be_opened_again);
	TEST(renews_nothing_that_the_role_does_not_show);
	TEST(renews_trade_files_from_before_the_role);
	TEST(renews_in_parts_what_was_posted_since);
	TEST(renews_nothing_where_the_role_is_gone);
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
	TEST(brings_back_what_was_renewed);
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
