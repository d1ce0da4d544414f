/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery role revoke: take an account's role at an AVRS ID away. */
#include <stdio.h>

#include "admin/commands.h"
#include "admin/operator.h"
#include "spool/membership.h"

static int run(const struct call *call, struct err *err)
{
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;

	if (operator_open(call, &spool, err) < 0 ||
	    membership_revoke(
	        spool.catalog, &spool.actor, call->arguments[0], call->arguments[1], err) < 0)
		return -1;
	(void)printf("%s sees nothing of %s any more\n", call->arguments[0], call->arguments[1]);
	return 0;
}

const struct command command_role_revoke = {
    .name = "role revoke",
    .arguments = "LOGIN AVRS-ID",
    .least = 2,
    .most = 2,
    .about = "take an account's role at an AVRS ID away",
    .run = run,
};
