/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is let in: what a session shows of a login, judged by its broker. An account is logged in
 * when it has shown what its `auth` demands: a key, a password, either or both.
 */
#ifndef SERVER_ADMISSION_H
#define SERVER_ADMISSION_H

#include "server/broker_session.h"
#include "server/verifier.h"

/* Answer REQUEST_KEY and REQUEST_PASSWORD; the latter's answer comes with the verifier's word. */
int admission_answer_key(struct broker_session *s, struct err *err);
int admission_answer_password(struct broker_session *s, struct err *err);

/* The verifier's word on the password that a session waits for; the session gets its answer. */
void admission_take_verdict(
    struct broker *broker, int64_t number, enum verdict_of_password verdict);

#endif
