/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/mail_wish.h"

#include <inttypes.h>
#include <stdio.h>

#include "admin/operator.h"
#include "base/number.h"

int mail_wish(const struct call *call,
    int (*want)(struct catalog *catalog, const struct actor *actor, int64_t id, struct err *err),
    const char *done, struct err *err)
{
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;

	if (operator_open(call, &spool, err) < 0)
		return -1;
	for (int i = 0; i < call->count; i++) {
		int64_t id = 0;

		if (number_parse(call->arguments[i], &id, err) < 0 ||
		    want(spool.catalog, &spool.actor, id, err) < 0)
			return -1;
		(void)printf("mail %" PRId64 " %s\n", id, done);
	}
	return 0;
}
