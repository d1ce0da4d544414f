/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery letter renew: bring acknowledged letters back into an account's new/. */
#include <inttypes.h>
#include <stdio.h>

#include "admin/commands.h"
#include "admin/operator.h"
#include "spool/membership.h"
#include "spool/renewal.h"

/* Which letters: by their names, or from a day on, or all; exactly one of them. */
static int read_since(const struct call *call, int64_t *ret_since, struct err *err)
{
	const char *date;

	if ((call->count > 2) + call_has(call, "since") + call_has(call, "all") != 1)
		return err_set(err, ERR_USAGE, "names of letters, --since or --all say which");
	if (call_date(call, "since", &date, err) < 0)
		return -1;
	*ret_since = date ? clock_date_start(date, 0) : 0;
	return 0;
}

static int find_membership(const struct spool *spool, const struct call *call,
    struct membership *ret_membership, struct err *err)
{
	struct account account;
	bool found = false;

	if (account_get(spool->catalog, call->arguments[0], &account, err) < 0 ||
	    membership_find(
	        spool->catalog, account.id, call->arguments[1], ret_membership, &found, err) < 0)
		return -1;
	if (!found)
		return err_set(
		    err, ERR_REFUSED, "%s has no role at %.40s", account.login, call->arguments[1]);
	return 0;
}

static int run(const struct call *call, struct err *err)
{
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;
	struct membership membership;
	int64_t since = 0;
	int64_t count = 0;

	if (read_since(call, &since, err) < 0 || operator_open(call, &spool, err) < 0 ||
	    find_membership(&spool, call, &membership, err) < 0)
		return -1;
	if ((call->count > 2 ? renewal_by_names(spool.catalog, &spool.actor, &membership,
	                           call->arguments + 2, (size_t)call->count - 2, &count, err)
	                     : renewal_since(spool.catalog, &spool.actor, &membership, since,
	                           &count, err)) < 0)
		return -1;
	(void)printf("%" PRId64 " letter%s of %s %s new to %s again\n", count,
	    count == 1 ? "" : "s", membership.avrs_id, count == 1 ? "is" : "are", membership.login);
	return 0;
}

static const struct option_row options[] = {
    {"since", "DATE", "those posted on that day and later (YYYY-MM-DD)"},
    {"all", NULL, "all that are there"},
    {NULL, NULL, NULL},
};

const struct command command_letter_renew = {
    .name = "letter renew",
    .arguments = "LOGIN AVRS-ID [NAME...]",
    .least = 2,
    .most = -1,
    .options = options,
    .about = "bring acknowledged letters back into the account's new/",
    .run = run,
};
