/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processes that build archives, a few at a time: compressing is what takes the time, and one
 * of them that dies takes one archive with it. They share a page of numbers, in which each takes
 * the next archive and counts what it did.
 */
#ifndef BATCH_ARCHIVE_CREW_H
#define BATCH_ARCHIVE_CREW_H

#include "base/number.h"
#include "spool/spool.h"

/* The option that makes the program a worker, with the shared page as its first descriptor. */
#define CREW_WORKER_OPTION "--worker"

/* A night is read once: what a run and each worker keep of the catalog in memory. */
#define CREW_CATALOG_BYTES (4 * MIB)

struct crew_work {
	const int64_t *ids; /* of archives, those that take longest first */
	int64_t count;
	int64_t letters; /* in all of them, for the progress */
	int64_t bytes;
};

struct crew_result {
	int64_t later;   /* archives that a later try may make */
	int64_t refused; /* those that a person has to look at */
};

/*
 * Build them. While it lasts, every second or so keep(arg) is called; when that fails, or a worker
 * cannot be started, the workers are stopped. What an archive fails for is logged. On a terminal
 * stderr shows how far it is.
 */
int crew_run(const struct spool *spool, const struct crew_work *work,
    int (*keep)(void *arg, struct err *err), void *arg, struct crew_result *ret_result,
    struct err *err);

/* Be a worker: the body of the program called with that option. Returns its exit status. */
int crew_be_worker(const char *settings, int board_fd);

#endif
