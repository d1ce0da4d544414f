/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/archive_right.h"

enum area archive_area(enum letter_class class)
{
	return class == CLASS_EDELIVERY ? AREA_EDELIVERY : AREA_TRADE_FILES;
}

bool archive_right_to_part(
    const struct account *account, const struct archive_part *part, const char *today)
{
	return right_may_see(account, &part->membership, archive_area(part->class), today);
}

/* Parts being asked about. */
struct asking {
	const struct account *account;
	const char *today;
	bool allowed;
};

static int ask_part(const struct archive_part *part, void *arg, struct err *err)
{
	struct asking *asking = arg;

	(void)err;
	if (!archive_right_to_part(asking->account, part, asking->today))
		asking->allowed = false;
	return 0;
}

int archive_right(struct catalog *catalog, const struct account *account,
    const struct membership *membership, const struct night_archive *archive, const char *today,
    bool *ret_allowed, struct err *err)
{
	struct asking asking = {account, today, true};

	if (!night_archive_is_bundle(archive)) {
		*ret_allowed =
		    right_may_see(account, membership, archive_area(archive->class), today);
		return 0;
	}
	if (archive->account_id != account->id ||
	    !right_may_see(account, NULL, AREA_BUNDLES, today)) {
		*ret_allowed = false;
		return 0;
	}
	if (archive_members_list_parts(catalog, archive, ask_part, &asking, err) < 0)
		return -1;
	*ret_allowed = asking.allowed;
	return 0;
}
