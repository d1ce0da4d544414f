/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edelivery-sftpd(8): lets accounts fetch their letters by SFTP.
 *
 * Fed by: the network; only a session reads it, in a process that has nothing else.
 * May touch: the listener its socket; the zygote (--zygote) the host keys; the broker (--broker)
 * the catalog and the letters; the verifier (--verifier) nothing. docs/PRIVILEGE.md has the table.
 * If one dies: a session takes only its client along; the listener starts another zygote or
 * broker; without the listener nobody new comes in until `edelivery up` starts it again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "server/broker.h"
#include "server/control.h"
#include "server/listener.h"
#include "server/verifier.h"
#include "spool/program.h"

static int (*role_of(const char *option))(const char *settings, int control_fd, struct err *err)
{
	if (strcmp(option, "--verifier") == 0)
		return verifier_run;
	return strcmp(option, "--broker") == 0 ? broker_run : NULL;
}

int main(int argc, char **argv)
{
	const char *settings = NULL;
	struct err err;
	int status;
	int result;

	if (argc == 3 && role_of(argv[1])) {
		log_open(argv[1] + 2, LOG_LEVEL_INFO);
		result = role_of(argv[1])(argv[2], CONTROL_FD, &err);
	} else {
		status = program_options(
		    argc, argv, "lets accounts fetch their letters by SFTP", &settings);
		if (status >= 0)
			return status;
		result = listener_run(settings, &err);
	}
	if (result == 0)
		return EXIT_SUCCESS;
	log_error("text=\"%s\"", err.text);
	return program_status(err.kind);
}
