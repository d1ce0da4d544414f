/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery quarantine discard: remove refused files for good. */
#include "admin/commands.h"
#include "admin/quarantine_wish.h"

static int run(const struct call *call, struct err *err)
{
	return quarantine_wish(call, WISH_DISCARD, err);
}

static const struct option_row options[] = {
    OPTION_TIMEOUT,
    OPTION_NO_WAIT,
    OPTION_JSON,
    {NULL, NULL, NULL},
};

const struct command command_quarantine_discard = {
    .name = "quarantine discard",
    .arguments = "ID...",
    .least = 1,
    .most = -1,
    .options = options,
    .about = "remove refused files for good",
    .run = run,
};
