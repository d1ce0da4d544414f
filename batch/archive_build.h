/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A night archive's file: made beside, made durable, linked, and only then published.
 *
 * Killed between any two of these steps, the row is `building` still, and the next run begins
 * again: a file at the final name that no row says is ready is removed first.
 */
#ifndef BATCH_ARCHIVE_BUILD_H
#define BATCH_ARCHIVE_BUILD_H

#include <stdatomic.h>
#include <stdbool.h>

#include "spool/archive_signature.h"
#include "spool/spool.h"

/* What a letter takes beside its content, at most. */
enum { ARCHIVE_ENTRY_BYTES = 600 };

/* What has been done so far; several processes count in it. */
struct archive_progress {
	_Atomic int64_t letters;
	_Atomic int64_t bytes;
};

/* What archives are made with. */
struct archive_builder {
	const struct spool *spool;
	const struct archive_signer *signer; /* NULL: they are not signed */
	struct archive_progress *progress;
};

/*
 * Make the archive of that id and publish it; nothing where it is made already. Returns 0, or -1:
 * ERR_INTERNAL when a letter's file is not what was posted, ERR_RETRY for what may mend itself.
 */
int archive_build(const struct archive_builder *builder, int64_t id, struct err *err);

/*
 * Is there room for so many bytes more, and archive.reserve beside them? ERR_RETRY tells how much
 * is missing.
 */
int archive_check_space(const struct spool *spool, int64_t bytes, struct err *err);

#endif
