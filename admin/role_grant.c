/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery role grant: give an account a role at an AVRS ID (R5). */
#include <stdio.h>

#include "admin/commands.h"
#include "admin/operator.h"
#include "spool/membership.h"

static int run(const struct call *call, struct err *err)
{
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;
	struct grant grant = {.login = call->arguments[0],
	    .avrs_id = call->arguments[1],
	    .from = call_option(call, "from"),
	    .until = call_option(call, "until"),
	    .backlog = call_has(call, "backlog")};
	enum role before = ROLE_NONE;

	if (role_parse(call->arguments[2], &grant.role, err) < 0)
		return -1;
	if (grant.role == ROLE_NONE)
		return err_set(err, ERR_REFUSED, "`edelivery role revoke` takes a role away");
	if (operator_open(call, &spool, err) < 0 ||
	    membership_grant(spool.catalog, &spool.actor, &grant, &before, err) < 0)
		return -1;
	(void)printf("%s has %s at %s now", grant.login, role_title(grant.role), grant.avrs_id);
	if (before != ROLE_NONE && before != grant.role)
		(void)printf(", instead of %s", role_title(before));
	(void)printf("\n");
	return 0;
}

static const struct option_row options[] = {
    {"from", "DATE", "the first day it holds (YYYY-MM-DD)"},
    {"until", "DATE", "the last day it holds"},
    {"backlog", NULL, "what was posted before is new to it, too"},
    {NULL, NULL, NULL},
};

const struct command command_role_grant = {
    .name = "role grant",
    .arguments = "LOGIN AVRS-ID includes-e-delivery|e-delivery-only|master",
    .least = 3,
    .most = 3,
    .options = options,
    .about = "give an account its role at an AVRS ID; another clerk's role is replaced",
    .run = run,
};
