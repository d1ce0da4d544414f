/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edelivery-watchd(8): turns files that appear in the drop folder into letters.
 *
 * Fed by: whoever may write into the drop folder: batch jobs, and administrators' uploads.
 * May touch: drop, letters, quarantine, paper, the catalog. It parses no file: that does the
 * checker (--checker), a process of its own with no right but to read what it is handed. Where
 * viruses are looked for, another one (--scanner) talks to clamd.
 * If it dies: nothing is lost; the next start finishes or undoes what was begun.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/process.h"
#include "batch/checker.h"
#include "batch/paper_zip.h"
#include "batch/scanner.h"
#include "batch/watchd.h"
#include "spool/program.h"

static int end(int result, const struct err *err)
{
	if (result == 0)
		return EXIT_SUCCESS;
	log_error("text=\"%s\"", err->text);
	return program_status(err->kind);
}

int main(int argc, char **argv)
{
	const char *settings = NULL;
	struct err err;
	int status;

	if (argc == 2 && strcmp(argv[1], "--checker") == 0) {
		log_open("edelivery-watchd", LOG_LEVEL_INFO);
		return checker_run(PROCESS_FIRST_FD);
	}
	if (argc == 2 && strcmp(argv[1], "--scanner") == 0) {
		log_open("edelivery-watchd", LOG_LEVEL_INFO);
		return scanner_run(PROCESS_FIRST_FD);
	}
	if (argc == 4 && strcmp(argv[1], "--paper-zip") == 0) {
		log_open("edelivery-watchd", LOG_LEVEL_INFO);
		return end(paper_zip_run(argv[2], argv[3], &err), &err);
	}
	status =
	    program_options(argc, argv, "turns files in the drop folder into letters", &settings);
	if (status >= 0)
		return status;
	return end(watchd_run(settings, &err), &err);
}
