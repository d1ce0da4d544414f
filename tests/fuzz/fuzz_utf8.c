/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes: escaped they are valid and harmless, and they come back; a cut is valid, too. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED_BUFFER struct buffer escaped = BUFFER(8 * size + 1);
	OWNED_BUFFER struct buffer line = BUFFER(8 * size + 1);
	OWNED_BUFFER struct buffer back = BUFFER(8 * size + 1);
	OWNED_MEM char *text = mem_dup_part((const char *)data, size);
	size_t cut = utf8_cut(text, size / 2);

	utf8_escape(&escaped, text, size);
	utf8_escape_line(&line, text, size);
	utf8_unescape(&back, buffer_text(&escaped));
	if (utf8_has_control(buffer_text(&escaped), escaped.length) ||
	    utf8_has_control(buffer_text(&line), line.length) ||
	    strchr(buffer_text(&escaped), '/') || strchr(buffer_text(&line), '\n'))
		abort();
	if (back.length != size || memcmp(buffer_text(&back), text, size) != 0)
		abort();
	if (cut > size / 2 || !utf8_is_valid(text, cut))
		abort();
	if (utf8_is_valid(text, size) && cut + 3 < size / 2 && cut < strlen(text))
		abort();
	return 0;
}
