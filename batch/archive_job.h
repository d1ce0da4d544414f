/* SPDX-License-Identifier: Apache-2.0 */
/* The nightly job: what was posted is put into archives, once, whatever happens in between. */
#ifndef BATCH_ARCHIVE_JOB_H
#define BATCH_ARCHIVE_JOB_H

#include <stdbool.h>

#include "base/err.h"

struct archive_options {
	const char *settings;
	const char *night; /* YYYY-MM-DD, or NULL: today */
	bool missed; /* only if letters wait that the last run at archive.at should have taken */
	bool json;   /* tell of each archive that was made */
};

/*
 * Make the archives of a night: of all letters posted before its end that are in none, and all
 * that an earlier run left. Another run for the spool at the same time is refused. Returns 0, also
 * when there is nothing to do, or -1: ERR_RETRY when a later run may do better.
 */
int archive_job(const struct archive_options *options, struct err *err);

#endif
