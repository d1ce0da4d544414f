/* SPDX-License-Identifier: Apache-2.0 */
/* Any name at all: nothing accepted could leave a folder, and escaping can be undone. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "spool/letter_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED_BUFFER struct buffer escaped = BUFFER(1024 * 1024);
	OWNED_BUFFER struct buffer back = BUFFER(1024 * 1024);
	OWNED_MEM char *name = mem_dup_part((const char *)data, size);
	char code[TYPE_CODE_MAX + 1];
	char served[SERVED_NAME_MAX + 1];
	struct err err;

	letter_name_type(name, code);
	if (letter_name_check(name, &err) == 0) {
		letter_name_number(name, 12345, served);
		if (strchr(served, '/') || strlen(served) > SERVED_NAME_MAX)
			abort();
	}
	utf8_escape(&escaped, name, strlen(name));
	utf8_unescape(&back, buffer_text(&escaped));
	if (!utf8_is_valid(buffer_text(&escaped), escaped.length) ||
	    strcmp(buffer_text(&back), name) != 0)
		abort();
	return 0;
}
