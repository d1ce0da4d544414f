/* SPDX-License-Identifier: Apache-2.0 */
/* Differences between disk and catalog, as `edelivery reindex` finds, tells and mends them. */
#ifndef ADMIN_DIFFERENCE_H
#define ADMIN_DIFFERENCE_H

#include "admin/listing.h"
#include "base/progress.h"
#include "spool/digest.h"
#include "spool/letter.h"
#include "spool/spool.h"

enum difference {
	DIFFERENCE_UNKNOWN_FILE, /* a file that none of us made */
	DIFFERENCE_NO_ROW,       /* of ours, but the catalog does not know it: mended by a row */
	DIFFERENCE_OTHER_ROW,    /* the row of its id tells of another file, or another place */
	DIFFERENCE_ENDED,        /* expired or recalled, but there: mended by removing it */
	DIFFERENCE_NO_FILE,      /* the catalog says that it is there */
	DIFFERENCE_SIZE,
	DIFFERENCE_CONTENT,
	DIFFERENCE_MODE, /* it can be written to: mended */
	DIFFERENCE_COUNT
};

/* A comparison under way. */
struct comparison {
	struct spool *spool;
	struct digest *digest;
	struct listing *listing;
	struct progress progress;
	bool repair;
	bool quick; /* sizes only, no hashes */
	int64_t found;
	int64_t mended;
};

/* Tell of a difference. path is below the root. */
void difference_tell(struct comparison *comparison, enum difference what, const char *path,
    int64_t id, const char *avrs_id, bool mended, const char *detail);

/*
 * Is the file path what the catalog says: so large, of that hash, read-only? What differs is told.
 * A file that is not there is DIFFERENCE_NO_FILE.
 */
int difference_check_file(
    struct comparison *comparison, const char *path, const struct letter *letter, struct err *err);

/* "<id>_<name>" apart; false: not of that form. *ret_name points into file. */
bool difference_split(const char *file, int64_t *ret_id, const char **ret_name);

#endif
