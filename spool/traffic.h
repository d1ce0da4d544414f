/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an SFTP server counts of its connections, kept in the catalog by node.
 *
 * Totals only grow, over restarts as well, and several processes may add to them at a time; the
 * last two are how many there are now. Numbers only: nobody's name and nobody's address.
 */
#ifndef SPOOL_TRAFFIC_H
#define SPOOL_TRAFFIC_H

#include <stdbool.h>
#include <stdint.h>

#include "spool/catalog.h"

enum traffic_kind {
	TRAFFIC_ACCEPTED,
	TRAFFIC_REFUSED_SESSIONS, /* by server.sessions */
	TRAFFIC_REFUSED_ADDRESS,  /* by server.sessions-per-address */
	TRAFFIC_REFUSED_STRANGERS,
	TRAFFIC_REFUSED_STRANGERS_ADDRESS,
	TRAFFIC_LOGINS,
	TRAFFIC_LOGINS_REFUSED, /* keys and passwords */
	TRAFFIC_BYTES_SENT,     /* of letters */
	TRAFFIC_SESSIONS,       /* now */
	TRAFFIC_STRANGERS,      /* of these, not logged in */
	TRAFFIC_COUNT
};
enum { TRAFFIC_TOTALS = TRAFFIC_SESSIONS };

struct traffic {
	int64_t values[TRAFFIC_COUNT];
	bool has_now; /* are those "now" known? */
};

/* What a kind is called in the catalog and in JSON, and to people. */
const char *traffic_name(enum traffic_kind kind);
const char *traffic_title(enum traffic_kind kind);

/* Add the totals to those of the node, and note what there is now, where it is known. */
int traffic_add(
    struct catalog *catalog, const char *node, const struct traffic *traffic, struct err *err);

/*
 * Call visit for each node with what it counted. What there is "now" of a server that has not
 * told for TRAFFIC_FRESH is 0: it died.
 */
#define TRAFFIC_FRESH (2 * MINUTE)
int traffic_list(struct catalog *catalog,
    int (*visit)(const char *node, const struct traffic *traffic, void *arg, struct err *err),
    void *arg, struct err *err);

#endif
