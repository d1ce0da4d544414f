/* SPDX-License-Identifier: Apache-2.0 */
/* What the command lines of all daemons have in common. */
#ifndef SPOOL_PROGRAM_H
#define SPOOL_PROGRAM_H

#include <stdint.h>

#include "base/err.h"

#define PROGRAM_SETTINGS "/etc/edelivery/edelivery.conf"

/*
 * Read the options -c FILE, --help and --version; nothing may follow them. about is the line
 * that --help begins with. Returns -1 to go on, with *ret_settings the settings file (borrowed from
 * argv), or the exit status to leave with: 0 after --help and --version, 2 for anything else.
 */
int program_options(int argc, char *const argv[], const char *about, const char **ret_settings);

enum { STATUS_DONE = 0, STATUS_REFUSED = 1, STATUS_CALLED_WRONGLY = 2, STATUS_TRY_AGAIN = 75 };

/* The exit status of a program that gives up for such an error; what time may mend is 75. */
int program_status(enum err_kind kind);

enum { DESCRIPTORS_WANTED = 65536 };

/* Raise the limit of open descriptors as far as allowed and useful; returns what it is then. */
int64_t program_descriptors(void);

/*
 * Have room for so many open descriptors from the start. Precondition: this process has one thread;
 * the table of several that outgrows its room waits for all processors, 10 ms and more each time
 * (expand_files() in the kernel's fs/file.c).
 */
void program_make_room(int64_t descriptors);

#endif
