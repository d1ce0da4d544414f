/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The listener: holds the listening socket, accepts, counts and limits. It hands each connection
 * to the zygote and its other end to the broker, and reads nothing from the network itself.
 */
#ifndef SERVER_LISTENER_H
#define SERVER_LISTENER_H

#include "base/err.h"

/* Serve until told to stop. */
int listener_run(const char *settings, struct err *err);

#endif
