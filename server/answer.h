/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the broker's answers to its sessions have in common. The functions that put an answer
 * return 0, so that they can be what an answer ends with.
 */
#ifndef SERVER_ANSWER_H
#define SERVER_ANSWER_H

#include <stdbool.h>

#include "server/broker_session.h"

/* The head of an answer; reason goes with ANSWER_DENIED and ANSWER_FAILURE. */
int answer_put(struct broker_session *s, enum answer answer, const char *reason);
int answer_put_ok(struct broker_session *s);

/* Our trouble, not the client's: it is told to come back, and we are told what it was. */
int answer_put_trouble(struct broker_session *s, const struct err *err);

/* The same, where the request is not the one in broker->in. */
int answer_put_trouble_of(struct broker_session *s, enum request request, const struct err *err);

void answer_put_entry(struct message *out, const struct view_entry *entry);

/* What was sent is not what the request takes: a session that works never does that. */
int answer_refuse(struct err *err);

/*
 * Read the request's path, which is all of it, and find what it is. *ret_answered: the answer is
 * put already. Returns -1 for a request that is none.
 */
int answer_read_path(
    struct broker_session *s, struct view_found *ret_found, bool *ret_answered, struct err *err);

#endif
