/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the listener, the zygote and the broker tell each other.
 *
 * After an upgrade a listener goes on with the broker of the version before: a number is never
 * reused and its values stay; new ones go to the end, and one that is not known is passed over.
 */
#ifndef SERVER_CONTROL_H
#define SERVER_CONTROL_H

enum control {
	/* listener to zygote: number; descriptors: client's socket, session's end of its channel */
	CONTROL_SESSION,
	/* listener to broker: number, peer's address; descriptor: broker's end of that channel */
	CONTROL_CHANNEL,
	/* zygote to listener: it is warm, and takes sessions */
	CONTROL_READY,
	/* zygote to listener: number, how it ended: a session was ended by a signal */
	CONTROL_CRASHED,
	/* broker to listener: number: a session is over */
	CONTROL_CLOSED,
	/* listener to zygote and broker: do you still work? They answer with the next. */
	CONTROL_PING,
	CONTROL_PONG,
	/* broker to listener: number: a session has logged in */
	CONTROL_LOGGED_IN,
	/* listener to broker: end the sessions, those that have a file open when it is closed */
	CONTROL_STOP,
	/* listener to broker: count, count values of enum traffic_kind to be added up */
	CONTROL_TRAFFIC,
};

/* Descriptor that a program of ours is started with for this. */
enum { CONTROL_FD = 3 };

#endif
