/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches, as operators see them: letters that wait for each other, since a control file names them
 * (batch/batch.h). One that will never be complete is discarded: its letters wait no more.
 */
#ifndef SPOOL_LETTER_BATCH_H
#define SPOOL_LETTER_BATCH_H

#include <stdbool.h>

#include "spool/catalog.h"
#include "spool/event.h"

enum { LETTER_BATCH_NAME_MAX = 80 };

struct letter_batch {
	/* With its id behind it, once it is discarded and another one has its name. */
	char name[LETTER_BATCH_NAME_MAX + 24];
	char state[16];
	int64_t letters; /* that it names */
	int64_t there;   /* of those, held for it, or posted */
	int64_t seen;    /* its control file */
	int64_t alarmed; /* it was short by then; 0: it was not */
	int64_t ended;   /* posted or discarded; 0: neither yet */
};

/* Call each(batch, arg) for those that wait, or for all, in the order that they came. */
int letter_batch_list(struct catalog *catalog, bool all,
    int (*each)(const struct letter_batch *batch, void *arg, struct err *err), void *arg,
    struct err *err);

/*
 * A batch that waits is one no more; watchd, which finds out, looks at its letters again.
 * ERR_REFUSED: none of that name waits.
 */
int letter_batch_discard(
    struct catalog *catalog, const struct actor *actor, const char *name, struct err *err);

#endif
