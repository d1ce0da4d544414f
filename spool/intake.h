/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Intake: every dropped file that did not become a letter at once, and what became of it.
 *
 * Its id is its letter's id if it becomes one later.
 */
#ifndef SPOOL_INTAKE_H
#define SPOOL_INTAKE_H

#include <limits.h>

#include "spool/folder.h"
#include "spool/letter.h"

enum intake_state {
	INTAKE_HELD,        /* stays in the drop folder: incomplete, unknown AVRS ID, batch */
	INTAKE_QUARANTINED, /* refused, and moved to quarantine/ */
	INTAKE_TAKEN,       /* became the letter of its id */
	INTAKE_DUPLICATE,   /* removed; first_id is the letter it repeats */
	INTAKE_DISCARDED,   /* an operator removed it */
	INTAKE_GONE,        /* its job took it away first */
	INTAKE_COUNT
};

/* What an operator wants done with a quarantined file; watchd does it. */
enum intake_wish { WISH_NONE, WISH_RELEASE, WISH_DISCARD, WISH_COUNT };

struct intake {
	int64_t id;
	char avrs_id[AVRS_ID_MAX + 1];
	enum letter_class class;
	char name[4 * NAME_MAX + 1]; /* as dropped, by utf8_escape(): it may be any bytes */
	enum intake_state state;
	char reason[REASON_MAX + 1];
	int64_t size;
	struct source source;
	int64_t seen;               /* first */
	int64_t changed;            /* since when state and reason are what they are */
	char path[FOLDER_PATH_MAX]; /* in quarantine, below the root */
	int64_t first_id;
	enum intake_wish wanted;
};

const char *intake_state_name(enum intake_state state);

/* Add it; its id was taken before (of the sequence "letter"). */
int intake_add(
    struct catalog *catalog, const char *node, const struct intake *intake, struct err *err);

/* Change state, reason, size, source, path and first_id of the row to these; nothing is wanted. */
int intake_update(struct catalog *catalog, const struct intake *intake, struct err *err);

/* What was held became the letter of its id; nothing where no row has that id. */
int intake_set_taken(struct catalog *catalog, int64_t id, struct err *err);

int intake_find(struct catalog *catalog, int64_t id, struct intake *ret_intake, bool *ret_found,
    struct err *err);

/* The newest row of that file name, in whatever state. */
int intake_find_name(struct catalog *catalog, const char *avrs_id, enum letter_class class,
    const char *name, struct intake *ret_intake, bool *ret_found, struct err *err);

/* Want it of a quarantined file; the node that has it finds out. ERR_REFUSED: it is not there. */
int intake_want(struct catalog *catalog, const struct actor *actor, int64_t id,
    enum intake_wish wanted, struct err *err);

/* The first behind after that the node has in quarantine and of which something is wanted. */
int intake_next_wanted(struct catalog *catalog, const char *node, int64_t after,
    struct intake *ret_intake, bool *ret_found, struct err *err);

/*
 * Call each(intake, arg) for those that are held, or in quarantine, in a node's folders or (NULL)
 * in all, oldest first; or for those held of one AVRS ID.
 */
int intake_list(struct catalog *catalog, const char *node, enum intake_state state,
    int (*each)(const struct intake *intake, void *arg, struct err *err), void *arg,
    struct err *err);
int intake_list_held(struct catalog *catalog, const char *avrs_id,
    int (*each)(const struct intake *intake, void *arg, struct err *err), void *arg,
    struct err *err);

#endif
