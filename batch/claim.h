/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims: which dropped files are on their way just now. A file is in one drop at a time, though
 * an event or another name of it may bring it up again.
 */
#ifndef BATCH_CLAIM_H
#define BATCH_CLAIM_H

#include <stdbool.h>
#include <sys/stat.h>

struct claims;

struct claims *claims_new(void);
void claims_free(struct claims *claims);

/* Claim the file that st tells of. False: it is claimed already. */
bool claims_add(struct claims *claims, const struct stat *st);

/* It is not on its way any more. */
void claims_remove(struct claims *claims, const struct stat *st);

#endif
