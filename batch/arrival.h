/* SPDX-License-Identifier: Apache-2.0 */
/* Arrivals: files in the drop folder that somebody has to look at, each at most once. */
#ifndef BATCH_ARRIVAL_H
#define BATCH_ARRIVAL_H

#include <stdbool.h>
#include <stddef.h>

#include "spool/avrs_id.h"
#include "spool/letter_class.h"

struct arrival {
	char avrs_id[AVRS_ID_MAX + 1]; /* "": the drop root itself */
	enum letter_class class;
	const char *name;
};

struct arrivals;

struct arrivals *arrivals_new(void);
void arrivals_free(struct arrivals *arrivals);

/* Queue the file, unless it is queued. name is copied. */
void arrivals_add(struct arrivals *arrivals, const struct arrival *arrival);

/*
 * Take one out: the newest, or the one that waits longest. Serving both ends in turn keeps a
 * fresh arrival from waiting for a whole burst, and the burst moving. NULL when there is none;
 * otherwise the caller frees it.
 */
struct arrival *arrivals_take(struct arrivals *arrivals, bool newest);

size_t arrivals_count(const struct arrivals *arrivals);

#endif
