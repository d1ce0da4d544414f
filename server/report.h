/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a session reports to its broker: which bytes of a letter were read, once the answers that
 * hold them were sent. What is still in a buffer when a client leaves was not received.
 *
 * Positions are counts of the bytes of all answers since the session began.
 */
#ifndef SERVER_REPORT_H
#define SERVER_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "spool/coverage.h"

struct report {
	int64_t letter;
	bool
	    is_closed; /* by the client, who has got all that was sent: it waits for what it asks */
	struct coverage sent;
	int64_t due; /* the position up to which answers have to be sent */
};

/* All zero: there are none. */
struct reports {
	struct report *all; /* in the order of due */
	size_t count;
};

/* Keep one; due is not before that of the one before. */
void reports_add(struct reports *reports, const struct report *report);

/* Tell the broker those that are due at this position. Each goes once, also if it fails. */
int reports_send(struct reports *reports, int broker, int64_t position, struct err *err);

void reports_done(struct reports *reports);

#endif
