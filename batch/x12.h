/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The envelope of an X12 file, read segment by segment: one interchange after the other, each from
 * ISA to an IEA that has its control number and counts its functional groups (X12.5).
 *
 * Pure: it is handed the bytes, in parts of any size. Runs in the sandboxed checker.
 */
#ifndef BATCH_X12_H
#define BATCH_X12_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "batch/format.h"

enum {
	X12_ISA = 106, /* bytes of an ISA segment, its terminator included */
	X12_CONTROL = 9,
};

struct x12 {
	char segment[X12_ISA]; /* the first bytes of the segment at hand */
	size_t length;         /* of that part */
	bool is_inside;        /* an interchange: its ISA was read, its IEA not yet */
	bool is_over;          /* what follows changes nothing any more */
	char separator;
	char terminator;
	char control[X12_CONTROL]; /* of its ISA */
	int64_t groups;            /* seen in it */
	int64_t interchanges;      /* whole ones */
	enum format_verdict verdict;
	const char *reason;
};

/* Is that an ISA segment? Sixteen elements of fixed length, so as many separators. */
bool x12_is_isa(const char isa[X12_ISA]);

void x12_begin(struct x12 *x12);

/* The next bytes of the file. False: they are wrong, or nothing that follows counts. */
bool x12_add(struct x12 *x12, const char *bytes, size_t count);

/*
 * There are no more. Cut off: every segment is right, and the last is not the IEA that is due.
 * *ret_reason is a constant, "" for a file that is whole.
 */
enum format_verdict x12_end(const struct x12 *x12, const char **ret_reason);

#endif
