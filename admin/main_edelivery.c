/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edelivery(8): the operator's commands.
 *
 * Fed by: the operator, and scripts that run as one.
 * May touch: the catalog, the settings, and with `init` the folders of a spool. Files of letters
 * are watchd's: a command commits a row, and watchd does the rest.
 * If it dies: each command is one transaction, done or not done.
 */
#include <locale.h>
#include <sysexits.h>

#include "admin/command.h"
#include "base/log.h"

int main(int argc, char **argv)
{
	log_open("edelivery", LOG_LEVEL_INFO);
	/* libsmartcols never ends with UTF-8 in a locale without it; libc brings this one. */
	if (!setlocale(LC_CTYPE, "C.UTF-8")) {
		log_error("the locale C.UTF-8 is missing: install libc-bin");
		return EX_OSFILE;
	}
	return command_main(argc, argv);
}
