/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edelivery-session(8): speaks with the clients of edelivery-sftpd(8), which starts it.
 *
 * Fed by: the network; each connection is read by a process of its own, forked from the zygote.
 * May touch: the zygote the host keys; a session its client's socket and its channel to the broker.
 * It is a program of its own so that no library that the catalog needs is in the process that
 * parses what strangers send, nor copied by each fork.
 * If one dies: a session takes only its client along; the listener starts another zygote.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "server/control.h"
#include "server/fork_memory.h"
#include "server/zygote.h"
#include "spool/program.h"

int main(int argc, char **argv)
{
	const char *settings = NULL;
	struct err err;
	int status;

	if (argc != 3 || strcmp(argv[1], "--zygote") != 0) {
		status = program_options(argc, argv, "is started by edelivery-sftpd", &settings);
		return status >= 0 ? status : STATUS_CALLED_WRONGLY;
	}
	log_open("zygote", LOG_LEVEL_INFO);
	status = EXIT_SUCCESS;
	if (zygote_run(argv[2], CONTROL_FD, &err) < 0) {
		log_error("text=\"%s\"", err.text);
		status = program_status(err.kind);
	}
	if (!fork_memory_is_whole())
		_exit(status);
	return status;
}
