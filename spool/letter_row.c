/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/letter_row.h"

#include <string.h>

#include "base/text.h"

static const char *const electronic_names[ELECTRONIC_COUNT] = {
    [ELECTRONIC_NONE] = "none",
    [ELECTRONIC_POSTING] = "posting",
    [ELECTRONIC_POSTED] = "posted",
    [ELECTRONIC_EXPIRED] = "expired",
    [ELECTRONIC_RECALLED] = "recalled",
};

static const char *const paper_names[PAPER_COUNT] = {
    [PAPER_NONE] = "none",
    [PAPER_QUEUED] = "queued",
    [PAPER_HANDED_OVER] = "handed-over",
    [PAPER_WITHDRAWN] = "withdrawn",
};

const char *electronic_name(enum electronic state)
{
	return electronic_names[state];
}

const char *paper_name(enum paper state)
{
	return paper_names[state];
}

/* Which of the names text is; NULL is the first, which stands for "none". */
static int index_of(const char *const *names, int count, const char *text)
{
	for (int i = 1; text && i < count; i++)
		if (strcmp(names[i], text) == 0)
			return i;
	return 0;
}

int letter_row_read(const struct statement *row, struct letter *ret_letter, struct err *err)
{
	struct letter *l = ret_letter;

	*l = (struct letter){
	    .id = statement_int(row, 0),
	    .size = statement_int(row, 6),
	    .crc32 = (uint32_t)statement_int(row, 8),
	    .source = {statement_int(row, 9), statement_int(row, 10), statement_int(row, 11)},
	    .batch_id = statement_int(row, 12),
	    .taken = statement_int(row, 13),
	    .electronic = (enum electronic)index_of(
	        electronic_names, ELECTRONIC_COUNT, statement_text(row, 14)),
	    .sequence = statement_int(row, 16),
	    .posted = statement_int(row, 17),
	    .electronic_ended = statement_int(row, 18),
	    .paper = (enum paper)index_of(paper_names, PAPER_COUNT, statement_text(row, 19)),
	    .queued = statement_int(row, 22),
	    .placed = statement_int(row, 23),
	    .paper_ended = statement_int(row, 24),
	};
	text_copy(l->avrs_id, statement_text(row, 1));
	text_copy(l->type, statement_text(row, 3));
	text_copy(l->name, statement_text(row, 4));
	text_copy(l->dropped_name, statement_text(row, 5));
	text_copy(l->sha256, statement_text(row, 7));
	text_copy(l->electronic_reason, statement_text(row, 15));
	text_copy(l->paper_reason, statement_text(row, 20));
	text_copy(l->paper_date, statement_text(row, 21));
	return letter_class_parse(statement_text(row, 2), &l->class, err);
}

int letter_row_each(struct catalog *catalog, const char *sql, const struct value *values,
    int (*each)(const struct letter *letter, void *arg, struct err *err), void *arg,
    struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog, sql, values, &row, &found, err) < 0)
		return -1;
	while (found) {
		struct letter letter;

		if (letter_row_read(row, &letter, err) < 0 || each(&letter, arg, err) < 0 ||
		    statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}
