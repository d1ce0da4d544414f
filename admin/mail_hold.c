/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery mail hold: keep mails back. */
#include <inttypes.h>
#include <stdio.h>

#include "admin/commands.h"
#include "admin/operator.h"
#include "base/number.h"
#include "spool/mail.h"

static int run(const struct call *call, struct err *err)
{
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;

	if (operator_open(call, &spool, err) < 0)
		return -1;
	for (int i = 0; i < call->count; i++) {
		int64_t id = 0;

		if (number_parse(call->arguments[i], &id, err) < 0 ||
		    mail_hold(spool.catalog, &spool.actor, id, err) < 0)
			return -1;
		(void)printf("mail %" PRId64 " is held\n", id);
	}
	return 0;
}

const struct command command_mail_hold = {
    .name = "mail hold",
    .arguments = "ID...",
    .least = 1,
    .most = -1,
    .about = "keep mails back that are queued, until `mail retry`",
    .run = run,
};
