/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/captured.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Let the descriptor be a new file; what it was is returned. */
static int redirect(const struct scratch *scratch, int fd, const char *name)
{
	int before = fcntl(fd, F_DUPFD_CLOEXEC, 10);
	int file = openat(scratch->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (before < 0 || file < 0 || dup2(file, fd) < 0)
		abort();
	(void)close(file);
	return before;
}

void captured_begin(struct captured *captured, const struct scratch *scratch)
{
	(void)fflush(stdout);
	(void)fflush(stderr);
	*captured = (struct captured){.scratch = scratch};
	captured->stdout_fd = redirect(scratch, STDOUT_FILENO, "captured-out");
	captured->stderr_fd = redirect(scratch, STDERR_FILENO, "captured-err");
}

void captured_end(struct captured *captured)
{
	(void)fflush(stdout);
	(void)fflush(stderr);
	(void)dup2(captured->stdout_fd, STDOUT_FILENO);
	(void)dup2(captured->stderr_fd, STDERR_FILENO);
	(void)close(captured->stdout_fd);
	(void)close(captured->stderr_fd);
	captured->out = scratch_read(captured->scratch, "captured-out");
	captured->err = scratch_read(captured->scratch, "captured-err");
	if (!captured->out || !captured->err)
		abort();
}

void captured_done(struct captured *captured)
{
	free(captured->out);
	free(captured->err);
}
