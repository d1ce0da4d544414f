/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs between the SQL engines; catalog.c is all that is the same.
 *
 * A connection and a prepared statement are opaque to catalog.c. Errors come back as our kinds.
 */
#ifndef SPOOL_DIALECT_H
#define SPOOL_DIALECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/err.h"
#include "spool/catalog.h"

struct dialect {
	const char *scheme;        /* in front of the ":" of where */
	const char *begin;         /* a transaction that will write */
	const char *begin_reading; /* one that will not */

	/* Run first in a migration's transaction, and with an announcement; or NULL. */
	const char *begin_migration;
	const char *announce;

	int (*open)(const char *where, bool create, void **ret_connection, struct err *err);
	/* Connect once more after ERR_GONE; statements stay. NULL where nothing can break. */
	int (*reopen)(void *connection, struct err *err);
	void (*close)(void *connection);

	/* sql stays where it is until finalize(). */
	int (*prepare)(void *connection, const char *sql, void **ret_prepared, struct err *err);
	void (*finalize)(void *prepared);

	/*
	 * Bind values and begin; next() then yields the rows, reset() ends it at any point. Texts
	 * are copied unless they stay where they are until then.
	 */
	int (*start)(void *prepared, const struct value *values, bool stay, struct err *err);
	int (*next)(void *prepared, bool *ret_row, struct err *err);
	/*
	 * Run a statement without rows some time, in order, at the latest before whatever is run
	 * otherwise; settle() waits for what was queued, and fails where one of that did. NULL,
	 * both, where running costs no round trip.
	 */
	int (*queue)(void *prepared, const struct value *values, struct err *err);
	int (*settle)(void *connection, struct err *err);
	void (*reset)(void *prepared);
	int64_t (*changes)(void *prepared);
	int (*columns)(void *prepared);
	int64_t (*column_int)(void *prepared, int column);
	const char *(*column_text)(void *prepared, int column);
	struct value (*column_value)(void *prepared, int column); /* text is borrowed as there */

	/*
	 * Commits wait for the disk from now on, or not: then a power cut undoes the last of them,
	 * but for what sync() or a later commit that waits has made durable, and breaks nothing.
	 * NULL, both, where another machine's power may be cut.
	 */
	int (*set_waiting)(void *connection, bool waits, struct err *err);
	int (*sync)(void *connection, struct err *err);

	/* A number that is another one after a commit of another connection. */
	int (*change_number)(void *connection, int64_t *ret_number, struct err *err);

	/* Add a statement of a migration as this engine wants it. */
	void (*translate)(const char *sql, struct buffer *out);
};

extern const struct dialect dialect_sqlite;
extern const struct dialect dialect_postgresql;

/* What catalog_limit_memory() is for SQLite. */
void dialect_sqlite_limit_memory(int64_t bytes);

#endif
