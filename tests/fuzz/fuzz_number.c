/* SPDX-License-Identifier: Apache-2.0 */
/* Any text: what is read as a duration or a size is printed no longer, and read as the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
	int (*parse)(const char *text, int64_t *ret_value, struct err *err);
	void (*print)(struct buffer *out, int64_t value);
	const char *zero;
} types[] = {
    {number_parse_duration, number_print_duration, "0s"},
    {number_parse_size, number_print_size, "0"},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED_MEM char *text = mem_dup_part((const char *)data, size);
	int64_t number = 0;
	struct err err;

	if (number_parse(text, &number, &err) == 0 && strspn(text, "-0123456789") != strlen(text))
		abort();
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		OWNED_BUFFER struct buffer printed = BUFFER(64);
		int64_t value = 0;
		int64_t again = 0;

		if (types[i].parse(text, &value, &err) < 0)
			continue;
		types[i].print(&printed, value);
		if (types[i].parse(buffer_text(&printed), &again, &err) < 0 || again != value)
			abort();
		if (printed.length > strlen(text) &&
		    strcmp(buffer_text(&printed), types[i].zero) != 0)
			abort();
	}
	return 0;
}
