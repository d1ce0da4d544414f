/* SPDX-License-Identifier: Apache-2.0 */
/* Memberships in the JSON object of the account or provider that they are of. */
#ifndef ADMIN_MEMBERSHIP_LISTING_H
#define ADMIN_MEMBERSHIP_LISTING_H

#include <jansson.h>

#include "spool/membership.h"

/* Add one to an array; the names are those of the table. */
void membership_listing_add(json_t *array, const struct membership *membership);

#endif
