/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The zygote: holds the host keys, libssh and OpenSSL warmed up, and forks a session for each
 * connection, without an exec. It never sees the catalog, and reads nothing from the network.
 */
#ifndef SERVER_ZYGOTE_H
#define SERVER_ZYGOTE_H

#include "base/err.h"

/* Fork sessions as the listener asks for them on control_fd, until that closes. */
int zygote_run(const char *settings, int control_fd, struct err *err);

#endif
