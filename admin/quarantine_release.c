/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery quarantine release: back to its drop folder, to be validated again. */
#include "admin/commands.h"
#include "admin/quarantine_wish.h"

static int run(const struct call *call, struct err *err)
{
	return quarantine_wish(call, WISH_RELEASE, err);
}

static const struct option_row options[] = {
    OPTION_TIMEOUT,
    OPTION_NO_WAIT,
    OPTION_JSON,
    {NULL, NULL, NULL},
};

const struct command command_quarantine_release = {
    .name = "quarantine release",
    .arguments = "ID...",
    .least = 1,
    .most = -1,
    .options = options,
    .about = "back to its drop folder, to be validated again",
    .run = run,
};
