/* SPDX-License-Identifier: Apache-2.0 */
/* Is a night archive what it was made as, and does it hold exactly its letters? */
#ifndef SPOOL_ARCHIVE_CHECK_H
#define SPOOL_ARCHIVE_CHECK_H

#include "spool/night_archive.h"
#include "spool/spool.h"

/*
 * Read the whole file: its size and SHA-256 are those of the row, its entries the letters of the
 * catalog, each with its SHA-256, and then the manifest and the sums; its signature, if it has one,
 * is that of archive.certificate. Returns 0, or -1 with what is wrong, ERR_REFUSED where that is in
 * the file. The process needs a UTF-8 locale.
 */
int archive_check(const struct spool *spool, const struct night_archive *archive, struct err *err);

#endif
