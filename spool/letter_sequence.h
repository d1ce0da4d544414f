/* SPDX-License-Identifier: Apache-2.0 */
/* Sequence numbers: each AVRS ID's letters have theirs, in the order in which they were posted. */
#ifndef SPOOL_LETTER_SEQUENCE_H
#define SPOOL_LETTER_SEQUENCE_H

#include <stddef.h>
#include <stdint.h>

#include "spool/catalog.h"

/* What an AVRS ID gets numbers for, and which they are. */
struct letter_sequence {
	const char *avrs_id; /* borrowed */
	int64_t letters;
	int64_t wanted; /* when they would be posted */
	int64_t first;  /* of their numbers */
	int64_t posted; /* not before wanted, and never before an earlier letter's */
};

/*
 * In a transaction: take the next numbers of count AVRS IDs, each of them once, ascending. Sets
 * first and posted of each. Locks the AVRS IDs until the transaction ends, so numbers become
 * visible in order.
 */
int letter_sequence_take(
    struct catalog *catalog, struct letter_sequence *sequences, size_t count, struct err *err);

#endif
