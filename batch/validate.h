/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Validating: is it a file that may be taken, is it whole, and is it what its name says?
 *
 * Opens what it looks at (beneath the drop root, following no link), leases it where the kernel
 * can, lets the sandboxed checker judge the content, and clamd look for viruses where that is
 * wanted.
 */
#ifndef BATCH_VALIDATE_H
#define BATCH_VALIDATE_H

#include "batch/checker.h"
#include "batch/claim.h"
#include "batch/drop.h"
#include "batch/folder_cache.h"
#include "batch/hold.h"
#include "batch/scanner.h"
#include "spool/spool.h"

struct validator {
	const struct spool *spool;
	struct checker *checker;
	struct holds *holds;
	struct folder_cache *drop_folders;
	struct claims *claims;
	struct scanner *scanner;
};

/*
 * Look at count drops: each gets a verdict unless it is fit to be routed (VERDICT_NONE, with its
 * type and size in letter); it is claimed then. Fails only where none of them could be looked at.
 */
int validate(const struct validator *validator, struct drop *drops, size_t count, struct err *err);

#endif
