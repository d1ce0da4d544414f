/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batch control files: which letters are to be posted as one. Comma-separated values with the first
 * line avrs_id,class,name,size,sha256. Pure: no reading here.
 */
#ifndef BATCH_BATCH_FILE_H
#define BATCH_BATCH_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "spool/letter.h"

enum { BATCH_FILE_MAX = 64 * 1024 * 1024 };

/* One letter of a batch. */
struct batch_line {
	size_t line; /* in the file, from 1 */
	char avrs_id[AVRS_ID_MAX + 1];
	enum letter_class class;
	char name[LETTER_NAME_MAX + 1]; /* as it is dropped */
	int64_t size;
	char sha256[SHA256_HEX + 1]; /* lower case */
};

/* Is name, of a file in the drop root, that of a control file? Then *ret_length is the batch's. */
bool batch_file_is_named(const char *name, size_t *ret_length);

/*
 * The hidden name of a control file that is set aside, before it is removed: .<name>.taken. And
 * back: false where hidden is no such name.
 */
void batch_file_aside(const char *name, char ret_hidden[NAME_MAX + 1]);
bool batch_file_is_aside(const char *hidden, char ret_name[NAME_MAX + 1]);

/*
 * Call each(line, arg) for the letters that text names. Returns 0, or -1 with what each() failed
 * with, or with ERR_REFUSED and the place: "line 3, column 17: ...".
 */
int batch_file_parse(const char *text, size_t length,
    int (*each)(const struct batch_line *line, void *arg, struct err *err), void *arg,
    struct err *err);

#endif
