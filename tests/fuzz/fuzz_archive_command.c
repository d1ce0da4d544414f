/* SPDX-License-Identifier: Apache-2.0 */
/* Any command at all: what is taken has a date and a type that could stand in a name. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/mem.h"
#include "server/archive_command.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED_MEM char *text = mem_dup_part((const char *)data, size);
	struct archive_command command;
	struct err err;

	if (!archive_command_is(text) || archive_command_parse(text, &command, &err) < 0)
		return 0;
	if (!date_is_valid(command.since) || strpbrk(command.type, "/. -=") != NULL)
		abort();
	return 0;
}
