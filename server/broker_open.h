/* SPDX-License-Identifier: Apache-2.0 */
/* The answers that hand a session descriptors of files for reading. */
#ifndef SERVER_BROKER_OPEN_H
#define SERVER_BROKER_OPEN_H

#include "server/broker_session.h"

/* Answer REQUEST_OPEN; REQUEST_OPEN_NEXT. As broker_answer() says. */
int broker_open_file(struct broker_session *s, struct err *err);
int broker_open_next(struct broker_session *s, struct err *err);

#endif
