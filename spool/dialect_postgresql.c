/* SPDX-License-Identifier: Apache-2.0 */
/* The catalog in PostgreSQL: several machines, each process with a connection of its own. */
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clean.h"
#include "base/fault.h"
#include "base/mem.h"
#include "base/number.h"
#include "spool/dialect.h"

enum {
	QUEUED_MAX = 256, /* statements whose results nobody has waited for */
	/* Of pg_type: what our columns of numbers come as; a sum is numeric. */
	OID_INT8 = 20,
	OID_INT4 = 23,
	OID_NUMERIC = 1700,
};

/*
 * What is waited for ends some time: a lock soon, a statement later, an idle transaction at last.
 * A commit that was answered outlives a power cut, since a dropped file is removed after it.
 */
static const char session_settings[] =
    "SET lock_timeout = '5s'; SET statement_timeout = '60s';"
    "SET idle_in_transaction_session_timeout = '120s'; SET client_min_messages = warning;"
    "SET synchronous_commit = on; LISTEN edelivery";

struct connection {
	PGconn *pg;
	unsigned long opened;    /* how many times: statements of an earlier time are gone */
	unsigned long next_name; /* of a statement; never the same again */
	int64_t notices;         /* of other connections' announcements */
	int queued;              /* statements in the pipeline */
};

/* A statement that the server knows by its name, and the rows of its present run. */
struct prepared {
	struct connection *connection;
	const char *sql;
	unsigned long opened; /* when the server was told of it */
	char name[24];
	PGresult *result;
	int row; /* the current one; -1 before the first */
};

/* The start of an SQLSTATE (PostgreSQL manual, appendix A); the first row that fits counts. */
static const struct {
	const char *state;
	enum err_kind kind;
} states[] = {
    {"23505", ERR_CONFLICT}, /* unique_violation */
    {"23", ERR_REFUSED},     /* other constraints */
    {"22", ERR_REFUSED},     /* a value that the type of the column does not have */
    {"40", ERR_BUSY},        /* serialization failures and deadlocks */
    {"55P03", ERR_BUSY},     /* lock_not_available: lock_timeout */
    {"57014", ERR_RETRY},    /* query_canceled: statement_timeout */
    {"57P", ERR_GONE},       /* shutdowns and crashes */
    {"25P03", ERR_GONE},     /* idle_in_transaction_session_timeout */
    {"08", ERR_GONE},        /* connection exceptions */
    {"53", ERR_RETRY},       /* disk full, out of memory, too many connections */
    {"25006", ERR_RETRY},    /* read_only_sql_transaction: a standby */
    {"", ERR_INTERNAL},
};

static enum err_kind kind_of(const PGconn *pg, const char *state)
{
	size_t i = 0;

	if (PQstatus(pg) == CONNECTION_BAD || !state)
		return ERR_GONE;
	while (strncmp(state, states[i].state, strlen(states[i].state)) != 0)
		i++;
	return states[i].kind;
}

/* The first line only: what follows it can have values of rows in it. */
static int fail(const PGconn *pg, const PGresult *result, struct err *err)
{
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	const char *text = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;

	if (!text || !text[0])
		text = PQerrorMessage(pg);
	return err_set(err, kind_of(pg, state), "catalog: %.*s", (int)strcspn(text, "\n"), text);
}

/* Takes result away when it is a failure. */
static int check(const struct connection *c, PGresult *result, struct err *err)
{
	ExecStatusType status = PQresultStatus(result);

	if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
		return 0;
	(void)fail(c->pg, result, err);
	PQclear(result);
	return -1;
}

static int execute(const struct connection *c, const char *sql, struct err *err)
{
	PGresult *result = PQexec(c->pg, sql);

	if (check(c, result, err) < 0)
		return -1;
	PQclear(result);
	return 0;
}

/* The result of one queued statement, and what ends it; the first failure is kept in *err. */
static bool read_queued(const struct connection *c, struct err *err)
{
	PGresult *result = PQgetResult(c->pg);
	ExecStatusType status = PQresultStatus(result);
	bool is_good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;

	if (!is_good && !err->text[0])
		(void)fail(c->pg, result, err);
	PQclear(result);
	while ((result = PQgetResult(c->pg)) != NULL)
		PQclear(result);
	return is_good;
}

/* Wait for what was queued. After a failure the server skips the rest of it. */
static int settle(void *connection, struct err *err)
{
	struct connection *c = connection;
	struct err first = {.text = ""};
	bool is_good = true;
	PGresult *end;

	if (c->queued == 0)
		return 0;
	if (PQpipelineSync(c->pg) != 1)
		is_good = false;
	for (; c->queued > 0; c->queued--)
		is_good = read_queued(c, &first) && is_good;
	end = PQgetResult(c->pg);
	is_good = is_good && PQresultStatus(end) == PGRES_PIPELINE_SYNC;
	PQclear(end);
	if (PQexitPipelineMode(c->pg) == 1 && is_good)
		return 0;
	if (!first.text[0])
		return fail(c->pg, NULL, err);
	*err = first;
	return -1;
}

static void ignore_notice(void *arg, const char *text)
{
	(void)arg;
	(void)text;
}

static int set_up(struct connection *c, struct err *err)
{
	if (PQstatus(c->pg) != CONNECTION_OK) {
		(void)fail(c->pg, NULL, err);
		err->kind = ERR_RETRY;
		return -1;
	}
	(void)PQsetNoticeProcessor(c->pg, ignore_notice, NULL);
	c->opened++;
	/* Whatever was announced while nobody listened is news. */
	c->notices++;
	return execute(c, session_settings, err);
}

/* Settings are read by many and shown by `config show`; libpq has files for secrets. */
static int check_no_password(const char *where, struct err *err)
{
	char *text = NULL;
	PQconninfoOption *options = PQconninfoParse(where, &text);
	bool has_one = false;

	if (!options) {
		(void)err_set(err, ERR_REFUSED, "catalog: %.*s",
		    text ? (int)strcspn(text, "\n") : 0, text ? text : "");
		PQfreemem(text);
		return -1;
	}
	for (const PQconninfoOption *option = options; option->keyword; option++)
		has_one |= option->val && (strcmp(option->keyword, "password") == 0 ||
		                              strcmp(option->keyword, "sslpassword") == 0);
	PQconninfoFree(options);
	return has_one ? err_set(err, ERR_REFUSED,
	                     "catalog: a password has its place in a passfile of libpq, not in the "
	                     "settings")
	               : 0;
}

static void close_connection(void *connection)
{
	struct connection *c = connection;

	PQfinish(c->pg);
	free(c);
}

static int open_connection(const char *where, bool create, void **ret_connection, struct err *err)
{
	/* What stands in where counts more than what stands before it here. */
	const char *keywords[] = {"connect_timeout", "tcp_user_timeout", "keepalives_idle",
	    "fallback_application_name", "dbname", "client_encoding", NULL};
	const char *values[] = {"5", "30000", "60", "edelivery", where, "UTF8", NULL};
	struct connection *c;

	(void)create; /* the database is its administrator's; its tables are the migration's */
	if (check_no_password(where, err) < 0)
		return -1;
	c = mem_new(1, sizeof(*c));
	c->pg = PQconnectdbParams(keywords, values, 1);
	if (set_up(c, err) < 0) {
		close_connection(c);
		return -1;
	}
	*ret_connection = c;
	return 0;
}

static int reopen_connection(void *connection, struct err *err)
{
	struct connection *c = connection;

	c->queued = 0;
	PQreset(c->pg);
	return set_up(c, err);
}

static int tell_server(struct prepared *p, struct err *err)
{
	PGresult *result = PQprepare(p->connection->pg, p->name, p->sql, 0, NULL);

	if (check(p->connection, result, err) < 0)
		return -1;
	PQclear(result);
	p->opened = p->connection->opened;
	return 0;
}

static int prepare(void *connection, const char *sql, void **ret_prepared, struct err *err)
{
	struct connection *c = connection;
	struct prepared *p = mem_new(1, sizeof(*p));

	if (settle(c, err) < 0) {
		free(p);
		return -1;
	}
	*p = (struct prepared){.connection = c, .sql = sql};
	(void)snprintf(p->name, sizeof(p->name), "s%lu", c->next_name++);
	if (tell_server(p, err) < 0) {
		free(p);
		return -1;
	}
	*ret_prepared = p;
	return 0;
}

static void reset(void *prepared)
{
	struct prepared *p = prepared;

	PQclear(p->result);
	p->result = NULL;
}

static void finalize(void *prepared)
{
	struct prepared *p = prepared;
	struct err ignored;
	char sql[48];

	reset(p);
	(void)settle(p->connection, &ignored);
	/* Inside a transaction that failed the server keeps it until the connection ends. */
	(void)snprintf(sql, sizeof(sql), "DEALLOCATE %s", p->name);
	if (p->opened == p->connection->opened &&
	    PQtransactionStatus(p->connection->pg) != PQTRANS_INERROR)
		(void)execute(p->connection, sql, &ignored);
	free(p);
}

/* Values as the server takes them: text, all of them. */
struct parameters {
	char numbers[CATALOG_VALUES_MAX][24];
	const char *texts[CATALOG_VALUES_MAX];
	int count;
};

static void print_values(const struct value *values, struct parameters *ret_parameters)
{
	struct parameters *p = ret_parameters;

	for (p->count = 0; p->count < CATALOG_VALUES_MAX && values[p->count].kind != VALUE_END;
	     p->count++) {
		int i = p->count;

		p->texts[i] = values[i].text;
		if (values[i].kind != VALUE_INT)
			continue;
		(void)snprintf(p->numbers[i], sizeof(p->numbers[i]), "%" PRId64, values[i].integer);
		p->texts[i] = p->numbers[i];
	}
}

/* Before a statement is sent: the server knows it. */
static int make_ready(struct prepared *p, struct err *err)
{
	if (fault_here("catalog.cut"))
		(void)shutdown(PQsocket(p->connection->pg), SHUT_RDWR);
	return p->opened == p->connection->opened ? 0 : tell_server(p, err);
}

static int queue(void *prepared, const struct value *values, struct err *err)
{
	struct prepared *p = prepared;
	struct connection *c = p->connection;
	struct parameters v;

	if ((c->queued >= QUEUED_MAX || p->opened != c->opened) && settle(c, err) < 0)
		return -1;
	if (make_ready(p, err) < 0)
		return -1;
	print_values(values, &v);
	if ((c->queued == 0 && PQenterPipelineMode(c->pg) != 1) ||
	    PQsendQueryPrepared(c->pg, p->name, v.count, v.texts, NULL, NULL, 0) != 1)
		return fail(c->pg, NULL, err);
	c->queued++;
	return 0;
}

static int start(void *prepared, const struct value *values, bool stay, struct err *err)
{
	(void)stay; /* they are sent here and now */
	struct prepared *p = prepared;
	PGconn *pg = p->connection->pg;
	struct parameters v;
	PGresult *result;

	if (settle(p->connection, err) < 0 || make_ready(p, err) < 0)
		return -1;
	print_values(values, &v);
	result = PQexecPrepared(pg, p->name, v.count, v.texts, NULL, NULL, 0);
	/* It was done, but its answer did not come back. */
	if (fault_here("catalog.lost")) {
		PQclear(result);
		(void)shutdown(PQsocket(pg), SHUT_RDWR);
		result = PQexecPrepared(pg, p->name, v.count, v.texts, NULL, NULL, 0);
	}
	if (check(p->connection, result, err) < 0)
		return -1;
	p->result = result;
	p->row = -1;
	return 0;
}

static int next(void *prepared, bool *ret_row, struct err *err)
{
	struct prepared *p = prepared;

	(void)err;
	*ret_row = ++p->row < PQntuples(p->result);
	return 0;
}

static int64_t to_number(const char *text)
{
	int64_t number = 0;
	struct err ignored;

	(void)number_parse(text, &number, &ignored);
	return number;
}

static int64_t changes(void *prepared)
{
	const struct prepared *p = prepared;

	return to_number(PQcmdTuples(p->result));
}

static int columns(void *prepared)
{
	const struct prepared *p = prepared;

	return PQnfields(p->result);
}

static const char *column_text(void *prepared, int column)
{
	const struct prepared *p = prepared;

	return PQgetisnull(p->result, p->row, column) ? NULL
	                                              : PQgetvalue(p->result, p->row, column);
}

/* A truth value is "t" or "f". */
static int64_t column_int(void *prepared, int column)
{
	const char *text = column_text(prepared, column);

	return !text ? 0 : text[0] == 't' ? 1 : to_number(text);
}

static struct value column_value(void *prepared, int column)
{
	const struct prepared *p = prepared;
	Oid type = PQftype(p->result, column);
	bool is_number = type == OID_INT8 || type == OID_INT4 || type == OID_NUMERIC;

	return is_number && !PQgetisnull(p->result, p->row, column)
	           ? INT(column_int(prepared, column))
	           : TEXT(column_text(prepared, column));
}

/* NOTIFY tells of announcements, so nothing has to be asked. */
static int change_number(void *connection, int64_t *ret_number, struct err *err)
{
	struct connection *c = connection;
	PGnotify *notice;

	if (PQconsumeInput(c->pg) == 0)
		return fail(c->pg, NULL, err);
	while ((notice = PQnotifies(c->pg)) != NULL) {
		c->notices += notice->be_pid != PQbackendPID(c->pg);
		PQfreemem(notice);
	}
	*ret_number = c->notices;
	return 0;
}

/* Text compares and sorts by its bytes, as in SQLite, whatever the language of the database. */
static void translate(const char *sql, struct buffer *out)
{
	static const char text[] = " TEXT";
	const char *at;

	while ((at = strstr(sql, text)) != NULL) {
		buffer_add(out, sql, (size_t)(at - sql));
		sql = at + sizeof(text) - 1;
		buffer_add_text(out, strchr(" ,)", *sql) ? " TEXT COLLATE \"C\"" : text);
	}
	buffer_add_text(out, sql);
}

const struct dialect dialect_postgresql = {
    .scheme = "postgresql",
    /* As if one after the other, which is what SQLite does; who loses runs again (catalog.h). */
    .begin = "BEGIN ISOLATION LEVEL SERIALIZABLE",
    .begin_reading = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    .begin_migration = "DO 'BEGIN PERFORM pg_advisory_xact_lock(hashtext(''edelivery'')); END'",
    .announce = "NOTIFY edelivery",
    .open = open_connection,
    .reopen = reopen_connection,
    .close = close_connection,
    .prepare = prepare,
    .finalize = finalize,
    .start = start,
    .next = next,
    .queue = queue,
    .settle = settle,
    .reset = reset,
    .changes = changes,
    .columns = columns,
    .column_int = column_int,
    .column_text = column_text,
    .column_value = column_value,
    .change_number = change_number,
    .translate = translate,
};
