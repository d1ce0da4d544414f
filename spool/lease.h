/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leases: what only one process at a time may do, over all machines that share a catalog. One
 * that is not renewed ends by itself, so that a process that dies keeps nobody waiting for long.
 */
#ifndef SPOOL_LEASE_H
#define SPOOL_LEASE_H

#include <stdint.h>

#include "spool/catalog.h"

/*
 * Take the lease for duration from now on, or renew it where owner has it. ERR_RETRY says who has
 * it, and until when.
 */
int lease_take(struct catalog *catalog, const char *name, const char *owner, int64_t duration,
    struct err *err);

/* Give it back; nothing where owner has it no longer. */
int lease_release(struct catalog *catalog, const char *name, const char *owner, struct err *err);

#endif
