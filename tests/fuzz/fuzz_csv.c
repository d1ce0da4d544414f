/* SPDX-License-Identifier: Apache-2.0 */
/* Any file at all: what is read, written and read again is the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Add every record before the end or the first mistake. Returns how many there are. */
static size_t rewrite(const char *text, size_t length, struct buffer *out)
{
	static struct csv csv;
	bool record = false;
	size_t count = 0;
	struct err err;

	csv_start(&csv, text, length);
	while (csv_next(&csv, &record, &err) == 0 && record) {
		for (size_t i = 0; i < csv.count; i++)
			csv_add(out, csv.fields[i]);
		csv_end(out);
		count++;
	}
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED_BUFFER struct buffer once = BUFFER(16 * 1024 * 1024);
	OWNED_BUFFER struct buffer twice = BUFFER(16 * 1024 * 1024);
	size_t count = rewrite((const char *)data, size, &once);

	if (rewrite(buffer_text(&once), once.length, &twice) != count ||
	    strcmp(buffer_text(&once), buffer_text(&twice)) != 0)
		abort();
	return 0;
}
