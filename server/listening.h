/* SPDX-License-Identifier: Apache-2.0 */
/* The socket that the listener listens on, and addresses as text. */
#ifndef SERVER_LISTENING_H
#define SERVER_LISTENING_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/err.h"

enum { LISTENING_ADDRESS = 128 };

/*
 * The socket that systemd hands us (sd_listen_fds(3)), or else one at where, as server.listen has
 * it. *ret_activated: it is systemd's, and where does not count. It does not block.
 */
int listening_open(const char *where, int *ret_fd, bool *ret_activated, struct err *err);

/* Where the socket listens, as ADDRESS:PORT. */
int listening_where(int fd, char ret_text[LISTENING_ADDRESS], struct err *err);

/* The address without its port; "" for what has none. */
void listening_print(const struct sockaddr *address, socklen_t length, char *ret_text, size_t size);

#endif
