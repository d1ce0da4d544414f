/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Letters that the broker has opened before the client asked for them: who opens one letter of a
 * folder after the other, by name or as they were listed, gets the next ones from here. The way to
 * the broker and back, on which two processes wait for each other, costs more than opening a file.
 *
 * The broker has judged each of them, knows that the session has its descriptor, and is told which
 * of them the client opens, before the client gets its handle: that is when it counts as opened.
 */
#ifndef SERVER_STOCK_H
#define SERVER_STOCK_H

#include "server/ask.h"
#include "spool/place.h"

struct stock {
	char path[PLACE_PATH_MAX]; /* that was opened last */
	struct opened_next *all;   /* NULL until it is needed; a descriptor that was taken is -1 */
	size_t at;                 /* where the next one is expected */
	size_t taken;              /* of those that came last */
	int64_t until; /* by clock_elapsed(): they are good, and not longer; 0: none is there */
	size_t wanted; /* next time */
	unsigned told; /* in a row */
	enum open_order order;
	unsigned
	    in_vain; /* orders in which none was taken: after all of them no more are asked for */
	int reports; /* the channel for them, -1 until there is one */
};

void stock_init(struct stock *stock);
void stock_done(struct stock *stock);

/* A folder is listed: it may be worth it again. */
void stock_begin(struct stock *stock);

/*
 * Open path, as ask_open() does it, but by what was true up to AHEAD_LASTS ago: with the time for
 * which the broker remembers a role that is within the second that a change of rights may take.
 */
int stock_open(struct stock *stock, int broker, const char *path, struct opened *ret_opened,
    struct reply *ret_reply, struct err *err);

/*
 * What path is, if it is in stock or was, by the same that was true: some clients ask that before
 * they open it, some right after that. *ret_goes_on: so many were told in a row that those behind
 * it will be, too.
 */
bool stock_tell(struct stock *stock, const char *path, struct entry *ret_entry, bool *ret_goes_on);

/* Close what is no longer good. Microseconds until that is to be done again, -1: never. */
int64_t stock_tidy(struct stock *stock);

#endif
