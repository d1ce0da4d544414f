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

/*
 * The same for a catalog of the newest schema: one that a test before left is given out again,
 * empty as it was made, for its tables take far longer to make than most tests to run.
 */
void engine_take_place(const char *connection, char ret_where[ENGINE_WHERE_MAX]);

/* The catalog at where is made, and nothing is in it: what others have to look like to be kept. */
void engine_place_is_made(const char *connection, const char *where);

/* Remove what is at a place, or keep it empty for engine_take_place(); "": nothing. */
void engine_drop_place(const char *connection, const char *where);

/* Run SQL on a connection of its own, as somebody else; its first value, or -1 without one. */
long engine_run(const char *connection, const char *sql);

#endif
