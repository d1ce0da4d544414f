/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edelivery-maild(8): tells accounts by mail how many letters came for them.
 *
 * Fed by: the catalog, and the answers of a relay, which the courier (--courier) reads: a process
 * of its own that holds a mail at a time and can open no file. May touch: the catalog, the
 * settings, the mail templates. No letter, no drop folder. If it dies: nothing is lost; what was
 * handed over in the last moment may be sent a second time, with the same Message-ID.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/process.h"
#include "batch/courier.h"
#include "batch/maild.h"
#include "spool/program.h"

int main(int argc, char **argv)
{
	const char *settings = NULL;
	struct err err;
	int status;

	if (argc == 2 && strcmp(argv[1], "--courier") == 0) {
		log_open("edelivery-maild", LOG_LEVEL_INFO);
		return courier_run(PROCESS_FIRST_FD);
	}
	status = program_options(argc, argv, "tells accounts by mail of their letters", &settings);
	if (status >= 0)
		return status;
	if (maild_run(settings, &err) == 0)
		return EXIT_SUCCESS;
	log_error("text=\"%s\"", err.text);
	return program_status(err.kind);
}
