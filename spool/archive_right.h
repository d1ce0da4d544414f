/* SPDX-License-Identifier: Apache-2.0 */
/* Who may see which night archive: R4 and R5, asked of everything that is in it. */
#ifndef SPOOL_ARCHIVE_RIGHT_H
#define SPOOL_ARCHIVE_RIGHT_H

#include "spool/archive_members.h"
#include "spool/night_archive.h"
#include "spool/right.h"

/* The area whose right an archive of that class takes. */
enum area archive_area(enum letter_class class);

/* May the account see today what this part of its bundle has? */
bool archive_right_to_part(
    const struct account *account, const struct archive_part *part, const char *today);

/*
 * May the account see the archive today (YYYY-MM-DD)? An AVRS ID's: by its role there, given as
 * membership (NULL: none). A bundle: its own, and only while it may see every part.
 */
int archive_right(struct catalog *catalog, const struct account *account,
    const struct membership *membership, const struct night_archive *archive, const char *today,
    bool *ret_allowed, struct err *err);

#endif
