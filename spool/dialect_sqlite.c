/* SPDX-License-Identifier: Apache-2.0 */
/* The catalog in one SQLite file (WAL): one machine, many processes. */
#include <errno.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/number.h"
#include "spool/dialect.h"

enum { BUSY_LOOKS = 5000, BUSY_LOOK_US = 1000, SYNCHRONOUS_FULL = 2 };

struct connection {
	sqlite3 *db;
	sqlite3_stmt *data_version;
	sqlite3_stmt *synchronous;
	bool is_eased; /* its commits do not wait, and did before */
};

/* A statement, and which of SQLite's parameters each of our $1, $2, ... is; 0: none. */
struct prepared {
	sqlite3 *db;
	sqlite3_stmt *stmt;
	int parameters[CATALOG_VALUES_MAX];
};

static enum err_kind kind_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_BUSY;
	case SQLITE_CONSTRAINT:
		return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY
		           ? ERR_CONFLICT
		           : ERR_REFUSED;
	case SQLITE_NOTADB:
		return ERR_REFUSED;
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_NOMEM:
		return ERR_RETRY;
	default:
		return ERR_INTERNAL;
	}
}

static int fail(sqlite3 *db, struct err *err)
{
	return err_set(
	    err, kind_of(sqlite3_extended_errcode(db)), "catalog: %s", sqlite3_errmsg(db));
}

static int execute(sqlite3 *db, const char *sql, struct err *err)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(db, err);
}

/*
 * Somebody else writes. SQLite's own handler looks every 100 ms in the end, and beside a job that
 * writes again and again its lock is hardly ever free just then.
 */
static int wait_for_writer(void *arg, int looks)
{
	(void)arg;
	(void)usleep(looks < 4 ? BUSY_LOOK_US / 4 : BUSY_LOOK_US);
	return looks < BUSY_LOOKS;
}

static int set_up(sqlite3 *db, struct err *err)
{
	(void)sqlite3_extended_result_codes(db, 1);
	(void)sqlite3_busy_handler(db, wait_for_writer, NULL);
	/*
	 * FULL: a commit has to outlive a power cut, since a dropped file is removed after it. 16
	 * MB of log: a page that each of many groups writes to goes into the database once for all.
	 */
	return execute(db,
	    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
	    "PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;"
	    "PRAGMA wal_autocheckpoint = 4096",
	    err);
}

static void close_connection(void *connection)
{
	struct connection *c = connection;

	(void)sqlite3_finalize(c->data_version);
	(void)sqlite3_finalize(c->synchronous);
	(void)sqlite3_close(c->db);
	free(c);
}

static bool is_limited;

/*
 * SQLite takes a lock at each allocation to count them, which is for a limit of memory only. It
 * can be told so before its first connection.
 */
static void count_no_memory(void)
{
	static bool is_told;

	if (!is_told && !is_limited)
		(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	is_told = true;
}

static int open_connection(const char *where, bool create, void **ret_connection, struct err *err)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	struct connection *c = mem_new(1, sizeof(*c));
	int code;

	if (create)
		flags |= SQLITE_OPEN_CREATE;
	count_no_memory();
	if (sqlite3_open_v2(where, &c->db, flags, NULL) == SQLITE_OK && set_up(c->db, err) == 0) {
		*ret_connection = c;
		return 0;
	}
	code = sqlite3_extended_errcode(c->db);
	if ((code & 0xff) == SQLITE_CANTOPEN && sqlite3_system_errno(c->db) == ENOENT && !create)
		(void)err_set(
		    err, ERR_REFUSED, "%s: no such catalog; `edelivery init` makes one", where);
	else
		(void)err_set(err, kind_of(code), "%s: %s", where, sqlite3_errmsg(c->db));
	close_connection(c);
	return -1;
}

/* SQLite numbers them in the order in which they stand in the text. */
static void find_parameters(struct prepared *p)
{
	for (int i = 1; i <= sqlite3_bind_parameter_count(p->stmt); i++) {
		const char *name = sqlite3_bind_parameter_name(p->stmt, i);
		int64_t number = 0;
		struct err ignored;

		if (name && number_parse(name + 1, &number, &ignored) == 0 && number >= 1 &&
		    number <= CATALOG_VALUES_MAX)
			p->parameters[number - 1] = i;
	}
}

static int prepare(void *connection, const char *sql, void **ret_prepared, struct err *err)
{
	struct connection *c = connection;
	struct prepared *p;
	sqlite3_stmt *stmt = NULL;

	if (sqlite3_prepare_v3(c->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK)
		return fail(c->db, err);
	p = mem_new(1, sizeof(*p));
	*p = (struct prepared){.db = c->db, .stmt = stmt};
	find_parameters(p);
	*ret_prepared = p;
	return 0;
}

static void finalize(void *prepared)
{
	struct prepared *p = prepared;

	(void)sqlite3_finalize(p->stmt);
	free(p);
}

/* One that the statement does not have fails, as SQLite has no parameter 0. */
static int bind(const struct prepared *p, int i, const struct value *value, bool stays)
{
	int parameter = i < CATALOG_VALUES_MAX ? p->parameters[i] : 0;

	if (value->kind == VALUE_INT)
		return sqlite3_bind_int64(p->stmt, parameter, value->integer);
	return sqlite3_bind_text(
	    p->stmt, parameter, value->text, -1, stays ? SQLITE_STATIC : SQLITE_TRANSIENT);
}

static int start(void *prepared, const struct value *values, bool stay, struct err *err)
{
	struct prepared *p = prepared;

	for (int i = 0; values[i].kind != VALUE_END; i++)
		if (bind(p, i, &values[i], stay) != SQLITE_OK)
			return fail(p->db, err);
	return 0;
}

static int next(void *prepared, bool *ret_row, struct err *err)
{
	struct prepared *p = prepared;
	int code = sqlite3_step(p->stmt);

	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return fail(p->db, err);
	*ret_row = code == SQLITE_ROW;
	return 0;
}

static void reset(void *prepared)
{
	struct prepared *p = prepared;

	(void)sqlite3_reset(p->stmt);
	(void)sqlite3_clear_bindings(p->stmt);
}

static int64_t changes(void *prepared)
{
	struct prepared *p = prepared;

	return sqlite3_changes64(p->db);
}

static int columns(void *prepared)
{
	struct prepared *p = prepared;

	return sqlite3_column_count(p->stmt);
}

static int64_t column_int(void *prepared, int column)
{
	struct prepared *p = prepared;

	return sqlite3_column_int64(p->stmt, column);
}

static const char *column_text(void *prepared, int column)
{
	struct prepared *p = prepared;

	return (const char *)sqlite3_column_text(p->stmt, column);
}

static struct value column_value(void *prepared, int column)
{
	struct prepared *p = prepared;

	return sqlite3_column_type(p->stmt, column) == SQLITE_INTEGER
	           ? INT(column_int(prepared, column))
	           : TEXT(column_text(prepared, column));
}

/* The number that a pragma answers with, prepared once. */
static int ask_pragma(
    sqlite3 *db, const char *sql, sqlite3_stmt **stmt, int64_t *ret_number, struct err *err)
{
	int code;

	if (!*stmt && sqlite3_prepare_v2(db, sql, -1, stmt, NULL) != SQLITE_OK)
		return fail(db, err);
	code = sqlite3_step(*stmt);
	if (code == SQLITE_ROW)
		*ret_number = sqlite3_column_int64(*stmt, 0);
	(void)sqlite3_reset(*stmt);
	return code == SQLITE_ROW ? 0 : fail(db, err);
}

/* To set it takes effect when it is compiled, so that cannot be prepared once. */
static int set_waiting(void *connection, bool waits, struct err *err)
{
	struct connection *c = connection;
	int64_t level = 0;

	if (waits) {
		if (c->is_eased && execute(c->db, "PRAGMA synchronous = FULL", err) < 0)
			return -1;
		c->is_eased = false;
		return 0;
	}
	if (ask_pragma(c->db, "PRAGMA synchronous", &c->synchronous, &level, err) < 0 ||
	    (level == SYNCHRONOUS_FULL && execute(c->db, "PRAGMA synchronous = NORMAL", err) < 0))
		return -1;
	c->is_eased = level == SYNCHRONOUS_FULL;
	return 0;
}

/* Of the log: what is in the database itself was synced when it got there. */
static int sync_log(void *connection, struct err *err)
{
	struct connection *c = connection;
	sqlite3_file *log = NULL;

	if (sqlite3_file_control(c->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) != SQLITE_OK ||
	    !log || !log->pMethods)
		return err_set(err, ERR_INTERNAL, "catalog: SQLite has no log");
	if (log->pMethods->xSync(log, SQLITE_SYNC_NORMAL) != SQLITE_OK)
		return err_set(err, ERR_RETRY, "catalog: its log cannot be synced");
	return 0;
}

static int change_number(void *connection, int64_t *ret_number, struct err *err)
{
	struct connection *c = connection;

	return ask_pragma(c->db, "PRAGMA data_version", &c->data_version, ret_number, err);
}

/* INTEGER PRIMARY KEY makes the id the key of the row itself: one tree a table instead of two. */
static size_t translate_key(const char *sql, struct buffer *out)
{
	static const char portable[] = "BIGINT PRIMARY KEY";
	size_t length = sizeof(portable) - 1;

	if (strncmp(sql, portable, length) != 0)
		return 0;
	buffer_add_text(out, "INTEGER PRIMARY KEY");
	return length;
}

/*
 * CHECK (column IN (words)): of a list of more than two SQLite makes a tree for each row that it
 * checks, which takes longer than the rest of the row. Of column = word OR ... it makes none.
 */
static size_t translate_check(const char *sql, struct buffer *out)
{
	static const char check[] = "CHECK";
	static const char in[] = " IN (";
	const char *between = "CHECK (";
	const char *column = sql + sizeof(check) - 1;
	const char *at;
	int width;

	if (strncmp(sql, check, sizeof(check) - 1) != 0)
		return 0;
	column += strspn(column, " (");
	width = (int)strcspn(column, " )");
	at = column + width;
	if (strncmp(at, in, sizeof(in) - 1) != 0)
		return 0;
	for (at += sizeof(in) - 1; *at && *at != ')'; at += strspn(at, ", ")) {
		size_t length = strcspn(at, ",)");

		buffer_print(out, "%s%.*s = %.*s", between, width, column, (int)length, at);
		between = " OR ";
		at += length;
	}
	return (size_t)(at - sql) + (*at == ')');
}

static void translate(const char *sql, struct buffer *out)
{
	while (*sql) {
		size_t length = translate_key(sql, out);

		if (length == 0)
			length = translate_check(sql, out);
		if (length == 0)
			buffer_add(out, sql, length = 1);
		sql += length;
	}
}

const struct dialect dialect_sqlite = {
    .scheme = "sqlite",
    .begin = "BEGIN IMMEDIATE",
    .begin_reading = "BEGIN",
    .open = open_connection,
    .close = close_connection,
    .prepare = prepare,
    .finalize = finalize,
    .start = start,
    .next = next,
    .reset = reset,
    .changes = changes,
    .columns = columns,
    .column_int = column_int,
    .column_text = column_text,
    .column_value = column_value,
    .set_waiting = set_waiting,
    .sync = sync_log,
    .change_number = change_number,
    .translate = translate,
};

void dialect_sqlite_limit_memory(int64_t bytes)
{
	is_limited = true;
	(void)sqlite3_soft_heap_limit64(bytes);
}
