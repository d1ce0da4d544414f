/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a process gives up before it reads a byte from outside: system calls (seccomp, by
 * libseccomp), the file system and new network connections (Landlock).
 *
 * Where the kernel lacks one of them the process goes on with the other, and a warning is
 * logged. In sanitizer builds nothing is given up, since the sanitizers need it all.
 */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { SANDBOX_CONDITIONS = 2 };

/* An allowed system call; only if all of its conditions hold: (argument & mask) == value. */
struct sandbox_rule {
	int number; /* SCMP_SYS(read); -1 ends the list */
	struct {
		unsigned argument;
		uint64_t mask; /* 0: there is no such condition, and none behind it */
		uint64_t value;
	} only_if[SANDBOX_CONDITIONS];
};

/* What every process of ours needs to live, wait, use memory and end. */
extern const struct sandbox_rule sandbox_basics[];

struct sandbox;

/*
 * Compile a filter that allows sandbox_basics and rules and kills the process at any other
 * call. Done once, ahead: entering it then costs a few microseconds.
 */
int sandbox_new(const struct sandbox_rule *rules, struct sandbox **ret_sandbox, struct err *err);
void sandbox_free(struct sandbox *sandbox);

/* Take away the whole file system and, where the kernel can, binding and connecting. */
int sandbox_forget_files(struct err *err);

/*
 * Take away the file system but for reading what is at and beneath paths (ended by NULL; one that
 * is not there counts for nothing). The network stays: it is for what has to be looked up at first.
 */
int sandbox_keep_reading(const char *const *paths, struct err *err);

/* sandbox_forget_files(), except that TCP connections to that port can still be made. */
int sandbox_keep_port(uint16_t port, struct err *err);

/* From here on only what the filter allows, for this process and all that it forks. */
int sandbox_enter(const struct sandbox *sandbox, struct err *err);

/* Set the hard and soft limit (RLIMIT_...). */
int sandbox_limit(int resource, uint64_t most, struct err *err);

#endif
