/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Progress of long work, for a person at a terminal: a line on standard error that changes a few
 * times a second, and is gone when the work is done. Elsewhere nothing is printed.
 */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdint.h>

struct progress {
	const char *what; /* "files compared" */
	int64_t total;    /* 0: not known */
	int64_t done;
	int64_t started; /* by clock_elapsed() */
	int64_t shown;   /* when it was printed last; 0: never */
};

/* Begin. what is borrowed. */
void progress_start(struct progress *progress, const char *what, int64_t total);

/* count more are done. */
void progress_add(struct progress *progress, int64_t count);

/* The work is over: the line goes. */
void progress_end(struct progress *progress);

#endif
