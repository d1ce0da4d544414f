/* SPDX-License-Identifier: Apache-2.0 */
#include "server/ruling.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int rule(struct ruling *ret_ruling, enum answer answer, const char *format, ...)
{
	va_list args;

	ret_ruling->answer = answer;
	va_start(args, format);
	(void)vsnprintf(ret_ruling->reason, sizeof(ret_ruling->reason), format, args);
	va_end(args);
	return 0;
}

int rule_error(struct ruling *ret_ruling, const char *what, int error, struct err *err)
{
	errno = error;
	if (error == ENOSPC || error == EDQUOT)
		return rule(ret_ruling, ANSWER_FAILURE, "the disk is full: try again later");
	if (error == ELOOP || error == EXDEV || error == ENOTDIR)
		return rule(ret_ruling, ANSWER_DENIED, "there is no folder but a link or a file");
	return err_sys(err, "%s", what);
}
