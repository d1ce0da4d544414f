/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/outbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/csv.h"
#include "base/number.h"
#include "base/text.h"
#include "spool/letter_row.h"

bool outbox_has(const struct letter *letter)
{
	return letter->paper == PAPER_QUEUED && letter->placed != 0;
}

void outbox_name(const struct letter *letter, char ret_name[OUTBOX_NAME_MAX + 1])
{
	(void)snprintf(ret_name, OUTBOX_NAME_MAX + 1, "%" PRId64 "_%s", letter->id, letter->name);
}

int outbox_find(struct catalog *catalog, const char *date, const char *name,
    struct letter *ret_letter, bool *ret_found, struct err *err)
{
	char digits[24] = "";
	char written[OUTBOX_NAME_MAX + 1];
	size_t length = strcspn(name, "_");
	struct letter letter;
	int64_t id = 0;
	struct err not_a_number;
	bool found = false;

	*ret_found = false;
	if (length >= sizeof(digits))
		return 0;
	text_copy_part(digits, length + 1, name);
	if (number_parse(digits, &id, &not_a_number) < 0)
		return 0;
	if (letter_find(catalog, id, &letter, &found, err) < 0)
		return -1;
	if (!found || strcmp(letter.paper_date, date) != 0)
		return 0;
	outbox_name(&letter, written);
	if (strcmp(written, name) != 0)
		return 0;
	*ret_letter = letter;
	*ret_found = true;
	return 0;
}

int outbox_find_date(struct catalog *catalog, const char *date, int64_t *ret_changed,
    bool *ret_found, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	if (catalog_find(catalog,
	        "SELECT placed FROM letter WHERE paper IS NOT NULL AND placed IS NOT NULL"
	        " AND paper_date = $1 ORDER BY id DESC LIMIT 1",
	        VALUES(TEXT(date)), &row, ret_found, err) < 0)
		return -1;
	if (*ret_found)
		*ret_changed = statement_int(row, 0);
	return 0;
}

int outbox_next_date(struct catalog *catalog, const char *after, char ret_date[DATE_SIZE],
    bool *ret_found, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	if (catalog_find(catalog,
	        "SELECT paper_date FROM letter WHERE paper = 'queued' AND placed IS NOT NULL"
	        " AND paper_date > $1 ORDER BY paper_date, id LIMIT 1",
	        VALUES(TEXT(after)), &row, ret_found, err) < 0)
		return -1;
	if (*ret_found)
		text_copy_part(ret_date, DATE_SIZE, statement_text(row, 0));
	return 0;
}

int outbox_has_date(struct catalog *catalog, const char *date, bool *ret_has, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	return catalog_find(catalog,
	    "SELECT 1 FROM letter WHERE paper = 'queued' AND placed IS NOT NULL AND paper_date = $1"
	    " LIMIT 1",
	    VALUES(TEXT(date)), &row, ret_has, err);
}

int outbox_list(struct catalog *catalog, const char *date, int64_t after, int64_t limit,
    int (*each)(const struct letter *letter, void *arg, struct err *err), void *arg,
    struct err *err)
{
	return letter_row_each(catalog,
	    "SELECT " LETTER_COLUMNS " FROM letter l WHERE l.paper = 'queued'"
	    " AND l.placed IS NOT NULL AND l.paper_date = $1 AND l.id > $2 ORDER BY l.id LIMIT $3",
	    VALUES(TEXT(date), INT(after), INT(limit)), each, arg, err);
}

/* A letter to be handed over, for the transaction's body. */
struct handing {
	const struct actor *actor;
	const char *login;
	const struct letter *letter;
};

static int hand_over_body(struct catalog *catalog, void *arg, struct err *err)
{
	const struct handing *handing = arg;

	if (catalog_run(catalog,
	        "UPDATE letter SET paper = 'handed-over', paper_ended = $2"
	        " WHERE id = $1 AND paper = 'queued' AND placed IS NOT NULL",
	        VALUES(INT(handing->letter->id), INT(clock_now())), err) < 0)
		return -1;
	if (catalog_changes(catalog) == 0)
		return 0;
	return event_add(catalog, handing->actor,
	    &(struct event){.what = "letter.handed-over",
	        .login = handing->login,
	        .avrs_id = handing->letter->avrs_id,
	        .letter_id = handing->letter->id},
	    err);
}

int outbox_hand_over(struct catalog *catalog, const struct actor *actor, const char *login,
    const struct letter *letter, struct err *err)
{
	struct handing handing = {actor, login, letter};

	return catalog_transact(catalog, hand_over_body, &handing, err);
}

int outbox_note_opening(
    struct catalog *catalog, int64_t account_id, const char *date, int64_t begun, struct err *err)
{
	return catalog_run(catalog,
	    "INSERT INTO opening (account_id, letter_id, opened)"
	    " SELECT CAST($1 AS BIGINT), l.id, CAST($3 AS BIGINT) FROM letter l"
	    " WHERE l.paper = 'queued' AND l.placed < $4 AND l.paper_date = $2"
	    " ON CONFLICT (account_id, letter_id) DO UPDATE SET opened = excluded.opened",
	    VALUES(INT(account_id), TEXT(date), INT(clock_now()), INT(begun)), err);
}

/* The letters of a date, for the transaction's body. */
struct handing_date {
	const struct actor *actor;
	int64_t account_id;
	const char *login;
	const char *date;
};

static int next_opened(struct catalog *catalog, const struct handing_date *handing, int64_t after,
    struct letter *ret_letter, bool *ret_found, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	if (catalog_find(catalog,
	        "SELECT " LETTER_COLUMNS " FROM letter l JOIN opening o ON o.letter_id = l.id"
	        " AND o.account_id = $1 WHERE l.paper = 'queued' AND l.placed IS NOT NULL"
	        " AND l.paper_date = $2 AND l.id > $3 AND o.opened >= l.queued ORDER BY l.id LIMIT 1",
	        VALUES(INT(handing->account_id), TEXT(handing->date), INT(after)), &row, ret_found,
	        err) < 0)
		return -1;
	return *ret_found ? letter_row_read(row, ret_letter, err) : 0;
}

static int hand_over_date_body(struct catalog *catalog, void *arg, struct err *err)
{
	const struct handing_date *handing = arg;
	struct letter letter = {.id = 0};
	bool found = true;

	while (found) {
		if (next_opened(catalog, handing, letter.id, &letter, &found, err) < 0)
			return -1;
		if (found &&
		    outbox_hand_over(catalog, handing->actor, handing->login, &letter, err) < 0)
			return -1;
	}
	return 0;
}

int outbox_hand_over_date(struct catalog *catalog, const struct actor *actor, int64_t account_id,
    const char *login, const char *date, struct err *err)
{
	struct handing_date handing = {actor, account_id, login, date};

	return catalog_transact(catalog, hand_over_date_body, &handing, err);
}

int outbox_is_filling(struct catalog *catalog, const char *date, bool *ret_filling, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	return catalog_find(catalog,
	    "SELECT 1 FROM letter WHERE paper = 'queued' AND placed IS NULL AND paper_date = $1 LIMIT 1",
	    VALUES(TEXT(date)), &row, ret_filling, err);
}

/* The line of a row that ends with the NPI and the name of the letter's provider. */
static int add_line(
    const struct statement *row, const struct letter *letter, struct buffer *out, struct err *err)
{
	const char *npi = statement_text(row, LETTER_COLUMN_COUNT);
	const char *name = statement_text(row, LETTER_COLUMN_COUNT + 1);
	char number[32];
	char file[OUTBOX_NAME_MAX + 1];
	char when[TIME_SIZE];

	if (!name)
		return err_set(err, ERR_INTERNAL, "letter %" PRId64 ": there is no provider %s",
		    letter->id, letter->avrs_id);
	outbox_name(letter, file);
	(void)snprintf(number, sizeof(number), "%" PRId64, letter->size);
	clock_print(letter->queued, when);
	csv_add(out, file);
	csv_add(out, letter->avrs_id);
	csv_add(out, npi ? npi : "");
	csv_add(out, name);
	csv_add(out, letter->type);
	csv_add(out, number);
	csv_add(out, letter->sha256);
	csv_add(out, when);
	csv_add(out, paper_name(letter->paper));
	csv_add(out, letter->paper_reason);
	csv_end(out);
	return 0;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

int outbox_manifest(struct catalog *catalog, const char *date, bool to_print, struct buffer *out,
    int64_t *ret_changed, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	int64_t changed = 0;
	bool found = false;

	buffer_add_text(out, "file,avrs_id,npi,name,type,size,sha256,queued,state,reason\r\n");
	if (catalog_find(catalog,
	        "SELECT " LETTER_COLUMNS ", p.npi, p.name FROM letter l"
	        " LEFT JOIN provider p ON p.avrs_id = l.avrs_id"
	        " WHERE l.paper IS NOT NULL AND l.paper_date = $1 ORDER BY l.id",
	        VALUES(TEXT(date)), &row, &found, err) < 0)
		return -1;
	while (found) {
		struct letter letter;

		if (letter_row_read(row, &letter, err) < 0)
			return -1;
		changed = later(changed, later(letter.placed, letter.paper_ended));
		if ((to_print ? outbox_has(&letter) : letter.placed != 0) &&
		    add_line(row, &letter, out, err) < 0)
			return -1;
		if (statement_next(row, &found, err) < 0)
			return -1;
	}
	*ret_changed = changed;
	return 0;
}
