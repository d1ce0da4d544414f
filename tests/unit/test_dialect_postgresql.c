/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/number.h"
#include "spool/catalog.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_dialect_postgresql(CU_pSuite suite);

/* A catalog on the PostgreSQL of the tests, whatever the other suites use. */
struct place {
	const char *connection;
	char where[ENGINE_WHERE_MAX];
	struct catalog *catalog;
};

static struct catalog *open_catalog(const char *where, bool create)
{
	struct catalog *catalog = NULL;
	struct err err;

	CU_ASSERT_EQUAL_FATAL(catalog_open(where, create, &catalog, &err), 0);
	return catalog;
}

static void place_open(struct place *p)
{
	p->connection = getenv("TEST_POSTGRESQL");
	engine_new_place(p->connection, p->where);
	p->catalog = open_catalog(p->where, true);
}

static void place_close(struct place *p)
{
	catalog_close(p->catalog);
	engine_drop_place(p->connection, p->where);
}

#define OWNED_PLACE OWNED(place_close)

static void run(struct catalog *catalog, const char *sql)
{
	struct err err = {.text = ""};

	if (catalog_run_text(catalog, sql, &err) < 0)
		CU_FAIL(err.text);
}

static int64_t number(struct catalog *catalog, const char *sql)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;
	struct err err;

	CU_ASSERT_EQUAL_FATAL(catalog_find(catalog, sql, NO_VALUES, &row, &found, &err), 0);
	return found ? statement_int(row, 0) : -1;
}

/* --- statements */

static bool is_statement(const char *text)
{
	static const char *const words[] = {
	    "SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "WITH "};
	bool is_one = false;

	for (size_t i = 0; i < COUNT(words); i++)
		is_one |= strncmp(text, words[i], strlen(words[i])) == 0;
	/* With a % it is what statements are made of, for tables that schema.c names. */
	return is_one && !strchr(text, '%');
}

/* Every literal of the program that is SQL: each stands between NULs in its file. */
static int check_program(const char *path, struct catalog *const engines[2])
{
	OWNED_BUFFER struct buffer program = BUFFER(256 * MIB);
	int count = 0;
	struct err err = {.text = ""};

	CU_ASSERT_EQUAL_FATAL(file_read(AT_FDCWD, path, &program, &err), 0);
	for (size_t i = 1; i < program.length; i++) {
		const char *text = program.data + i;

		if (text[-1] != '\0' || !is_statement(text))
			continue;
		for (int j = 0; j < 2; j++) {
			struct statement *statement = NULL;

			if (catalog_prepare_text(engines[j], text, &statement, &err) < 0) {
				(void)printf("\n%s: %s\n", text, err.text);
				CU_FAIL("a statement that only one engine accepts");
			}
			statement_done(statement);
		}
		count++;
	}
	return count;
}

static void both_engines_accept_every_statement_of_every_program(void)
{
	static const char *const programs[] = {"edelivery", "edelivery-watchd", "edelivery-sftpd"};
	OWNED_PLACE struct place p;
	OWNED_SCRATCH struct scratch scratch;
	char where[SCRATCH_PATH_MAX + 32];
	struct catalog *engines[2];

	place_open(&p);
	scratch_open(&scratch);
	(void)snprintf(where, sizeof(where), "sqlite:%s/catalog.db", scratch.path);
	engines[0] = p.catalog;
	engines[1] = open_catalog(where, true);
	for (size_t i = 0; i < COUNT(programs); i++) {
		char path[4096];
		ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 64);

		CU_ASSERT_TRUE_FATAL(length > 0);
		path[length] = '\0';
		(void)snprintf(strrchr(path, '/') + 1, 64, "%s", programs[i]);
		CU_ASSERT_TRUE(check_program(path, engines) > 20);
	}
	catalog_close(engines[1]);
}

/* --- a connection that breaks */

/* As when the server goes, or something on the way to it: every connection of this place. */
static void cut(const struct place *p)
{
	char sql[512];

	(void)snprintf(sql, sizeof(sql),
	    "SELECT COUNT(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE pid IN"
	    " (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = %d)",
	    (int)getpid());
	CU_ASSERT_EQUAL(engine_run(p->connection, sql), 1);
}

/* So that cut() finds it. */
static void mark(struct catalog *catalog)
{
	char sql[64];

	(void)snprintf(sql, sizeof(sql), "SELECT pg_advisory_lock_shared(%d, 1)", (int)getpid());
	run(catalog, sql);
}

static void a_question_is_asked_again_when_the_connection_broke(void)
{
	OWNED_PLACE struct place p;

	place_open(&p);
	run(p.catalog, "CREATE TABLE fruit (id BIGINT PRIMARY KEY, name TEXT)");
	run(p.catalog, "INSERT INTO fruit VALUES (7, 'fig')");
	CU_ASSERT_EQUAL(number(p.catalog, "SELECT id FROM fruit"), 7);
	mark(p.catalog);
	cut(&p);
	CU_ASSERT_EQUAL(number(p.catalog, "SELECT id FROM fruit"), 7);
}

static void a_change_outside_a_transaction_is_not_made_twice(void)
{
	static const char change[] = "UPDATE sequence SET next = next + 1 WHERE name = 'mail'";
	OWNED_PLACE struct place p;
	struct err err;

	place_open(&p);
	mark(p.catalog);
	cut(&p);
	CU_ASSERT_EQUAL(catalog_run(p.catalog, change, NO_VALUES, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_GONE);
	CU_ASSERT_EQUAL(catalog_run(p.catalog, change, NO_VALUES, &err), 0);
	CU_ASSERT_EQUAL(number(p.catalog, "SELECT next FROM sequence WHERE name = 'mail'"), 2);
}

struct plan {
	const struct place *place;
	int (*change)(
	    struct catalog *catalog, const char *sql, const struct value *values, struct err *err);
	int cuts; /* before the last statement of the first runs */
	int runs;
};

static int change_and_be_cut(struct catalog *catalog, void *arg, struct err *err)
{
	struct plan *plan = arg;

	plan->runs++;
	if (plan->change(catalog, "UPDATE sequence SET next = next + 1 WHERE name = 'mail'",
	        NO_VALUES, err) < 0)
		return -1;
	if (plan->runs <= plan->cuts) {
		mark(catalog);
		cut(plan->place);
	}
	return plan->change(
	    catalog, "UPDATE sequence SET next = next + 1 WHERE name = 'batch'", NO_VALUES, err);
}

static void a_transaction_that_was_cut_is_made_once(void)
{
	for (int i = 0; i < 2; i++) {
		OWNED_PLACE struct place p;
		struct plan plan = {
		    .place = &p, .change = i ? catalog_queue : catalog_run, .cuts = 2};
		struct err err;

		place_open(&p);
		CU_ASSERT_EQUAL(catalog_transact(p.catalog, change_and_be_cut, &plan, &err), 0);
		CU_ASSERT_EQUAL(plan.runs, 3);
		CU_ASSERT_EQUAL(
		    number(p.catalog, "SELECT next FROM sequence WHERE name = 'mail'"), 2);
		CU_ASSERT_EQUAL(
		    number(p.catalog, "SELECT next FROM sequence WHERE name = 'batch'"), 2);
	}
}

static void what_was_announced_while_nobody_listened_is_news(void)
{
	OWNED_PLACE struct place p;
	struct catalog *other;
	struct err err;

	place_open(&p);
	other = open_catalog(p.where, false);
	mark(p.catalog);
	cut(&p);
	CU_ASSERT_EQUAL(catalog_announce(other, &err), 0);
	CU_ASSERT_EQUAL(number(p.catalog, "SELECT COUNT(*) FROM provider"), 0);
	CU_ASSERT_TRUE(fixture_has_news(p.catalog));
	catalog_close(other);
}

static void a_server_that_is_not_there_is_for_later_and_soon(void)
{
	struct catalog *catalog = NULL;
	int64_t before = clock_elapsed();
	struct err err;

	CU_ASSERT_EQUAL(
	    catalog_open("postgresql:host=/nowhere dbname=x", false, &catalog, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_RETRY);
	CU_ASSERT_PTR_NULL(catalog);
	CU_ASSERT_TRUE(clock_elapsed() - before < 5 * SECOND);
}

static void what_is_no_connection_string_or_has_a_password_is_refused(void)
{
	static const char *const wrong[] = {"postgresql:host", "postgresql:nonsense=1",
	    "postgresql:host=/nowhere password=secret", "postgresql://joe:secret@localhost/x",
	    "mysql:x"};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct catalog *catalog = NULL;
		struct err err;

		CU_ASSERT_EQUAL(catalog_open(wrong[i], false, &catalog, &err), -1);
		CU_ASSERT_EQUAL(err.kind, ERR_REFUSED);
		CU_ASSERT_PTR_NULL(strstr(err.text, "secret"));
	}
}

static void a_place_without_our_tables_is_refused(void)
{
	struct place p = {.connection = getenv("TEST_POSTGRESQL")};
	struct catalog *catalog = NULL;
	struct err err;

	engine_new_place(p.connection, p.where);
	CU_ASSERT_EQUAL(catalog_open(p.where, false, &catalog, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_REFUSED);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "edelivery init"));
	engine_drop_place(p.connection, p.where);
}

/* --- others at the same time */

struct race {
	struct catalog *other;
	int runs;
};

/* Reads what the other one changes meanwhile, and writes what follows from it. */
static int read_then_write(struct catalog *catalog, void *arg, struct err *err)
{
	struct race *race = arg;
	int64_t before = number(catalog, "SELECT next FROM sequence WHERE name = 'mail'");

	if (race->runs++ == 0)
		run(race->other, "UPDATE sequence SET next = 100 WHERE name = 'mail'");
	return catalog_run(catalog, "UPDATE sequence SET next = $1 WHERE name = 'mail'",
	    VALUES(INT(before + 1)), err);
}

static void who_decided_on_what_another_changed_decides_again(void)
{
	OWNED_PLACE struct place p;
	struct race race = {.runs = 0};
	struct err err;

	place_open(&p);
	race.other = open_catalog(p.where, false);
	CU_ASSERT_EQUAL(catalog_transact(p.catalog, read_then_write, &race, &err), 0);
	CU_ASSERT_EQUAL(race.runs, 2);
	CU_ASSERT_EQUAL(number(p.catalog, "SELECT next FROM sequence WHERE name = 'mail'"), 101);
	catalog_close(race.other);
}

static void a_lock_is_not_waited_for_without_end(void)
{
	OWNED_PLACE struct place p;
	struct catalog *other;
	struct err err;

	place_open(&p);
	other = open_catalog(p.where, false);
	run(other, "BEGIN");
	run(other, "UPDATE sequence SET next = 5 WHERE name = 'mail'");
	run(p.catalog, "SET lock_timeout = '20ms'");
	CU_ASSERT_EQUAL(catalog_run(p.catalog, "UPDATE sequence SET next = 6 WHERE name = 'mail'",
	                    NO_VALUES, &err),
	    -1);
	CU_ASSERT_EQUAL(err.kind, ERR_BUSY);
	run(p.catalog, "SET statement_timeout = '20ms'");
	CU_ASSERT_EQUAL(catalog_run_text(p.catalog, "SELECT pg_sleep(5)", &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_RETRY);
	run(other, "ROLLBACK");
	catalog_close(other);
}

/* Listings are the same on both engines, whatever the language of the database. */
static void text_sorts_by_its_bytes(void)
{
	OWNED_PLACE struct place p;
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;
	char all[16] = "";
	struct err err;

	place_open(&p);
	run(p.catalog, "CREATE TABLE fruit (name TEXT)");
	run(p.catalog, "INSERT INTO fruit VALUES ('b'), ('B'), ('a'), ('_'), ('A')");
	CU_ASSERT_EQUAL(catalog_find(p.catalog, "SELECT name FROM fruit ORDER BY name", NO_VALUES,
	                    &row, &found, &err),
	    0);
	while (found) {
		all[strlen(all)] = statement_text(row, 0)[0];
		CU_ASSERT_EQUAL(statement_next(row, &found, &err), 0);
	}
	CU_ASSERT_STRING_EQUAL(all, "AB_ab");
}

void add_suite_dialect_postgresql(CU_pSuite suite)
{
	if (!getenv("TEST_POSTGRESQL")) {
		(void)printf("not run without TEST_POSTGRESQL, which tests/run sets: "
		             "dialect_postgresql\n");
		return;
	}
	TEST(both_engines_accept_every_statement_of_every_program);
	TEST(a_question_is_asked_again_when_the_connection_broke);
	TEST(a_change_outside_a_transaction_is_not_made_twice);
	TEST(a_transaction_that_was_cut_is_made_once);
	TEST(what_was_announced_while_nobody_listened_is_news);
	TEST(a_server_that_is_not_there_is_for_later_and_soon);
	TEST(what_is_no_connection_string_or_has_a_password_is_refused);
	TEST(a_place_without_our_tables_is_refused);
	TEST(who_decided_on_what_another_changed_decides_again);
	TEST(a_lock_is_not_waited_for_without_end);
	TEST(text_sorts_by_its_bytes);
}
