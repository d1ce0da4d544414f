/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery reindex: compares disk and catalog, and mends what can be mended. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "admin/commands.h"
#include "admin/operator.h"
#include "admin/reindex_part.h"
#include "base/file.h"

static int compare(struct comparison *comparison, struct err *err)
{
	int result;

	progress_start(&comparison->progress, "files and rows compared", 0);
	result = reindex_letters(comparison, err);
	if (result == 0)
		result = reindex_paper(comparison, err);
	if (result == 0)
		result = reindex_quarantine(comparison, err);
	progress_end(&comparison->progress);
	return result;
}

static int judge(const struct comparison *comparison, struct err *err)
{
	int64_t left = comparison->found - comparison->mended;

	if (left == 0)
		return 0;
	if (comparison->repair)
		return err_set(err, ERR_REFUSED,
		    "%" PRId64 " differences are left, which a person has to mend", left);
	return err_set(err, ERR_REFUSED,
	    "%" PRId64 " differences; `edelivery reindex --repair` mends what can be mended", left);
}

/* New rows take ids and sequence numbers, so nobody posts meanwhile. */
static int keep_watchd_out(const struct spool *spool, int *ret_fd, struct err *err)
{
	char owner[64];

	(void)snprintf(owner, sizeof(owner), "edelivery reindex, process %d", (int)getpid());
	if (file_lock(spool->root_fd, "run/watchd.lock", owner, ret_fd, err) == 0)
		return 0;
	return err_context(err, "--repair wants edelivery-watchd stopped");
}

static int run(const struct call *call, struct err *err)
{
	static const char *const columns[] = {
	    "difference", "path", "id", "avrs_id", "mended", "detail", NULL};
	OWNED_LISTING struct listing *listing = NULL;
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;
	OWNED_DIGEST struct digest *digest = digest_new();
	OWNED_FD int lock_fd = -1;
	struct comparison comparison = {.spool = &spool,
	    .digest = digest,
	    .repair = call_has(call, "repair"),
	    .quick = call_has(call, "quick")};

	if (operator_open(call, &spool, err) < 0 ||
	    (comparison.repair && keep_watchd_out(&spool, &lock_fd, err) < 0) ||
	    listing_new(call_has(call, "json"), columns, &listing, err) < 0)
		return -1;
	comparison.listing = listing;
	if (compare(&comparison, err) < 0 ||
	    listing_print(listing, "disk and catalog say the same", err) < 0)
		return -1;
	return judge(&comparison, err);
}

static const struct option_row options[] = {
    {"repair", NULL, "mend what can be mended; wants edelivery-watchd stopped"},
    {"quick", NULL, "compare sizes only, without reading what is in the files"},
    OPTION_JSON,
    {NULL, NULL, NULL},
};

const struct command command_reindex = {
    .name = "reindex",
    .arguments = "",
    .options = options,
    .about = "compare disk and catalog, tell every difference, mend what can be mended",
    .run = run,
};
