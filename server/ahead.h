/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the client will ask next: who asks for the attributes of one letter after the other, by name
 * or as they were listed, is answered from what the broker told of the next ones at once. Clients
 * that fetch a folder do so, and the way to the broker and back costs more than the answer.
 */
#ifndef SERVER_AHEAD_H
#define SERVER_AHEAD_H

#include "base/number.h"
#include "server/ask.h"
#include "spool/place.h"

/* For so long what was told ahead holds. */
#define AHEAD_LASTS (SECOND / 2)

struct ahead {
	char path[PLACE_PATH_MAX]; /* that was asked for last */
	struct message *page;      /* the entries of its folder; NULL until it is needed */
	uint32_t start;            /* of the first of them in the page */
	int64_t count;
	int64_t passed; /* of them, where the page is */
	int64_t until;  /* by clock_elapsed(): they are told, and not longer */
	bool in_vain;   /* none of the last that were asked for was needed: no more are */
};

void ahead_done(struct ahead *ahead);

/* A folder is listed: it may be worth it again. */
void ahead_begin(struct ahead *ahead);

/*
 * What path is, as ask_find() has it, but as it was up to half a second ago: with the quarter of a
 * second for which the broker remembers a role that is within the second that a change of rights
 * may take (docs/DESIGN.md). Whoever opens a file is judged by what is true then.
 */
int ahead_find(struct ahead *ahead, int broker, const char *path, struct entry *ret_entry,
    struct reply *ret_reply, struct err *err);

#endif
