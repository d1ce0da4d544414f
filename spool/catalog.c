#include "spool/catalog.h"

#include <string.h>
#include <time.h>

#include "base/fault.h"
#include "base/mem.h"
#include "spool/dialect.h"
#include "spool/migration.h"

enum {
	CACHE_SLOTS = 1024, /* a power of two, several times the statements of the tree */
	ATTEMPTS = 8,       /* of a transaction that is refused as busy */
};

static const struct dialect *const dialects[] = {&dialect_sqlite};

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
	int depth; /* of transactions */
	int64_t changes;
	int64_t change_number; /* when catalog_has_news() was asked last */
	int64_t announced;
};

static int find_dialect(
    const char *where, const struct dialect **ret_dialect, const char **ret_place, struct err *err)
{
	for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++) {
		size_t length = strlen(dialects[i]->scheme);

		if (strncmp(where, dialects[i]->scheme, length) == 0 && where[length] == ':') {
			*ret_dialect = dialects[i];
			*ret_place = where + length + 1;
			return 0;
		}
	}
	return err_set(err, ERR_REFUSED, "catalog %.80s: not sqlite:PATH", where);
}

static size_t slot_of(const char *sql)
{
	return ((uintptr_t)sql >> 3) * 0x9E3779B97F4A7C15u >> 54;
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

int catalog_select(struct catalog *catalog, const char *sql, const struct value *values,
    struct statement **ret_statement, struct err *err)
{
	OWNED_STATEMENT struct statement *statement = NULL;

	if (fault_here("catalog.statement"))
		return err_set(err, ERR_GONE, "catalog: the connection broke (fault point)");
	if (take_statement(catalog, sql, &statement, err) < 0)
		return -1;
	if (catalog->dialect->start(statement->prepared, values, err) < 0)
		return -1;
	*ret_statement = TAKE(statement);
	return 0;
}

int statement_next(struct statement *statement, bool *ret_row, struct err *err)
{
	return statement->catalog->dialect->next(statement->prepared, ret_row, err);
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

	if (catalog_select(catalog, sql, values, &statement, err) < 0)
		return -1;
	while (row)
		if (statement_next(statement, &row, err) < 0)
			return -1;
	catalog->changes = catalog->dialect->changes(statement->prepared);
	return 0;
}

int64_t catalog_changes(const struct catalog *catalog)
{
	return catalog->changes;
}

int64_t statement_int(const struct statement *statement, int column)
{
	return statement->catalog->dialect->column_int(statement->prepared, column);
}

const char *statement_text(const struct statement *statement, int column)
{
	return statement->catalog->dialect->column_text(statement->prepared, column);
}

/* One attempt: body between BEGIN and COMMIT. */
static int attempt(struct catalog *catalog,
    int (*body)(struct catalog *catalog, void *arg, struct err *err), void *arg, struct err *err)
{
	struct err ignored;

	if (catalog_run(catalog, catalog->dialect->begin, NO_VALUES, err) < 0)
		return -1;
	catalog->depth = 1;
	if (body(catalog, arg, err) == 0 && catalog_run(catalog, "COMMIT", NO_VALUES, err) == 0) {
		catalog->depth = 0;
		return 0;
	}
	catalog->depth = 0;
	(void)catalog_run(catalog, "ROLLBACK", NO_VALUES, &ignored);
	return -1;
}

int catalog_transact(struct catalog *catalog,
    int (*body)(struct catalog *catalog, void *arg, struct err *err), void *arg, struct err *err)
{
	struct timespec pause = {.tv_nsec = 1000000};

	if (catalog->depth > 0)
		return body(catalog, arg, err);
	for (int i = 1; attempt(catalog, body, arg, err) < 0; i++) {
		if (err->kind != ERR_BUSY || i == ATTEMPTS)
			return -1;
		(void)nanosleep(&pause, NULL);
		pause.tv_nsec *= 2;
	}
	return 0;
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
	return catalog_run(
	    catalog, "UPDATE sequence SET next = next + 1 WHERE name = 'rights'", NO_VALUES, err);
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

	if (catalog->dialect->change_number(catalog->connection, &change, err) < 0 ||
	    (change != catalog->change_number && announced_number(catalog, &announced, err) < 0))
		return -1;
	*ret_news = announced != catalog->announced;
	catalog->change_number = change;
	catalog->announced = announced;
	return 0;
}

int catalog_run_text(struct catalog *catalog, const char *sql, struct err *err)
{
	OWNED_BUFFER struct buffer translated = BUFFER(65536);
	struct statement *statement = NULL;
	bool row = true;
	int result = 0;

	catalog->dialect->translate(sql, &translated);
	if (new_statement(catalog, buffer_text(&translated), &statement, err) < 0)
		return -1;
	result = catalog->dialect->start(statement->prepared, NO_VALUES, err);
	while (result == 0 && row)
		result = statement_next(statement, &row, err);
	free_statement(statement);
	return result;
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
