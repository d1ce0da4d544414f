/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_warning.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/text.h"
#include "spool/letter.h"
#include "spool/letter_walk.h"
#include "spool/mail_waiting.h"
#include "spool/retention.h"

enum { CHUNK = 500 };

/* Warnings being given, for a transaction's body. What is found within the window is one mail. */
struct warning {
	const struct settings *settings;
	int64_t due;
	int64_t seen;
};

static struct warning warning_of(const struct settings *settings)
{
	return (struct warning){settings, clock_now() + settings->mail_window, 0};
}

/* --- roles that end */

static int warn_of_roles(struct catalog *catalog, void *arg, struct err *err)
{
	struct warning *warning = arg;
	OWNED_STATEMENT struct statement *row = NULL;
	char today[DATE_SIZE];
	char soon[DATE_SIZE];
	bool found = false;

	warning->seen = 0;
	clock_print_date(clock_now(), today);
	clock_print_date(clock_now() + warning->settings->mail_warn_before * DAY, soon);
	if (catalog_find(catalog,
	        "UPDATE membership SET warned = until_date WHERE (account_id, avrs_id) IN"
	        " (SELECT account_id, avrs_id FROM membership"
	        " WHERE until_date >= $1 AND until_date <= $2"
	        " AND (warned IS NULL OR warned <> until_date) AND role <> 'none'"
	        " ORDER BY until_date LIMIT $3) RETURNING account_id",
	        VALUES(TEXT(today), TEXT(soon), INT(CHUNK)), &row, &found, err) < 0)
		return -1;
	while (found) {
		int64_t id = 0;

		warning->seen++;
		if (mail_add_once(catalog, statement_int(row, 0), MAIL_ROLE_ENDS, warning->due, &id,
		        err) < 0 ||
		    statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}

int mail_warning_of_roles(
    struct catalog *catalog, const struct settings *settings, bool *ret_more, struct err *err)
{
	struct warning warning = warning_of(settings);

	*ret_more = false;
	if (settings->mail_warn_before == 0)
		return 0;
	if (catalog_transact(catalog, warn_of_roles, &warning, err) < 0)
		return -1;
	*ret_more = warning.seen == CHUNK;
	return 0;
}

int mail_warning_tell_roles(
    struct catalog *catalog, const struct mail *mail, struct mail_news *news, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	char today[DATE_SIZE];
	int64_t unlisted = 0;
	bool found = false;

	clock_print_date(clock_now(), today);
	if (catalog_find(catalog,
	        "SELECT avrs_id, until_date FROM membership WHERE account_id = $1"
	        " AND role <> 'none' AND until_date >= $2 AND until_date = warned"
	        " ORDER BY until_date, avrs_id",
	        VALUES(INT(mail->account_id), TEXT(today)), &row, &found, err) < 0)
		return -1;
	if (!found)
		text_copy(news->dropped, MAIL_DROPPED "no role of the account ends soon");
	else
		text_copy(news->until, statement_text(row, 1));
	while (found) {
		if (mail_news_has_room(news))
			buffer_print(&news->list, "%s  %s: until %s", news->list.length ? "\n" : "",
			    statement_text(row, 0), statement_text(row, 1));
		else
			unlisted++;
		if (statement_next(row, &found, err) < 0)
			return -1;
	}
	mail_news_print_rest(news, unlisted);
	return 0;
}

/* --- letters that go */

/* The mail tells how many, in rows as a mail of new letters has them, and when the first goes. */
static int tell_of_letter(struct catalog *catalog, const struct warning *warning,
    int64_t account_id, const struct walked_letter *letter, struct err *err)
{
	const struct letter gone = {.posted = letter->posted};
	char day[DATE_SIZE];
	int64_t id = 0;

	clock_print_date(retention_end(&gone, warning->settings->retain_months), day);
	if (mail_add_once(catalog, account_id, MAIL_LETTERS_END, warning->due, &id, err) < 0 ||
	    catalog_run(catalog, "UPDATE mail SET detail = $2 WHERE id = $1 AND detail = ''",
	        VALUES(INT(id), TEXT(day)), err) < 0)
		return -1;
	return catalog_run(catalog,
	    "INSERT INTO notification (account_id, avrs_id, class, letters, since, mail_id)"
	    " VALUES ($1, $2, 'edelivery', 1, $3, $4)"
	    " ON CONFLICT (account_id, avrs_id, class, mail_id)"
	    " DO UPDATE SET letters = notification.letters + 1",
	    VALUES(INT(account_id), TEXT(letter->avrs_id), INT(clock_now()), INT(id)), err);
}

/* To those who were told of it when it was posted (R8). */
static int warn_of_letter(
    struct catalog *catalog, const struct walked_letter *letter, void *arg, struct err *err)
{
	const struct warning *warning = arg;
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (letter->fetched)
		return 0;
	if (catalog_find(catalog,
	        "SELECT m.account_id FROM membership m JOIN account a ON a.id = m.account_id"
	        " WHERE m.avrs_id = $1 AND m.role <> 'none' AND a.state = 'active'"
	        " AND (a.mail_window <> 'off' OR m.role = 'master') ORDER BY m.account_id",
	        VALUES(TEXT(letter->avrs_id)), &row, &found, err) < 0)
		return -1;
	while (found) {
		if (tell_of_letter(catalog, warning, statement_int(row, 0), letter, err) < 0 ||
		    statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}

int mail_warning_of_letters(
    struct catalog *catalog, const struct settings *settings, bool *ret_more, struct err *err)
{
	struct warning warning = warning_of(settings);
	int64_t soon = clock_now() + settings->mail_warn_before * DAY;

	*ret_more = false;
	if (settings->mail_warn_before == 0)
		return letter_walk_forget(catalog, "letters-end", err);
	return letter_walk(catalog, "letters-end", clock_add_months(soon, -settings->retain_months),
	    warn_of_letter, &warning, ret_more, err);
}
