/* SPDX-License-Identifier: Apache-2.0 */
/* Roles (R4, R5): what an account is to an AVRS ID, one at a time. */
#ifndef SPOOL_ROLE_H
#define SPOOL_ROLE_H

#include <stdbool.h>

#include "base/err.h"
#include "spool/letter_class.h"

enum role {
	ROLE_NONE,                /* attached, without a right */
	ROLE_MASTER,              /* R4: everything of its AVRS ID */
	ROLE_INCLUDES_E_DELIVERY, /* R5: Trade Files Includes E-Delivery */
	ROLE_E_DELIVERY_ONLY,     /* R5: Trade Files E-Delivery Only */
	ROLE_COUNT
};

/* "none", "master", "includes-e-delivery", "e-delivery-only". */
const char *role_name(enum role role);

/* As the bulletin calls it: "Trade Files Includes E-Delivery". */
const char *role_title(enum role role);

int role_parse(const char *text, enum role *ret_role, struct err *err);

/* R4, R5: does the role let its holder see what is of this class? */
bool role_shows(enum role role, enum letter_class class);

#endif
