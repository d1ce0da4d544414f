/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <string.h>

#include "base/utf8.h"

void text_copy_part(char *to, size_t size, const char *from)
{
	size_t length = from ? strnlen(from, size - 1) : 0;

	if (length)
		memcpy(to, from, length);
	to[length] = '\0';
}

int text_check(const char *what, const char *text, size_t max, struct err *err)
{
	size_t length = strlen(text);

	if (length > max)
		return err_set(err, ERR_REFUSED, "the %s is longer than %zu bytes", what, max);
	if (!utf8_is_valid(text, length) || utf8_has_control(text, length))
		return err_set(
		    err, ERR_REFUSED, "the %s has control characters or is not valid UTF-8", what);
	return 0;
}
