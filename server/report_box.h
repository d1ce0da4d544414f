/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where sessions put what they report: that a letter which they had in stock was opened, and what
 * of one went out.
 *
 * It is for the ledger, which is committed in groups, so nobody is woken for each of them: the
 * first one wakes the broker, and what follows lies there until the next commit, or until somebody
 * has to know now. Whoever does asks for all of it, since the account may have other sessions.
 */
#ifndef SERVER_REPORT_BOX_H
#define SERVER_REPORT_BOX_H

#include "server/broker_session.h"

/* Make the broker's, which watches it in its loop. */
int report_box_new(struct broker *broker, struct err *err);

/* A channel into it for the session, which has none: its end, which is the caller's. */
int report_box_add(struct broker_session *s, int *ret_end, struct err *err);

/* Take all that is there, of all sessions: was there any? What is no report ends its session. */
bool report_box_empty(struct broker *broker);

/* The next report wakes the broker again. */
void report_box_wait(struct broker *broker);

/* Take what the session has put there, and close its channel. */
void report_box_remove(struct broker_session *s);

/* No session has a channel any more. */
void report_box_free(struct broker *broker);

#endif
