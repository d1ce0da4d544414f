/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many bytes have to come before a session is woken.
 *
 * Clients in Go send two small packets, which want no answer, for each answer that they read, and
 * then their next request: waking up for each of them costs more than answering. Where that is
 * found a session sleeps until more has come than two such packets (SO_RCVLOWAT). A client that
 * sends less is answered after DOZE_MS, and at once until the same is found again: each time in
 * four times as many requests, unless DOZE_GOOD of them had come in time before.
 */
#ifndef SERVER_DOZE_H
#define SERVER_DOZE_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	DOZE_MS = 5,
	DOZE_REQUESTS = 16, /* are looked at, at first, before anything is changed */
	DOZE_GOOD = 64,     /* save as much as one that comes late costs */
	DOZE_PACKET = 64,   /* bytes that a small packet has at most */
};

struct doze {
	int fd;           /* the client's */
	int at_least;     /* bytes; 1: it is woken at once */
	uint64_t bytes;   /* that had come when it was looked last */
	uint64_t packets; /* the same */
	bool in_vain;     /* it was woken without a request since the last one */
	unsigned needed;  /* requests to be looked at */
	unsigned in_time; /* sleeps since the last one after which something was late */
	unsigned requests;
	unsigned vain;     /* of them, before which it was woken in vain */
	uint64_t smallest; /* packet of those, on an average of each time */
};

/* fd stays the caller's. */
void doze_init(struct doze *doze, int fd);

/* The session was awake: so much has come in all, and there was a whole request in it, or not. */
void doze_note(struct doze *doze, uint64_t bytes, uint64_t packets, bool has_request);

/* As poll(), with the client's among the descriptors; timeout_ms is 0 or more. */
int doze_poll(struct doze *doze, struct pollfd *from, nfds_t count, int timeout_ms);

#endif
