/* SPDX-License-Identifier: Apache-2.0 */
/* Letters as rows of a listing. */
#ifndef ADMIN_LETTER_LISTING_H
#define ADMIN_LETTER_LISTING_H

#include "admin/listing.h"
#include "spool/letter.h"

extern const char *const letter_listing_columns[];

void letter_listing_add(struct listing *listing, const struct letter *letter);

#endif
