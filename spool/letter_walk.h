/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks over posted letters, each of them once, when it has become old enough for something. What
 * is on paper as well is passed over, and so are trade files. A mark in the catalog says how far a
 * walk has got; it begins with what becomes old enough after its first step.
 */
#ifndef SPOOL_LETTER_WALK_H
#define SPOOL_LETTER_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "spool/avrs_id.h"
#include "spool/catalog.h"

struct walked_letter {
	int64_t id;
	int64_t posted;
	bool fetched; /* somebody has a receipt of it */
	char avrs_id[AVRS_ID_MAX + 1];
};

/*
 * The next step of the walk of that name, a transaction: call each(letter, arg) for some of those
 * that were posted up to a moment, in order. *ret_more: there may be more of them.
 */
int letter_walk(struct catalog *catalog, const char *name, int64_t old_enough,
    int (*each)(
        struct catalog *catalog, const struct walked_letter *letter, void *arg, struct err *err),
    void *arg, bool *ret_more, struct err *err);

/* Forget how far it got: the next step begins anew. */
int letter_walk_forget(struct catalog *catalog, const char *name, struct err *err);

#endif
