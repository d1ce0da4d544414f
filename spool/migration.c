/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/migration.h"

#include "base/clock.h"
#include "spool/schema.h"

static int schema_version(struct catalog *catalog, int64_t *ret_version, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog, "SELECT MAX(version) FROM schema_version", NO_VALUES, &row,
	        &found, err) < 0)
		return -1;
	*ret_version = statement_int(row, 0);
	return 0;
}

/* A version at a time. */
static int migrate(struct catalog *catalog, void *arg, struct err *err)
{
	int64_t version = 0;

	(void)arg;
	if (catalog_begin_migration(catalog, err) < 0 ||
	    catalog_run_text(catalog,
	        "CREATE TABLE IF NOT EXISTS schema_version"
	        " (version BIGINT PRIMARY KEY, applied BIGINT NOT NULL)",
	        err) < 0 ||
	    schema_version(catalog, &version, err) < 0)
		return -1;
	for (; version < schema_newest(); version++) {
		const char *const *sql = schema_steps(version + 1);

		for (; *sql; sql++)
			if (catalog_run_text(catalog, *sql, err) < 0)
				return err_context(err, "schema version %d", (int)version + 1);
		if (catalog_run(catalog, "INSERT INTO schema_version VALUES ($1, $2)",
		        VALUES(INT(version + 1), INT(clock_now())), err) < 0)
			return -1;
	}
	return 0;
}

int migration_run(struct catalog *catalog, struct err *err)
{
	return catalog_transact(catalog, migrate, NULL, err);
}

int migration_check(struct catalog *catalog, const char *where, struct err *err)
{
	int64_t version = 0;

	if (schema_version(catalog, &version, err) < 0)
		return err->kind == ERR_RETRY || err->kind == ERR_GONE
		           ? -1
		           : err_set(err, ERR_REFUSED,
		                 "%s: not a catalog of edelivery; `edelivery init` makes one",
		                 where);
	if (version < schema_newest())
		return err_set(err, ERR_REFUSED,
		    "%s: made by an older version of edelivery; `edelivery init` on the same root "
		    "brings it up to date",
		    where);
	return 0;
}
