/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/engine.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"

bool engine_is_postgresql(void)
{
	const char *connection = getenv("TEST_CATALOG");

	return connection && connection[0];
}

static void must(bool worked, PGconn *pg)
{
	if (worked)
		return;
	(void)fprintf(stderr, "engine: %s\n", PQerrorMessage(pg));
	abort();
}

long engine_run(const char *connection, const char *sql)
{
	PGconn *pg = PQconnectdb(connection);
	PGresult *result = PQexec(pg, sql);
	ExecStatusType status = PQresultStatus(result);
	int64_t value = -1;
	struct err ignored;

	must(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, pg);
	if (PQntuples(result) > 0)
		(void)number_parse(PQgetvalue(result, 0, 0), &value, &ignored);
	PQclear(result);
	PQfinish(pg);
	return value;
}

/* Schemas with an empty catalog, and what one of those looks like. */
static struct {
	long shape;
	size_t count;
	char schemas[8][32];
} kept;

/* Columns, constraints, triggers and version of the schema %1$s, as a number. */
#define SHAPE                                                                                    \
	"(SELECT hashtextextended(string_agg(part, ';' ORDER BY part), 0) FROM ("                \
	"SELECT concat_ws(' ', relname, attname, atttypid, attnotnull) FROM pg_attribute"        \
	" JOIN pg_class ON attrelid = pg_class.oid WHERE relnamespace = '%1$s'::regnamespace"    \
	" UNION ALL SELECT pg_get_constraintdef(oid) FROM pg_constraint"                         \
	" WHERE connamespace = '%1$s'::regnamespace"                                             \
	" UNION ALL SELECT tgname::text FROM pg_trigger JOIN pg_class ON tgrelid = pg_class.oid" \
	" WHERE relnamespace = '%1$s'::regnamespace AND NOT tgisinternal"                        \
	" UNION ALL SELECT version::text FROM schema_version) AS shape (part))"

#define TABLES "pg_class WHERE relnamespace = '%1$s'::regnamespace AND relkind = 'r'"

static const char *schema_of(const char *where)
{
	return strrchr(where, '=') + 1;
}

static void place_of(const char *connection, const char *schema, char ret_where[ENGINE_WHERE_MAX])
{
	(void)snprintf(ret_where, ENGINE_WHERE_MAX, "postgresql:%s options=-csearch_path=%s",
	    connection, schema);
}

void engine_new_place(const char *connection, char ret_where[ENGINE_WHERE_MAX])
{
	static unsigned count;
	char sql[64];

	(void)snprintf(sql, sizeof(sql), "CREATE SCHEMA t%d_%u", (int)getpid(), ++count);
	(void)engine_run(connection, sql);
	place_of(connection, strrchr(sql, ' ') + 1, ret_where);
}

void engine_take_place(const char *connection, char ret_where[ENGINE_WHERE_MAX])
{
	if (kept.count > 0)
		place_of(connection, kept.schemas[--kept.count], ret_where);
	else
		engine_new_place(connection, ret_where);
}

void engine_place_is_made(const char *connection, const char *where)
{
	char sql[2048];

	if (kept.shape != 0)
		return;
	(void)snprintf(sql, sizeof(sql),
	    "SET search_path = %1$s; DROP SCHEMA IF EXISTS made CASCADE; CREATE SCHEMA made;"
	    "CREATE TABLE made.sequence AS TABLE sequence; SELECT " SHAPE,
	    schema_of(where));
	kept.shape = engine_run(connection, sql);
}

/*
 * Empty the tables of a catalog that looks as it was made; or remove it: what a test altered or
 * filled with thousands of rows is nothing to start from. Returns whether it is there to be kept.
 */
static bool place_is_emptied(const char *connection, const char *schema)
{
	char sql[4096];

	(void)snprintf(sql, sizeof(sql),
	    "SET client_min_messages = warning; SET search_path = %1$s;"
	    "DO $do$ DECLARE name text; BEGIN"
	    " IF to_regclass('schema_version') IS NULL THEN DROP SCHEMA %1$s CASCADE;"
	    " ELSIF " SHAPE " = %2$ld"
	    " AND (SELECT max(pg_relation_size(oid)) FROM " TABLES ") < 1000000 THEN"
	    "  SET session_replication_role = replica;" /* no order among the tables */
	    "  FOR name IN SELECT relname FROM " TABLES " AND relname <> 'schema_version' LOOP"
	    "   EXECUTE format('DELETE FROM %%I', name);"
	    "  END LOOP;"
	    "  INSERT INTO sequence TABLE made.sequence;"
	    " ELSE DROP SCHEMA %1$s CASCADE; END IF; "
	    "END $do$; SELECT count(*) FROM pg_namespace WHERE nspname = '%1$s'",
	    schema, kept.shape);
	return engine_run(connection, sql) == 1;
}

void engine_drop_place(const char *connection, const char *where)
{
	const size_t room = sizeof(kept.schemas) / sizeof(kept.schemas[0]);
	char sql[128];

	if (!where[0])
		return;
	if (kept.count < room && place_is_emptied(connection, schema_of(where))) {
		(void)snprintf(
		    kept.schemas[kept.count++], sizeof(kept.schemas[0]), "%s", schema_of(where));
		return;
	}
	(void)snprintf(sql, sizeof(sql),
	    "SET client_min_messages = warning; DROP SCHEMA IF EXISTS %s CASCADE",
	    schema_of(where));
	(void)engine_run(connection, sql);
}
