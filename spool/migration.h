/* SPDX-License-Identifier: Apache-2.0 */
/* Bringing the tables of a catalog up to date (schema.h has what they are). */
#ifndef SPOOL_MIGRATION_H
#define SPOOL_MIGRATION_H

#include "spool/catalog.h"

/* Make what is missing, from an empty catalog on, in one transaction. */
int migration_run(struct catalog *catalog, struct err *err);

/* Has the catalog at where this program's tables? ERR_REFUSED says what to do if not. */
int migration_check(struct catalog *catalog, const char *where, struct err *err);

#endif
