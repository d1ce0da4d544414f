/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery mail list: mails to be sent, and what became of those that were. */
#include "admin/commands.h"
#include "admin/listing.h"
#include "admin/operator.h"
#include "base/number.h"
#include "spool/mail.h"

static int add_row(const struct mail *mail, void *arg, struct err *err)
{
	struct listing *listing = arg;

	(void)err;
	listing_number(listing, mail->id);
	listing_text(listing, mail->login);
	listing_text(listing, mail_kind_name(mail->kind));
	listing_text(listing, mail_state_name(mail->state));
	listing_time(listing, mail->created);
	listing_time(listing, mail->state == MAIL_QUEUED ? mail->due : 0);
	listing_number(listing, mail->attempts);
	listing_time(listing, mail->ended);
	listing_text(listing, mail->answer);
	listing_end_row(listing);
	return 0;
}

static int run(const struct call *call, struct err *err)
{
	static const char *const columns[] = {
	    "id", "login", "kind", "state", "created", "due", "attempts", "ended", "answer", NULL};
	OWNED_LISTING struct listing *listing = NULL;
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;
	enum mail_state state = MAIL_STATE_COUNT;
	int64_t limit = 100;

	if ((call_has(call, "limit") &&
	        number_parse(call_option(call, "limit"), &limit, err) < 0) ||
	    (call_has(call, "state") &&
	        mail_state_parse(call_option(call, "state"), &state, err) < 0))
		return -1;
	if (limit < 1)
		return err_set(err, ERR_REFUSED, "--limit: at least 1");
	if (operator_open(call, &spool, err) < 0 ||
	    listing_new(call_has(call, "json"), columns, &listing, err) < 0 ||
	    mail_list(spool.catalog, call->count > 0 ? call->arguments[0] : "", state, limit,
	        add_row, listing, err) < 0)
		return -1;
	return listing_print(listing, "no mails", err);
}

static const struct option_row options[] = {
    {"state", "STATE", "only queued, held, sent, failed or bounced ones"},
    {"limit", "N", "at most so many, the newest (100)"},
    OPTION_JSON,
    {NULL, NULL, NULL},
};

const struct command command_mail_list = {
    .name = "mail list",
    .arguments = "[LOGIN]",
    .least = 0,
    .most = 1,
    .options = options,
    .about = "the newest mails, of one account or of all, and what became of them",
    .run = run,
};
