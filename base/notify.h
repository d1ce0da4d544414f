/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The readiness protocol of systemd (sd_notify(3)), both sides of it.
 *
 * Spoken by hand, in a screen, so that the processes that parse the network need not load
 * libsystemd and what that pulls in.
 */
#ifndef BASE_NOTIFY_H
#define BASE_NOTIFY_H

#include <stddef.h>

#include "base/err.h"

/* Tell whoever started us, if it asked to be told; state is "STOPPING=1" or the like. */
void notify_send(const char *state);

/* Tell it that we serve now, from this process on; more: further lines, or "". */
void notify_ready(const char *more);

/* Make the socket path for children to tell us, and set NOTIFY_SOCKET for those started later. */
int notify_listen(const char *path, int *ret_fd, struct err *err);

/* Read one waiting message as text, "" when there is none. */
void notify_receive(int fd, char *ret_text, size_t size);

#endif
