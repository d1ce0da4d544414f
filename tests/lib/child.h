/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child of the test, for what would end, change or hang the test program itself: it exits 0
 * when its body returns, and is killed when it takes too long.
 */
#ifndef TESTS_LIB_CHILD_H
#define TESTS_LIB_CHILD_H

#include <stdbool.h>

struct child_end {
	int status;      /* as waitpid() has it */
	char said[8192]; /* on stderr, cut to fit */
};

/* Fork and do body(arg) there. Waits until everybody has closed that stderr. */
void child_run(void (*body)(const void *arg), const void *arg, struct child_end *ret_end);

/* The same, for a child that is to exit 0; what it says is shown if it does not. */
bool child_succeeds(void (*body)(const void *arg), const void *arg);

/* In a child: end it with exit 1, and say why, unless condition holds. */
#define CHILD_MUST(condition) child_must(condition, #condition)
void child_must(bool holds, const char *condition);

#endif
