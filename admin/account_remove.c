/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery account remove: remove an account, its roles and keys; receipts and events stay. */
#include <stdio.h>

#include "admin/commands.h"
#include "admin/operator.h"
#include "spool/account.h"

static int run(const struct call *call, struct err *err)
{
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;

	if (operator_open(call, &spool, err) < 0 ||
	    account_remove(spool.catalog, &spool.actor, call->arguments[0], err) < 0)
		return -1;
	(void)printf("account %s is removed, with its roles and keys\n", call->arguments[0]);
	return 0;
}

const struct command command_account_remove = {
    .name = "account remove",
    .arguments = "LOGIN",
    .least = 1,
    .most = 1,
    .about = "remove an account, its roles and keys; receipts and events stay",
    .run = run,
};
