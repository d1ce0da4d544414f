/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/notification.h"

#include "base/clock.h"

#define INSERT                                                                                                        \
	"INSERT INTO notification (account_id, avrs_id, class, letters, since)"                                       \
	" SELECT m.account_id, m.avrs_id, CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS BIGINT) FROM membership m" \
	" JOIN account a ON a.id = m.account_id WHERE m.avrs_id = $1 AND "
#define UPSERT                                               \
	" ON CONFLICT (account_id, avrs_id, class, mail_id)" \
	" DO UPDATE SET letters = notification.letters + excluded.letters"

static const char *const sql[CLASS_COUNT] = {
    /* R8: a clerk may want none; a master is always told. */
    [CLASS_EDELIVERY] =
        INSERT "m.role <> 'none' AND (a.mail_window <> 'off' OR m.role = 'master')" UPSERT,
    [CLASS_TRADE_FILES] =
        INSERT "m.role IN ('master', 'includes-e-delivery') AND a.mail_trade_files = 1"
               " AND (a.mail_window <> 'off' OR m.role = 'master')" UPSERT,
};

int notification_count(struct catalog *catalog, const char *avrs_id, enum letter_class class,
    int64_t letters, struct err *err)
{
	return catalog_queue(catalog, sql[class],
	    VALUES(TEXT(avrs_id), TEXT(letter_class_name(class)), INT(letters), INT(clock_now())),
	    err);
}
