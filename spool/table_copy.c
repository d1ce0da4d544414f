/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/table_copy.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "spool/schema.h"

enum { COLUMNS_MAX = 32, SQL_MAX = 512 };

struct copy {
	struct catalog *from;
	struct catalog *to;
	struct table_digests *digests;
};

/* The tables of our schema in the order in which they were made: first what others refer to. */
static int for_each_table(int (*visit)(const struct copy *copy, const char *table, struct err *err),
    const struct copy *copy, struct err *err)
{
	static const char create[] = "CREATE TABLE ";

	for (int64_t version = 1; version <= schema_newest(); version++)
		for (const char *const *sql = schema_steps(version); *sql; sql++) {
			const char *name = *sql + sizeof(create) - 1;
			char table[TABLE_NAME_MAX];

			if (strncmp(*sql, create, sizeof(create) - 1) != 0)
				continue;
			(void)snprintf(
			    table, sizeof(table), "%.*s", (int)strcspn(name, " ("), name);
			if (visit(copy, table, err) < 0)
				return -1;
		}
	return 0;
}

static void clean_digest(EVP_MD_CTX **context)
{
	EVP_MD_CTX_free(*context);
}

/* A value with its kind and length before it, so that no two rows read alike. */
static void hash_value(EVP_MD_CTX *context, const struct value *value)
{
	char text[32];
	char head[32];
	const char *content = value->kind == VALUE_INT ? text : value->text;
	int length;

	(void)snprintf(text, sizeof(text), "%" PRId64, value->integer);
	length = snprintf(head, sizeof(head), "%c%zu:",
	    !content                   ? '-'
	    : value->kind == VALUE_INT ? 'i'
	                               : 't',
	    content ? strlen(content) : 0);
	(void)EVP_DigestUpdate(context, head, (size_t)length);
	if (content)
		(void)EVP_DigestUpdate(context, content, strlen(content));
}

static void end_digest(EVP_MD_CTX *context, struct table_digest *digest)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned length = 0;

	(void)EVP_DigestFinal_ex(context, hash, &length);
	for (unsigned i = 0; i < 32; i++)
		(void)snprintf(digest->sha256 + 2 * (size_t)i, 3, "%02x", hash[i]);
}

/* No table has a key of more than its first three columns, or equal rows in those. */
static int select_all(struct catalog *catalog, const char *table, char sql[SQL_MAX],
    struct statement **ret_rows, struct err *err)
{
	OWNED_STATEMENT struct statement *columns = NULL;
	OWNED_STATEMENT struct statement *rows = NULL;
	char probe[SQL_MAX];
	int count;

	(void)snprintf(probe, sizeof(probe), "SELECT * FROM %s LIMIT 1", table);
	if (catalog_prepare_text(catalog, probe, &columns, err) < 0 ||
	    statement_start(columns, NO_VALUES, err) < 0)
		return -1;
	count = statement_columns(columns);
	(void)snprintf(sql, SQL_MAX, "SELECT * FROM %s ORDER BY %s", table,
	    count >= 3   ? "1, 2, 3"
	    : count == 2 ? "1, 2"
	                 : "1");
	if (catalog_prepare_text(catalog, sql, &rows, err) < 0 ||
	    statement_start(rows, NO_VALUES, err) < 0)
		return -1;
	*ret_rows = TAKE(rows);
	return 0;
}

static int prepare_insert(struct catalog *catalog, const char *table, int columns,
    char sql[SQL_MAX], struct statement **ret_insert, struct err *err)
{
	OWNED_BUFFER struct buffer text = BUFFER(SQL_MAX - 1);

	buffer_print(&text, "INSERT INTO %s VALUES (", table);
	for (int i = 1; i <= columns; i++)
		buffer_print(&text, "%s$%d", i > 1 ? ", " : "", i);
	buffer_print(&text, ")");
	(void)snprintf(sql, SQL_MAX, "%s", buffer_text(&text));
	return catalog_prepare_text(catalog, sql, ret_insert, err);
}

/* Every row of table into the digest, and, if insert is there, by it into the other catalog. */
static int read_rows(
    struct statement *rows, struct statement *insert, struct table_digest *digest, struct err *err)
{
	OWNED(clean_digest) EVP_MD_CTX *context = EVP_MD_CTX_new();
	struct value values[COLUMNS_MAX + 1];
	int columns = statement_columns(rows);
	bool row = false;

	if (!context || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1 ||
	    columns > COLUMNS_MAX)
		return err_set(err, ERR_INTERNAL, "cannot hash table %s", digest->name);
	while (statement_next(rows, &row, err) == 0) {
		if (!row) {
			end_digest(context, digest);
			return 0;
		}
		for (int i = 0; i < columns; i++) {
			values[i] = statement_value(rows, i);
			hash_value(context, &values[i]);
		}
		values[columns] = (struct value){.kind = VALUE_END};
		digest->rows++;
		if (insert && statement_run(insert, values, err) < 0)
			return err_context(
			    err, "row %" PRId64 " of %s", digest->rows, digest->name);
	}
	return -1;
}

static int copy_table(const struct copy *copy, const char *table, struct err *err)
{
	OWNED_STATEMENT struct statement *from = NULL;
	OWNED_STATEMENT struct statement *to = NULL;
	OWNED_STATEMENT struct statement *insert = NULL;
	struct table_digest read = {.rows = 0};
	struct table_digest written = {.rows = 0};
	char from_sql[SQL_MAX];
	char to_sql[SQL_MAX];
	char insert_sql[SQL_MAX];

	(void)snprintf(read.name, sizeof(read.name), "%s", table);
	written = read;
	if (select_all(copy->from, table, from_sql, &from, err) < 0 ||
	    prepare_insert(copy->to, table, statement_columns(from), insert_sql, &insert, err) <
	        0 ||
	    read_rows(from, insert, &read, err) < 0 ||
	    select_all(copy->to, table, to_sql, &to, err) < 0 ||
	    read_rows(to, NULL, &written, err) < 0)
		return -1;
	if (read.rows != written.rows || strcmp(read.sha256, written.sha256) != 0)
		return err_set(
		    err, ERR_INTERNAL, "table %s is not the same after it was copied", table);
	if (copy->digests->count == TABLES_MAX)
		return err_set(err, ERR_INTERNAL, "more than %d tables", TABLES_MAX);
	copy->digests->tables[copy->digests->count++] = read;
	return 0;
}

/* The rows that a new catalog has from the start are the other one's, too. */
static int empty_table(const struct copy *copy, const char *table, struct err *err)
{
	OWNED_STATEMENT struct statement *rows = NULL;
	char sql[SQL_MAX];
	bool row = false;

	if (strcmp(table, "sequence") == 0)
		return catalog_run(copy->to, "DELETE FROM sequence", NO_VALUES, err);
	if (select_all(copy->to, table, sql, &rows, err) < 0 || statement_next(rows, &row, err) < 0)
		return -1;
	return row ? err_set(err, ERR_REFUSED,
	                 "the catalog to copy to is not empty: there are rows in %s", table)
	           : 0;
}

static int copy_all(struct catalog *to, void *arg, struct err *err)
{
	struct copy *copy = arg;

	(void)to;
	copy->digests->count = 0;
	if (for_each_table(empty_table, copy, err) < 0)
		return -1;
	return for_each_table(copy_table, copy, err);
}

/* One picture of the one that is read, whatever is written to it meanwhile. */
static int copy_into_other(struct catalog *from, void *arg, struct err *err)
{
	struct copy *copy = arg;

	(void)from;
	return catalog_transact(copy->to, copy_all, copy, err);
}

int table_copy_all(
    struct catalog *from, struct catalog *to, struct table_digests *ret_digests, struct err *err)
{
	struct copy copy = {from, to, ret_digests};

	return catalog_transact(from, copy_into_other, &copy, err);
}
