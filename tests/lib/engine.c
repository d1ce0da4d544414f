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

void engine_new_place(const char *connection, char ret_where[ENGINE_WHERE_MAX])
{
	static unsigned count;
	char sql[64];

	(void)snprintf(sql, sizeof(sql), "CREATE SCHEMA t%d_%u", (int)getpid(), ++count);
	(void)engine_run(connection, sql);
	(void)snprintf(ret_where, ENGINE_WHERE_MAX, "postgresql:%s options=-csearch_path=%s",
	    connection, strrchr(sql, ' ') + 1);
}

void engine_drop_place(const char *connection, const char *where)
{
	char sql[128];

	if (!where[0])
		return;
	(void)snprintf(sql, sizeof(sql),
	    "SET client_min_messages = warning; DROP SCHEMA %s CASCADE", strrchr(where, '=') + 1);
	(void)engine_run(connection, sql);
}
