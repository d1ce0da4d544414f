/* SPDX-License-Identifier: Apache-2.0 */
/* A row of the letter table as a struct, for the files that select from it. */
#ifndef SPOOL_LETTER_ROW_H
#define SPOOL_LETTER_ROW_H

#include "spool/letter.h"

/* The columns that letter_row_read() wants, from a table named l. */
#define LETTER_COLUMNS                                                                         \
	"l.id, l.avrs_id, l.class, l.type, l.name, l.dropped_name, l.size, l.sha256, l.crc32," \
	" l.source_device, l.source_inode, l.source_changed, l.batch_id, l.taken,"             \
	" l.electronic, l.electronic_reason, l.sequence, l.posted, l.electronic_ended,"        \
	" l.paper, l.paper_reason, l.paper_date, l.queued, l.placed, l.paper_ended"

/* How many they are: columns behind them begin here. */
enum { LETTER_COLUMN_COUNT = 25 };

int letter_row_read(const struct statement *row, struct letter *ret_letter, struct err *err);

/* Run sql, which selects LETTER_COLUMNS, and call each(letter, arg) for its rows. */
int letter_row_each(struct catalog *catalog, const char *sql, const struct value *values,
    int (*each)(const struct letter *letter, void *arg, struct err *err), void *arg,
    struct err *err);

#endif
