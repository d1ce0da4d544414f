/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/right.h"

#include <string.h>

/* Today lies within the dates of the membership, both days included. */
static bool is_in_force(const struct membership *membership, const char *today)
{
	return (!membership->from[0] || strcmp(membership->from, today) <= 0) &&
	       (!membership->until[0] || strcmp(today, membership->until) <= 0);
}

bool right_may_see(const struct account *account, const struct membership *membership,
    enum area area, const char *today)
{
	enum role role =
	    membership && is_in_force(membership, today) ? membership->role : ROLE_NONE;

	if (account->disabled)
		return false;
	switch (area) {
	case AREA_COMMON:
		return true;
	case AREA_BUNDLES:
		return account->bundle;
	case AREA_PROVIDER: /* R5: with neither role nothing of the AVRS ID is seen */
		return role_shows(role, CLASS_EDELIVERY);
	case AREA_EDELIVERY:
		return role_shows(role, CLASS_EDELIVERY);
	case AREA_TRADE_FILES:
		return role_shows(role, CLASS_TRADE_FILES);
	case AREA_DROP:
		return account->admin;
	case AREA_PAPER:
		return account->print_shop;
	}
	return false;
}
