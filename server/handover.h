/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a listener leaves to the program that takes its place in the same process: lines of text
 * in memory, whose descriptor is told by EDELIVERY_HANDOVER.
 *
 * A line is a word, up to six numbers, and a text (or ""). The program may be of another version:
 * a word that it does not know is passed over, so new words are for what can be done without.
 */
#ifndef SERVER_HANDOVER_H
#define SERVER_HANDOVER_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/err.h"

enum { HANDOVER_NUMBERS = 6, HANDOVER_MAX = 4 * 1024 * 1024 };

struct handover_line {
	char word[16];
	int64_t numbers[HANDOVER_NUMBERS]; /* those that are not there are 0 */
	char text[1024];
};

/* Add a line; its text has no line break. */
void handover_put(struct buffer *out, const struct handover_line *line);

/*
 * Leave the lines to the program that this process becomes next: in a descriptor that stays open,
 * for the caller to close if it comes to nothing.
 */
int handover_leave(const struct buffer *lines, int *ret_fd, struct err *err);

/*
 * Take the lines that were left, if any, and forget where they were. *out is empty if this is a
 * start of its own.
 */
int handover_take(struct buffer *out, struct err *err);

/* Read the line at *at (of what was taken), and go on to the next. -1: it is none. */
int handover_get(const char **at, struct handover_line *ret_line, struct err *err);

#endif
