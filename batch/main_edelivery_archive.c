/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edelivery-archive(8): the night archives, made by a timer, and those that a client waits for.
 *
 * Fed by: the catalog and the letters; of a client that waits (--stream), by its session with how
 * many bytes went out.
 * May touch: archives, the catalog; reads letters. It has no business on the network.
 * If it dies: nothing half is seen, and the next run finishes what was begun.
 */
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/log.h"
#include "base/process.h"
#include "batch/archive_crew.h"
#include "batch/archive_job.h"
#include "batch/archive_stream.h"
#include "spool/program.h"

static int usage(FILE *out)
{
	(void)fprintf(out,
	    "edelivery-archive: puts what was posted into the archives of a night\n\n"
	    "usage: edelivery-archive [-c FILE] [--night DATE] [--missed] [--json]\n\n"
	    "  -c FILE       settings (" PROGRAM_SETTINGS ")\n"
	    "  --night DATE  of the letters posted before the end of that day (today)\n"
	    "  --missed      only if letters wait since before archive.at came last\n"
	    "  --json        one JSON object a line for each archive that was made\n"
	    "  --help        this text\n"
	    "  --version     the version\n");
	return out == stdout ? STATUS_DONE : STATUS_CALLED_WRONGLY;
}

/* Returns -1 to go on, or the exit status to leave with. */
static int read_options(int argc, char *const argv[], struct archive_options *options)
{
	static const struct option names[] = {{"night", required_argument, NULL, 'n'},
	    {"missed", no_argument, NULL, 'm'}, {"json", no_argument, NULL, 'j'},
	    {"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0}};
	int option;

	while ((option = getopt_long(argc, argv, "c:", names, NULL)) != -1) {
		switch (option) {
		case 'c':
			options->settings = optarg;
			break;
		case 'n':
			options->night = optarg;
			break;
		case 'm':
			options->missed = true;
			break;
		case 'j':
			options->json = true;
			break;
		case 'h':
			return usage(stdout);
		case 'V':
			(void)printf("edelivery-archive %s\n", EDELIVERY_VERSION);
			return STATUS_DONE;
		default:
			return usage(stderr);
		}
	}
	return optind == argc ? -1 : usage(stderr);
}

int main(int argc, char **argv)
{
	struct archive_options options = {.settings = PROGRAM_SETTINGS};
	struct err err;
	int status;

	log_open("edelivery-archive", LOG_LEVEL_INFO);
	/* For names that are not ASCII. */
	if (!setlocale(LC_CTYPE, "C.UTF-8")) {
		log_error("text=\"the locale C.UTF-8 is missing: install libc-bin\"");
		return EX_OSFILE;
	}
	if (argc == 3 && strcmp(argv[1], CREW_WORKER_OPTION) == 0)
		return crew_be_worker(argv[2], PROCESS_FIRST_FD);
	if (argc == 3 && strcmp(argv[1], ARCHIVE_STREAM_OPTION) == 0) {
		if (archive_stream(argv[2], PROCESS_FIRST_FD, &err) == 0)
			return STATUS_DONE;
		log_error("text=\"archive: %s\"", err.text);
		return program_status(err.kind);
	}
	status = read_options(argc, argv, &options);
	if (status >= 0)
		return status;
	if (archive_job(&options, &err) == 0)
		return STATUS_DONE;
	log_error("text=\"%s\"", err.text);
	return program_status(err.kind);
}
