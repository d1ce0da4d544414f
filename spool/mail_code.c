/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_code.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/text.h"

#define ALPHABET "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-"

static int check(const struct mail_code *code, struct err *err)
{
	size_t length = strspn(code->code, ALPHABET);

	if (length == 0 || length > MAIL_CODE_MAX || code->code[length])
		return err_set(err, ERR_REFUSED, "not a code: 1 to %d of 0-9, A-Z, a-z and \"-\"",
		    MAIL_CODE_MAX);
	if (code->email[0] && email_check(code->email, err) < 0)
		return -1;
	if (code->expires <= clock_now())
		return err_set(err, ERR_REFUSED, "the code's time is over");
	return text_check("what a code is for", code->purpose, MAIL_PURPOSE_MAX, err);
}

/* Nobody's mailbox is to be filled by whoever knows a login. */
static int check_count(
    struct catalog *catalog, const struct settings *settings, int64_t account_id, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT COUNT(*) FROM mail"
	        " WHERE account_id = $1 AND kind = 'code' AND created > $2",
	        VALUES(INT(account_id), INT(clock_now() - HOUR)), &row, &found, err) < 0)
		return -1;
	if (statement_int(row, 0) < settings->mail_codes)
		return 0;
	return err_set(err, ERR_RETRY,
	    "%" PRId64 " codes within an hour are enough (mail.codes): try again later",
	    settings->mail_codes);
}

int mail_code_add(struct catalog *catalog, const struct settings *settings,
    const struct mail_code *code, int64_t *ret_id, struct err *err)
{
	char detail[MAIL_DETAIL_MAX + 1];
	int64_t id = 0;

	if (check(code, err) < 0 || check_count(catalog, settings, code->account_id, err) < 0 ||
	    catalog_take_ids(catalog, "mail", 1, &id, err) < 0)
		return -1;
	(void)snprintf(detail, sizeof(detail), "%s %s", code->code, code->purpose);
	if (catalog_run(catalog,
	        "INSERT INTO mail (id, account_id, kind, state, detail, created, due, email, expires)"
	        " VALUES ($1, $2, 'code', 'queued', $3, $4, $4, $5, $6)",
	        VALUES(INT(id), INT(code->account_id), TEXT(detail), INT(clock_now()),
	            TEXT_OR_NULL(code->email), INT(code->expires)),
	        err) < 0)
		return -1;
	*ret_id = id;
	return 0;
}

void mail_code_tell(const struct mail *mail, struct mail_news *news)
{
	size_t length = strcspn(mail->detail, " ");

	text_copy_part(
	    news->code, (length < MAIL_CODE_MAX ? length : MAIL_CODE_MAX) + 1, mail->detail);
	text_copy(news->purpose, mail->detail + length + (mail->detail[length] == ' '));
	clock_print(mail->expires, news->until);
	if (mail->expires <= clock_now())
		text_copy(news->dropped, MAIL_DROPPED "its time was over");
}
