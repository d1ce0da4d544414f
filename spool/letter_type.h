/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Letter types (R1): a table that the agency keeps in a file of its own.
 *
 *	letter-type EFT {
 *		title = "electronic funds transfer letter"
 *		effective = 2019-03-27
 *		audience = {billing, trading-partner}
 *		format = pdf
 *		largest = 10M
 *	}
 */
#ifndef SPOOL_LETTER_TYPE_H
#define SPOOL_LETTER_TYPE_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "spool/letter_name.h"
#include "spool/provider_kind.h"

enum letter_format {
	FORMAT_ANY,
	FORMAT_PDF,
	FORMAT_X12,
	FORMAT_MEDIA, /* whatever its media type says, by its first bytes alone */
	LETTER_FORMAT_COUNT
};

enum { MEDIA_TYPE_MAX = 63 };

struct letter_type {
	char code[TYPE_CODE_MAX + 1];
	char title[128];
	char effective[DATE_SIZE]; /* the first day of electronic delivery */
	unsigned audience;         /* 1 << enum provider_kind, for each kind in it */
	enum letter_format format;
	char media[MEDIA_TYPE_MAX + 1]; /* "image/tiff", of FORMAT_MEDIA */
	int64_t largest;                /* bytes; 0: what drop.letter-max says */
};

struct letter_types {
	struct letter_type *rows;
	size_t count;
};

/* Read the table. Returns 0, or -1 with path:line and what is allowed. */
int letter_types_load(const char *path, struct letter_types *ret_types, struct err *err);
void letter_types_done(struct letter_types *types);

/* The row of that code, or NULL. */
const struct letter_type *letter_types_find(const struct letter_types *types, const char *code);

#endif
