/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery provider deactivate: no more electronic letters for a provider: they are printed. */
#include <stdio.h>

#include "admin/commands.h"
#include "admin/operator.h"
#include "spool/provider.h"

static int run(const struct call *call, struct err *err)
{
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;

	if (operator_open(call, &spool, err) < 0 ||
	    provider_deactivate(spool.catalog, &spool.actor, call->arguments[0], err) < 0)
		return -1;
	(void)printf("provider %s is not active: its letters are printed\n", call->arguments[0]);
	return 0;
}

const struct command command_provider_deactivate = {
    .name = "provider deactivate",
    .arguments = "AVRS-ID",
    .least = 1,
    .most = 1,
    .about = "no more electronic letters for a provider: they are printed",
    .run = run,
};
