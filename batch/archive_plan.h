/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which letters go into which night archive: rows only, in short transactions. Every step may be
 * repeated, so a run that dies in it is finished by the next one.
 */
#ifndef BATCH_ARCHIVE_PLAN_H
#define BATCH_ARCHIVE_PLAN_H

#include "spool/spool.h"

/*
 * Put what was posted before cutoff and is in no archive into archives of that night, and these
 * into the bundles of the accounts that may see them. Nothing where the night is made already.
 */
int archive_plan_night(
    const struct spool *spool, const char *night, int64_t cutoff, struct err *err);

/*
 * Withdraw the bundles with something that their account may not see any more. Remove what was
 * withdrawn, and where anything is left of it, plan another revision without the rest.
 */
int archive_plan_revisions(const struct spool *spool, struct err *err);

#endif
