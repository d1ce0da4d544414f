/* SPDX-License-Identifier: Apache-2.0 */
/* Comma-separated values (RFC 4180), read with the place of every mistake, and written. */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/err.h"

enum {
	CSV_FIELDS_MAX = 32,
	CSV_RECORD_MAX = 64 * 1024, /* bytes of one record */
};

/* A reader over text in memory, at its next record. */
struct csv {
	const char *at;
	const char *end;
	size_t line;       /* of the record that was read last, from 1 */
	const char *start; /* of the line where at is */
	size_t next_line;
	size_t count; /* of its fields */
	char *fields[CSV_FIELDS_MAX];
	size_t lines[CSV_FIELDS_MAX];   /* where each begins, from 1 */
	size_t columns[CSV_FIELDS_MAX]; /* in bytes, from 1 */
	char record[CSV_RECORD_MAX];
};

/* Read from length bytes of text, which stay the caller's. */
void csv_start(struct csv *csv, const char *text, size_t length);

/*
 * Read the next record into fields; empty lines are passed over. Returns 0 with *ret_record
 * false at the end, or -1 with ERR_REFUSED: "line 3, column 17: ...".
 */
int csv_next(struct csv *csv, bool *ret_record, struct err *err);

/* An ERR_REFUSED about a field of the record that was read last, with its line and column. */
int csv_refuse(const struct csv *csv, size_t field, const char *reason, struct err *err);

/* Write: fields with csv_add(), quoted where they have to be, then the end of the record. */
void csv_add(struct buffer *out, const char *field);
void csv_end(struct buffer *out);

#endif
