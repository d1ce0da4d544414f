/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watching the drop folder: inotify is the hint, the scan is the truth.
 *
 * A folder is watched first and scanned then, so nothing falls between. Folders beyond the
 * system's limit of watches are polled by their modification time. A folder whose watch ends, for
 * whatever reason, is scanned, as another one may have its path by then; after an overflow, at the
 * start and on a timer everything is scanned; a scan goes on in slices, so that what arrives
 * meanwhile is not kept waiting.
 */
#ifndef BATCH_WATCH_H
#define BATCH_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "batch/arrival.h"

struct watcher;

/* Watch the folder of drop_fd (which stays the caller's) and queue what is found in arrivals. */
int watcher_new(
    int drop_fd, struct arrivals *arrivals, struct watcher **ret_watcher, struct err *err);
void watcher_free(struct watcher *watcher);

/* To be waited for; then watcher_read(). */
int watcher_fd(const struct watcher *watcher);

/* Take in the events that are there. ERR_GONE: the drop folder was unmounted or removed. */
int watcher_read(struct watcher *watcher, struct err *err);

/* Begin to scan everything. */
int watcher_scan(struct watcher *watcher, struct err *err);

/* Go on scanning, a slice. False: there is nothing left to scan. */
bool watcher_scan_more(struct watcher *watcher);

/*
 * Scan those folders that are not watched and have changed. A call looks at some 20,000 of them and
 * goes on there the next time, so what it costs does not follow their number.
 */
void watcher_poll(struct watcher *watcher);

/* How many folders are known, and how many of them only polled. */
size_t watcher_folders(const struct watcher *watcher);
size_t watcher_polled(const struct watcher *watcher);

#endif
