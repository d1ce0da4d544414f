/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What is told about may come from outside, and the text is shown on terminals. */
static void make_one_line(struct err *err)
{
	for (char *at = err->text; *at; at++)
		if (iscntrl((unsigned char)*at))
			*at = '?';
}

void err_fill(struct err *err, enum err_kind kind, const char *format, ...)
{
	va_list args;

	err->kind = kind;
	va_start(args, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	make_one_line(err);
}

void err_fill_sys(struct err *err, const char *format, ...)
{
	char reason[64];
	size_t used;
	va_list args;
	const char *text = strerror_r(errno, reason, sizeof(reason));

	err->kind = ERR_RETRY;
	va_start(args, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	used = strlen(err->text);
	(void)snprintf(err->text + used, sizeof(err->text) - used, ": %s", text);
	make_one_line(err);
}

void err_fill_context(struct err *err, const char *format, ...)
{
	struct err inner = *err;
	size_t used;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	used = strlen(err->text);
	(void)snprintf(err->text + used, sizeof(err->text) - used, ": %s", inner.text);
	make_one_line(err);
}
