/* SPDX-License-Identifier: Apache-2.0 */
/* Which bytes of a file went out: parts of it, merged where they touch. */
#ifndef SPOOL_COVERAGE_H
#define SPOOL_COVERAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

enum { COVERAGE_PARTS = 32, COVERAGE_TEXT_MAX = COVERAGE_PARTS * 42 };

struct coverage {
	size_t count;
	struct coverage_part {
		int64_t from, to; /* to is behind the last byte */
	} parts[COVERAGE_PARTS];  /* in order, apart from each other */
};

/*
 * Add from to to (from < to). More parts than fit are forgotten: what is known to have gone out is
 * then less than what did, never more.
 */
void coverage_add(struct coverage *coverage, int64_t from, int64_t to);
void coverage_add_all(struct coverage *coverage, const struct coverage *other);

/* Is every byte of so many in it? */
bool coverage_is_whole(const struct coverage *coverage, int64_t size);

/* As "FROM-TO,FROM-TO" and back; what is no such text adds nothing. */
void coverage_print(const struct coverage *coverage, struct buffer *out);
void coverage_parse(const char *text, struct coverage *ret_coverage);

#endif
