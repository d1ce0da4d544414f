/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/catalog.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/number.h"
#include "spool/dialect.h"
#include "spool/migration.h"

enum {
	CACHE_SLOTS = 1024, /* a power of two, several times the statements of the tree */
	ATTEMPTS = 8,       /* of a transaction that is refused as busy */
	CONNECTS = 3,       /* attempts to connect again, before an answer of "later" */
};

/* After connecting failed nobody waits for that again for so long. */
#define CONNECT_PAUSE SECOND

/* Of this process, with a transaction that is refused as busy. */
static int64_t patience = INT64_MAX;

static const struct dialect *const dialects[] = {&dialect_sqlite, &dialect_postgresql};

struct statement {
	struct catalog *catalog;
	const char *sql;
	void *prepared;
	bool in_use;
	bool is_cached;
};

struct catalog {
	const struct dialect *dialect;
	void *connection;
	struct statement *cache[CACHE_SLOTS];
	int depth;            /* of transactions */
	bool is_gone;         /* the connection, until it is opened again */
	int64_t next_connect; /* by clock_elapsed(): not before */
	bool is_unsynced;     /* something was committed lazily */
	int64_t changes;
	int64_t statements;
	int64_t change_number; /* when catalog_has_news() was asked last */
	int64_t announced;
};

static int find_dialect(
    const char *where, const struct dialect **ret_dialect, const char **ret_place, struct err *err)
{
	for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++) {
		size_t length = strlen(dialects[i]->scheme);

		if (strncmp(where, dialects[i]->scheme, length) == 0 && where[length] == ':') {
			bool is_uri = strncmp(where + length, "://", 3) == 0;

			*ret_dialect = dialects[i];
			*ret_place = is_uri ? where : where + length + 1;
			return 0;
		}
	}
	return err_set(
	    err, ERR_REFUSED, "catalog %.80s: neither sqlite:PATH nor postgresql:CONNINFO", where);
}

static size_t slot_of(const char *sql)
{
	return ((uintptr_t)sql >> 3) * 0x9E3779B97F4A7C15u >> 54;
}

static struct timespec duration(int64_t microseconds)
{
	return (struct timespec){
	    .tv_sec = microseconds / SECOND, .tv_nsec = microseconds % SECOND * 1000};
}

/* Notes that the connection broke; yields result. */
static int note(struct catalog *catalog, int result, const struct err *err)
{
	catalog->is_gone |= result < 0 && err->kind == ERR_GONE;
	return result;
}

static int connect_again(struct catalog *catalog, struct err *err)
{
	int64_t wait = SECOND / 20;

	if (clock_elapsed() < catalog->next_connect)
		return err_set(err, ERR_RETRY, "catalog: no connection just now");
	for (int i = 1; catalog->dialect->reopen(catalog->connection, err) < 0; i++) {
		struct timespec pause = duration(wait);

		if (i == CONNECTS) {
			catalog->next_connect = clock_elapsed() + CONNECT_PAUSE;
			return -1;
		}
		(void)nanosleep(&pause, NULL);
		wait *= 4;
	}
	log_info("the catalog is connected again");
	catalog->is_gone = false;
	return 0;
}

/* A transaction whose connection broke has to end first: its parts were undone. */
static int ensure_connected(struct catalog *catalog, struct err *err)
{
	if (!catalog->is_gone)
		return 0;
	if (catalog->depth > 0)
		return err_set(err, ERR_GONE, "catalog: the connection broke");
	if (catalog->dialect->reopen)
		return connect_again(catalog, err);
	catalog->is_gone = false;
	return 0;
}

static void free_statement(struct statement *statement)
{
	statement->catalog->dialect->finalize(statement->prepared);
	free(statement);
}

static int new_statement(
    struct catalog *catalog, const char *sql, struct statement **ret_statement, struct err *err)
{
	void *prepared = NULL;
	struct statement *statement;

	if (catalog->dialect->prepare(catalog->connection, sql, &prepared, err) < 0)
		return -1;
	statement = mem_new(1, sizeof(*statement));
	*statement = (struct statement){.catalog = catalog, .sql = sql, .prepared = prepared};
	*ret_statement = statement;
	return 0;
}

/* The statement of sql that nobody uses at the moment; a second one if its first is in use. */
static int take_statement(
    struct catalog *catalog, const char *sql, struct statement **ret_statement, struct err *err)
{
	struct statement *statement = NULL;
	size_t slot = slot_of(sql);

	while (catalog->cache[slot] && catalog->cache[slot]->sql != sql)
		slot = (slot + 1) % CACHE_SLOTS;
	statement = catalog->cache[slot];
	if (!statement || statement->in_use) {
		bool cached = statement != NULL;

		if (new_statement(catalog, sql, &statement, err) < 0)
			return -1;
		statement->is_cached = !cached;
		if (!cached)
			catalog->cache[slot] = statement;
	}
	statement->in_use = true;
	catalog->statements++;
	*ret_statement = statement;
	return 0;
}

void statement_done(struct statement *statement)
{
	if (!statement)
		return;
	statement->catalog->dialect->reset(statement->prepared);
	statement->in_use = false;
	if (!statement->is_cached)
		free_statement(statement);
}

void statement_clean(struct statement **statement)
{
	statement_done(*statement);
}

static int select_once(struct catalog *catalog, const char *sql, const struct value *values,
    bool stay, struct statement **ret_statement, struct err *err)
{
	OWNED_STATEMENT struct statement *statement = NULL;

	if (ensure_connected(catalog, err) < 0)
		return -1;
	if (fault_here("catalog.statement"))
		return note(catalog,
		    err_set(err, ERR_GONE, "catalog: the connection broke (fault point)"), err);
	if (note(catalog, take_statement(catalog, sql, &statement, err), err) < 0 ||
	    note(catalog, catalog->dialect->start(statement->prepared, values, stay, err), err) < 0)
		return -1;
	*ret_statement = TAKE(statement);
	return 0;
}

/* What only reads, outside a transaction, may be asked twice. */
static bool may_ask_again(const struct catalog *catalog, const char *sql)
{
	return catalog->is_gone && catalog->depth == 0 && strncmp(sql, "SELECT", 6) == 0;
}

/* stay: the texts are there until the statement is done with. */
static int begin_statement(struct catalog *catalog, const char *sql, const struct value *values,
    bool stay, struct statement **ret_statement, struct err *err)
{
	if (select_once(catalog, sql, values, stay, ret_statement, err) == 0)
		return 0;
	return err->kind == ERR_GONE && may_ask_again(catalog, sql)
	           ? select_once(catalog, sql, values, stay, ret_statement, err)
	           : -1;
}

int catalog_select(struct catalog *catalog, const char *sql, const struct value *values,
    struct statement **ret_statement, struct err *err)
{
	return begin_statement(catalog, sql, values, false, ret_statement, err);
}

int statement_next(struct statement *statement, bool *ret_row, struct err *err)
{
	struct catalog *catalog = statement->catalog;

	return note(catalog, catalog->dialect->next(statement->prepared, ret_row, err), err);
}

int catalog_find(struct catalog *catalog, const char *sql, const struct value *values,
    struct statement **ret_statement, bool *ret_found, struct err *err)
{
	OWNED_STATEMENT struct statement *statement = NULL;

	if (catalog_select(catalog, sql, values, &statement, err) < 0 ||
	    statement_next(statement, ret_found, err) < 0)
		return -1;
	*ret_statement = TAKE(statement);
	return 0;
}

int catalog_run(
    struct catalog *catalog, const char *sql, const struct value *values, struct err *err)
{
	OWNED_STATEMENT struct statement *statement = NULL;
	bool row = true;

	if (begin_statement(catalog, sql, values, true, &statement, err) < 0)
		return -1;
	while (row)
		if (statement_next(statement, &row, err) < 0)
			return -1;
	catalog->changes = catalog->dialect->changes(statement->prepared);
	return 0;
}

int catalog_queue(
    struct catalog *catalog, const char *sql, const struct value *values, struct err *err)
{
	OWNED_STATEMENT struct statement *statement = NULL;

	if (!catalog->dialect->queue || catalog->depth == 0)
		return catalog_run(catalog, sql, values, err);
	if (ensure_connected(catalog, err) < 0)
		return -1;
	if (fault_here("catalog.statement"))
		return note(catalog,
		    err_set(err, ERR_GONE, "catalog: the connection broke (fault point)"), err);
	if (note(catalog, take_statement(catalog, sql, &statement, err), err) < 0)
		return -1;
	return note(catalog, catalog->dialect->queue(statement->prepared, values, err), err);
}

/* Wait for what was queued. */
static int settle(struct catalog *catalog, struct err *err)
{
	const struct dialect *dialect = catalog->dialect;

	return dialect->settle ? note(catalog, dialect->settle(catalog->connection, err), err) : 0;
}

int64_t catalog_changes(const struct catalog *catalog)
{
	return catalog->changes;
}

int64_t catalog_statements(const struct catalog *catalog)
{
	return catalog->statements;
}

int statement_start(struct statement *statement, const struct value *values, struct err *err)
{
	struct catalog *catalog = statement->catalog;

	catalog->dialect->reset(statement->prepared);
	return note(catalog, catalog->dialect->start(statement->prepared, values, false, err), err);
}

int statement_columns(const struct statement *statement)
{
	return statement->catalog->dialect->columns(statement->prepared);
}

struct value statement_value(const struct statement *statement, int column)
{
	return statement->catalog->dialect->column_value(statement->prepared, column);
}

int64_t statement_int(const struct statement *statement, int column)
{
	return statement->catalog->dialect->column_int(statement->prepared, column);
}

const char *statement_text(const struct statement *statement, int column)
{
	return statement->catalog->dialect->column_text(statement->prepared, column);
}

/*
 * One attempt: body between BEGIN and COMMIT. When the connection broke in COMMIT nobody knows
 * whether it was done: the same as when this process is killed there, and told as such.
 */
static int attempt(struct catalog *catalog, const char *begin,
    int (*body)(struct catalog *catalog, void *arg, struct err *err), void *arg, struct err *err)
{
	struct err ignored;
	bool is_done;

	if (catalog_run(catalog, begin, NO_VALUES, err) < 0)
		return -1;
	catalog->depth = 1;
	is_done = body(catalog, arg, err) == 0 && settle(catalog, err) == 0;
	if (is_done && catalog_run(catalog, "COMMIT", NO_VALUES, err) == 0) {
		catalog->depth = 0;
		return 0;
	}
	catalog->depth = 0;
	(void)settle(catalog, &ignored);
	if (is_done && err->kind == ERR_GONE)
		return err_set(err, ERR_RETRY, "catalog: the connection broke in a commit");
	if (!catalog->is_gone)
		(void)catalog_run(catalog, "ROLLBACK", NO_VALUES, &ignored);
	return -1;
}

void catalog_limit_patience(int64_t limit)
{
	patience = limit;
}

static int transact(struct catalog *catalog, const char *begin,
    int (*body)(struct catalog *catalog, void *arg, struct err *err), void *arg, struct err *err)
{
	int64_t begun = clock_elapsed();
	int64_t wait = SECOND / 1000;

	if (catalog->depth > 0)
		return body(catalog, arg, err);
	for (int i = 1; attempt(catalog, begin, body, arg, err) < 0; i++) {
		struct timespec pause = duration(wait / 2 + arc4random_uniform((uint32_t)wait));

		if ((err->kind != ERR_BUSY && err->kind != ERR_GONE) || i == ATTEMPTS ||
		    clock_elapsed() - begun >= patience)
			return -1;
		(void)nanosleep(&pause, NULL);
		wait *= 2;
	}
	return 0;
}

int catalog_transact(struct catalog *catalog,
    int (*body)(struct catalog *catalog, void *arg, struct err *err), void *arg, struct err *err)
{
	return transact(catalog, catalog->dialect->begin, body, arg, err);
}

int catalog_transact_lazily(struct catalog *catalog,
    int (*body)(struct catalog *catalog, void *arg, struct err *err), void *arg, struct err *err)
{
	const struct dialect *dialect = catalog->dialect;
	struct err failure;
	int result;

	if (!dialect->set_waiting || catalog->depth > 0)
		return catalog_transact(catalog, body, arg, err);
	if (dialect->set_waiting(catalog->connection, false, err) < 0)
		return -1;
	result = catalog_transact(catalog, body, arg, err);
	catalog->is_unsynced |= result == 0;
	/* Better no process than one whose commits are not what it takes them for. */
	if (dialect->set_waiting(catalog->connection, true, &failure) < 0) {
		log_error("text=\"%s\"", failure.text);
		abort();
	}
	return result;
}

int catalog_sync(struct catalog *catalog, struct err *err)
{
	if (catalog->is_unsynced && catalog->dialect->sync(catalog->connection, err) < 0)
		return -1;
	catalog->is_unsynced = false;
	return 0;
}

int catalog_read_together(struct catalog *catalog,
    int (*body)(struct catalog *catalog, void *arg, struct err *err), void *arg, struct err *err)
{
	return transact(catalog, catalog->dialect->begin_reading, body, arg, err);
}

int catalog_take_ids(
    struct catalog *catalog, const char *name, int64_t count, int64_t *ret_first, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "UPDATE sequence SET next = next + $2 WHERE name = $1 RETURNING next - $2",
	        VALUES(TEXT(name), INT(count)), &row, &found, err) < 0)
		return -1;
	if (!found)
		return err_set(err, ERR_INTERNAL, "catalog: no sequence %s", name);
	*ret_first = statement_int(row, 0);
	/* SQLite applies an UPDATE ... RETURNING to its end only when it is stepped to it. */
	return statement_next(row, &found, err);
}

int catalog_announce(struct catalog *catalog, struct err *err)
{
	const char *announce = catalog->dialect->announce;

	if (catalog_run(catalog, "UPDATE sequence SET next = next + 1 WHERE name = 'rights'",
	        NO_VALUES, err) < 0)
		return -1;
	return announce ? catalog_run(catalog, announce, NO_VALUES, err) : 0;
}

static int announced_number(struct catalog *catalog, int64_t *ret_number, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog, "SELECT next FROM sequence WHERE name = 'rights'", NO_VALUES,
	        &row, &found, err) < 0)
		return -1;
	*ret_number = found ? statement_int(row, 0) : 0;
	return 0;
}

int catalog_has_news(struct catalog *catalog, bool *ret_news, struct err *err)
{
	int64_t change = 0;
	int64_t announced = catalog->announced;

	if (ensure_connected(catalog, err) < 0 ||
	    note(catalog, catalog->dialect->change_number(catalog->connection, &change, err), err) <
	        0 ||
	    (change != catalog->change_number && announced_number(catalog, &announced, err) < 0))
		return -1;
	*ret_news = announced != catalog->announced;
	catalog->change_number = change;
	catalog->announced = announced;
	return 0;
}

int catalog_begin_migration(struct catalog *catalog, struct err *err)
{
	const char *begin = catalog->dialect->begin_migration;

	return begin ? catalog_run(catalog, begin, NO_VALUES, err) : 0;
}

int catalog_prepare_text(
    struct catalog *catalog, const char *sql, struct statement **ret_statement, struct err *err)
{
	return new_statement(catalog, sql, ret_statement, err);
}

int statement_run(struct statement *statement, const struct value *values, struct err *err)
{
	bool row = true;
	int result;

	result = statement_start(statement, values, err);
	while (result == 0 && row)
		result = statement_next(statement, &row, err);
	return result;
}

int catalog_run_text(struct catalog *catalog, const char *sql, struct err *err)
{
	OWNED_BUFFER struct buffer translated = BUFFER(65536);
	OWNED_STATEMENT struct statement *statement = NULL;

	catalog->dialect->translate(sql, &translated);
	if (new_statement(catalog, buffer_text(&translated), &statement, err) < 0)
		return -1;
	return statement_run(statement, NO_VALUES, err);
}

int catalog_open(const char *where, bool create, struct catalog **ret_catalog, struct err *err)
{
	const struct dialect *dialect = NULL;
	const char *place = NULL;
	void *connection = NULL;
	struct catalog *catalog;
	bool news;

	if (find_dialect(where, &dialect, &place, err) < 0 ||
	    dialect->open(place, create, &connection, err) < 0)
		return -1;
	catalog = mem_new(1, sizeof(*catalog));
	catalog->dialect = dialect;
	catalog->connection = connection;
	if ((create ? migration_run(catalog, err) : migration_check(catalog, where, err)) < 0 ||
	    catalog_has_news(catalog, &news, err) < 0) {
		catalog_close(catalog);
		return -1;
	}
	*ret_catalog = catalog;
	return 0;
}

void catalog_limit_memory(int64_t bytes)
{
	dialect_sqlite_limit_memory(bytes);
}

void catalog_close(struct catalog *catalog)
{
	if (!catalog)
		return;
	for (size_t i = 0; i < CACHE_SLOTS; i++)
		if (catalog->cache[i])
			free_statement(catalog->cache[i]);
	catalog->dialect->close(catalog->connection);
	free(catalog);
}
