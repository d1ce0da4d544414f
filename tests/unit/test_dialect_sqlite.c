/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "spool/dialect.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_dialect_sqlite(CU_pSuite suite);

static void open_with_tables(struct fixture *f)
{
	fixture_open(f);
	fixture_sql(f, "CREATE TABLE parent (id BIGINT PRIMARY KEY)");
	fixture_sql(f, "CREATE TABLE child (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
	               " size BIGINT CHECK (size > 0), parent BIGINT REFERENCES parent (id))");
	fixture_sql(f, "INSERT INTO parent VALUES (1)");
	fixture_sql(f, "INSERT INTO child VALUES (1, 'one', 1, 1)");
}

static void tells_a_row_that_is_there_from_one_that_may_not_be(void)
{
	static const struct {
		const char *sql;
		enum err_kind kind;
	} rows[] = {
	    {"INSERT INTO child VALUES (1, 'two', 1, 1)", ERR_CONFLICT},  /* primary key */
	    {"INSERT INTO child VALUES (2, 'one', 1, 1)", ERR_CONFLICT},  /* unique */
	    {"INSERT INTO child VALUES (2, NULL, 1, 1)", ERR_REFUSED},    /* not null */
	    {"INSERT INTO child VALUES (2, 'two', 0, 1)", ERR_REFUSED},   /* check */
	    {"INSERT INTO child VALUES (2, 'two', 1, 9)", ERR_REFUSED},   /* foreign key */
	    {"DELETE FROM parent", ERR_REFUSED},                          /* foreign key */
	    {"INSERT INTO child VALUES (1, 'a', 1, 1, 1)", ERR_INTERNAL}, /* our mistake */
	    {"INSERT INTO nobody VALUES (1)", ERR_INTERNAL},              /* our mistake */
	};
	OWNED_FIXTURE struct fixture f;

	open_with_tables(&f);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err err;

		CU_ASSERT_TRUE(fails(
		    catalog_run(f.catalog, rows[i].sql, NO_VALUES, &err), &err, rows[i].kind));
		CU_ASSERT_EQUAL(strncmp(err.text, "catalog: ", 9), 0);
	}
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM child"), 1);
}

static void tells_what_another_time_may_mend(void)
{
	OWNED_FIXTURE struct fixture f;
	struct err err;

	open_with_tables(&f);
	fixture_sql(&f, "PRAGMA query_only = ON");
	CU_ASSERT_TRUE(
	    fails(catalog_run(f.catalog, "DELETE FROM child", NO_VALUES, &err), &err, ERR_RETRY));
	fixture_sql(&f, "PRAGMA query_only = OFF");
	CU_ASSERT_EQUAL(catalog_run(f.catalog, "DELETE FROM child", NO_VALUES, &err), 0);
}

static void tells_a_full_disk_from_a_mistake(void)
{
	OWNED_FIXTURE struct fixture f;
	struct err err;

	open_with_tables(&f);
	/* It cannot become smaller than it is: it is full from now on. */
	fixture_sql(&f, "PRAGMA max_page_count = 1");
	CU_ASSERT_TRUE(fails(
	    catalog_run(f.catalog, "INSERT INTO child VALUES (2, hex(randomblob(100000)), 1, 1)",
	        NO_VALUES, &err),
	    &err, ERR_RETRY));
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM child"), 1);
}

static void binds_values_by_their_number(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;
	struct err err;

	fixture_open(&f);
	CU_ASSERT_EQUAL(catalog_find(f.catalog,
	                    "SELECT $12, $2, $1, $11, $2 || $1, $10, $3, $4, $5, $6, $7, $8, $9",
	                    VALUES(TEXT("one"), TEXT("two"), INT(3), INT(4), INT(5), INT(6), INT(7),
	                        INT(8), INT(9), INT(10), INT(11), INT(12)),
	                    &row, &found, &err),
	    0);
	CU_ASSERT_TRUE_FATAL(found);
	CU_ASSERT_EQUAL(statement_int(row, 0), 12);
	CU_ASSERT_STRING_EQUAL(statement_text(row, 1), "two");
	CU_ASSERT_STRING_EQUAL(statement_text(row, 2), "one");
	CU_ASSERT_EQUAL(statement_int(row, 3), 11);
	CU_ASSERT_STRING_EQUAL(statement_text(row, 4), "twoone");
	for (int i = 0; i < 8; i++)
		CU_ASSERT_EQUAL(statement_int(row, 5 + i), i == 0 ? 10 : i + 2);
}

/* A value that SQL does not mention is a mistake of ours, not one to be passed over. */
static void refuses_a_value_too_many(void)
{
	OWNED_FIXTURE struct fixture f;
	struct statement *row = NULL;
	struct err err;

	fixture_open(&f);
	CU_ASSERT_TRUE(
	    fails(catalog_select(f.catalog, "SELECT $1", VALUES(INT(1), INT(2)), &row, &err), &err,
	        ERR_INTERNAL));
	CU_ASSERT_PTR_NULL(row);
}

static void keeps_every_value_as_it_is(void)
{
	static const int64_t integers[] = {0, 1, -1, INT64_MAX, INT64_MIN};
	static const char *const texts[] = {"", "a", "it's", "\xf0\x9f\x93\xa7", "%_\\", "1"};
	OWNED_FIXTURE struct fixture f;
	struct err err;

	fixture_open(&f);
	for (size_t i = 0; i < COUNT(integers); i++) {
		OWNED_STATEMENT struct statement *row = NULL;
		bool found = false;

		CU_ASSERT_EQUAL(catalog_find(f.catalog, "SELECT CAST($1 AS BIGINT)",
		                    VALUES(INT(integers[i])), &row, &found, &err),
		    0);
		CU_ASSERT_EQUAL(statement_int(row, 0), integers[i]);
	}
	for (size_t i = 0; i < COUNT(texts); i++) {
		OWNED_STATEMENT struct statement *row = NULL;
		bool found = false;

		CU_ASSERT_EQUAL(catalog_find(f.catalog, "SELECT CAST($1 AS TEXT)",
		                    VALUES(TEXT(texts[i])), &row, &found, &err),
		    0);
		CU_ASSERT_STRING_EQUAL(statement_text(row, 0), texts[i]);
	}
}

static void reads_null_as_nothing(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;
	struct err err;

	fixture_open(&f);
	CU_ASSERT_EQUAL(catalog_find(f.catalog, "SELECT $1, $2, $3, $4, $5",
	                    VALUES(TEXT(NULL), TEXT_OR_NULL(""), INT_OR_NULL(0), TEXT_OR_NULL("x"),
	                        INT_OR_NULL(7)),
	                    &row, &found, &err),
	    0);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_PTR_NULL(statement_text(row, i));
		CU_ASSERT_EQUAL(statement_int(row, i), 0);
	}
	CU_ASSERT_STRING_EQUAL(statement_text(row, 3), "x");
	CU_ASSERT_EQUAL(statement_int(row, 4), 7);
}

/* What was read is behind what another connection wrote since: at once, without waiting. */
static void is_busy_when_another_connection_wrote_meanwhile(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_STATEMENT struct statement *reading = NULL;
	struct catalog *other;
	bool found = false;
	int64_t began = clock_elapsed();
	struct err err;

	open_with_tables(&f);
	other = fixture_connect(&f);
	CU_ASSERT_EQUAL(
	    catalog_find(f.catalog, "SELECT id FROM child", NO_VALUES, &reading, &found, &err), 0);
	CU_ASSERT_EQUAL(catalog_run(other, "INSERT INTO parent VALUES (2)", NO_VALUES, &err), 0);
	CU_ASSERT_TRUE(
	    fails(catalog_run(f.catalog, "INSERT INTO parent VALUES (3)", NO_VALUES, &err), &err,
	        ERR_BUSY));
	CU_ASSERT_TRUE(clock_elapsed() - began < 2000000);
	statement_done(TAKE(reading));
	CU_ASSERT_EQUAL(
	    catalog_run(f.catalog, "INSERT INTO parent VALUES (3)", NO_VALUES, &err), 0);
	catalog_close(other);
}

/* Another connection that writes, and takes its time over it. */
struct slow {
	struct catalog *catalog;
	pthread_barrier_t began;
	bool done;
};

static int write_slowly(struct catalog *catalog, void *arg, struct err *err)
{
	const struct timespec pause = {.tv_nsec = 50 * 1000000};
	struct slow *slow = arg;

	(void)pthread_barrier_wait(&slow->began);
	(void)nanosleep(&pause, NULL);
	slow->done = true;
	return catalog_run(catalog, "INSERT INTO parent VALUES (2)", NO_VALUES, err);
}

static void *run_slow(void *arg)
{
	struct slow *slow = arg;
	struct err err;

	return catalog_transact(slow->catalog, write_slowly, slow, &err) == 0 ? slow : NULL;
}

static int write_after(struct catalog *catalog, void *arg, struct err *err)
{
	*(bool *)arg = true;
	return catalog_run(catalog, "INSERT INTO parent VALUES (3)", NO_VALUES, err);
}

static void waits_for_its_turn_to_write(void)
{
	OWNED_FIXTURE struct fixture f;
	struct slow slow = {.done = false};
	pthread_t thread;
	void *result = NULL;
	bool wrote = false;
	struct err err;

	open_with_tables(&f);
	slow.catalog = fixture_connect(&f);
	CU_ASSERT_EQUAL(pthread_barrier_init(&slow.began, NULL, 2), 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, run_slow, &slow), 0);
	(void)pthread_barrier_wait(&slow.began);
	CU_ASSERT_EQUAL(catalog_transact(f.catalog, write_after, &wrote, &err), 0);
	CU_ASSERT_EQUAL(pthread_join(thread, &result), 0);
	CU_ASSERT_PTR_EQUAL(result, &slow);
	CU_ASSERT_TRUE(wrote && slow.done);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM parent"), 3);
	(void)pthread_barrier_destroy(&slow.began);
	catalog_close(slow.catalog);
}

/* A job that writes again and again, and lets others write in between for a moment only. */
struct busy {
	struct catalog *catalog;
	_Atomic bool ends;
};

static int write_for_20_ms(struct catalog *catalog, void *arg, struct err *err)
{
	const struct timespec pause = {.tv_nsec = 20 * 1000000};

	(void)arg;
	(void)nanosleep(&pause, NULL);
	return catalog_run(catalog, "UPDATE child SET size = size + 1", NO_VALUES, err);
}

static void *run_busy(void *arg)
{
	const struct timespec pause = {.tv_nsec = 2 * 1000000};
	struct busy *busy = arg;
	struct err err;

	while (!busy->ends) {
		if (catalog_transact(busy->catalog, write_for_20_ms, NULL, &err) < 0)
			return NULL;
		(void)nanosleep(&pause, NULL);
	}
	return busy;
}

/* In the first or second pause: SQLite's own handler takes 200 ms, since it looks less and less. */
static void has_its_turn_soon_beside_a_job_that_hardly_pauses(void)
{
	const struct timespec pause = {.tv_nsec = 5 * 1000000};
	OWNED_FIXTURE struct fixture f;
	struct busy busy = {.ends = false};
	int64_t began;
	pthread_t thread;
	void *result = NULL;
	struct err err;

	open_with_tables(&f);
	busy.catalog = fixture_connect(&f);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, run_busy, &busy), 0);
	began = clock_elapsed();
	for (int i = 0; i < 20; i++) {
		(void)nanosleep(&pause, NULL);
		CU_ASSERT_EQUAL(
		    catalog_run(f.catalog, "UPDATE parent SET id = id", NO_VALUES, &err), 0);
	}
	CU_ASSERT_TRUE(clock_elapsed() - began < 1200000);
	busy.ends = true;
	CU_ASSERT_EQUAL(pthread_join(thread, &result), 0);
	CU_ASSERT_PTR_EQUAL(result, &busy);
	catalog_close(busy.catalog);
}

/* A reader is never in a writer's way, nor the other way round. */
static void reads_what_was_committed_while_another_writes(void)
{
	OWNED_FIXTURE struct fixture f;
	struct catalog *other;
	struct err err;

	open_with_tables(&f);
	other = fixture_connect(&f);
	CU_ASSERT_EQUAL(catalog_run(other, "BEGIN IMMEDIATE", NO_VALUES, &err), 0);
	CU_ASSERT_EQUAL(catalog_run(other, "INSERT INTO parent VALUES (2)", NO_VALUES, &err), 0);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM parent"), 1);
	CU_ASSERT_EQUAL(catalog_run(other, "COMMIT", NO_VALUES, &err), 0);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM parent"), 2);
	catalog_close(other);
}

struct translation {
	const char *sql;
	const char *translated;
};

static void check_translations(const struct translation *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		OWNED_BUFFER struct buffer out = BUFFER(1024);

		dialect_sqlite.translate(rows[i].sql, &out);
		CU_ASSERT_STRING_EQUAL(buffer_text(&out), rows[i].translated);
	}
}

static void makes_ids_the_key_of_the_row_itself(void)
{
	static const struct translation rows[] = {
	    {"CREATE TABLE a (id BIGINT PRIMARY KEY, n BIGINT)",
	        "CREATE TABLE a (id INTEGER PRIMARY KEY, n BIGINT)"},
	    {"BIGINT PRIMARY KEYBIGINT PRIMARY KEY", "INTEGER PRIMARY KEYINTEGER PRIMARY KEY"},
	    {"CREATE TABLE a (n BIGINT)", "CREATE TABLE a (n BIGINT)"},
	    {"", ""},
	};

	check_translations(rows, COUNT(rows));
}

static void checks_words_one_by_one(void)
{
	static const struct translation rows[] = {
	    {"(s TEXT CHECK (s IN ('a', 'b', 'c')))",
	        "(s TEXT CHECK (s = 'a' OR s = 'b' OR s = 'c'))"},
	    {"CHECK  (n IN (0, 1)), n BIGINT", "CHECK (n = 0 OR n = 1), n BIGINT"},
	    {"CHECK (a IS NOT NULL OR b IS NOT NULL)", "CHECK (a IS NOT NULL OR b IS NOT NULL)"},
	    {"WHERE s IN ('a', 'b')", "WHERE s IN ('a', 'b')"},
	    {"CHECK (s IN ('a'", "CHECK (s = 'a'"},
	};

	check_translations(rows, COUNT(rows));
}

/* Does a commit of this connection wait for the disk? 2 is FULL, 1 is NORMAL, 0 is OFF. */
static int64_t waiting_of(struct catalog *catalog)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;
	struct err err;

	CU_ASSERT_EQUAL_FATAL(
	    catalog_find(catalog, "PRAGMA synchronous", NO_VALUES, &row, &found, &err), 0);
	return statement_int(row, 0);
}

static int64_t parents(const struct fixture *f)
{
	return fixture_number(f, "SELECT COUNT(*) FROM parent");
}

static int insert_lazily(struct catalog *catalog, void *arg, struct err *err)
{
	int64_t *waiting = arg;

	*waiting = waiting_of(catalog);
	return catalog_run(catalog, "INSERT INTO parent VALUES (7)", NO_VALUES, err);
}

static void what_is_committed_lazily_is_there_and_what_comes_after_it_waits_again(void)
{
	OWNED_FIXTURE struct fixture f;
	struct catalog *other;
	int64_t inside = 0;
	struct err err;

	open_with_tables(&f);
	other = fixture_connect(&f);
	fixture_sql(&f, "PRAGMA synchronous = FULL");
	CU_ASSERT_EQUAL(catalog_sync(f.catalog, &err), 0);
	CU_ASSERT_EQUAL(catalog_transact_lazily(f.catalog, insert_lazily, &inside, &err), 0);
	CU_ASSERT_EQUAL(inside, 1);
	CU_ASSERT_EQUAL(waiting_of(f.catalog), 2);
	CU_ASSERT_EQUAL(parents(&f), 2);
	CU_ASSERT_EQUAL(catalog_sync(f.catalog, &err), 0);
	/* Its id is there already: nothing is committed, and later ones wait as ever. */
	CU_ASSERT_TRUE(fails(
	    catalog_transact_lazily(f.catalog, insert_lazily, &inside, &err), &err, ERR_CONFLICT));
	CU_ASSERT_EQUAL(waiting_of(f.catalog), 2);
	/* What a connection does is its own affair; this one never waits, as it is a test's. */
	CU_ASSERT_EQUAL(waiting_of(other), 0);
	catalog_close(other);
}

static int insert_inside(struct catalog *catalog, void *arg, struct err *err)
{
	return catalog_transact_lazily(catalog, insert_lazily, arg, err);
}

static void what_is_a_part_of_another_transaction_waits_with_it(void)
{
	OWNED_FIXTURE struct fixture f;
	int64_t inside = 0;
	struct err err;

	open_with_tables(&f);
	fixture_sql(&f, "PRAGMA synchronous = FULL");
	CU_ASSERT_EQUAL(catalog_transact(f.catalog, insert_inside, &inside, &err), 0);
	CU_ASSERT_EQUAL(inside, 2);
	CU_ASSERT_EQUAL(parents(&f), 2);
}

static void outlives_a_power_cut(void)
{
	OWNED_SCRATCH struct scratch scratch;
	OWNED_STATEMENT struct statement *mode = NULL;
	struct catalog *catalog = NULL;
	char where[SCRATCH_PATH_MAX + 32];
	bool found = false;
	struct err err;

	scratch_open(&scratch);
	(void)snprintf(where, sizeof(where), "sqlite:%s/catalog.db", scratch.path);
	CU_ASSERT_EQUAL_FATAL(catalog_open(where, true, &catalog, &err), 0);
	CU_ASSERT_EQUAL(waiting_of(catalog), 2);
	CU_ASSERT_EQUAL(
	    catalog_find(catalog, "PRAGMA journal_mode", NO_VALUES, &mode, &found, &err), 0);
	CU_ASSERT_STRING_EQUAL(statement_text(mode, 0), "wal");
	statement_done(TAKE(mode));
	catalog_close(catalog);
}

static void makes_no_catalog_unless_it_is_told_to(void)
{
	OWNED_SCRATCH struct scratch scratch;
	struct catalog *catalog = NULL;
	char where[SCRATCH_PATH_MAX + 32];
	struct err err;

	scratch_open(&scratch);
	(void)snprintf(where, sizeof(where), "sqlite:%s/catalog.db", scratch.path);
	CU_ASSERT_TRUE(fails(catalog_open(where, false, &catalog, &err), &err, ERR_REFUSED));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "catalog.db"));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "edelivery init"));
	CU_ASSERT_PTR_NULL(catalog);
	CU_ASSERT_EQUAL(faccessat(scratch.fd, "catalog.db", F_OK, 0), -1);
	(void)snprintf(where, sizeof(where), "sqlite:%s/nowhere/catalog.db", scratch.path);
	CU_ASSERT_TRUE(fails(catalog_open(where, true, &catalog, &err), &err, ERR_RETRY));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "nowhere"));
	CU_ASSERT_PTR_NULL(catalog);
}

static void refuses_a_file_that_is_no_catalog(void)
{
	OWNED_SCRATCH struct scratch scratch;
	OWNED_MEM char *after = NULL;
	struct catalog *catalog = NULL;
	char where[SCRATCH_PATH_MAX + 32];
	struct err err;

	scratch_open(&scratch);
	scratch_write(&scratch, "letter.txt", "Dear provider,\n");
	(void)snprintf(where, sizeof(where), "sqlite:%s/letter.txt", scratch.path);
	for (int create = 0; create < 2; create++) {
		CU_ASSERT_TRUE(
		    fails(catalog_open(where, create, &catalog, &err), &err, ERR_REFUSED));
		CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "letter.txt"));
		CU_ASSERT_PTR_NULL(catalog);
	}
	after = scratch_read(&scratch, "letter.txt");
	CU_ASSERT_STRING_EQUAL(after, "Dear provider,\n");
}

static void leaves_no_descriptor_open(void)
{
	OWNED_SCRATCH struct scratch scratch;
	struct catalog *catalog = NULL;
	char where[SCRATCH_PATH_MAX + 32];
	int before;
	struct err err;

	scratch_open(&scratch);
	before = fixture_open_descriptors();
	(void)snprintf(where, sizeof(where), "sqlite:%s/catalog.db", scratch.path);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL_FATAL(catalog_open(where, true, &catalog, &err), 0);
		catalog_close(catalog);
	}
	(void)snprintf(where, sizeof(where), "sqlite:%s/other.db", scratch.path);
	CU_ASSERT_EQUAL(catalog_open(where, false, &catalog, &err), -1);
	CU_ASSERT_EQUAL(fixture_open_descriptors(), before);
}

void add_suite_dialect_sqlite(CU_pSuite suite)
{
	TEST(tells_a_row_that_is_there_from_one_that_may_not_be);
	TEST_ON_SQLITE(tells_what_another_time_may_mend);
	TEST_ON_SQLITE(tells_a_full_disk_from_a_mistake);
	TEST_ON_SQLITE(binds_values_by_their_number);
	TEST_ON_SQLITE(refuses_a_value_too_many);
	TEST(keeps_every_value_as_it_is);
	TEST(reads_null_as_nothing);
	TEST_ON_SQLITE(is_busy_when_another_connection_wrote_meanwhile);
	TEST_ON_SQLITE(waits_for_its_turn_to_write);
	TEST_ON_SQLITE(has_its_turn_soon_beside_a_job_that_hardly_pauses);
	TEST_ON_SQLITE(reads_what_was_committed_while_another_writes);
	TEST_ON_SQLITE(makes_ids_the_key_of_the_row_itself);
	TEST_ON_SQLITE(checks_words_one_by_one);
	TEST_ON_SQLITE(what_is_committed_lazily_is_there_and_what_comes_after_it_waits_again);
	TEST_ON_SQLITE(what_is_a_part_of_another_transaction_waits_with_it);
	TEST_ON_SQLITE(outlives_a_power_cut);
	TEST_ON_SQLITE(makes_no_catalog_unless_it_is_told_to);
	TEST_ON_SQLITE(leaves_no_descriptor_open);
	TEST_ON_SQLITE(refuses_a_file_that_is_no_catalog);
}
