/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The zip of a day for the print shop: paper/<date>/paper-<date>.zip, all its letters in one file.
 *
 * Made once, when the day is over and its last letter is in the outbox: a folder an AVRS ID, with
 * MANIFEST.csv. Letters are large and many, so a process of its own makes it (edelivery-watchd
 * --paper-zip SETTINGS DATE), and nothing that is dropped meanwhile waits.
 */
#ifndef BATCH_PAPER_ZIP_H
#define BATCH_PAPER_ZIP_H

#include "base/process.h"
#include "spool/spool.h"

/* Start making the first that is wanting, where none is being made. */
int paper_zip_start(const struct spool *spool, struct process *process, struct err *err);

/* In that process: make it. */
int paper_zip_run(const char *settings, const char *date, struct err *err);

#endif
