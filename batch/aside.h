/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Setting aside: before a dropped file goes from its folder for good, it gets a hidden name there,
 * and only then is it looked at. A job may have put another one in its place since it was judged,
 * for no lease keeps a rename from that; that one stays.
 */
#ifndef BATCH_ASIDE_H
#define BATCH_ASIDE_H

#include "batch/drop.h"

enum { ASIDE_NAME_SIZE = 48 };

/* The hidden name that goes with an id: .<id>.taken, which scans find and validating resolves. */
void aside_name(int64_t id, char ret_name[ASIDE_NAME_SIZE]);

/*
 * Give the drop's file the hidden name. *ret_is_it: it has that name, and is the file that was
 * looked at. If not, nothing is left to be done: there is none, or it is another one, which is back
 * under its name, or stays where it is if that was taken again, and is queued in arrivals.
 */
int aside_put(const struct drop *drop, const char *hidden, struct arrivals *arrivals,
    bool *ret_is_it, struct err *err);

#endif
