/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery provider add: make a provider known. */
#include <stdio.h>

#include "admin/commands.h"
#include "admin/operator.h"
#include "spool/provider.h"

static const char *or_else(const char *text, const char *other)
{
	return text ? text : other;
}

static int run(const struct call *call, struct err *err)
{
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;
	struct provider provider;

	if (operator_open(call, &spool, err) < 0)
		return -1;
	if (provider_fill(&provider, call->arguments[0], or_else(call_option(call, "npi"), ""),
	        or_else(call_option(call, "name"), ""),
	        or_else(call_option(call, "kind"), provider_kind_name(KIND_BILLING)), err) < 0 ||
	    provider_add(spool.catalog, &spool.actor, &provider, err) < 0)
		return -1;
	(void)printf("provider %s added\n", provider.avrs_id);
	return 0;
}

static const struct option_row options[] = {
    {"npi", "N", "its National Provider Identifier"},
    {"name", "S", "its name, for the print shop"},
    {"kind", "KIND", "billing (if left out), performing or trading-partner"},
    {NULL, NULL, NULL},
};

const struct command command_provider_add = {
    .name = "provider add",
    .arguments = "AVRS-ID",
    .least = 1,
    .most = 1,
    .options = options,
    .about = "make a provider known, so that its letters are taken",
    .run = run,
};
