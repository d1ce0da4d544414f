/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/migration.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "spool/schema.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_migration(CU_pSuite suite);

/* Every table and index, as they were made, and every version with its time. */
static void describe(struct catalog *catalog, struct buffer *out)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;
	struct err err;

	CU_ASSERT_EQUAL(catalog_find(catalog,
	                    "SELECT name, COALESCE(sql, '') FROM sqlite_master UNION ALL"
	                    " SELECT version, applied FROM schema_version ORDER BY 1",
	                    NO_VALUES, &row, &found, &err),
	    0);
	while (found) {
		buffer_print(out, "%s: %s\n", statement_text(row, 0), statement_text(row, 1));
		CU_ASSERT_EQUAL(statement_next(row, &found, &err), 0);
	}
}

static void changes_nothing_when_it_is_run_again(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_BUFFER struct buffer before = BUFFER(1024 * 1024);
	OWNED_BUFFER struct buffer after = BUFFER(1024 * 1024);
	struct err err;

	fixture_open(&f);
	scratch_provider(&f.spool, "123456789");
	describe(f.catalog, &before);
	clock_freeze(FIXTURE_NOW + 1000000);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(migration_run(f.catalog, &err), 0);
	describe(f.catalog, &after);
	CU_ASSERT_STRING_EQUAL(buffer_text(&before), buffer_text(&after));
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM provider"), 1);
}

/* How many versions there are, and when they were made. */
static void check_versions(struct catalog *catalog, int64_t applied)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;
	struct err err;

	CU_ASSERT_EQUAL_FATAL(catalog_find(catalog,
	                          "SELECT COUNT(*), MAX(version), MIN(applied), MAX(applied)"
	                          " FROM schema_version",
	                          NO_VALUES, &row, &found, &err),
	    0);
	CU_ASSERT_EQUAL(statement_int(row, 0), schema_newest());
	CU_ASSERT_EQUAL(statement_int(row, 1), schema_newest());
	CU_ASSERT_EQUAL(statement_int(row, 2), applied);
	CU_ASSERT_EQUAL(statement_int(row, 3), applied);
}

static void notes_every_version_that_it_made(void)
{
	OWNED_FIXTURE struct fixture f;
	char where[ENGINE_WHERE_MAX];
	struct catalog *made = NULL;
	struct err err;

	fixture_open(&f);
	clock_freeze(FIXTURE_NOW + 1);
	(void)snprintf(where, sizeof(where), "sqlite:%s/made.db", f.scratch.path);
	if (engine_is_postgresql())
		engine_new_place(getenv("TEST_CATALOG"), where);
	CU_ASSERT_EQUAL_FATAL(catalog_open(where, true, &made, &err), 0);
	check_versions(made, FIXTURE_NOW + 1);
	catalog_close(made);
	if (engine_is_postgresql())
		engine_drop_place(getenv("TEST_CATALOG"), where);
}

static void knows_the_catalog_of_this_program(void)
{
	OWNED_FIXTURE struct fixture f;
	struct err err;

	fixture_open(&f);
	CU_ASSERT_EQUAL(migration_check(f.catalog, "sqlite:x", &err), 0);
}

/* Migrations only add, so a newer program's catalog is as good. */
static void takes_the_catalog_of_a_newer_program(void)
{
	OWNED_FIXTURE struct fixture f;
	struct err err;

	fixture_open(&f);
	fixture_sql(&f, "INSERT INTO schema_version VALUES (1000, 1)");
	CU_ASSERT_EQUAL(migration_check(f.catalog, "sqlite:x", &err), 0);
	CU_ASSERT_EQUAL(migration_run(f.catalog, &err), 0);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM schema_version"), schema_newest() + 1);
}

static void refuses_the_catalog_of_an_older_program(void)
{
	OWNED_FIXTURE struct fixture f;
	struct err err;

	fixture_open(&f);
	fixture_sql(&f, "DELETE FROM schema_version");
	CU_ASSERT_TRUE(fails(migration_check(f.catalog, "sqlite:x", &err), &err, ERR_REFUSED));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "sqlite:x"));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "edelivery init"));
}

/* A database that is not ours, with one table in it. */
static void make_foreign(const struct scratch *scratch, const char *sql, char *ret_where)
{
	char path[SCRATCH_PATH_MAX + 16];
	sqlite3 *db = NULL;

	(void)snprintf(path, sizeof(path), "%s/foreign.db", scratch->path);
	CU_ASSERT_EQUAL_FATAL(sqlite3_open(path, &db), SQLITE_OK);
	CU_ASSERT_EQUAL(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	CU_ASSERT_EQUAL(sqlite3_close(db), SQLITE_OK);
	(void)snprintf(ret_where, SCRATCH_PATH_MAX + 32, "sqlite:%s", path);
}

static int64_t count_tables(const char *where)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;
	int64_t count;

	CU_ASSERT_EQUAL_FATAL(sqlite3_open(where + strlen("sqlite:"), &db), SQLITE_OK);
	CU_ASSERT_EQUAL(
	    sqlite3_prepare_v2(db, "SELECT COUNT(*) FROM sqlite_master", -1, &stmt, NULL),
	    SQLITE_OK);
	CU_ASSERT_EQUAL(sqlite3_step(stmt), SQLITE_ROW);
	count = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_finalize(stmt);
	(void)sqlite3_close(db);
	return count;
}

static void refuses_a_database_of_somebody_else(void)
{
	OWNED_SCRATCH struct scratch scratch;
	char where[SCRATCH_PATH_MAX + 32];
	struct catalog *catalog = NULL;
	struct err err;

	scratch_open(&scratch);
	make_foreign(&scratch, "CREATE TABLE recipe (name TEXT)", where);
	CU_ASSERT_TRUE(fails(catalog_open(where, false, &catalog, &err), &err, ERR_REFUSED));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "edelivery init"));
	CU_ASSERT_PTR_NULL(catalog);
	CU_ASSERT_EQUAL(count_tables(where), 1);
}

static void makes_all_or_nothing(void)
{
	OWNED_SCRATCH struct scratch scratch;
	char where[SCRATCH_PATH_MAX + 32];
	struct catalog *catalog = NULL;
	struct err err;

	scratch_open(&scratch);
	/* The last table of the first version is in the way. */
	make_foreign(&scratch, "CREATE TABLE event (name TEXT)", where);
	CU_ASSERT_TRUE(fails(catalog_open(where, true, &catalog, &err), &err, ERR_INTERNAL));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "schema version 1"));
	CU_ASSERT_PTR_NULL(catalog);
	CU_ASSERT_EQUAL(count_tables(where), 1);
}

void add_suite_migration(CU_pSuite suite)
{
	TEST_ON_SQLITE(changes_nothing_when_it_is_run_again);
	TEST(notes_every_version_that_it_made);
	TEST(knows_the_catalog_of_this_program);
	TEST(takes_the_catalog_of_a_newer_program);
	TEST(refuses_the_catalog_of_an_older_program);
	TEST_ON_SQLITE(refuses_a_database_of_somebody_else);
	TEST_ON_SQLITE(makes_all_or_nothing);
}
