/* SPDX-License-Identifier: Apache-2.0 */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/number.h"

enum { FDS_MAX = 8, ABOVE_ALL_TARGETS = 64 };

void process_close_from(int first, int keep)
{
	if (keep < first) {
		(void)close_range((unsigned)first, UINT_MAX, 0);
		return;
	}
	if (keep > first)
		(void)close_range((unsigned)first, (unsigned)keep - 1, 0);
	(void)close_range((unsigned)keep + 1, UINT_MAX, 0);
}

/* In the child: no signal blocked or ignored, and never longer alive than the parent. */
static void become_child(pid_t parent)
{
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
}

/* Put the descriptors at 3, 4, ...; by way of high numbers, since they may overlap. */
static void place_fds(const int *fds, size_t count)
{
	int high[FDS_MAX];

	for (size_t i = 0; i < count; i++)
		high[i] = fcntl(fds[i], F_DUPFD, ABOVE_ALL_TARGETS);
	for (size_t i = 0; i < count; i++)
		if (high[i] < 0 || dup2(high[i], PROCESS_FIRST_FD + (int)i) < 0)
			_exit(EXIT_FAILURE);
	process_close_from(PROCESS_FIRST_FD + (int)count, -1);
}

static int finish_start(pid_t pid, struct process *ret_process, struct err *err)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (pidfd < 0) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		return err_sys(err, "watch process %d", (int)pid);
	}
	(void)fcntl(pidfd, F_SETFD, FD_CLOEXEC);
	*ret_process = (struct process){pid, pidfd};
	return 0;
}

int process_start(const char *const argv[], const int *fds, size_t fd_count,
    struct process *ret_process, struct err *err)
{
	pid_t parent = getpid();
	pid_t pid;

	if (fd_count > FDS_MAX)
		return err_set(err, ERR_INTERNAL, "too many descriptors for a process");
	pid = fork();
	if (pid < 0)
		return err_sys(err, "start %s", argv[0]);
	if (pid == 0) {
		become_child(parent);
		place_fds(fds, fd_count);
		(void)execv(argv[0], (char *const *)(uintptr_t)argv); /* it changes nothing */
		(void)fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	return finish_start(pid, ret_process, err);
}

int process_become(const char *const argv[], struct err *err)
{
	(void)execv(argv[0], (char *const *)(uintptr_t)argv); /* it changes nothing */
	return err_sys(err, "become %s", argv[0]);
}

bool process_has_ended(struct process *process, int *ret_status)
{
	int status = 0;

	if (process->pid == 0 || waitpid(process->pid, &status, WNOHANG) != process->pid)
		return false;
	clean_fd(&process->pidfd);
	*process = (struct process){0, -1};
	*ret_status = status;
	return true;
}

/* A signal that somebody catches ends neither the wait nor the grace. */
static bool ends_within(const struct process *process, int64_t grace)
{
	struct pollfd wait = {.fd = process->pidfd, .events = POLLIN};
	int64_t until = clock_elapsed() + grace;
	int ready;

	do {
		int64_t left = until - clock_elapsed();

		ready = poll(&wait, 1, left > 0 ? (int)((left + 999) / (SECOND / 1000)) : 0);
	} while (ready < 0 && errno == EINTR);
	return ready > 0;
}

void process_stop(struct process *process, int64_t grace)
{
	if (process->pid == 0)
		return;
	(void)kill(process->pid, SIGTERM);
	if (!ends_within(process, grace))
		(void)kill(process->pid, SIGKILL);
	while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	clean_fd(&process->pidfd);
	*process = (struct process){0, -1};
}

void process_print_end(int status, char ret_text[32])
{
	if (WIFSIGNALED(status))
		(void)snprintf(ret_text, 32, "signal %d", WTERMSIG(status));
	else
		(void)snprintf(ret_text, 32, "exit %d", WEXITSTATUS(status));
}

int process_sibling(const char *program, char *ret_path, size_t size, struct err *err)
{
	char self[PATH_MAX];
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (length < 0)
		return err_sys(err, "find this program");
	self[length] = '\0';
	slash = strrchr(self, '/');
	length = snprintf(path, sizeof(path), "%.*s/%s", (int)(slash - self), self, program);
	if (length >= (ssize_t)sizeof(path) || length >= (ssize_t)size)
		return err_set(err, ERR_INTERNAL, "%s: path too long", program);
	if (access(path, X_OK) < 0)
		return err_sys(err, "%s", path);
	memcpy(ret_path, path, (size_t)length + 1);
	return 0;
}
