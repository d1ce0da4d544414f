/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/child.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILD_SECONDS = 20 };

/* All that comes until the end, of which what fits is stored. */
static void read_said(int fd, char *ret_said, size_t size)
{
	char bytes[512];
	size_t used = 0;
	ssize_t count;

	while ((count = read(fd, bytes, sizeof(bytes))) > 0)
		for (ssize_t i = 0; i < count && used < size - 1; i++)
			ret_said[used++] = bytes[i];
	ret_said[used] = '\0';
}

void child_run(void (*body)(const void *arg), const void *arg, struct child_end *ret_end)
{
	struct rlimit no_core = {0, 0};
	int ends[2];
	pid_t pid;

	(void)fflush(NULL);
	if (pipe(ends) < 0 || (pid = fork()) < 0) {
		perror("child");
		abort();
	}
	if (pid == 0) {
		(void)dup2(ends[1], STDERR_FILENO);
		(void)close(ends[0]);
		(void)close(ends[1]);
		(void)setrlimit(RLIMIT_CORE, &no_core);
		(void)alarm(CHILD_SECONDS);
		body(arg);
		_exit(EXIT_SUCCESS);
	}
	(void)close(ends[1]);
	read_said(ends[0], ret_end->said, sizeof(ret_end->said));
	(void)close(ends[0]);
	(void)waitpid(pid, &ret_end->status, 0);
}

bool child_succeeds(void (*body)(const void *arg), const void *arg)
{
	struct child_end end;

	child_run(body, arg, &end);
	if (end.status != 0)
		(void)fprintf(stderr, "\nchild: status %d: %s\n", end.status, end.said);
	return end.status == 0;
}

void child_must(bool holds, const char *condition)
{
	if (holds)
		return;
	(void)fprintf(stderr, "not so: %s\n", condition);
	_exit(EXIT_FAILURE);
}
