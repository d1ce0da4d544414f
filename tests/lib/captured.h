/* SPDX-License-Identifier: Apache-2.0 */
/* What a piece of a program prints, for the suites of admin/. */
#ifndef TESTS_LIB_CAPTURED_H
#define TESTS_LIB_CAPTURED_H

#include "tests/lib/scratch.h"

/* From captured_begin() to captured_end() stdout and stderr go to files of the scratch folder. */
struct captured {
	const struct scratch *scratch;
	int stdout_fd;
	int stderr_fd;
	char *out; /* what was printed, after captured_end() */
	char *err;
};

void captured_begin(struct captured *captured, const struct scratch *scratch);
void captured_end(struct captured *captured);

/* Forget the texts. */
void captured_done(struct captured *captured);

#endif
