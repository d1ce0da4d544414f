/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery batch discard: its letters wait for each other no more. */
#include <stdio.h>

#include "admin/commands.h"
#include "admin/operator.h"
#include "spool/letter_batch.h"

static int run(const struct call *call, struct err *err)
{
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;
	const char *name = call->arguments[0];

	if (operator_open(call, &spool, err) < 0 ||
	    letter_batch_discard(spool.catalog, &spool.actor, name, err) < 0)
		return -1;
	(void)printf("%s is discarded: what is there of it is judged letter by letter\n", name);
	return 0;
}

const struct command command_batch_discard = {
    .name = "batch discard",
    .arguments = "NAME",
    .least = 1,
    .most = 1,
    .about = "the letters of a batch wait for each other no more",
    .run = run,
};
