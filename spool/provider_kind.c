/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/provider_kind.h"

#include <string.h>

static const char *const names[KIND_COUNT] = {
    [KIND_BILLING] = "billing",
    [KIND_PERFORMING] = "performing",
    [KIND_TRADING_PARTNER] = "trading-partner",
};

const char *provider_kind_name(enum provider_kind kind)
{
	return names[kind];
}

int provider_kind_parse(const char *text, enum provider_kind *ret_kind, struct err *err)
{
	for (enum provider_kind kind = KIND_BILLING; kind < KIND_COUNT; kind++) {
		if (strcmp(names[kind], text) == 0) {
			*ret_kind = kind;
			return 0;
		}
	}
	return err_set(
	    err, ERR_REFUSED, "\"%.40s\" is not billing, performing or trading-partner", text);
}
