/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that wait in the drop folder: held ones, each with an intake row that says why, and
 * those that have to settle first, which have none. They are looked at again when their time is
 * up, or when something changed that they wait for.
 */
#ifndef BATCH_HOLD_H
#define BATCH_HOLD_H

#include "batch/drop.h"
#include "spool/spool.h"

struct holds;

/* Read the held rows of this node from the catalog. spool is borrowed for as long as holds live. */
int holds_new(const struct spool *spool, struct holds **ret_holds, struct err *err);
void holds_free(struct holds *holds);

/* Hold what has a row already (a released file): it is looked at again at once. */
void holds_add(struct holds *holds, const struct intake *intake);

/* Is the file held? Then its intake_id is set: what becomes of it changes that row. */
void holds_recognise(struct holds *holds, struct drop *drop);

/* Has the file been as it is (size, ctime) for drop.settle? If not, it is looked at again. */
bool holds_has_settled(struct holds *holds, const struct drop *drop);

/*
 * Those of count files whose verdict is to hold them: add or change their rows, in one transaction.
 * Where one has been held for that reason as long as the settings allow, its verdict becomes
 * quarantine instead.
 */
int holds_keep(struct holds *holds, struct drop *drops, size_t count, struct err *err);

/*
 * A file whose verdict is to wait is looked at again, a little later each time: not every end of
 * waiting is told by an event (a file can be written by way of another link to it).
 */
void holds_wait(struct holds *holds, const struct drop *drop);

/* It is not there any more: its row says so from now on. */
int holds_lose(struct holds *holds, struct drop *drop, struct err *err);

/* It was taken or refused, and its row changed: it does not wait any more. */
void holds_forget(struct holds *holds, const struct drop *drop);

/*
 * Queue those whose time has come; every: all of them, for what they wait for may be there, but for
 * those that wait for their batch, or for clamd.
 */
void holds_wake(struct holds *holds, bool every, struct arrivals *arrivals);

/* What those that are held for this reason wait for has come: queue them. */
void holds_wake_held(struct holds *holds, enum hold hold, struct arrivals *arrivals);

#endif
