/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery account set: change an account: e-mail address, kinds, how letters are acknowledged. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/commands.h"
#include "admin/operator.h"
#include "spool/account.h"
#include "spool/drop_limit.h"

/* "first" is false, "second" is true; without the option the value stays. */
static int take_word(const struct call *call, const char *option, const char *first,
    const char *second, bool *value, struct err *err)
{
	const char *word = call_option(call, option);

	if (!word)
		return 0;
	if (strcmp(word, first) != 0 && strcmp(word, second) != 0)
		return err_set(err, ERR_USAGE, "--%s is %s or %s", option, first, second);
	*value = strcmp(word, second) == 0;
	return 0;
}

static int take_options(const struct call *call, struct account *account, struct err *err)
{
	bool on_read = account->ack == ACK_ON_READ;

	if (call_has(call, "email") &&
	    account_fill_email(account, call_option(call, "email"), err) < 0)
		return -1;
	if (take_word(call, "ack", "on-delete", "on-read", &on_read, err) < 0 ||
	    take_word(call, "admin", "no", "yes", &account->admin, err) < 0 ||
	    take_word(call, "print-shop", "no", "yes", &account->print_shop, err) < 0 ||
	    take_word(call, "bundle", "no", "yes", &account->bundle, err) < 0 ||
	    take_word(call, "mail-trade-files", "no", "yes", &account->mail_trade_files, err) < 0)
		return -1;
	if (call_has(call, "mail") &&
	    mail_window_parse(call_option(call, "mail"), &account->mail_window, err) < 0)
		return -1;
	if (call_has(call, "auth") &&
	    auth_parse(call_option(call, "auth"), &account->auth, err) < 0)
		return -1;
	if (call_has(call, "bundle-format") &&
	    bundle_format_parse(call_option(call, "bundle-format"), &account->bundle_format, err) <
	        0)
		return -1;
	account->ack = on_read ? ACK_ON_READ : ACK_ON_DELETE;
	return 0;
}

/* The account and its limits as they are to be, for a transaction's body. */
struct changing {
	const struct spool *spool;
	const struct account *account;
	bool sets_limits;
	struct drop_limit *limits; /* NULL: none */
	size_t count;
};

static int take_limits(const struct call *call, struct changing *changing, struct err *err)
{
	const char *drop = call_option(call, "drop");

	changing->sets_limits = drop || call_has(call, "drop-anything");
	if (drop && call_has(call, "drop-anything"))
		return err_set(err, ERR_USAGE, "--drop or --drop-anything, not both");
	return drop ? drop_limit_parse(drop, &changing->limits, &changing->count, err) : 0;
}

static int change(struct catalog *catalog, void *arg, struct err *err)
{
	const struct changing *c = arg;

	if (account_set(catalog, &c->spool->actor, c->account, err) < 0)
		return -1;
	return c->sets_limits
	           ? drop_limit_set(catalog, &c->spool->actor, c->account, c->limits, c->count, err)
	           : 0;
}

static bool has_options(const struct call *call)
{
	for (int i = 0; i < OPTIONS_MAX; i++)
		if (call->values[i])
			return true;
	return false;
}

static int run(const struct call *call, struct err *err)
{
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;
	struct account account;
	struct changing changing = {.spool = &spool, .account = &account};
	int result;

	if (!has_options(call))
		return err_set(err, ERR_USAGE, "nothing to change: an option says what");
	if (operator_open(call, &spool, err) < 0 ||
	    account_get(spool.catalog, call->arguments[0], &account, err) < 0 ||
	    take_options(call, &account, err) < 0 || take_limits(call, &changing, err) < 0)
		return -1;
	result = catalog_transact(spool.catalog, change, &changing, err);
	free(changing.limits);
	if (result == 0)
		(void)printf("account %s is changed\n", account.login);
	return result;
}

static const struct option_row options[] = {
    {"email", "E", "where its notifications go"},
    {"ack", "on-delete|on-read",
        "a letter leaves new/ when it is removed there, or when it was read whole"},
    {"auth", "any|key|password|key+password", "what a login takes"},
    {"admin", "yes|no", "an administrator: sees drop/ and uploads into it"},
    {"drop", "AVRS-ID[:TYPE],...", "what an administrator may drop, and nothing else"},
    {"drop-anything", NULL, "it may drop everything again"},
    {"print-shop", "yes|no", "a print shop: sees paper/"},
    {"mail", "default|daily|off",
        "told of new letters after mail.window, once a day, or (no master) never"},
    {"mail-trade-files", "yes|no", "told of trade files as well, where its role shows them"},
    {"bundle", "yes|no", "one archive a night over all its AVRS IDs (clearinghouses)"},
    {"bundle-format", "zip|tar.gz|tar.zst", "what those are, from the next night on"},
    {NULL, NULL, NULL},
};

const struct command command_account_set = {
    .name = "account set",
    .arguments = "LOGIN",
    .least = 1,
    .most = 1,
    .options = options,
    .about = "change an account: e-mail address, kinds, how letters are acknowledged",
    .run = run,
};
