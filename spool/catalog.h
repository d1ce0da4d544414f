/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The catalog: rights and states, in SQL.
 *
 * One connection is for one process and one thread. SQL is the subset that SQLite and PostgreSQL
 * both accept, with parameters $1, $2, ...; times are integer microseconds, dates and words are
 * text, yes and no are 1 and 0. Every value is bound. SQL lives beside the subject it is about.
 *
 *	OWNED_STATEMENT struct statement *row = NULL;
 *	bool found;
 *
 *	if (catalog_find(catalog, "SELECT name FROM provider WHERE avrs_id = $1",
 *		VALUES(TEXT(avrs_id)), &row, &found, err) < 0)
 *		return -1;
 */
#ifndef SPOOL_CATALOG_H
#define SPOOL_CATALOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clean.h"
#include "base/err.h"

struct catalog;
struct statement;

struct value {
	enum { VALUE_END, VALUE_INT, VALUE_TEXT } kind;
	int64_t integer;
	const char *text; /* NULL: the SQL NULL; borrowed until the call returns */
};

/* Of one statement, at most. */
enum { CATALOG_VALUES_MAX = 200 };

#define INT(number)  ((struct value){.kind = VALUE_INT, .integer = (number)})
#define TEXT(string) ((struct value){.kind = VALUE_TEXT, .text = (string)})
/* NULL for the empty text and for 0, where a column is NULL for what is not there. */
#define TEXT_OR_NULL(string) TEXT((string)[0] ? (string) : NULL)
#define INT_OR_NULL(number)  ((number) ? INT(number) : TEXT(NULL))
#define VALUES(...)          ((const struct value[]){__VA_ARGS__, {.kind = VALUE_END}})
#define NO_VALUES            ((const struct value[]){{.kind = VALUE_END}})

/*
 * Connect to the catalog at where ("sqlite:PATH", or "postgresql:" and a connection string of
 * libpq). It must exist and have this program's schema (ERR_REFUSED otherwise), unless create is
 * set: then it is made (a database of PostgreSQL is not, but its tables are) and brought up to
 * date. A connection that breaks later is opened again by the next call outside a transaction.
 */
int catalog_open(const char *where, bool create, struct catalog **ret_catalog, struct err *err);
void catalog_close(struct catalog *catalog);

/*
 * A transaction of this process that is refused as busy is not begun again after limit
 * microseconds: for one that has others to answer meanwhile. (SQLite alone may wait for five
 * seconds each time.)
 */
void catalog_limit_patience(int64_t limit);

/*
 * All connections of this process keep at most about so many bytes of the catalog in memory: for
 * one that reads much of it once. To be said before the first is opened. (SQLite alone keeps any.)
 */
void catalog_limit_memory(int64_t bytes);

/*
 * Run a statement that returns no rows. sql is a literal (statements are prepared once and found
 * again by its address). ERR_CONFLICT: a row like it is there; ERR_REFUSED: another constraint;
 * ERR_BUSY: somebody else holds it; ERR_GONE: the connection broke; ERR_RETRY: disk full and the
 * like.
 */
int catalog_run(
    struct catalog *catalog, const char *sql, const struct value *values, struct err *err);

/*
 * The same in a transaction, for one of many: it may be run a little later, in order, and a failure
 * of it be told by any later call up to the transaction's end. How many rows it changed is not
 * told.
 */
int catalog_queue(
    struct catalog *catalog, const char *sql, const struct value *values, struct err *err);

/* In the transaction of a migration, first: nobody else migrates until it ends. */
int catalog_begin_migration(struct catalog *catalog, struct err *err);

/* Run one statement of a migration, translated for the engine; sql may be any text. */
int catalog_run_text(struct catalog *catalog, const char *sql, struct err *err);

/*
 * A statement that is not a literal: sql has to stay until statement_done(). Run it as often as
 * needed with statement_run(), or get its rows after statement_start().
 */
int catalog_prepare_text(
    struct catalog *catalog, const char *sql, struct statement **ret_statement, struct err *err);
int statement_run(struct statement *statement, const struct value *values, struct err *err);
int statement_start(struct statement *statement, const struct value *values, struct err *err);

/* How many rows the last catalog_run() changed. */
int64_t catalog_changes(const struct catalog *catalog);

/* How many statements this connection has run: the cost of what was done meanwhile. */
int64_t catalog_statements(const struct catalog *catalog);

/*
 * Begin a statement that returns rows; get them with statement_next(). Until statement_done()
 * *ret_statement belongs to the caller. One and the same sql may be in use several times.
 */
int catalog_select(struct catalog *catalog, const char *sql, const struct value *values,
    struct statement **ret_statement, struct err *err);

/* The same, and the first row, if there is one. */
int catalog_find(struct catalog *catalog, const char *sql, const struct value *values,
    struct statement **ret_statement, bool *ret_found, struct err *err);

int statement_next(struct statement *statement, bool *ret_row, struct err *err);

/* The columns of the row, from 0. Text is borrowed until the next row; NULL is NULL, or 0. */
int64_t statement_int(const struct statement *statement, int column);
const char *statement_text(const struct statement *statement, int column);

/* The same where what a column holds is not known; text is borrowed until the next row. */
int statement_columns(const struct statement *statement);
struct value statement_value(const struct statement *statement, int column);

/* Give the statement back; NULL is fine. */
void statement_done(struct statement *statement);
void statement_clean(struct statement **statement);
#define OWNED_STATEMENT OWNED(statement_clean)

/*
 * Run body in a transaction that may write, and commit. When body or the commit fails,
 * everything is undone; after ERR_BUSY, or when the connection broke before the commit, body is
 * run again, a few times: so it must change nothing but the catalog and what it fills anew from
 * the start. Inside another transaction body is a part of that. A connection that breaks in the
 * commit itself is ERR_RETRY: whether it was done shows only when one looks.
 */
int catalog_transact(struct catalog *catalog,
    int (*body)(struct catalog *catalog, void *arg, struct err *err), void *arg, struct err *err);

/*
 * The same for a body that only reads: it keeps nobody from writing. All of it sees one state, and
 * locks are taken once, not with every statement.
 */
int catalog_read_together(struct catalog *catalog,
    int (*body)(struct catalog *catalog, void *arg, struct err *err), void *arg, struct err *err);

/*
 * A transaction that writes what would be done once more after a power cut: in a catalog on this
 * machine the commit does not wait for the disk, and the power cut may undo it, unless
 * catalog_sync() or a commit that waits, anybody's, came in between. (The death of any process
 * undoes nothing.)
 */
int catalog_transact_lazily(struct catalog *catalog,
    int (*body)(struct catalog *catalog, void *arg, struct err *err), void *arg, struct err *err);

/* Everything committed so far is on disk. Costs nothing where nothing was committed lazily. */
int catalog_sync(struct catalog *catalog, struct err *err);

/* Take count ids of the sequence name ("letter", "account", ...): *ret_first and what follows. */
int catalog_take_ids(
    struct catalog *catalog, const char *name, int64_t count, int64_t *ret_first, struct err *err);

/*
 * Inside a transaction: who may see what, or who is known, changes with it. Whoever asks finds
 * that out by catalog_has_news().
 */
int catalog_announce(struct catalog *catalog, struct err *err);

/*
 * Has another connection announced something since the last call? Costs next to nothing while
 * nobody commits, so it can be asked several times a second.
 */
int catalog_has_news(struct catalog *catalog, bool *ret_news, struct err *err);

#endif
