/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery archive verify: read archives again, and compare them with the catalog. */
#include <inttypes.h>
#include <stdio.h>

#include "admin/commands.h"
#include "admin/operator.h"
#include "spool/archive_check.h"

/* What was found so far. */
struct verifying {
	const struct spool *spool;
	int64_t right;
	int64_t wrong;
};

static int verify(const struct night_archive *archive, void *arg, struct err *err)
{
	struct verifying *v = arg;

	if (archive->state != ARCHIVE_READY)
		return 0;
	if (archive_check(v->spool, archive, err) == 0) {
		v->right++;
		return 0;
	}
	v->wrong++;
	(void)printf("archive %" PRId64 " %s%s%s: %s\n", archive->id, archive->avrs_id,
	    archive->avrs_id[0] ? "/" : "", archive->name, err->text);
	return 0;
}

static int run(const struct call *call, struct err *err)
{
	OWNED_SPOOL struct spool spool = SPOOL_CLOSED;
	struct verifying v = {.spool = &spool};
	const char *night;

	if (call_date(call, "night", &night, err) < 0 || operator_open(call, &spool, err) < 0 ||
	    night_archive_list_night(spool.catalog, night ? night : "", verify, &v, err) < 0)
		return -1;
	if (v.wrong)
		return err_set(err, ERR_REFUSED,
		    "%" PRId64 " of %" PRId64 " archives are not right", v.wrong,
		    v.wrong + v.right);
	(void)printf("%" PRId64 " archives are right\n", v.right);
	return 0;
}

static const struct option_row options[] = {
    {"night", "DATE", "only those of that night"},
    {NULL, NULL, NULL},
};

const struct command command_archive_verify = {
    .name = "archive verify",
    .arguments = "",
    .options = options,
    .about = "read archives again: each holds exactly its letters, as they were posted",
    .run = run,
};
