/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_waiting.h"

#include "base/clock.h"

int mail_find_waiting(struct catalog *catalog, int64_t account_id, enum mail_kind kind,
    int64_t *ret_id, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT m.id FROM mail m WHERE m.account_id = $1 AND m.kind = $2"
	        " AND " MAIL_WAITS("m") " ORDER BY m.id DESC LIMIT 1",
	        VALUES(INT(account_id), TEXT(mail_kind_name(kind))), &row, &found, err) < 0)
		return -1;
	*ret_id = found ? statement_int(row, 0) : 0;
	return 0;
}

int mail_wake(struct catalog *catalog, int64_t id, struct err *err)
{
	return catalog_run(catalog,
	    "UPDATE mail SET state = 'queued', due = $2, attempts = 0, first_attempt = NULL,"
	    " ended = NULL WHERE id = $1 AND state = 'failed'"
	    " AND (SELECT email_state FROM account WHERE id = account_id) <> 'bad'",
	    VALUES(INT(id), INT(clock_now())), err);
}

int mail_add_once(struct catalog *catalog, int64_t account_id, enum mail_kind kind, int64_t due,
    int64_t *ret_id, struct err *err)
{
	int64_t waiting = 0;

	if (mail_find_waiting(catalog, account_id, kind, &waiting, err) < 0)
		return -1;
	if (!waiting)
		return mail_add(catalog, account_id, kind, due, ret_id, err);
	if (mail_wake(catalog, waiting, err) < 0)
		return -1;
	*ret_id = waiting;
	return 0;
}

int mail_tell_administrators(
    struct catalog *catalog, enum mail_kind kind, int64_t due, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT id FROM account WHERE admin = 1 AND state = 'active' ORDER BY id",
	        NO_VALUES, &row, &found, err) < 0)
		return -1;
	while (found) {
		int64_t id = 0;

		if (mail_add_once(catalog, statement_int(row, 0), kind, due, &id, err) < 0 ||
		    statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}
