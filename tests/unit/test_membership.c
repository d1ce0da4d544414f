/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/membership.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_membership(CU_pSuite suite);

#define ID    "123456789"
#define OTHER "200000002"

/* Two AVRS IDs, and three accounts without any role. */
static void open_with_accounts(struct fixture *f)
{
	fixture_open(f);
	scratch_provider(&f->spool, ID);
	scratch_provider(&f->spool, OTHER);
	(void)scratch_account(&f->spool, "ann", "", "");
	(void)scratch_account(&f->spool, "bob", "", "");
	(void)scratch_account(&f->spool, "cid", "", "");
}

static int grant(const struct fixture *f, const char *login, enum role role, enum role *ret_before,
    struct err *err)
{
	const struct grant grant = {.login = login, .avrs_id = ID, .role = role};

	return membership_grant(f->catalog, &f->spool.actor, &grant, ret_before, err);
}

static void find(const struct fixture *f, const char *login, struct membership *ret_membership)
{
	struct account account;
	bool found = false;
	struct err err;

	fixture_account(f, login, &account);
	CU_ASSERT_EQUAL(
	    membership_find(f->catalog, account.id, ID, ret_membership, &found, &err), 0);
	CU_ASSERT_TRUE_FATAL(found);
}

static void reads_back_what_was_granted(void)
{
	OWNED_FIXTURE struct fixture f;
	const struct grant grant = {.login = "ann",
	    .avrs_id = ID,
	    .role = ROLE_E_DELIVERY_ONLY,
	    .from = "2024-05-01",
	    .until = "2024-12-31"};
	struct membership m;
	struct account ann;
	struct letter letter;
	enum role before = ROLE_COUNT;
	struct err err;

	open_with_accounts(&f);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "EFT_1.pdf", &letter);
	clock_freeze(FIXTURE_NOW + 7);
	CU_ASSERT_EQUAL(membership_grant(f.catalog, &f.spool.actor, &grant, &before, &err), 0);
	CU_ASSERT_EQUAL(before, ROLE_NONE);
	fixture_account(&f, "ann", &ann);
	find(&f, "ann", &m);
	CU_ASSERT_EQUAL(m.account_id, ann.id);
	CU_ASSERT_STRING_EQUAL(m.login, "ann");
	CU_ASSERT_STRING_EQUAL(m.avrs_id, ID);
	CU_ASSERT_EQUAL(m.role, ROLE_E_DELIVERY_ONLY);
	CU_ASSERT_STRING_EQUAL(m.from, "2024-05-01");
	CU_ASSERT_STRING_EQUAL(m.until, "2024-12-31");
	CU_ASSERT_EQUAL(m.granted, FIXTURE_NOW + 7);
	CU_ASSERT_EQUAL(m.changed, FIXTURE_NOW + 7);
	CU_ASSERT_EQUAL(m.last_sequence, 1);
	CU_ASSERT_EQUAL(m.last_posted, FIXTURE_NOW);
}

/* R5: a clerk has one of the two roles; the other takes its place. */
static void gives_a_clerk_one_role_at_a_time(void)
{
	static const struct {
		enum role role;
		enum role before;
	} rows[] = {
	    {ROLE_E_DELIVERY_ONLY, ROLE_NONE},
	    {ROLE_INCLUDES_E_DELIVERY, ROLE_E_DELIVERY_ONLY},
	    {ROLE_INCLUDES_E_DELIVERY, ROLE_INCLUDES_E_DELIVERY},
	    {ROLE_E_DELIVERY_ONLY, ROLE_INCLUDES_E_DELIVERY},
	    {ROLE_NONE, ROLE_E_DELIVERY_ONLY},
	    {ROLE_E_DELIVERY_ONLY, ROLE_NONE},
	};
	OWNED_FIXTURE struct fixture f;
	struct membership m;
	struct err err;

	open_with_accounts(&f);
	for (size_t i = 0; i < COUNT(rows); i++) {
		enum role before = ROLE_COUNT;

		CU_ASSERT_EQUAL(grant(&f, "ann", rows[i].role, &before, &err), 0);
		CU_ASSERT_EQUAL(before, rows[i].before);
		find(&f, "ann", &m);
		CU_ASSERT_EQUAL(m.role, rows[i].role);
		CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM membership"), 1);
	}
}

/* R4: at most one master. */
static void gives_an_avrs_id_one_master(void)
{
	OWNED_FIXTURE struct fixture f;
	enum role before = ROLE_COUNT;
	struct err err;

	open_with_accounts(&f);
	CU_ASSERT_EQUAL(grant(&f, "ann", ROLE_MASTER, &before, &err), 0);
	before = ROLE_COUNT;
	CU_ASSERT_TRUE(fails(grant(&f, "bob", ROLE_MASTER, &before, &err), &err, ERR_CONFLICT));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, ID));
	CU_ASSERT_EQUAL(before, ROLE_COUNT);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM membership"), 1);
	/* The same one again is no second one; and another AVRS ID has a master of its own. */
	CU_ASSERT_EQUAL(grant(&f, "ann", ROLE_MASTER, &before, &err), 0);
	CU_ASSERT_EQUAL(before, ROLE_MASTER);
	fixture_grant(&f, "bob", OTHER, "master");
}

/* R4: nobody is master and clerk of the same AVRS ID. */
static void makes_no_clerk_of_a_master(void)
{
	static const enum role roles[] = {
	    ROLE_NONE, ROLE_INCLUDES_E_DELIVERY, ROLE_E_DELIVERY_ONLY};
	OWNED_FIXTURE struct fixture f;
	struct membership m;
	enum role before = ROLE_COUNT;
	struct err err;

	open_with_accounts(&f);
	CU_ASSERT_EQUAL(grant(&f, "ann", ROLE_MASTER, &before, &err), 0);
	before = ROLE_COUNT;
	for (size_t i = 0; i < COUNT(roles); i++) {
		CU_ASSERT_TRUE(
		    fails(grant(&f, "ann", roles[i], &before, &err), &err, ERR_CONFLICT));
		find(&f, "ann", &m);
		CU_ASSERT_EQUAL(m.role, ROLE_MASTER);
	}
	CU_ASSERT_EQUAL(before, ROLE_COUNT);
	fixture_grant(&f, "ann", OTHER, "e-delivery-only");
}

static void makes_a_clerk_the_master_where_there_is_none(void)
{
	OWNED_FIXTURE struct fixture f;
	struct membership m;
	enum role before = ROLE_COUNT;
	struct err err;

	open_with_accounts(&f);
	CU_ASSERT_EQUAL(grant(&f, "ann", ROLE_INCLUDES_E_DELIVERY, &before, &err), 0);
	CU_ASSERT_EQUAL(grant(&f, "bob", ROLE_E_DELIVERY_ONLY, &before, &err), 0);
	CU_ASSERT_EQUAL(grant(&f, "ann", ROLE_MASTER, &before, &err), 0);
	CU_ASSERT_EQUAL(before, ROLE_INCLUDES_E_DELIVERY);
	CU_ASSERT_TRUE(fails(grant(&f, "bob", ROLE_MASTER, &before, &err), &err, ERR_CONFLICT));
	find(&f, "bob", &m);
	CU_ASSERT_EQUAL(m.role, ROLE_E_DELIVERY_ONLY);
}

static void refuses_what_nobody_can_be_granted(void)
{
	static const struct grant grants[] = {
	    {.login = "nobody", .avrs_id = ID, .role = ROLE_E_DELIVERY_ONLY},
	    {.login = "ann", .avrs_id = "999999999", .role = ROLE_E_DELIVERY_ONLY},
	    {.login = "ann", .avrs_id = ID, .role = ROLE_E_DELIVERY_ONLY, .from = "2024-02-30"},
	    {.login = "ann", .avrs_id = ID, .role = ROLE_E_DELIVERY_ONLY, .from = ""},
	    {.login = "ann", .avrs_id = ID, .role = ROLE_E_DELIVERY_ONLY, .until = "tomorrow"},
	    {.login = "ann", .avrs_id = ID, .role = ROLE_E_DELIVERY_ONLY, .until = "2024-5-1"},
	};
	OWNED_FIXTURE struct fixture f;
	struct catalog *other;
	int64_t events;
	bool news = true;
	struct err err;

	open_with_accounts(&f);
	other = fixture_connect(&f);
	events = fixture_number(&f, "SELECT COUNT(*) FROM event");
	for (size_t i = 0; i < COUNT(grants); i++) {
		enum role before = ROLE_COUNT;

		CU_ASSERT_TRUE(
		    fails(membership_grant(f.catalog, &f.spool.actor, &grants[i], &before, &err),
		        &err, ERR_REFUSED));
		CU_ASSERT_EQUAL(before, ROLE_COUNT);
	}
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM membership"), 0);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM event"), events);
	CU_ASSERT_EQUAL(catalog_has_news(other, &news, &err), 0);
	CU_ASSERT_FALSE(news);
	catalog_close(other);
}

static void tells_everybody_who_asks_that_rights_changed(void)
{
	OWNED_FIXTURE struct fixture f;
	struct catalog *other;
	enum role before;
	struct err err;

	open_with_accounts(&f);
	other = fixture_connect(&f);
	CU_ASSERT_EQUAL(grant(&f, "ann", ROLE_E_DELIVERY_ONLY, &before, &err), 0);
	CU_ASSERT_TRUE(fixture_has_news(other));
	CU_ASSERT_EQUAL(membership_revoke(f.catalog, &f.spool.actor, "ann", ID, &err), 0);
	CU_ASSERT_TRUE(fixture_has_news(other));
	CU_ASSERT_EQUAL(membership_revoke(f.catalog, &f.spool.actor, "ann", ID, &err), -1);
	CU_ASSERT_FALSE(fixture_has_news(other));
	catalog_close(other);
}

static void puts_grants_and_revokes_into_the_audit_log(void)
{
	OWNED_FIXTURE struct fixture f;
	enum role before;
	struct err err;

	open_with_accounts(&f);
	CU_ASSERT_EQUAL(grant(&f, "ann", ROLE_E_DELIVERY_ONLY, &before, &err), 0);
	CU_ASSERT_EQUAL(grant(&f, "ann", ROLE_INCLUDES_E_DELIVERY, &before, &err), 0);
	CU_ASSERT_EQUAL(membership_revoke(f.catalog, &f.spool.actor, "ann", ID, &err), 0);
	CU_ASSERT_EQUAL(
	    fixture_number(&f,
	        "SELECT COUNT(*) FROM event WHERE what = 'role.granted' AND login = 'ann' AND"
	        " avrs_id = '123456789' AND detail = 'role=includes-e-delivery"
	        " before=e-delivery-only'"),
	    1);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM event WHERE what = 'role.revoked'"), 1);
}

static void takes_a_role_away_once(void)
{
	OWNED_FIXTURE struct fixture f;
	struct membership m = {.mark = 42};
	enum role before;
	bool found = true;
	struct err err;

	open_with_accounts(&f);
	CU_ASSERT_EQUAL(grant(&f, "ann", ROLE_MASTER, &before, &err), 0);
	CU_ASSERT_EQUAL(grant(&f, "bob", ROLE_E_DELIVERY_ONLY, &before, &err), 0);
	CU_ASSERT_EQUAL(membership_revoke(f.catalog, &f.spool.actor, "ann", ID, &err), 0);
	CU_ASSERT_EQUAL(membership_find(f.catalog, 1, ID, &m, &found, &err), 0);
	CU_ASSERT_FALSE(found);
	CU_ASSERT_EQUAL(m.mark, 42);
	CU_ASSERT_TRUE(fails(
	    membership_revoke(f.catalog, &f.spool.actor, "ann", ID, &err), &err, ERR_REFUSED));
	CU_ASSERT_TRUE(fails(
	    membership_revoke(f.catalog, &f.spool.actor, "nobody", ID, &err), &err, ERR_REFUSED));
	find(&f, "bob", &m);
	/* Now there can be another master. */
	CU_ASSERT_EQUAL(grant(&f, "bob", ROLE_MASTER, &before, &err), 0);
}

/* What was posted before the grant is nothing new, unless the backlog is asked for. */
static void begins_behind_what_was_posted_before(void)
{
	OWNED_FIXTURE struct fixture f;
	struct grant grant = {.login = "ann", .avrs_id = ID, .role = ROLE_INCLUDES_E_DELIVERY};
	struct membership m;
	struct letter letter;
	enum role before;
	struct err err;

	open_with_accounts(&f);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "a", &letter);
	fixture_posted(&f, ID, CLASS_TRADE_FILES, "b", &letter);
	CU_ASSERT_EQUAL(membership_grant(f.catalog, &f.spool.actor, &grant, &before, &err), 0);
	find(&f, "ann", &m);
	CU_ASSERT_EQUAL(m.mark, 2);
	CU_ASSERT_EQUAL(m.trade_files_after, 2);
	grant.login = "bob";
	grant.backlog = true;
	CU_ASSERT_EQUAL(membership_grant(f.catalog, &f.spool.actor, &grant, &before, &err), 0);
	find(&f, "bob", &m);
	CU_ASSERT_EQUAL(m.mark, 0);
	CU_ASSERT_EQUAL(m.trade_files_after, 0);
}

static void keeps_what_is_new_when_the_role_changes(void)
{
	OWNED_FIXTURE struct fixture f;
	struct membership m;
	struct letter letter;
	enum role before;
	struct err err;

	open_with_accounts(&f);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "a", &letter);
	CU_ASSERT_EQUAL(grant(&f, "ann", ROLE_E_DELIVERY_ONLY, &before, &err), 0);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "b", &letter);
	fixture_posted(&f, ID, CLASS_TRADE_FILES, "c", &letter);
	clock_freeze(FIXTURE_NOW + 9);
	/* R5: letters stay new, trade files are from now on. */
	CU_ASSERT_EQUAL(grant(&f, "ann", ROLE_INCLUDES_E_DELIVERY, &before, &err), 0);
	find(&f, "ann", &m);
	CU_ASSERT_EQUAL(m.mark, 1);
	CU_ASSERT_EQUAL(m.trade_files_after, 3);
	CU_ASSERT_EQUAL(m.granted, FIXTURE_NOW);
	CU_ASSERT_EQUAL(m.changed, FIXTURE_NOW + 9);
	fixture_posted(&f, ID, CLASS_TRADE_FILES, "d", &letter);
	CU_ASSERT_EQUAL(grant(&f, "ann", ROLE_MASTER, &before, &err), 0);
	find(&f, "ann", &m);
	CU_ASSERT_EQUAL(m.mark, 1);
	CU_ASSERT_EQUAL(m.trade_files_after, 3);
	/* Who saw nothing for a while begins anew. */
	fixture_sql(&f, "UPDATE membership SET role = 'none'");
	CU_ASSERT_EQUAL(grant(&f, "ann", ROLE_INCLUDES_E_DELIVERY, &before, &err), 0);
	find(&f, "ann", &m);
	CU_ASSERT_EQUAL(m.mark, 4);
	CU_ASSERT_EQUAL(m.trade_files_after, 4);
}

struct seen {
	char text[512];
	char last[AVRS_ID_MAX + 1];
	int count;
	int stop_after;
};

static int note_id(const struct membership *membership, void *arg, struct err *err)
{
	struct seen *seen = arg;
	size_t used = strlen(seen->text);

	if (seen->stop_after-- == 0)
		return err_set(err, ERR_USAGE, "enough");
	text_copy(seen->last, membership->avrs_id);
	seen->count++;
	(void)snprintf(seen->text + used, sizeof(seen->text) - used, "%s:%s ", membership->avrs_id,
	    membership->login);
	return 0;
}

/* R6: a clerk may be attached to several, as clearinghouses are. */
static void lists_an_accounts_avrs_ids_page_by_page(void)
{
	static const char *const ids[] = {
	    "100000001", "100000003", "100000002", "100000005", "100000004"};
	OWNED_FIXTURE struct fixture f;

	open_with_accounts(&f);
	for (size_t i = 0; i < COUNT(ids); i++) {
		scratch_provider(&f.spool, ids[i]);
		fixture_grant(&f, "ann", ids[i], "e-delivery-only");
		fixture_grant(&f, "bob", ids[i], "e-delivery-only");
	}
	for (int64_t limit = 1; limit <= 6; limit++) {
		struct seen seen = {.stop_after = 9};
		int before = -1;
		struct err err;

		while (seen.count != before) {
			before = seen.count;
			CU_ASSERT_EQUAL(
			    membership_list(f.catalog, 1, seen.last, limit, note_id, &seen, &err),
			    0);
			CU_ASSERT_TRUE(seen.count - before <= limit);
		}
		CU_ASSERT_STRING_EQUAL(seen.text, "100000001:ann 100000002:ann 100000003:ann "
		                                  "100000004:ann 100000005:ann ");
	}
}

static void lists_those_of_an_avrs_id_by_login(void)
{
	OWNED_FIXTURE struct fixture f;
	struct seen seen = {.stop_after = 9};
	struct err err;

	open_with_accounts(&f);
	fixture_grant(&f, "cid", ID, "master");
	fixture_grant(&f, "ann", ID, "e-delivery-only");
	fixture_grant(&f, "bob", ID, "none");
	fixture_grant(&f, "ann", OTHER, "master");
	CU_ASSERT_EQUAL(membership_list_of_provider(f.catalog, ID, note_id, &seen, &err), 0);
	CU_ASSERT_STRING_EQUAL(seen.text, "123456789:ann 123456789:bob 123456789:cid ");
	seen = (struct seen){.stop_after = 1};
	CU_ASSERT_TRUE(fails(
	    membership_list_of_provider(f.catalog, ID, note_id, &seen, &err), &err, ERR_USAGE));
	CU_ASSERT_EQUAL(seen.count, 1);
}

/* R2, R3: paper or not is a matter of the master account; trade files of who sees them. */
static void knows_the_audience_of_an_avrs_id(void)
{
	static const struct {
		const char *role;
		bool has_master;
		bool shows_trade_files;
	} rows[] = {
	    {"none", false, false},
	    {"e-delivery-only", false, false},
	    {"includes-e-delivery", false, true},
	    {"master", true, true},
	};
	OWNED_FIXTURE struct fixture f;
	bool has_master = true;
	bool shows = true;
	struct err err;

	open_with_accounts(&f);
	CU_ASSERT_EQUAL(membership_audience(f.catalog, ID, &has_master, &shows, &err), 0);
	CU_ASSERT_FALSE(has_master || shows);
	fixture_grant(&f, "bob", OTHER, "master");
	for (size_t i = 0; i < COUNT(rows); i++) {
		fixture_grant(&f, "ann", ID, rows[i].role);
		CU_ASSERT_EQUAL(membership_audience(f.catalog, ID, &has_master, &shows, &err), 0);
		CU_ASSERT_EQUAL(has_master, rows[i].has_master);
		CU_ASSERT_EQUAL(shows, rows[i].shows_trade_files);
	}
	/* R2: locked or disabled included, the letters wait. */
	fixture_sql(&f, "UPDATE account SET locked = 1, state = 'disabled'");
	CU_ASSERT_EQUAL(membership_audience(f.catalog, ID, &has_master, &shows, &err), 0);
	CU_ASSERT_TRUE(has_master && shows);
}

void add_suite_membership(CU_pSuite suite)
{
	TEST(reads_back_what_was_granted);
	TEST(gives_a_clerk_one_role_at_a_time);
	TEST(gives_an_avrs_id_one_master);
	TEST(makes_no_clerk_of_a_master);
	TEST(makes_a_clerk_the_master_where_there_is_none);
	TEST(refuses_what_nobody_can_be_granted);
	TEST(tells_everybody_who_asks_that_rights_changed);
	TEST(puts_grants_and_revokes_into_the_audit_log);
	TEST(takes_a_role_away_once);
	TEST(begins_behind_what_was_posted_before);
	TEST(keeps_what_is_new_when_the_role_changes);
	TEST(lists_an_accounts_avrs_ids_page_by_page);
	TEST(lists_those_of_an_avrs_id_by_login);
	TEST(knows_the_audience_of_an_avrs_id);
}
