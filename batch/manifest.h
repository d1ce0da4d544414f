/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manifest of the outbox that letters go to now, made anew a second after one came. It grows
 * with the day, so a long burst has it made less often: it takes a tenth of the time at most. (The
 * print shop has one that is never late: spool/outbox.h.)
 */
#ifndef BATCH_MANIFEST_H
#define BATCH_MANIFEST_H

#include "base/loop.h"
#include "spool/letter.h"
#include "spool/spool.h"

struct manifest {
	const struct spool *spool;
	struct loop *loop;
	int64_t rest;         /* by clock_elapsed(): until then it is not made again */
	char date[DATE_SIZE]; /* of the outbox folder whose manifest is out of date, or "" */
};

/* The letter was placed, or posted: if it goes on paper, its day's manifest is made soon. */
void manifest_note(struct manifest *manifest, const struct letter *letter);

/* Make the one that is out of date now, where there is one. That it cannot be is logged. */
void manifest_write(struct manifest *manifest);

#endif
