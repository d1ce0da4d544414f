/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/lease.h"

#include "base/clock.h"

static int refuse(struct catalog *catalog, const char *name, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	char until[TIME_SIZE];
	bool found = false;

	if (catalog_find(catalog, "SELECT owner, until FROM lease WHERE name = $1",
	        VALUES(TEXT(name)), &row, &found, err) < 0)
		return -1;
	if (!found)
		return err_set(err, ERR_RETRY, "the lease %s was just given back", name);
	clock_print(statement_int(row, 1), until);
	return err_set(err, ERR_RETRY, "the lease %s is held by %s until %s", name,
	    statement_text(row, 0), until);
}

int lease_take(
    struct catalog *catalog, const char *name, const char *owner, int64_t duration, struct err *err)
{
	int64_t now = clock_now();

	if (catalog_run(catalog,
	        "INSERT INTO lease (name, owner, until) VALUES ($1, $2, $3)"
	        " ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until"
	        " WHERE lease.owner = excluded.owner OR lease.until < $4",
	        VALUES(TEXT(name), TEXT(owner), INT(now + duration), INT(now)), err) < 0)
		return -1;
	return catalog_changes(catalog) == 1 ? 0 : refuse(catalog, name, err);
}

int lease_release(struct catalog *catalog, const char *name, const char *owner, struct err *err)
{
	return catalog_run(catalog, "DELETE FROM lease WHERE name = $1 AND owner = $2",
	    VALUES(TEXT(name), TEXT(owner)), err);
}
