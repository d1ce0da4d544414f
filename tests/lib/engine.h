/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which SQL engine the catalogs of unit tests are in: SQLite, or the PostgreSQL that the variable
 * TEST_CATALOG connects to (a connection string of libpq), a schema for each catalog.
 */
#ifndef TESTS_LIB_ENGINE_H
#define TESTS_LIB_ENGINE_H

#include <stdbool.h>

enum { ENGINE_WHERE_MAX = 512 };

bool engine_is_postgresql(void);

/* Where a new, empty catalog can be made on PostgreSQL; connection: as in TEST_CATALOG. */
void engine_new_place(const char *connection, char ret_where[ENGINE_WHERE_MAX]);

/* Remove what is at a place that engine_new_place() found; "": nothing. */
void engine_drop_place(const char *connection, const char *where);

/* Run SQL on a connection of its own, as somebody else; its first value, or -1 without one. */
long engine_run(const char *connection, const char *sql);

#endif
