/* SPDX-License-Identifier: Apache-2.0 */
/* Who may see what: one pure function, asked by everything that shows anything. */
#ifndef SPOOL_RIGHT_H
#define SPOOL_RIGHT_H

#include <stdbool.h>

#include "spool/account.h"
#include "spool/membership.h"

/* The parts of the tree that rights differ for. */
enum area {
	AREA_COMMON,      /* /, STATUS.txt, new/, publications/: everybody's */
	AREA_BUNDLES,     /* /archives: accounts with bundles */
	AREA_PROVIDER,    /* /AVRS-ID and what is generated in it */
	AREA_EDELIVERY,   /* letters, and archives of them */
	AREA_TRADE_FILES, /* trade files, and archives of them */
	AREA_DROP,        /* administrators */
	AREA_PAPER,       /* the print shop */
};

/*
 * May the account see the area today (YYYY-MM-DD)? membership is its membership of the AVRS ID
 * that the area is in, NULL where it has none or the area is in none. What an account may not
 * see does not exist for it.
 */
bool right_may_see(const struct account *account, const struct membership *membership,
    enum area area, const char *today);

#endif
