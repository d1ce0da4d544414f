/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Letters that the broker has opened for one session before its client asked for them, kept for a
 * moment for the other sessions of the account: connections that share a folder ask for the same
 * ones, and so each is looked up and opened once.
 *
 * No right comes from here. What is kept is which letters follow another one in its folder, and
 * their descriptors; whoever asks was shown that one, by his rights as they are then. Sessions
 * share a position in the file with a descriptor, and use none.
 */
#ifndef SERVER_SHELF_H
#define SERVER_SHELF_H

#include "base/number.h"
#include "server/request.h"
#include "spool/view.h"

/*
 * For so long a letter is kept. With the time for which a session then has it in stock that is
 * within the second that a change of rights may take.
 */
#define SHELF_LASTS (SECOND / 4)

/* So many descriptors are open at most. A wish takes what is left of one before, and as many. */
enum { SHELF_RUNS = 8, SHELF_LETTERS = OPEN_NEXT + OPEN_NEXT / 2 };

/* All zero: nothing is on it. */
struct shelf {
	struct run *runs[SHELF_RUNS]; /* shelf.c's */
};

/* What a session asks for. */
struct shelf_wish {
	int64_t session;
	struct view *view;
	const struct view_found *found; /* the letter that they follow */
	bool by_name;
	int64_t limit; /* OPEN_NEXT at most */
};

/*
 * Call each(next, fd, arg) for letters as view_find_next() finds them, opened: at most as many as
 * are wished for, and sometimes half of that, though there are more. fd is for each() to close. One
 * that cannot be opened ends them: who asks for that one is told why.
 */
int shelf_open_next(struct shelf *shelf, const struct shelf_wish *wish,
    int (*each)(const struct view_found *next, int fd, void *arg, struct err *err), void *arg,
    struct err *err);

/* Close what is no longer good. Microseconds until that is to be done again, -1: nothing is kept.
 */
int64_t shelf_tidy(struct shelf *shelf);

/* Close all of it. */
void shelf_clear(struct shelf *shelf);

#endif
