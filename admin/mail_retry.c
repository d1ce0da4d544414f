/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery mail retry: send mails again. */
#include "admin/commands.h"
#include "admin/mail_wish.h"

static int run(const struct call *call, struct err *err)
{
	return mail_wish(call, mail_retry, "will be sent", err);
}

const struct command command_mail_retry = {
    .name = "mail retry",
    .arguments = "ID...",
    .least = 1,
    .most = -1,
    .about = "send mails now that are held or have failed; their addresses count as good again",
    .run = run,
};
