/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/upload_orphan.h"

#include "base/text.h"

int upload_orphan_keep(struct catalog *catalog, const char *login, struct err *err)
{
	return catalog_run(catalog,
	    "INSERT INTO upload_orphan (id, node, avrs_id, class, name)"
	    " SELECT u.id, u.node, u.avrs_id, u.class, u.name FROM upload u"
	    " JOIN account a ON a.id = u.account_id"
	    " WHERE a.login = $1 AND u.state IN ('open', 'part')",
	    VALUES(TEXT(login)), err);
}

static int read_row(const struct statement *row, struct upload *ret_upload, struct err *err)
{
	*ret_upload = (struct upload){.id = statement_int(row, 0), .state = UPLOAD_PART};
	text_copy(ret_upload->node, statement_text(row, 1));
	text_copy(ret_upload->drop, statement_text(row, 2));
	text_copy(ret_upload->name, statement_text(row, 4));
	return letter_class_parse(statement_text(row, 3), &ret_upload->class, err);
}

int upload_orphan_list(struct catalog *catalog, int64_t after, int64_t limit,
    int (*each)(const struct upload *upload, void *arg, struct err *err), void *arg,
    struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT id, node, avrs_id, class, name FROM upload_orphan WHERE id > $1"
	        " ORDER BY id LIMIT $2",
	        VALUES(INT(after), INT(limit)), &row, &found, err) < 0)
		return -1;
	while (found) {
		struct upload upload;

		if (read_row(row, &upload, err) < 0 || each(&upload, arg, err) < 0 ||
		    statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}

int upload_orphan_is_adopted(
    struct catalog *catalog, const struct upload *orphan, bool *ret_adopted, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	return catalog_find(catalog,
	    "SELECT 1 FROM upload WHERE avrs_id = $1 AND class = $2 AND name = $3"
	    " AND state IN ('open', 'part') LIMIT 1",
	    VALUES(TEXT(orphan->drop), TEXT(letter_class_name(orphan->class)), TEXT(orphan->name)),
	    &row, ret_adopted, err);
}

int upload_orphan_forget(struct catalog *catalog, int64_t id, struct err *err)
{
	return catalog_run(
	    catalog, "DELETE FROM upload_orphan WHERE id = $1", VALUES(INT(id)), err);
}
