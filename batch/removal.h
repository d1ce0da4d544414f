/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Step 6 of posting (post.h): the dropped name goes, and nothing that came in its place.
 *
 * It is set aside first (aside.h).
 */
#ifndef BATCH_REMOVAL_H
#define BATCH_REMOVAL_H

#include "batch/drop.h"

/*
 * Remove the dropped name of a drop that was posted or repeats a letter. Where another file has
 * taken its place that stays, or is queued in arrivals from where it is now.
 */
int removal_of(struct drop *drop, struct arrivals *arrivals, struct err *err);

/*
 * The same for those of count drops that are done with (is_done_with), and all of them are closed,
 * while the caller goes on: neither they nor their folders are to be touched until removal_end()
 * has waited for that; it adds to arrivals. What fails is logged; a scan finds it again.
 */
struct removal *removal_begin(struct drop *drops, size_t count);
void removal_end(struct removal *removal, struct arrivals *arrivals);

#endif
