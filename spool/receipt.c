/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/receipt.h"

#include "base/clock.h"

/* What went out before. *ret_size is -1 where the letter is gone. */
static int read_before(struct catalog *catalog, const struct reading *reading,
    struct coverage *ret_sent, int64_t *ret_size, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT l.size, COALESCE(o.sent, '') FROM letter l LEFT JOIN opening o"
	        " ON o.letter_id = l.id AND o.account_id = $1 WHERE l.id = $2",
	        VALUES(INT(reading->account_id), INT(reading->letter_id)), &row, &found, err) < 0)
		return -1;
	*ret_size = found ? statement_int(row, 0) : -1;
	coverage_parse(found ? statement_text(row, 1) : "", ret_sent);
	return 0;
}

static int add_receipt(
    struct catalog *catalog, const struct reading *reading, int64_t size, struct err *err)
{
	int64_t id = reading->receipt_id;

	if (id == 0 && catalog_take_ids(catalog, "receipt", 1, &id, err) < 0)
		return -1;
	return catalog_run(catalog,
	    "INSERT INTO receipt (id, login, letter_id, completed, bytes, address, client)"
	    " VALUES ($1, $2, $3, $4, $5, $6, $7)",
	    VALUES(INT(id), TEXT(reading->login), INT(reading->letter_id), INT(clock_now()),
	        INT(size), TEXT(reading->address), TEXT(reading->client)),
	    err);
}

int receipt_note(struct catalog *catalog, const struct reading *reading, struct err *err)
{
	OWNED_BUFFER struct buffer text = BUFFER(COVERAGE_TEXT_MAX);
	struct coverage sent;
	int64_t size = -1;
	bool nothing_before;

	if (read_before(catalog, reading, &sent, &size, err) < 0)
		return -1;
	if (size < 0)
		return 0;
	nothing_before = sent.count == 0;
	coverage_add_all(&sent, &reading->sent);
	if (coverage_is_whole(&sent, size)) {
		if (reading->is_cut_off)
			return 0;
		if (add_receipt(catalog, reading, size, err) < 0)
			return -1;
		sent.count = 0;
	}
	/* A letter that went out whole at once leaves nothing to be remembered. */
	if (nothing_before && sent.count == 0)
		return 0;
	coverage_print(&sent, &text);
	return catalog_run(catalog,
	    "UPDATE opening SET sent = $3 WHERE account_id = $1 AND letter_id = $2",
	    VALUES(INT(reading->account_id), INT(reading->letter_id), TEXT(buffer_text(&text))),
	    err);
}

/* What went out of an archive before. *ret_size is -1 where it is gone. */
static int read_archive_before(struct catalog *catalog, const struct reading *reading,
    struct coverage *ret_sent, int64_t *ret_size, int64_t *ret_letters, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT a.size, a.letters, COALESCE(r.sent, '') FROM archive a"
	        " LEFT JOIN archive_reading r ON r.archive_id = a.id AND r.account_id = $1"
	        " WHERE a.id = $2 AND EXISTS (SELECT 1 FROM account WHERE id = $1)",
	        VALUES(INT(reading->account_id), INT(reading->archive_id)), &row, &found, err) < 0)
		return -1;
	*ret_size = found ? statement_int(row, 0) : -1;
	*ret_letters = found ? statement_int(row, 1) : 0;
	coverage_parse(found ? statement_text(row, 2) : "", ret_sent);
	return 0;
}

/* One statement for all of them: a bundle may have a hundred thousand. */
static int add_receipts(
    struct catalog *catalog, const struct reading *reading, int64_t letters, struct err *err)
{
	int64_t id = 0;

	if (catalog_take_ids(catalog, "receipt", letters, &id, err) < 0)
		return -1;
	return catalog_run(catalog,
	    "INSERT INTO receipt (id, login, letter_id, completed, bytes, address, client)"
	    " SELECT CAST($2 AS BIGINT) - 1 + ROW_NUMBER() OVER (ORDER BY l.id), CAST($3 AS TEXT),"
	    " l.id, CAST($4 AS BIGINT), l.size, CAST($5 AS TEXT), CAST($6 AS TEXT)"
	    " FROM archive_letter m JOIN letter l ON l.id = m.letter_id WHERE m.archive_id = $1"
	    " OR m.archive_id IN (SELECT archive_id FROM archive_part WHERE bundle_id = $1)",
	    VALUES(INT(reading->archive_id), INT(id), TEXT(reading->login), INT(clock_now()),
	        TEXT(reading->address), TEXT(reading->client)),
	    err);
}

int receipt_note_archive(
    struct catalog *catalog, const struct reading *reading, bool *ret_whole, struct err *err)
{
	OWNED_BUFFER struct buffer text = BUFFER(COVERAGE_TEXT_MAX);
	struct coverage sent;
	int64_t letters = 0;
	int64_t size = -1;

	*ret_whole = false;
	if (read_archive_before(catalog, reading, &sent, &size, &letters, err) < 0)
		return -1;
	if (size < 0)
		return 0;
	coverage_add_all(&sent, &reading->sent);
	if (coverage_is_whole(&sent, size)) {
		if (reading->is_cut_off)
			return 0;
		*ret_whole = true;
		if (add_receipts(catalog, reading, letters, err) < 0)
			return -1;
		return catalog_run(catalog,
		    "DELETE FROM archive_reading WHERE account_id = $1 AND archive_id = $2",
		    VALUES(INT(reading->account_id), INT(reading->archive_id)), err);
	}
	coverage_print(&sent, &text);
	return catalog_run(catalog,
	    "INSERT INTO archive_reading (account_id, archive_id, sent) VALUES ($1, $2, $3)"
	    " ON CONFLICT (account_id, archive_id) DO UPDATE SET sent = excluded.sent",
	    VALUES(INT(reading->account_id), INT(reading->archive_id), TEXT(buffer_text(&text))),
	    err);
}

int receipt_find(struct catalog *catalog, const char *login, int64_t letter_id, int64_t since,
    bool *ret_found, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	return catalog_find(catalog,
	    "SELECT 1 FROM receipt WHERE letter_id = $1 AND login = $2 AND completed >= $3"
	    " LIMIT 1",
	    VALUES(INT(letter_id), TEXT(login), INT(since)), &row, ret_found, err);
}

int receipt_list(struct catalog *catalog, int64_t letter_id,
    int (*each)(const struct receipt *receipt, void *arg, struct err *err), void *arg,
    struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT login, completed, bytes, address, client FROM receipt WHERE letter_id = $1"
	        " ORDER BY id",
	        VALUES(INT(letter_id)), &row, &found, err) < 0)
		return -1;
	while (found) {
		struct receipt receipt = {statement_text(row, 0), statement_int(row, 1),
		    statement_int(row, 2), statement_text(row, 3), statement_text(row, 4)};

		if (each(&receipt, arg, err) < 0 || statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}
