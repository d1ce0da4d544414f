/* SPDX-License-Identifier: Apache-2.0 */
/* Providers: who letters are for. */
#ifndef SPOOL_PROVIDER_H
#define SPOOL_PROVIDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "spool/avrs_id.h"
#include "spool/catalog.h"
#include "spool/event.h"
#include "spool/npi.h"
#include "spool/provider_kind.h"

enum { PROVIDER_NAME_MAX = 200 };

struct provider {
	char avrs_id[AVRS_ID_MAX + 1];
	char npi[NPI_DIGITS + 1]; /* "": none */
	char name[PROVIDER_NAME_MAX + 1];
	enum provider_kind kind;
	bool active;
	int64_t added;
	int64_t last_sequence; /* of the letter posted last; 0: none yet */
	int64_t last_posted;   /* when that was, as clients see it */
};

/*
 * Check and store what a person or an import wrote; npi and name may be "". Returns 0, or -1
 * with ERR_REFUSED saying which of them is wrong and why.
 */
int provider_fill(struct provider *ret_provider, const char *avrs_id, const char *npi,
    const char *name, const char *kind, struct err *err);

/* Add a new provider; ERR_CONFLICT when its AVRS ID is there already. */
int provider_add(struct catalog *catalog, const struct actor *actor,
    const struct provider *provider, struct err *err);

/* Add it, or make NPI, name and kind of the one that is there be these, and activate it. */
int provider_put(struct catalog *catalog, const struct actor *actor,
    const struct provider *provider, struct err *err);

/*
 * What is posted for it from now on goes to paper; its accounts keep what they see. Added or
 * imported again it is active. ERR_REFUSED when there is none.
 */
int provider_deactivate(
    struct catalog *catalog, const struct actor *actor, const char *avrs_id, struct err *err);

int provider_find(struct catalog *catalog, const char *avrs_id, struct provider *ret_provider,
    bool *ret_found, struct err *err);

/* The same, where it has to be there: ERR_REFUSED when it is not. */
int provider_get(
    struct catalog *catalog, const char *avrs_id, struct provider *ret_provider, struct err *err);

/* Call each(provider, arg) in the order of AVRS IDs until it returns less than 0. */
int provider_list(struct catalog *catalog,
    int (*each)(const struct provider *provider, void *arg, struct err *err), void *arg,
    struct err *err);

#endif
