/* SPDX-License-Identifier: Apache-2.0 */
/* What `quarantine release` and `quarantine discard` share: want it of each id, and wait. */
#ifndef ADMIN_QUARANTINE_WISH_H
#define ADMIN_QUARANTINE_WISH_H

#include "admin/outcome.h"

/* The ids are the call's arguments: all of them are in quarantine, or nothing is done. */
int quarantine_wish(const struct call *call, enum intake_wish wanted, struct err *err);

#define OPTION_NO_WAIT                                                            \
	{                                                                         \
		"no-wait", NULL, "return at once: edelivery-watchd does it later" \
	}

#endif
