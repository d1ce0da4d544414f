/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery mail hold: keep mails back. */
#include "admin/commands.h"
#include "admin/mail_wish.h"

static int run(const struct call *call, struct err *err)
{
	return mail_wish(call, mail_hold, "is held", err);
}

const struct command command_mail_hold = {
    .name = "mail hold",
    .arguments = "ID...",
    .least = 1,
    .most = -1,
    .about = "keep mails back that are queued, until `mail retry`",
    .run = run,
};
