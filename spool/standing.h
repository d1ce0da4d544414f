/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the AVRS IDs of an account stand: what of each is still being posted (R10), whether something
 * was renewed, and which letter has been there longest. One query tells it of all of them.
 */
#ifndef SPOOL_STANDING_H
#define SPOOL_STANDING_H

#include <stdbool.h>
#include <stdint.h>

#include <uthash.h>

#include "spool/avrs_id.h"
#include "spool/catalog.h"
#include "spool/letter_class.h"

struct standing {
	char avrs_id[AVRS_ID_MAX + 1];
	int64_t posting[CLASS_COUNT]; /* on their way: held in the drop folder, or half posted */
	int64_t since[CLASS_COUNT];   /* when the newest of those came */
	int64_t oldest[CLASS_COUNT];  /* when the oldest that is there was posted, 0: none is */
	bool has_renewed;             /* below the mark there are letters that are new again */
	UT_hash_handle hh;
};

/* Of one AVRS ID of the account's, or ("") of all. *ret_all is given back by standing_done(). */
int standing_load(struct catalog *catalog, int64_t account_id, const char *avrs_id,
    struct standing **ret_all, struct err *err);
void standing_done(struct standing **all);
#define OWNED_STANDING OWNED(standing_done)

/* That of an AVRS ID, or NULL where there is nothing to tell. Borrowed. */
const struct standing *standing_find(const struct standing *all, const char *avrs_id);

#endif
