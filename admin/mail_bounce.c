/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery mail bounce: a mail that came back, from the pipe of a mail server. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "admin/bounce.h"
#include "admin/commands.h"
#include "admin/operator.h"
#include "base/number.h"
#include "base/text.h"
#include "spool/mail_token.h"

/* All of stdin, or as much of it as is looked at; the rest is read and forgotten. */
static int read_message(struct buffer *out, struct err *err)
{
	char part[64 * KIB];
	ssize_t count;

	while ((count = read(STDIN_FILENO, part, sizeof(part))) > 0) {
		size_t room = BOUNCE_MAX - out->length;

		buffer_add(out, part, (size_t)count < room ? (size_t)count : room);
	}
	return count < 0 ? err_sys(err, "read the message") : 0;
}

/* Which mail it is, if the return path is one that we made for its account's present address. */
static int find_mail(struct catalog *catalog, const char *path, struct mail *ret_mail,
    bool *ret_found, struct err *err)
{
	struct mail_secret secret;
	struct mail_token token;
	struct mail mail;

	*ret_found = false;
	if (mail_token_parse(path, &token, err) < 0 || mail_secret_get(catalog, &secret, err) < 0 ||
	    mail_find(catalog, token.mail_id, &mail, ret_found, err) < 0)
		return -1;
	*ret_found = *ret_found && mail.account_id == token.account_id &&
	             mail_token_is_ours(&secret, path, mail.email);
	if (*ret_found)
		*ret_mail = mail;
	return 0;
}

/* Return paths are not secret to those who got a mail: who forges a report is told nothing. */
static int note(
    const struct call *call, const char *path, const struct bounce *bounce, struct err *err)
{
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;
	struct mail mail;
	bool found = false;
	bool noted = false;

	if (operator_open(call, &spool, err) < 0 ||
	    find_mail(spool.catalog, path, &mail, &found, err) < 0)
		return -1;
	if (!found) {
		(void)printf("passed over: no mail of ours to the present address of an account\n");
		return 0;
	}
	if (mail_bounced(spool.catalog, &spool.actor, &mail, bounce->reason, &noted, err) < 0)
		return -1;
	(void)printf("mail %" PRId64 " to %s came back%s\n", mail.id, mail.login,
	    noted ? "" : ", as was known");
	return 0;
}

/*
 * What is no report of ours is passed over with exit status 0: any other would make the mail server
 * send a report about the report, to whoever was named as its sender.
 */
static int run(const struct call *call, struct err *err)
{
	OWNED_BUFFER struct buffer text = BUFFER(BOUNCE_MAX);
	struct bounce bounce = {.failed = false};
	char path[EMAIL_MAX + 1];
	struct err reason;
	int result;

	if (read_message(&text, err) < 0)
		return -1;
	result = bounce_parse(&text, &bounce, &reason);
	if (result == 0 && call->count > 0)
		text_copy(path, call->arguments[0]);
	else if (result == 0)
		result = bounce_find_path(&text, path, &reason);
	if (result < 0)
		(void)printf("passed over: %s\n", reason.text);
	else if (!bounce.failed)
		(void)printf("passed over: it may still arrive, or has arrived\n");
	else
		return note(call, path, &bounce, err);
	return 0;
}

const struct command command_mail_bounce = {
    .name = "mail bounce",
    .arguments = "[RETURN-PATH]",
    .least = 0,
    .most = 1,
    .about = "take a mail that came back, on stdin: for the pipe of a mail server",
    .run = run,
};
