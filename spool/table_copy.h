/* SPDX-License-Identifier: Apache-2.0 */
/* Copying a catalog into another, of the same engine or not: every table, counted and hashed. */
#ifndef SPOOL_TABLE_COPY_H
#define SPOOL_TABLE_COPY_H

#include <stddef.h>

#include "spool/catalog.h"

enum { TABLE_NAME_MAX = 64, TABLE_HASH_SIZE = 65, TABLES_MAX = 64 };

/* A table as it is on one side: the hash is over its rows in the order of its key. */
struct table_digest {
	char name[TABLE_NAME_MAX];
	int64_t rows;
	char sha256[TABLE_HASH_SIZE];
};

struct table_digests {
	size_t count;
	struct table_digest tables[TABLES_MAX];
};

/*
 * Copy every row of every table from one catalog to the other in one transaction, read it back,
 * and tell what each table is then, which is the same on both sides: ERR_INTERNAL otherwise. The
 * other one has to be made (catalog_open() with create) and empty: ERR_REFUSED otherwise. Nobody
 * should write to the first one meanwhile: what is written afterwards is not copied.
 */
int table_copy_all(
    struct catalog *from, struct catalog *to, struct table_digests *ret_digests, struct err *err);

#endif
