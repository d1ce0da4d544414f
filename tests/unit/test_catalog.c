/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/catalog.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_catalog(CU_pSuite suite);

/* A table of its own for each of these tests. */
static void open_with_table(struct fixture *f)
{
	fixture_open(f);
	fixture_sql(f, "CREATE TABLE fruit (id BIGINT PRIMARY KEY, name TEXT)");
}

static int add_fruit(struct catalog *catalog, int64_t id, const char *name, struct err *err)
{
	return catalog_run(
	    catalog, "INSERT INTO fruit VALUES ($1, $2)", VALUES(INT(id), TEXT(name)), err);
}

static int64_t fruits(const struct fixture *f)
{
	return fixture_number(f, "SELECT COUNT(*) FROM fruit");
}

static void refuses_places_of_no_known_kind(void)
{
	static const char *const wrong[] = {
	    "", "catalog.db", "sqlite", "/var/lib/catalog.db", "mysql:x", "SQLITE:x"};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct catalog *catalog = NULL;
		struct err err;

		CU_ASSERT_TRUE(
		    fails(catalog_open(wrong[i], true, &catalog, &err), &err, ERR_REFUSED));
		CU_ASSERT_PTR_NULL(catalog);
	}
}

static void closes_what_was_never_opened(void)
{
	catalog_close(NULL);
	statement_done(NULL);
}

static void finds_rows_and_tells_when_there_is_none(void)
{
	OWNED_FIXTURE struct fixture f;
	struct err err;

	open_with_table(&f);
	CU_ASSERT_EQUAL(add_fruit(f.catalog, 1, "apple", &err), 0);
	for (int64_t id = 0; id < 2; id++) {
		OWNED_STATEMENT struct statement *row = NULL;
		bool found = id == 0;

		CU_ASSERT_EQUAL(catalog_find(f.catalog, "SELECT name FROM fruit WHERE id = $1",
		                    VALUES(INT(id)), &row, &found, &err),
		    0);
		CU_ASSERT_EQUAL(found, id == 1);
		if (found)
			CU_ASSERT_STRING_EQUAL(statement_text(row, 0), "apple");
	}
}

static void leaves_the_statement_alone_when_it_fails(void)
{
	OWNED_FIXTURE struct fixture f;
	struct statement *row = NULL;
	bool found = true;
	struct err err;

	open_with_table(&f);
	CU_ASSERT_TRUE(fails(
	    catalog_find(f.catalog, "SELECT no FROM such_table", NO_VALUES, &row, &found, &err),
	    &err, ERR_INTERNAL));
	CU_ASSERT_TRUE(fails(catalog_select(f.catalog, "SELECT name FROM", NO_VALUES, &row, &err),
	    &err, ERR_INTERNAL));
	CU_ASSERT_PTR_NULL(row);
	CU_ASSERT_TRUE(found);
}

/* One and the same text may be in use several times, each with its values and its place. */
static void runs_a_statement_inside_itself(void)
{
	static const char sql[] = "SELECT id FROM fruit WHERE id >= $1 ORDER BY id";
	OWNED_FIXTURE struct fixture f;
	OWNED_STATEMENT struct statement *outer = NULL;
	OWNED_STATEMENT struct statement *inner = NULL;
	bool row = false;
	struct err err;

	open_with_table(&f);
	for (int64_t id = 1; id <= 3; id++)
		CU_ASSERT_EQUAL(add_fruit(f.catalog, id, "x", &err), 0);
	CU_ASSERT_EQUAL(catalog_find(f.catalog, sql, VALUES(INT(1)), &outer, &row, &err), 0);
	CU_ASSERT_EQUAL(catalog_find(f.catalog, sql, VALUES(INT(3)), &inner, &row, &err), 0);
	CU_ASSERT_EQUAL(statement_int(outer, 0), 1);
	CU_ASSERT_EQUAL(statement_int(inner, 0), 3);
	CU_ASSERT_EQUAL(statement_next(outer, &row, &err), 0);
	CU_ASSERT_EQUAL(statement_int(outer, 0), 2);
	CU_ASSERT_EQUAL(statement_next(inner, &row, &err), 0);
	CU_ASSERT_FALSE(row);
	CU_ASSERT_EQUAL(statement_next(outer, &row, &err), 0);
	CU_ASSERT_TRUE(row);
	CU_ASSERT_EQUAL(statement_int(outer, 0), 3);
}

static void forgets_the_values_of_the_last_run(void)
{
	static const char sql[] = "SELECT $1 IS NULL";
	OWNED_FIXTURE struct fixture f;
	struct err err;

	open_with_table(&f);
	for (int round = 0; round < 2; round++) {
		OWNED_STATEMENT struct statement *row = NULL;
		bool found = false;

		CU_ASSERT_EQUAL(catalog_find(f.catalog, sql,
		                    round == 0 ? VALUES(INT(5)) : NO_VALUES, &row, &found, &err),
		    0);
		CU_ASSERT_EQUAL(statement_int(row, 0), round);
	}
}

static void counts_the_rows_that_changed(void)
{
	OWNED_FIXTURE struct fixture f;
	struct err err;

	open_with_table(&f);
	for (int64_t id = 1; id <= 3; id++)
		CU_ASSERT_EQUAL(add_fruit(f.catalog, id, "x", &err), 0);
	CU_ASSERT_EQUAL(catalog_changes(f.catalog), 1);
	fixture_sql(&f, "UPDATE fruit SET name = 'y' WHERE id > 1");
	CU_ASSERT_EQUAL(catalog_changes(f.catalog), 2);
	fixture_sql(&f, "DELETE FROM fruit WHERE id = 99");
	CU_ASSERT_EQUAL(catalog_changes(f.catalog), 0);
	fixture_sql(&f, "DELETE FROM fruit");
	CU_ASSERT_EQUAL(catalog_changes(f.catalog), 3);
}

static void counts_the_statements_that_were_run(void)
{
	OWNED_FIXTURE struct fixture f;
	int64_t before;
	struct err err;

	open_with_table(&f);
	before = catalog_statements(f.catalog);
	for (int64_t id = 1; id <= 3; id++)
		CU_ASSERT_EQUAL(add_fruit(f.catalog, id, "x", &err), 0);
	CU_ASSERT_EQUAL(catalog_statements(f.catalog), before + 3);
}

static void runs_any_text_once(void)
{
	OWNED_FIXTURE struct fixture f;
	char sql[64];
	struct err err;

	open_with_table(&f);
	for (int i = 1; i <= 2; i++) {
		(void)snprintf(sql, sizeof(sql), "INSERT INTO fruit VALUES (%d, 'x')", i);
		CU_ASSERT_EQUAL(catalog_run_text(f.catalog, sql, &err), 0);
	}
	CU_ASSERT_EQUAL(fruits(&f), 2);
	CU_ASSERT_TRUE(fails(catalog_run_text(f.catalog, sql, &err), &err, ERR_CONFLICT));
	CU_ASSERT_TRUE(fails(catalog_run_text(f.catalog, "NONSENSE", &err), &err, ERR_INTERNAL));
}

/* A transaction's body that adds a fruit and then comes to an end as it is told. */
struct plan {
	int64_t id;
	enum err_kind kind;
	int failures; /* how often it fails before it succeeds */
	int runs;
};

static int follow_plan(struct catalog *catalog, void *arg, struct err *err)
{
	struct plan *plan = arg;

	if (add_fruit(catalog, plan->id, "x", err) < 0)
		return -1;
	if (plan->runs++ < plan->failures)
		return err_set(err, plan->kind, "as planned");
	return 0;
}

static void commits_what_succeeds(void)
{
	OWNED_FIXTURE struct fixture f;
	struct catalog *other;
	OWNED_STATEMENT struct statement *row = NULL;
	struct plan plan = {.id = 1};
	bool found = false;
	struct err err;

	open_with_table(&f);
	CU_ASSERT_EQUAL(catalog_transact(f.catalog, follow_plan, &plan, &err), 0);
	CU_ASSERT_EQUAL(plan.runs, 1);
	other = fixture_connect(&f);
	CU_ASSERT_EQUAL(
	    catalog_find(other, "SELECT 1 FROM fruit", NO_VALUES, &row, &found, &err), 0);
	CU_ASSERT_TRUE(found);
	statement_done(TAKE(row));
	catalog_close(other);
}

static void undoes_what_fails_and_does_not_try_again(void)
{
	static const enum err_kind kinds[] = {
	    ERR_INTERNAL, ERR_RETRY, ERR_REFUSED, ERR_CONFLICT, ERR_USAGE};
	OWNED_FIXTURE struct fixture f;
	struct err err;

	open_with_table(&f);
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct plan plan = {.id = 1, .kind = kinds[i], .failures = 1};

		CU_ASSERT_TRUE(
		    fails(catalog_transact(f.catalog, follow_plan, &plan, &err), &err, kinds[i]));
		CU_ASSERT_STRING_EQUAL(err.text, "as planned");
		CU_ASSERT_EQUAL(plan.runs, 1);
		CU_ASSERT_EQUAL(fruits(&f), 0);
	}
}

/* Each run begins from nothing: the same id can be added again. */
static void tries_again_while_somebody_is_busy_or_the_connection_breaks(void)
{
	static const enum err_kind kinds[] = {ERR_BUSY, ERR_GONE};
	OWNED_FIXTURE struct fixture f;
	struct err err;

	open_with_table(&f);
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct plan plan = {.id = (int64_t)i, .kind = kinds[i], .failures = 3};

		CU_ASSERT_EQUAL(catalog_transact(f.catalog, follow_plan, &plan, &err), 0);
		CU_ASSERT_EQUAL(plan.runs, 4);
		CU_ASSERT_EQUAL(fruits(&f), (int64_t)i + 1);
	}
}

static void gives_up_when_it_stays_busy(void)
{
	OWNED_FIXTURE struct fixture f;
	struct plan plan = {.id = 1, .kind = ERR_BUSY, .failures = 1000};
	struct plan after = {.id = 1};
	struct err err;

	open_with_table(&f);
	CU_ASSERT_TRUE(
	    fails(catalog_transact(f.catalog, follow_plan, &plan, &err), &err, ERR_BUSY));
	CU_ASSERT_TRUE(plan.runs > 3 && plan.runs < 20);
	CU_ASSERT_EQUAL(fruits(&f), 0);
	CU_ASSERT_EQUAL(catalog_transact(f.catalog, follow_plan, &after, &err), 0);
}

/* Somebody keeps the only lock for writing for longer than the listener waits for its broker. */
static void waits_no_longer_than_its_process_has_patience(void)
{
	OWNED_FIXTURE struct fixture f;
	struct plan plan = {.id = 1, .kind = ERR_BUSY, .failures = 1000};
	struct err err;

	open_with_table(&f);
	catalog_limit_patience(SECOND / 100);
	CU_ASSERT_TRUE(
	    fails(catalog_transact(f.catalog, follow_plan, &plan, &err), &err, ERR_BUSY));
	CU_ASSERT_TRUE(plan.runs >= 1 && plan.runs < 7);
	catalog_limit_patience(0);
	plan.runs = 0;
	CU_ASSERT_TRUE(
	    fails(catalog_transact(f.catalog, follow_plan, &plan, &err), &err, ERR_BUSY));
	CU_ASSERT_EQUAL(plan.runs, 1);
	catalog_limit_patience(INT64_MAX);
	CU_ASSERT_EQUAL(fruits(&f), 0);
}

static int nest(struct catalog *catalog, void *arg, struct err *err)
{
	struct plan *plans = arg;

	if (catalog_transact(catalog, follow_plan, &plans[0], err) < 0)
		return -1;
	return catalog_transact(catalog, follow_plan, &plans[1], err);
}

/* R6 and others change several things at once: an inner transaction is a part of the outer. */
static void makes_one_of_a_transaction_inside_another(void)
{
	OWNED_FIXTURE struct fixture f;
	struct plan good[] = {{.id = 1}, {.id = 2}};
	struct plan bad[] = {{.id = 3}, {.id = 4, .kind = ERR_REFUSED, .failures = 1}};
	struct plan busy[] = {{.id = 5}, {.id = 6, .kind = ERR_BUSY, .failures = 1}};
	struct err err;

	open_with_table(&f);
	CU_ASSERT_EQUAL(catalog_transact(f.catalog, nest, good, &err), 0);
	CU_ASSERT_EQUAL(fruits(&f), 2);
	CU_ASSERT_TRUE(fails(catalog_transact(f.catalog, nest, bad, &err), &err, ERR_REFUSED));
	CU_ASSERT_EQUAL(fruits(&f), 2);
	/* Busy inside: all of the outer one is run again, not the inner one alone. */
	CU_ASSERT_EQUAL(catalog_transact(f.catalog, nest, busy, &err), 0);
	CU_ASSERT_EQUAL(busy[0].runs, 2);
	CU_ASSERT_EQUAL(fruits(&f), 4);
}

static int break_a_promise(struct catalog *catalog, void *arg, struct err *err)
{
	(void)arg;
	return catalog_run(catalog, "INSERT INTO promise VALUES (1, 99)", NO_VALUES, err);
}

static void undoes_all_when_the_commit_fails(void)
{
	OWNED_FIXTURE struct fixture f;
	struct plan plan = {.id = 1};
	struct err err;

	open_with_table(&f);
	fixture_sql(&f, "CREATE TABLE promise (id BIGINT PRIMARY KEY,"
	                " fruit BIGINT REFERENCES fruit (id) DEFERRABLE INITIALLY DEFERRED)");
	CU_ASSERT_TRUE(
	    fails(catalog_transact(f.catalog, break_a_promise, NULL, &err), &err, ERR_REFUSED));
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM promise"), 0);
	CU_ASSERT_EQUAL(catalog_transact(f.catalog, follow_plan, &plan, &err), 0);
}

/* Fruits that are queued, and what comes after them. */
struct basket {
	int64_t count;
	int64_t twice; /* this one is added again at the end */
	bool counts;   /* asks how many there are before the transaction ends */
	int64_t counted;
};

static int fill_basket(struct catalog *catalog, void *arg, struct err *err)
{
	struct basket *basket = arg;
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	for (int64_t i = 1; i <= basket->count; i++)
		if (catalog_queue(catalog, "INSERT INTO fruit VALUES ($1, $2)",
		        VALUES(INT(i), TEXT("x")), err) < 0)
			return -1;
	if (basket->twice && catalog_queue(catalog, "INSERT INTO fruit VALUES ($1, 'again')",
	                         VALUES(INT(basket->twice)), err) < 0)
		return -1;
	if (!basket->counts)
		return 0;
	if (catalog_find(catalog, "SELECT COUNT(*) FROM fruit", NO_VALUES, &row, &found, err) < 0)
		return -1;
	basket->counted = statement_int(row, 0);
	return 0;
}

static void what_is_queued_is_there_for_what_comes_after_it(void)
{
	static const int64_t counts[] = {0, 1, 3, 256, 1000};

	for (size_t i = 0; i < COUNT(counts); i++) {
		OWNED_FIXTURE struct fixture f;
		struct basket basket = {.count = counts[i], .counts = true};
		struct err err;

		open_with_table(&f);
		CU_ASSERT_EQUAL(catalog_transact(f.catalog, fill_basket, &basket, &err), 0);
		CU_ASSERT_EQUAL(basket.counted, counts[i]);
		CU_ASSERT_EQUAL(fruits(&f), counts[i]);
	}
}

/* Told by a later call or by the end, as what it is; and nothing of the transaction is left. */
static void a_queued_statement_that_fails_undoes_all(void)
{
	static const struct basket baskets[] = {{.count = 3, .twice = 1},
	    {.count = 3, .twice = 1, .counts = true}, {.count = 700, .twice = 300},
	    {.count = 1, .twice = 1}};

	for (size_t i = 0; i < COUNT(baskets); i++) {
		OWNED_FIXTURE struct fixture f;
		struct basket basket = baskets[i];
		struct err err;

		open_with_table(&f);
		CU_ASSERT_TRUE(fails(
		    catalog_transact(f.catalog, fill_basket, &basket, &err), &err, ERR_CONFLICT));
		CU_ASSERT_EQUAL(fruits(&f), 0);
		basket.twice = 0;
		CU_ASSERT_EQUAL(catalog_transact(f.catalog, fill_basket, &basket, &err), 0);
		CU_ASSERT_EQUAL(fruits(&f), basket.count);
	}
}

/* Two looks at the table, and what another writes between them. */
struct looks {
	struct catalog *other;
	int64_t counts[2];
};

static int look_twice(struct catalog *catalog, void *arg, struct err *err)
{
	struct looks *looks = arg;

	for (int i = 0; i < 2; i++) {
		OWNED_STATEMENT struct statement *row = NULL;
		bool found = false;

		if (catalog_find(
		        catalog, "SELECT COUNT(*) FROM fruit", NO_VALUES, &row, &found, err) < 0)
			return -1;
		looks->counts[i] = statement_int(row, 0);
		if (i == 0 && add_fruit(looks->other, looks->counts[0] + 1, "pear", err) < 0)
			return -1;
	}
	return 0;
}

static void reads_together_see_one_state_and_hinder_nobody(void)
{
	OWNED_FIXTURE struct fixture f;
	struct looks looks = {.other = NULL};
	struct err err;

	open_with_table(&f);
	looks.other = fixture_connect(&f);
	for (int64_t i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(catalog_read_together(f.catalog, look_twice, &looks, &err), 0);
		CU_ASSERT_EQUAL(looks.counts[0], i);
		CU_ASSERT_EQUAL(looks.counts[1], i);
	}
	CU_ASSERT_EQUAL(fruits(&f), 2);
	catalog_close(looks.other);
}

static void outside_a_transaction_nothing_is_queued(void)
{
	OWNED_FIXTURE struct fixture f;
	struct basket basket = {.count = 1, .twice = 1};
	struct err err;

	open_with_table(&f);
	CU_ASSERT_TRUE(fails(fill_basket(f.catalog, &basket, &err), &err, ERR_CONFLICT));
	CU_ASSERT_EQUAL(fruits(&f), 1);
}

static void takes_ids_in_a_row(void)
{
	OWNED_FIXTURE struct fixture f;
	struct catalog *other;
	int64_t first = 0;
	int64_t next = 0;
	struct err err;

	fixture_open(&f);
	other = fixture_connect(&f);
	CU_ASSERT_EQUAL(catalog_take_ids(f.catalog, "letter", 1, &first, &err), 0);
	CU_ASSERT_EQUAL(catalog_take_ids(other, "letter", 500, &next, &err), 0);
	CU_ASSERT_EQUAL(next, first + 1);
	CU_ASSERT_EQUAL(catalog_take_ids(f.catalog, "letter", 1, &next, &err), 0);
	CU_ASSERT_EQUAL(next, first + 501);
	CU_ASSERT_EQUAL(catalog_take_ids(f.catalog, "account", 1, &next, &err), 0);
	CU_ASSERT_EQUAL(next, 1);
	catalog_close(other);
}

static void knows_no_ids_of_other_things(void)
{
	OWNED_FIXTURE struct fixture f;
	int64_t first = 42;
	struct err err;

	fixture_open(&f);
	CU_ASSERT_TRUE(
	    fails(catalog_take_ids(f.catalog, "fruit", 1, &first, &err), &err, ERR_INTERNAL));
	CU_ASSERT_EQUAL(first, 42);
}

static bool has_news(struct catalog *catalog)
{
	bool news = false;
	struct err err;

	CU_ASSERT_EQUAL(catalog_has_news(catalog, &news, &err), 0);
	return news;
}

static void has_news_when_another_connection_announces_some(void)
{
	OWNED_FIXTURE struct fixture f;
	struct catalog *other;
	struct err err;

	open_with_table(&f);
	other = fixture_connect(&f);
	CU_ASSERT_FALSE(has_news(f.catalog));
	CU_ASSERT_EQUAL(catalog_announce(other, &err), 0);
	CU_ASSERT_TRUE(fixture_has_news(f.catalog));
	CU_ASSERT_FALSE(has_news(f.catalog));
	CU_ASSERT_EQUAL(catalog_announce(other, &err), 0);
	CU_ASSERT_EQUAL(catalog_announce(other, &err), 0);
	CU_ASSERT_TRUE(fixture_has_news(f.catalog));
	CU_ASSERT_FALSE(has_news(f.catalog));
	catalog_close(other);
}

static void has_no_news_of_what_was_not_announced(void)
{
	OWNED_FIXTURE struct fixture f;
	struct catalog *other;
	struct err err;

	open_with_table(&f);
	other = fixture_connect(&f);
	CU_ASSERT_FALSE(has_news(f.catalog));
	CU_ASSERT_EQUAL(add_fruit(other, 1, "apple", &err), 0);
	CU_ASSERT_FALSE(has_news(f.catalog));
	catalog_close(other);
}

static int announce_and_fail(struct catalog *catalog, void *arg, struct err *err)
{
	(void)arg;
	if (catalog_announce(catalog, err) < 0)
		return -1;
	return err_set(err, ERR_REFUSED, "no");
}

static void has_no_news_of_what_was_undone(void)
{
	OWNED_FIXTURE struct fixture f;
	struct catalog *other;
	struct err err;

	open_with_table(&f);
	other = fixture_connect(&f);
	CU_ASSERT_FALSE(has_news(f.catalog));
	CU_ASSERT_EQUAL(catalog_transact(other, announce_and_fail, NULL, &err), -1);
	CU_ASSERT_FALSE(has_news(f.catalog));
	catalog_close(other);
}

static void begins_without_news_whatever_was_announced_before(void)
{
	OWNED_FIXTURE struct fixture f;
	struct catalog *other;
	struct err err;

	fixture_open(&f);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(catalog_announce(f.catalog, &err), 0);
	other = fixture_connect(&f);
	CU_ASSERT_FALSE(has_news(other));
	catalog_close(other);
}

void add_suite_catalog(CU_pSuite suite)
{
	TEST(refuses_places_of_no_known_kind);
	TEST(closes_what_was_never_opened);
	TEST(finds_rows_and_tells_when_there_is_none);
	TEST(leaves_the_statement_alone_when_it_fails);
	TEST(runs_a_statement_inside_itself);
	TEST_ON_SQLITE(forgets_the_values_of_the_last_run);
	TEST(counts_the_rows_that_changed);
	TEST(counts_the_statements_that_were_run);
	TEST(runs_any_text_once);
	TEST(commits_what_succeeds);
	TEST(undoes_what_fails_and_does_not_try_again);
	TEST(tries_again_while_somebody_is_busy_or_the_connection_breaks);
	TEST(gives_up_when_it_stays_busy);
	TEST(waits_no_longer_than_its_process_has_patience);
	TEST(makes_one_of_a_transaction_inside_another);
	TEST(undoes_all_when_the_commit_fails);
	TEST(what_is_queued_is_there_for_what_comes_after_it);
	TEST(a_queued_statement_that_fails_undoes_all);
	TEST(reads_together_see_one_state_and_hinder_nobody);
	TEST(outside_a_transaction_nothing_is_queued);
	TEST(takes_ids_in_a_row);
	TEST(knows_no_ids_of_other_things);
	TEST(has_news_when_another_connection_announces_some);
	TEST(has_no_news_of_what_was_not_announced);
	TEST(has_no_news_of_what_was_undone);
	TEST(begins_without_news_whatever_was_announced_before);
}
