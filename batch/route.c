/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/route.h"

#include <stdio.h>
#include <string.h>

static enum route route_trade_file(const struct route_facts *facts, char ret_reason[REASON_MAX + 1])
{
	if (facts->shows_trade_files)
		return ROUTE_ELECTRONIC;
	/* R3: never on paper. */
	(void)snprintf(ret_reason, REASON_MAX + 1, "no account may see its trade files yet");
	return ROUTE_HOLD;
}

enum route route_choose(const struct route_facts *facts, char ret_reason[REASON_MAX + 1])
{
	const struct letter_type *type = facts->type;

	ret_reason[0] = '\0';
	if (facts->class == CLASS_TRADE_FILES)
		return route_trade_file(facts, ret_reason);
	if (strcmp(facts->today, type->effective) < 0)
		(void)snprintf(ret_reason, REASON_MAX + 1,
		    "type %s is delivered electronically from %s on (R1)", type->code,
		    type->effective);
	else if (!facts->has_master)
		(void)snprintf(ret_reason, REASON_MAX + 1, "the provider has no account (R2)");
	else if (!facts->provider_active)
		(void)snprintf(ret_reason, REASON_MAX + 1, "the provider is not active (R1)");
	else if (!(type->audience & 1u << facts->provider_kind))
		(void)snprintf(ret_reason, REASON_MAX + 1, "type %s is not for %s providers (R1)",
		    type->code, provider_kind_name(facts->provider_kind));
	return ret_reason[0] ? ROUTE_PAPER : ROUTE_ELECTRONIC;
}
