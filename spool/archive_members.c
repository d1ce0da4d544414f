/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/archive_members.h"

#include "base/text.h"
#include "spool/letter_row.h"
#include "spool/night_archive.h"

/* A listing of letters under way. */
struct listing {
	struct members_cursor *cursor;
	int64_t left;
	int (*each)(const struct letter *letter, void *arg, struct err *err);
	void *arg;
};

static int pass_on(const struct letter *letter, void *arg, struct err *err)
{
	struct listing *listing = arg;

	listing->cursor->letter_id = letter->id;
	listing->left--;
	return listing->each(letter, listing->arg, err);
}

/* The letters of one archive of an AVRS ID, as many as may be. */
static int list_letters(
    struct catalog *catalog, int64_t archive_id, struct listing *listing, struct err *err)
{
	return letter_row_each(catalog,
	    "SELECT " LETTER_COLUMNS " FROM archive_letter m JOIN letter l ON l.id = m.letter_id"
	    " WHERE m.archive_id = $1 AND m.letter_id > $2 AND l.electronic = 'posted'"
	    " ORDER BY m.letter_id LIMIT $3",
	    VALUES(INT(archive_id), INT(listing->cursor->letter_id), INT(listing->left)), pass_on,
	    listing, err);
}

static int next_part(struct catalog *catalog, int64_t bundle_id, struct members_cursor *cursor,
    bool *ret_found, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	if (catalog_find(catalog,
	        "SELECT archive_id FROM archive_part WHERE bundle_id = $1 AND archive_id > $2"
	        " ORDER BY archive_id LIMIT 1",
	        VALUES(INT(bundle_id), INT(cursor->part_id)), &row, ret_found, err) < 0)
		return -1;
	if (*ret_found)
		*cursor = (struct members_cursor){.part_id = statement_int(row, 0)};
	return 0;
}

static int list_bundle(struct catalog *catalog, const struct night_archive *bundle,
    struct listing *listing, struct err *err)
{
	bool found = true;

	if (listing->cursor->part_id == 0 &&
	    next_part(catalog, bundle->id, listing->cursor, &found, err) < 0)
		return -1;
	while (found) {
		if (list_letters(catalog, listing->cursor->part_id, listing, err) < 0)
			return -1;
		if (listing->left == 0)
			return 0;
		if (next_part(catalog, bundle->id, listing->cursor, &found, err) < 0)
			return -1;
	}
	return 0;
}

int archive_members_list(struct catalog *catalog, const struct night_archive *archive,
    struct members_cursor *cursor, int64_t limit,
    int (*each)(const struct letter *letter, void *arg, struct err *err), void *arg, bool *ret_more,
    struct err *err)
{
	struct listing listing = {cursor, limit, each, arg};
	int result = night_archive_is_bundle(archive)
	                 ? list_bundle(catalog, archive, &listing, err)
	                 : list_letters(catalog, archive->id, &listing, err);

	if (result < 0)
		return -1;
	*ret_more = listing.left == 0;
	return 0;
}

int archive_members_measure(struct catalog *catalog, const struct night_archive *archive,
    int64_t *ret_letters, int64_t *ret_bytes, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT COUNT(*), CAST(COALESCE(SUM(l.size), 0) AS BIGINT) FROM archive_letter m"
	        " JOIN letter l ON l.id = m.letter_id WHERE l.electronic = 'posted' AND (m.archive_id"
	        " = $1 OR m.archive_id IN (SELECT archive_id FROM archive_part WHERE bundle_id = $1))",
	        VALUES(INT(archive->id)), &row, &found, err) < 0)
		return -1;
	*ret_letters = statement_int(row, 0);
	*ret_bytes = statement_int(row, 1);
	return 0;
}

int archive_members_count(struct catalog *catalog, const struct night_archive *archive,
    int64_t *ret_letters, struct err *err)
{
	int64_t bytes = 0;

	return archive_members_measure(catalog, archive, ret_letters, &bytes, err);
}

int archive_members_any_expired(struct catalog *catalog, const struct night_archive *archive,
    bool *ret_expired, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	return catalog_find(catalog,
	    "SELECT 1 FROM archive_letter m JOIN letter l ON l.id = m.letter_id"
	    " WHERE l.electronic = 'expired' AND (m.archive_id = $1"
	    " OR m.archive_id IN (SELECT archive_id FROM archive_part WHERE bundle_id = $1)) LIMIT 1",
	    VALUES(INT(archive->id)), &row, ret_expired, err);
}

int archive_members_next_unarchived(struct catalog *catalog, int64_t cutoff,
    char avrs_id[AVRS_ID_MAX + 1], char class[16], bool *ret_found, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	if (catalog_find(catalog,
	        "SELECT avrs_id, class FROM letter WHERE electronic = 'posted' AND archived = 0"
	        " AND avrs_id >= $1 AND (avrs_id > $1 OR class > $2) AND posted < $3"
	        " ORDER BY avrs_id, class LIMIT 1",
	        VALUES(TEXT(avrs_id), TEXT(class), INT(cutoff)), &row, ret_found, err) < 0)
		return -1;
	if (*ret_found) {
		text_copy_part(avrs_id, AVRS_ID_MAX + 1, statement_text(row, 0));
		text_copy_part(class, 16, statement_text(row, 1));
	}
	return 0;
}

/* When the last of limit letters was posted; all others before cutoff come with fewer. */
static int find_bound(struct catalog *catalog, const struct night_archive *archive, int64_t cutoff,
    int64_t limit, int64_t *ret_bound, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT posted FROM letter WHERE avrs_id = $1 AND class = $2"
	        " AND electronic = 'posted' AND archived = 0 AND posted < $3"
	        " ORDER BY posted LIMIT 1 OFFSET $4",
	        VALUES(TEXT(archive->avrs_id), TEXT(letter_class_name(archive->class)), INT(cutoff),
	            INT(limit - 1)),
	        &row, &found, err) < 0)
		return -1;
	*ret_bound = found ? statement_int(row, 0) : cutoff - 1;
	return 0;
}

int archive_members_collect(struct catalog *catalog, const struct night_archive *archive,
    int64_t cutoff, int64_t limit, int64_t *ret_count, struct err *err)
{
	const char *class = letter_class_name(archive->class);
	int64_t bound = 0;
	int64_t count;

	if (find_bound(catalog, archive, cutoff, limit, &bound, err) < 0 ||
	    catalog_run(catalog,
	        "INSERT INTO archive_letter (archive_id, letter_id) SELECT CAST($1 AS BIGINT), id"
	        " FROM letter WHERE avrs_id = $2 AND class = $3 AND electronic = 'posted'"
	        " AND archived = 0 AND posted <= $4",
	        VALUES(INT(archive->id), TEXT(archive->avrs_id), TEXT(class), INT(bound)), err) < 0)
		return -1;
	count = catalog_changes(catalog);
	if (catalog_run(catalog, "UPDATE archive SET letters = letters + $2 WHERE id = $1",
	        VALUES(INT(archive->id), INT(count)), err) < 0 ||
	    catalog_run(catalog,
	        "UPDATE letter SET archived = 1 WHERE avrs_id = $1 AND class = $2"
	        " AND electronic = 'posted' AND archived = 0 AND posted <= $3",
	        VALUES(TEXT(archive->avrs_id), TEXT(class), INT(bound)), err) < 0)
		return -1;
	*ret_count = count;
	return 0;
}

int archive_members_copy(struct catalog *catalog, int64_t from_id, int64_t to_id, struct err *err)
{
	return catalog_run(catalog,
	    "INSERT INTO archive_letter (archive_id, letter_id) SELECT CAST($2 AS BIGINT), m.letter_id"
	    " FROM archive_letter m JOIN letter l ON l.id = m.letter_id"
	    " WHERE m.archive_id = $1 AND l.electronic = 'posted'",
	    VALUES(INT(from_id), INT(to_id)), err);
}

int archive_members_add_part(
    struct catalog *catalog, int64_t bundle_id, int64_t archive_id, struct err *err)
{
	return catalog_run(catalog,
	    "INSERT INTO archive_part (bundle_id, archive_id) VALUES ($1, $2)"
	    " ON CONFLICT (bundle_id, archive_id) DO NOTHING",
	    VALUES(INT(bundle_id), INT(archive_id)), err);
}

static int read_part(
    const struct statement *row, int64_t account_id, struct archive_part *ret_part, struct err *err)
{
	struct archive_part part = {.archive_id = statement_int(row, 0)};

	part.membership.account_id = account_id;
	text_copy(part.membership.avrs_id, statement_text(row, 1));
	text_copy(part.membership.from, statement_text(row, 4));
	text_copy(part.membership.until, statement_text(row, 5));
	if (letter_class_parse(statement_text(row, 2), &part.class, err) < 0 ||
	    role_parse(statement_text(row, 3), &part.membership.role, err) < 0)
		return -1;
	*ret_part = part;
	return 0;
}

int archive_members_list_parts(struct catalog *catalog, const struct night_archive *bundle,
    int (*each)(const struct archive_part *part, void *arg, struct err *err), void *arg,
    struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT a.id, a.avrs_id, a.class, COALESCE(m.role, 'none'), m.from_date, m.until_date"
	        " FROM archive_part p JOIN archive a ON a.id = p.archive_id"
	        " LEFT JOIN membership m ON m.account_id = $2 AND m.avrs_id = a.avrs_id"
	        " WHERE p.bundle_id = $1 ORDER BY a.id",
	        VALUES(INT(bundle->id), INT(bundle->account_id)), &row, &found, err) < 0)
		return -1;
	while (found) {
		struct archive_part part;

		if (read_part(row, bundle->account_id, &part, err) < 0 ||
		    each(&part, arg, err) < 0 || statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}
