/* SPDX-License-Identifier: Apache-2.0 */
/* The one command that a client may run: archive --since DATE [--type T]. */
#ifndef SERVER_ARCHIVE_COMMAND_H
#define SERVER_ARCHIVE_COMMAND_H

#include <stdbool.h>

#include "base/clock.h"
#include "spool/letter_name.h"

struct archive_command {
	char since[DATE_SIZE];
	char type[TYPE_CODE_MAX + 1]; /* "": all */
};

/* Is it that command, right or wrong? Everything else is refused. */
bool archive_command_is(const char *text);

/* Read its options, each once. ERR_REFUSED: what is wrong, and how it is called. */
int archive_command_parse(const char *text, struct archive_command *ret_command, struct err *err);

#endif
