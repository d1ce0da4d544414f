/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an administrator may drop: everything, or the AVRS IDs and letter types that rows of
 * drop_limit name.
 */
#ifndef SPOOL_DROP_LIMIT_H
#define SPOOL_DROP_LIMIT_H

#include <stdbool.h>
#include <stddef.h>

#include "spool/account.h"
#include "spool/avrs_id.h"
#include "spool/letter_name.h"

enum { DROP_LIMITS_MAX = 1000 }; /* of one account */

struct drop_limit {
	char avrs_id[AVRS_ID_MAX + 1];
	char type[TYPE_CODE_MAX + 1]; /* "": every type, and trade files */
};

/*
 * Take "AVRS-ID[:TYPE],..." apart. The array is the caller's, to be freed. Returns 0, or -1 with
 * ERR_REFUSED naming what is wrong.
 */
int drop_limit_parse(
    const char *text, struct drop_limit **ret_limits, size_t *ret_count, struct err *err);

/*
 * Let an account that is there drop just that; count 0: everything. ERR_REFUSED: an AVRS ID is not
 * known. Whoever serves it hears of it within a second.
 */
int drop_limit_set(struct catalog *catalog, const struct actor *actor,
    const struct account *account, const struct drop_limit *limits, size_t count, struct err *err);

/* Call each(limit, arg) for the limits of an account, in the order of AVRS IDs and types. */
int drop_limit_list(struct catalog *catalog, int64_t account_id,
    int (*each)(const struct drop_limit *limit, void *arg, struct err *err), void *arg,
    struct err *err);

/*
 * May the account drop that: a type at an AVRS ID? type NULL: anything at all there; type "": a
 * trade file; avrs_id "": what belongs to none.
 */
int drop_limit_allows(struct catalog *catalog, int64_t account_id, const char *avrs_id,
    const char *type, bool *ret_allowed, struct err *err);

/* The next AVRS ID behind after that it has limits for; *ret_found false: there is none. */
int drop_limit_next(struct catalog *catalog, int64_t account_id, const char *after,
    char ret_avrs_id[AVRS_ID_MAX + 1], bool *ret_found, struct err *err);

#endif
