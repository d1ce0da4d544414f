/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SFTP protocol as a session speaks it: requests in, answers out, in order.
 *
 * Knows no network and no SSH: bytes come as whole packets, answers are collected in a buffer.
 * What it needs to know it asks the broker. Handles are a session's own; a stale or invented one
 * is refused.
 */
#ifndef SERVER_SFTP_H
#define SERVER_SFTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/err.h"

struct sftp;

/* broker: the channel to it, which stays the caller's. ignore_setstat: server.setstat. */
struct sftp *sftp_new(int broker, bool ignore_setstat);
void sftp_free(struct sftp *sftp);

/*
 * Answer the complete packets at the start of length bytes, for as long as the answers do not
 * pass a megabyte. *ret_used is how many bytes they were. On -1 the session has to end: the
 * client does not speak the protocol (ERR_REFUSED), or the broker is gone (ERR_GONE).
 */
int sftp_feed(
    struct sftp *sftp, const void *bytes, size_t length, size_t *ret_used, struct err *err);

/*
 * Ask the broker for what the client will ask next: for the moments in which it is busy with what
 * it has. On -1 the session has to end, as above.
 */
int sftp_read_ahead(struct sftp *sftp, struct err *err);

/* The answers that are still to be sent, and that so many bytes of them were. */
const struct buffer *sftp_output(const struct sftp *sftp);
int sftp_sent(struct sftp *sftp, size_t count, struct err *err);

/*
 * The session ends: tell the broker what went out of letters that are still open, if all answers
 * were sent. (Where some were not, nobody knows which bytes they had.)
 */
int sftp_finish(struct sftp *sftp, struct err *err);

/*
 * Close what the client did not ask for in time. Microseconds until that is to be done again, -1:
 * not before the next request.
 */
int64_t sftp_tidy(struct sftp *sftp);

/* Is no handle open, and no answer left to be sent? */
bool sftp_is_idle(const struct sftp *sftp);

/* Are the answers so many that no more requests should be taken? */
bool sftp_is_full(const struct sftp *sftp);

#endif
