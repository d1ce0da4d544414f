/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery account enable: let an account that was disabled log in again. */
#include <stdio.h>

#include "admin/commands.h"
#include "admin/operator.h"
#include "spool/account.h"

static int run(const struct call *call, struct err *err)
{
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;

	if (operator_open(call, &spool, err) < 0 ||
	    account_enable(spool.catalog, &spool.actor, call->arguments[0], err) < 0)
		return -1;
	(void)printf("account %s is active\n", call->arguments[0]);
	return 0;
}

const struct command command_account_enable = {
    .name = "account enable",
    .arguments = "LOGIN",
    .least = 1,
    .most = 1,
    .about = "let an account that was disabled log in again",
    .run = run,
};
