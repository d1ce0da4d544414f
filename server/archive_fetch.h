/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command archive of a client, from its words to its exit status: what is to be sent comes from
 * a packer (packer.h), over a channel that is not blocking.
 */
#ifndef SERVER_ARCHIVE_FETCH_H
#define SERVER_ARCHIVE_FETCH_H

#include <stdbool.h>

#include "base/message.h"

struct archive_fetch {
	int fd;                     /* of the channel, or -1 */
	const unsigned char *bytes; /* to be sent next, in in */
	size_t count;
	int64_t sent;   /* bytes in all */
	bool has_ended; /* with: */
	int status;     /* the exit status, */
	char line[300]; /* and a line for stderr, or "" */
	struct message in;
};

/*
 * Begin; the rest of *fetch is zero. A command that is wrong or refused has ended at once. -1: the
 * broker is gone.
 */
int archive_fetch_start(struct archive_fetch *fetch, int broker, const char *command,
    const char *client, struct err *err);
void archive_fetch_done(struct archive_fetch *fetch);

/* Get the next bytes, where there are none to be sent and some have come. */
int archive_fetch_read(struct archive_fetch *fetch, struct err *err);

/* So many of the bytes went out. */
int archive_fetch_sent(struct archive_fetch *fetch, size_t count, struct err *err);

#endif
