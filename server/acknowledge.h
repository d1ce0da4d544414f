/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an account did with a letter: opened it, read it, acknowledged it. A letter of new/ is
 * acknowledged, one of a print shop's outbox handed over, by removing it after it was opened; with
 * `ack = on-read` by reading it to its end.
 */
#ifndef SERVER_ACKNOWLEDGE_H
#define SERVER_ACKNOWLEDGE_H

#include "server/broker_session.h"

/* Remember what the session can read from now on: a descriptor cannot be taken back. */
void acknowledge_note_handed(struct broker_session *s, const struct view_found *found);

/* The same of a letter that its client has not asked for yet: it is not opened with that. */
void acknowledge_note_given(struct broker_session *s, const struct view_found *found);

/* Forget all of it. */
void acknowledge_forget(struct broker_session *s);

/* Take REQUEST_SENT, which has no answer. -1: nothing of that letter was handed over. */
int acknowledge_answer_sent(struct broker_session *s, struct err *err);

/* Take what was put into the channel for reports: REQUEST_SENT or REQUEST_OPENED. The same. */
int acknowledge_take_report(struct broker_session *s, struct message *report, struct err *err);

/*
 * Acknowledge what an account with `ack = on-read` has read to the end. Not before the session
 * lists again or ends, so that a client finds by its name what it has just read.
 */
void acknowledge_read(struct broker_session *s);

/* It was removed: acknowledge it where the account has opened it. Where not it stays, and 0. */
int acknowledge_removed(struct broker_session *s, const struct view_found *found, struct err *err);

/* The same for the zip of a day, which stands for all its letters. */
int acknowledge_date(struct broker_session *s, const char *date, struct err *err);

#endif
