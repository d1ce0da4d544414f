/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery key remove: take a public key from an account. */
#include <stdio.h>

#include "admin/commands.h"
#include "admin/operator.h"
#include "spool/public_key.h"

static int run(const struct call *call, struct err *err)
{
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;
	struct account account;

	if (operator_open(call, &spool, err) < 0 ||
	    account_get(spool.catalog, call->arguments[0], &account, err) < 0 ||
	    public_key_remove(spool.catalog, &spool.actor, &account, call->arguments[1], err) < 0)
		return -1;
	(void)printf("key removed; sessions that it opened go on\n");
	return 0;
}

const struct command command_key_remove = {
    .name = "key remove",
    .arguments = "LOGIN ID|FINGERPRINT",
    .least = 2,
    .most = 2,
    .about = "take a public key from an account; `key list` shows their ids",
    .run = run,
};
