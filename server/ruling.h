/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ruling: what the broker says to a session about an upload. No is an answer, too, and so the
 * functions that rule return 0; -1 is our own trouble.
 */
#ifndef SERVER_RULING_H
#define SERVER_RULING_H

#include "base/err.h"
#include "server/request.h"

/* reason goes with ANSWER_DENIED and ANSWER_FAILURE. */
struct ruling {
	enum answer answer;
	char reason[200];
};

/* Say no, and why. Returns 0. */
int rule(struct ruling *ret_ruling, enum answer answer, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * What failed with this errno, in drop/: a disk that is full, or a link where a folder should be,
 * is the client's to know, and 0; anything else is our trouble, and -1.
 */
int rule_error(struct ruling *ret_ruling, const char *what, int error, struct err *err);

#endif
