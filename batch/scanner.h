/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scanner: a process that has clamd look for viruses in files, and can do nothing else. It gets
 * files and a connection to clamd as descriptors, copies the one into the other and reads clamd's
 * answers, so the process that parses letters (the checker) cannot talk to clamd, and watchd reads
 * nothing from it.
 *
 * Who has no answer is not clean: fail closed.
 */
#ifndef BATCH_SCANNER_H
#define BATCH_SCANNER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/process.h"
#include "batch/clamd.h"
#include "spool/settings.h"

struct scanner {
	const char *socket; /* of clamd; "": nothing is scanned */
	int64_t timeout;
	struct process process;
	int channel;
	bool is_down;                 /* clamd did not answer: nobody is asked until it does */
	char why[CLAMD_TEXT_MAX + 1]; /* that is so */
	bool is_told;                 /* that it is down */
	int64_t next_probe;
};

enum scanner_news { SCANNER_AS_BEFORE, SCANNER_IS_DOWN, SCANNER_IS_BACK };

/* It starts its process when it is needed. settings are borrowed for as long as it lives. */
void scanner_init(struct scanner *scanner, const struct settings *settings);
void scanner_done(struct scanner *scanner);

bool scanner_is_on(const struct scanner *scanner);

/*
 * Have count files judged. Where clamd does not answer it is down from then on, and who has no
 * answer stays CLAMD_UNANSWERED. Returns false when it was given up, since this process was told to
 * stop.
 */
bool scanner_scan(struct scanner *scanner, struct clamd_file *files, size_t count);

/*
 * What has become of clamd since this was called last, which is logged as well? Where it is down it
 * is asked every five seconds whether it is there, which takes two at most.
 */
enum scanner_news scanner_look(struct scanner *scanner);

/* The scanner's whole life, in its own process. */
int scanner_run(int channel);

#endif
