/* SPDX-License-Identifier: Apache-2.0 */
/* Scratch folders, files and spools for unit tests; all of it is gone after the test. */
#ifndef TESTS_LIB_SCRATCH_H
#define TESTS_LIB_SCRATCH_H

#include "base/clean.h"
#include "spool/spool.h"
#include "tests/lib/engine.h"

enum { SCRATCH_PATH_MAX = 256 };

/* A folder of its own below $TMPDIR. */
struct scratch {
	char path[SCRATCH_PATH_MAX];
	int fd;
	char catalog[ENGINE_WHERE_MAX]; /* "": in the folder */
};

/* Dies when there can be none: no test makes sense then. */
void scratch_open(struct scratch *scratch);
void scratch_close(struct scratch *scratch);
#define OWNED_SCRATCH OWNED(scratch_close)

/* Write text into the file of that name in the folder. */
void scratch_write(const struct scratch *scratch, const char *name, const char *text);

/* The whole file as text; the caller frees it. NULL when there is none. */
char *scratch_read(const struct scratch *scratch, const char *name);

/*
 * A whole spool in the folder: settings (with the lines of extra behind the defaults), letter
 * types of etc/, empty catalog, folders. *ret_spool is opened as for a program named "test".
 */
void scratch_spool(struct scratch *scratch, const char *extra, struct spool *ret_spool);

/* In that spool: a provider; an account with a role at it ("": none). */
void scratch_provider(const struct spool *spool, const char *avrs_id);
int64_t scratch_account(
    const struct spool *spool, const char *login, const char *avrs_id, const char *role);

#endif
