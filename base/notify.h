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
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* Tell whoever started us, if it asked to be told; state is "STOPPING=1" or the like. */
void notify_send(const char *state);

/* Tell it that we serve now, from this process on; more: further lines, or "". */
void notify_ready(const char *more);

/* Tell it that settings are being read again; notify_ready() ends that. */
void notify_reloading(void);

/* Tell it that we stop, and that it may take so long (microseconds). */
void notify_stopping(int64_t grace);

/* Within how many microseconds it wants to hear that we work (WATCHDOG_USEC); 0: it does not. */
int64_t notify_watchdog(void);

/*
 * Tell its watchdog that we work, and that a start or a stop may take as long again, at most four
 * times in that while. For loops of work that may take long: it costs a look at the clock. Any
 * thread may call it.
 */
void notify_alive(void);

/* Make the socket path for children to tell us, and set NOTIFY_SOCKET for those started later. */
int notify_listen(const char *path, int *ret_fd, struct err *err);

/* Read one waiting message as text, "" when there is none. Returns who sent it, or 0. */
pid_t notify_receive(int fd, char *ret_text, size_t size);

#endif
