/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of dropped and served files.
 *
 * Pure text: nothing here touches the disk, so it is the first thing fuzzed.
 */
#ifndef SPOOL_LETTER_NAME_H
#define SPOOL_LETTER_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum {
	LETTER_NAME_MAX = 200,                  /* bytes of a dropped name */
	SERVED_NAME_MAX = LETTER_NAME_MAX + 12, /* with its number */
	TYPE_CODE_MAX = 16,
};

/*
 * May a file of this name be taken: 1 to LETTER_NAME_MAX bytes of valid UTF-8 without control
 * characters? Returns 0, or -1 with ERR_REFUSED saying what is wrong.
 */
int letter_name_check(const char *name, struct err *err);

/* Is it a name that jobs and clients give to files they are still writing, or hide? */
bool letter_name_is_unfinished(const char *name);

/*
 * The letter type code at the front: [A-Z0-9]+ up to the first "_", "-" or ".". Empty when there
 * is none, or a longer one than TYPE_CODE_MAX.
 */
void letter_name_type(const char *name, char ret_code[TYPE_CODE_MAX + 1]);

/* The name under which the number-th file of that name is served: NAME, NAME.2.ext, ... */
void letter_name_number(const char *name, int64_t number, char ret_name[SERVED_NAME_MAX + 1]);

#endif
