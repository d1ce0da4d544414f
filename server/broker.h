/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The broker: holds the rights. It answers what sessions ask (request.h), from the catalog and by
 * the account's rights, and opens files for them; it never sees a byte of the network.
 */
#ifndef SERVER_BROKER_H
#define SERVER_BROKER_H

#include "base/err.h"

/* Answer the sessions that the listener tells of on control_fd, until that closes. */
int broker_run(const char *settings, int control_fd, struct err *err);

#endif
