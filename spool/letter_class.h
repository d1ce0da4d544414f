/* SPDX-License-Identifier: Apache-2.0 */
/* The two classes of what is delivered, and what they are called everywhere. */
#ifndef SPOOL_LETTER_CLASS_H
#define SPOOL_LETTER_CLASS_H

#include "base/err.h"

enum letter_class {
	CLASS_EDELIVERY,   /* letters (R9) */
	CLASS_TRADE_FILES, /* any other file for a trading partner (R3) */
	CLASS_COUNT
};

/* "edelivery" or "trade-files": on disk, in the catalog, in batch files, JSON and MANIFEST.csv. */
const char *letter_class_name(enum letter_class class);

int letter_class_parse(const char *text, enum letter_class *ret_class, struct err *err);

#endif
