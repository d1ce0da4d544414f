/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/letter_sequence.h"

#include <string.h>

/* AVRS IDs that are asked for at once: $1 to $16 below. */
enum { TOGETHER = 16 };

/* Not by RETURNING: SQLite makes a tree for what that gives, which costs more than both. */
static int raise_one(
    struct catalog *catalog, const struct letter_sequence *sequence, struct err *err)
{
	return catalog_queue(catalog,
	    "UPDATE provider SET last_sequence = last_sequence + $2,"
	    " last_posted = CASE WHEN last_posted < $3 THEN $3 ELSE last_posted END"
	    " WHERE avrs_id = $1",
	    VALUES(TEXT(sequence->avrs_id), INT(sequence->letters), INT(sequence->wanted)), err);
}

static int select_one(struct catalog *catalog, const char *avrs_id, struct statement **ret_row,
    bool *ret_found, struct err *err)
{
	return catalog_find(catalog,
	    "SELECT avrs_id, last_sequence, last_posted FROM provider WHERE avrs_id = $1",
	    VALUES(TEXT(avrs_id)), ret_row, ret_found, err);
}

/* Where there are fewer the last one stands for the rest. */
static int select_some(struct catalog *catalog, const struct letter_sequence *sequences,
    size_t count, struct statement **ret_row, bool *ret_found, struct err *err)
{
	struct value values[TOGETHER + 1];

	for (size_t i = 0; i < TOGETHER; i++)
		values[i] = TEXT(sequences[i < count ? i : count - 1].avrs_id);
	values[TOGETHER] = (struct value){.kind = VALUE_END};
	return catalog_find(catalog,
	    "SELECT avrs_id, last_sequence, last_posted FROM provider WHERE avrs_id IN"
	    " ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
	    " ORDER BY avrs_id",
	    values, ret_row, ret_found, err);
}

/* A round trip for all of them. */
static int read_some(
    struct catalog *catalog, struct letter_sequence *sequences, size_t count, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if ((count == 1 ? select_one(catalog, sequences->avrs_id, &row, &found, err)
	                : select_some(catalog, sequences, count, &row, &found, err)) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct letter_sequence *sequence = &sequences[i];

		if (!found || strcmp(statement_text(row, 0), sequence->avrs_id) != 0)
			return err_set(err, ERR_INTERNAL, "no provider %s", sequence->avrs_id);
		sequence->first = statement_int(row, 1) - sequence->letters + 1;
		sequence->posted = statement_int(row, 2);
		if (i + 1 < count && statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}

int letter_sequence_take(
    struct catalog *catalog, struct letter_sequence *sequences, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++)
		if (raise_one(catalog, &sequences[i], err) < 0)
			return -1;
	for (size_t at = 0; at < count; at += TOGETHER)
		if (read_some(catalog, sequences + at,
		        count - at < TOGETHER ? count - at : TOGETHER, err) < 0)
			return -1;
	return 0;
}
