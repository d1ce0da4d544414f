/* SPDX-License-Identifier: Apache-2.0 */
/* Starting our own programs, and ending them. */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

enum { PROCESS_FIRST_FD = 3 };

struct process {
	pid_t pid; /* 0: none */
	int pidfd;
};

/*
 * Run argv[0] (a path) with descriptors 3, 4, ... being fds[0], fds[1], ...; 0, 1 and 2 are
 * ours, everything else is closed. It gets SIGTERM when we die, whatever we die of.
 */
int process_start(const char *const argv[], const int *fds, size_t fd_count,
    struct process *ret_process, struct err *err);

/*
 * Become the program argv[0] (a path), with the descriptors that are not close-on-exec and the
 * signals that are blocked now. Returns only on failure: -1.
 */
int process_become(const char *const argv[], struct err *err);

/* Has it ended? Then reaps it, stores the status of waitpid() and forgets the process. */
bool process_has_ended(struct process *process, int *ret_status);

/* SIGTERM, then SIGKILL after grace microseconds; reaps it and forgets it. */
void process_stop(struct process *process, int64_t grace);

/* How a process ended, for a log line: "exit 1", "signal 9". */
void process_print_end(int status, char ret_text[32]);

/* The path of a program that is installed beside this one. */
int process_sibling(const char *program, char *ret_path, size_t size, struct err *err);

/* Close every descriptor from first on, but keep (or -1). */
void process_close_from(int first, int keep);

#endif
