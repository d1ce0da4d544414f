/* SPDX-License-Identifier: Apache-2.0 */
/* The audit outbox: who did what to whom, in the transaction that did it. */
#ifndef SPOOL_EVENT_H
#define SPOOL_EVENT_H

#include <stdint.h>

#include "base/err.h"
#include "spool/catalog.h"

/* On whose behalf something is changed, and where. */
struct actor {
	const char *node; /* settings: node.name */
	const char *name; /* "watchd", "operator root", "account ann" */
};

/* What is told of it; what does not apply is left out. */
struct event {
	const char *what; /* "letter.posted", "role.granted": subject.verb, from docs/AUDIT.md */
	const char *login;
	const char *avrs_id;
	int64_t letter_id;
	const char *detail; /* key=value, never what is in a letter or a secret */
};

/* Inside a transaction: add the event behind all that are committed. */
int event_add(
    struct catalog *catalog, const struct actor *actor, const struct event *event, struct err *err);

/* The same with an id taken before (catalog_take_ids() of "event"), for many at once. */
int event_add_as(struct catalog *catalog, int64_t id, const struct actor *actor,
    const struct event *event, struct err *err);

/* Call each(event, at, actor, arg) for what is told of a letter, in order. */
int event_list_of_letter(struct catalog *catalog, int64_t letter_id,
    int (*each)(
        const struct event *event, int64_t at, const char *actor, void *arg, struct err *err),
    void *arg, struct err *err);

#endif
