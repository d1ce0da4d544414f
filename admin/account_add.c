/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery account add: a new login. */
#include <stdio.h>

#include "admin/commands.h"
#include "admin/key_file.h"
#include "admin/operator.h"
#include "spool/account.h"
#include "spool/membership.h"

/* An account with all that the options give it, for the transaction's body. */
struct adding {
	const struct call *call;
	const struct spool *spool;
	struct account *account;
	struct public_key *key; /* NULL: none */
};

static int add_body(struct catalog *catalog, void *arg, struct err *err)
{
	const struct adding *adding = arg;
	const struct actor *actor = &adding->spool->actor;
	struct grant grant = {.login = adding->account->login,
	    .avrs_id = call_option(adding->call, "master-of"),
	    .role = ROLE_MASTER,
	    .backlog = call_has(adding->call, "backlog")};
	enum role before;

	if (account_add(catalog, actor, adding->account, err) < 0)
		return -1;
	if (grant.avrs_id && membership_grant(catalog, actor, &grant, &before, err) < 0)
		return -1;
	if (adding->key && public_key_add(catalog, actor, adding->account, adding->key, err) < 0)
		return -1;
	return 0;
}

static int run(const struct call *call, struct err *err)
{
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;
	struct account account;
	struct public_key key;
	struct adding adding = {call, &spool, &account, call_has(call, "key") ? &key : NULL};

	if (!call_has(call, "email"))
		return err_set(err, ERR_USAGE, "--email says where notifications go");
	if (account_fill(&account, call->arguments[0], call_option(call, "email"), err) < 0 ||
	    (adding.key && key_file_read(call_option(call, "key"), &key, err) < 0))
		return -1;
	account.admin = call_has(call, "admin");
	account.print_shop = call_has(call, "print-shop");
	account.bundle = call_has(call, "bundle");
	if (operator_open(call, &spool, err) < 0 ||
	    (adding.key &&
	        key_file_check(call_option(call, "key"), &key, &spool.settings, err) < 0) ||
	    catalog_transact(spool.catalog, add_body, &adding, err) < 0)
		return -1;
	(void)printf("account %s added\n", account.login);
	return 0;
}

static const struct option_row options[] = {
    {"email", "E", "where its notifications go"},
    {"master-of", "AVRS-ID", "make it the master of this AVRS ID"},
    {"backlog", NULL, "what was posted for that AVRS ID before is new to it, too"},
    {"admin", NULL, "an administrator: sees drop/ and uploads into it"},
    {"print-shop", NULL, "a print shop: sees paper/"},
    {"bundle", NULL, "one archive a night over all its AVRS IDs (clearinghouses)"},
    {"key", "FILE", "its first public key"},
    {NULL, NULL, NULL},
};

const struct command command_account_add = {
    .name = "account add",
    .arguments = "LOGIN",
    .least = 1,
    .most = 1,
    .options = options,
    .about = "add a login: a master, a clerk, a clearinghouse, an administrator",
    .run = run,
};
