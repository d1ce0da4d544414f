/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery key add: give an account a public key. */
#include <stdio.h>

#include "admin/commands.h"
#include "admin/key_file.h"
#include "admin/operator.h"

static int run(const struct call *call, struct err *err)
{
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;
	struct account account;
	struct public_key key;

	if (key_file_read(call->arguments[1], &key, err) < 0 ||
	    operator_open(call, &spool, err) < 0 ||
	    key_file_check(call->arguments[1], &key, &spool.settings, err) < 0 ||
	    account_get(spool.catalog, call->arguments[0], &account, err) < 0 ||
	    public_key_add(spool.catalog, &spool.actor, &account, &key, err) < 0)
		return -1;
	(void)printf("key %s %s added\n", key.type, key.fingerprint);
	return 0;
}

const struct command command_key_add = {
    .name = "key add",
    .arguments = "LOGIN FILE",
    .least = 2,
    .most = 2,
    .about = "let an account log in with the public key in FILE, from=\"...\" in front allowed",
    .run = run,
};
