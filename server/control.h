/* SPDX-License-Identifier: Apache-2.0 */
/* What the listener, the zygote and the broker tell each other. */
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
};

/* Descriptor that a program of ours is started with for this. */
enum { CONTROL_FD = 3 };

#endif
