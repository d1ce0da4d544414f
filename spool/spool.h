/* SPDX-License-Identifier: Apache-2.0 */
/* A spool as a program holds it: settings, letter types, folders and the catalog, opened. */
#ifndef SPOOL_SPOOL_H
#define SPOOL_SPOOL_H

#include "base/err.h"
#include "spool/catalog.h"
#include "spool/event.h"
#include "spool/letter_type.h"
#include "spool/settings.h"

struct spool {
	struct settings settings;
	struct letter_types types;
	int root_fd;
	int drop_fd;
	struct catalog *catalog;
	struct actor actor; /* this program, for the audit log */
};

/* Not open: OWNED_SPOOL struct spool spool = SPOOL_CLOSED; */
#define SPOOL_CLOSED                         \
	{                                    \
		.root_fd = -1, .drop_fd = -1 \
	}
#define OWNED_SPOOL OWNED(spool_close)

/*
 * Open the spool of the settings file at path, for a program whose changes are logged as name's
 * (kept). Returns 0, or -1 with nothing open.
 */
int spool_open(const char *path, const char *name, struct spool *ret_spool, struct err *err);
void spool_close(struct spool *spool);

/*
 * Would a start take the settings and letter types as their files are now? Those of spool hold on,
 * whatever comes of it.
 */
int spool_check_settings(const struct spool *spool, struct err *err);

/* Connect to the catalog of the settings; create: see catalog_open(). */
int spool_open_catalog(
    const struct settings *settings, bool create, struct catalog **ret_catalog, struct err *err);

/*
 * Open a file of the spool for reading; path is relative to its root, and neither a link nor
 * ".." leads out of it. ERR_REFUSED when there is no such file.
 */
int spool_open_file(const struct spool *spool, const char *path, int *ret_fd, struct err *err);

#endif
