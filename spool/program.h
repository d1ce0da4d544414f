/* SPDX-License-Identifier: Apache-2.0 */
/* What the command lines of all daemons have in common. */
#ifndef SPOOL_PROGRAM_H
#define SPOOL_PROGRAM_H

#define PROGRAM_SETTINGS "/etc/edelivery/edelivery.conf"

/*
 * Read the options -c FILE, -v, --help and --version; nothing may follow them. about is the line
 * that --help begins with. Returns -1 to go on, with *ret_settings the settings file (borrowed from
 * argv), or the exit status to leave with: 0 after --help and --version, 2 for anything else.
 */
int program_options(int argc, char *const argv[], const char *about, const char **ret_settings);

#endif
