/* SPDX-License-Identifier: Apache-2.0 */
/* Where a letter goes (R1, R2, R3): one pure function of what is known about it. */
#ifndef BATCH_ROUTE_H
#define BATCH_ROUTE_H

#include <stdbool.h>

#include "spool/letter.h"
#include "spool/letter_type.h"

enum route { ROUTE_ELECTRONIC, ROUTE_PAPER, ROUTE_HOLD };

struct route_facts {
	enum letter_class class;
	const struct letter_type *type; /* NULL for trade files */
	const char *today;              /* in the agency's time zone */
	bool provider_active;
	enum provider_kind provider_kind;
	bool has_master;        /* locked and disabled ones count: the letters wait (R2) */
	bool shows_trade_files; /* some account sees the AVRS ID's trade files */
};

/* Where to, and why: "" for electronic. */
enum route route_choose(const struct route_facts *facts, char ret_reason[REASON_MAX + 1]);

#endif
