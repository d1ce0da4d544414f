/* SPDX-License-Identifier: Apache-2.0 */
/* Any control file at all: a letter that it names has a key within its bounds, and a place. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "batch/batch_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int check(const struct batch_line *line, void *arg, struct err *err)
{
	size_t *last = arg;

	(void)err;
	if (line->line <= *last || line->size < 0 || !line->avrs_id[0] || !line->name[0] ||
	    strchr(line->name, '/') || strlen(line->sha256) != SHA256_HEX ||
	    strspn(line->sha256, "0123456789abcdef") != SHA256_HEX)
		abort();
	*last = line->line;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t last = 0;
	struct err err;

	if (batch_file_parse((const char *)data, size, check, &last, &err) < 0 &&
	    (err.kind != ERR_REFUSED || !err.text[0]))
		abort();
	return 0;
}
