/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery account disable: no logins until it is enabled again; its sessions end as well. */
#include <stdio.h>

#include "admin/commands.h"
#include "admin/operator.h"
#include "spool/account.h"

static int run(const struct call *call, struct err *err)
{
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;

	if (operator_open(call, &spool, err) < 0 ||
	    account_disable(spool.catalog, &spool.actor, call->arguments[0],
	        call_has(call, "reason") ? call_option(call, "reason") : "by an operator", err) < 0)
		return -1;
	(void)printf("account %s is disabled; its sessions end\n", call->arguments[0]);
	return 0;
}

static const struct option_row options[] = {
    {"reason", "TEXT", "why, for those who see it disabled"},
    {NULL, NULL, NULL},
};

const struct command command_account_disable = {
    .name = "account disable",
    .arguments = "LOGIN",
    .least = 1,
    .most = 1,
    .options = options,
    .about = "no logins until it is enabled again; its sessions end within a second",
    .run = run,
};
