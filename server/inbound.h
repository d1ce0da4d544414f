/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that a session receives: its bytes go from the client to the descriptor that the broker
 * handed over, and nowhere else. What could not be written makes it not whole, for good.
 */
#ifndef SERVER_INBOUND_H
#define SERVER_INBOUND_H

#include <stdbool.h>
#include <stdint.h>

#include "server/ask.h"

struct inbound;

/*
 * Open path (in drop/) for writing; appends: the client's offsets do not count. *ret_inbound is
 * NULL where the reply is not ANSWER_OK, otherwise inbound_free() ends it.
 */
int inbound_open(int broker, const char *path, unsigned how, bool appends,
    struct inbound **ret_inbound, struct reply *ret_reply, struct err *err);

/* Write the bytes. False: they are not all there, and ret_reason (200 bytes) says why. */
bool inbound_write(
    struct inbound *inbound, uint64_t offset, const void *bytes, size_t length, char *ret_reason);

/*
 * Make what was written durable; the reply is ANSWER_FAILURE where not all of it is there. What a
 * sync failed for is lost, and no later one tells: the broker empties its part, so that nobody goes
 * on with it.
 */
int inbound_sync(struct inbound *inbound, int broker, struct reply *ret_reply, struct err *err);

/* The client closes it: hand it in if it is whole. It has no descriptor any more afterwards. */
int inbound_close(struct inbound *inbound, int broker, struct reply *ret_reply, struct err *err);

/* What its client is told of it; where it is; and that its size was set by another request. */
struct entry inbound_entry(const struct inbound *inbound);
const char *inbound_path(const struct inbound *inbound);
void inbound_note_change(struct inbound *inbound, const struct upload_change *change);

void inbound_free(struct inbound *inbound);

#endif
