/* SPDX-License-Identifier: Apache-2.0 */
/* Step 5 of posting: what is linked becomes visible. */
#ifndef BATCH_PUBLISH_H
#define BATCH_PUBLISH_H

#include "spool/letter.h"
#include "spool/spool.h"

/* A letter whose file is in place. */
struct publication {
	struct letter letter;
	int fd; /* of the file, borrowed; -1: it is opened where that is needed */
	bool was_held;
};

/*
 * In one transaction: posted with the next sequence numbers of their AVRS IDs, or placed in the
 * paper outbox; notifications counted, audit events added. Sorts the letters by AVRS ID and id. The
 * commit does not wait for the disk (catalog_transact_lazily()): recovery() would do it once more.
 */
int publish(const struct spool *spool, struct publication *letters, size_t count, struct err *err);

/* The same as a part of the caller's transaction, who logs them once that is committed. */
int publish_within(
    const struct spool *spool, struct publication *letters, size_t count, struct err *err);
void publish_log(const struct publication *letters, size_t count);

#endif
