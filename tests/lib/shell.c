/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/shell.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/process.h"

bool shell_succeeds(const struct scratch *scratch, const char *command)
{
	OWNED_BUFFER struct buffer line = BUFFER(4096);
	OWNED_MEM char *said = NULL;
	const char *argv[] = {"/bin/sh", "-c", NULL, NULL};
	struct process process = {0};
	int status = -1;
	struct err err;

	buffer_print(&line, "cd '%s' && { %s; } >said 2>&1", scratch->path, command);
	argv[2] = buffer_text(&line);
	if (process_start(argv, NULL, 0, &process, &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		abort();
	}
	while (!process_has_ended(&process, &status))
		(void)usleep(1000);
	if (status == 0)
		return true;
	said = scratch_read(scratch, "said");
	(void)fprintf(stderr, "%s: %s\n", command, said ? said : "");
	return false;
}
