/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/email.h"

#include <stdbool.h>
#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* Parts between dots, none of them empty. */
static bool has_good_dots(const char *text, size_t length)
{
	if (text[0] == '.' || text[length - 1] == '.')
		return false;
	for (size_t i = 1; i < length; i++)
		if (text[i] == '.' && text[i - 1] == '.')
			return false;
	return true;
}

/* atext of RFC 5322 without "!", "%", "|" and "`"; a leading "-" reads as an option. */
static bool is_local(const char *text, size_t length)
{
	return length > 0 && length <= EMAIL_LOCAL_MAX && text[0] != '-' &&
	       strspn(text, LETTERS "#$&'*+-/=?^_{}~.") == length && has_good_dots(text, length);
}

static bool is_domain(const char *text)
{
	size_t length = strlen(text);

	return length > 0 && strspn(text, LETTERS "-.") == length && text[0] != '-' &&
	       text[length - 1] != '-' && has_good_dots(text, length);
}

int email_check(const char *text, struct err *err)
{
	const char *at = strchr(text, '@');

	if (strlen(text) > EMAIL_MAX)
		return err_set(err, ERR_REFUSED, "e-mail address: longer than %d bytes", EMAIL_MAX);
	if (!at || !is_local(text, (size_t)(at - text)) || !is_domain(at + 1))
		return err_set(err, ERR_REFUSED, "\"%.60s\" is not an e-mail address", text);
	return 0;
}

const char *email_domain(const char *email)
{
	return strchr(email, '@') + 1;
}
