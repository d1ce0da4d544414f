/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telling a client that its connection is one too many.
 *
 * The listener cannot afford a session for that and reads nothing from the network, so it sends
 * what is the same for every client: the identification and SSH_MSG_DISCONNECT (RFC 4253, 4.2 and
 * 11.1), which may come before any key exchange. Clients show the reason to their people.
 */
#ifndef SERVER_REFUSAL_H
#define SERVER_REFUSAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spool/traffic.h"

enum refusal {
	REFUSAL_NONE,
	REFUSAL_SESSIONS,
	REFUSAL_SESSIONS_ADDRESS,
	REFUSAL_STRANGERS,
	REFUSAL_STRANGERS_ADDRESS,
};

enum { REFUSAL_PACKET_MAX = 256 };

/* The setting whose limit was reached, and where it is counted. Not of REFUSAL_NONE. */
const char *refusal_setting(enum refusal refusal);
enum traffic_kind refusal_kind(enum refusal refusal);

/* What is sent to the client; returns its length. */
size_t refusal_packet(enum refusal refusal, unsigned char ret_packet[REFUSAL_PACKET_MAX]);

/*
 * Clients that were told and have not gone yet: closing while something of theirs is unread would
 * take the words out of their hands. {{0}} has none.
 */
enum { REFUSED_MAX = 64 };
struct refused {
	struct {
		int fd;
		int64_t when; /* by clock_elapsed(); 0: free */
	} clients[REFUSED_MAX];
};

/* Tell the client of the connected, non-blocking socket client_fd, which is taken. */
void refusal_tell(struct refused *refused, enum refusal refusal, int client_fd);

/* Close those that were told so long ago. Returns whether there are others. */
bool refusal_close(struct refused *refused, int64_t age);

#endif
