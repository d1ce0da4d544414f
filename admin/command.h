/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands of edelivery(8): a row and a file each.
 *
 * A command says in its row what it is called, what it takes and what it does; the words on the
 * command line are checked against that before it runs, and --help is made of it.
 */
#ifndef ADMIN_COMMAND_H
#define ADMIN_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"

enum { OPTIONS_MAX = 12 };

/* An option --name; value names what follows it, NULL where nothing does. */
struct option_row {
	const char *name;
	const char *value;
	const char *about;
};

struct command;

/* A command as it was called. */
struct call {
	const struct command *command;
	const char *settings; /* path of the settings file */
	bool names_settings;  /* by -c, not by the environment or the default */
	int count;            /* of arguments */
	char *const *arguments;
	const char *values[OPTIONS_MAX]; /* by row; NULL: not given, "": given without a value */
};

struct command {
	const char *name;                 /* "provider add" */
	const char *arguments;            /* "AVRS-ID", as --help shows them */
	int least, most;                  /* how many there may be; most -1: any number */
	const struct option_row *options; /* ended by a row without name, or NULL */
	const char *about;                /* one line */
	/* Returns 0, or -1 with what is told on stderr; ERR_USAGE adds how it is called. */
	int (*run)(const struct call *call, struct err *err);
};

/* Every command, ended by NULL. */
extern const struct command *const commands[];

/* The value of an option of the command's, or NULL. */
const char *call_option(const struct call *call, const char *name);
bool call_has(const struct call *call, const char *name);

/* The same for an option that is a date: *ret_date is NULL where it was not given. */
int call_date(const struct call *call, const char *name, const char **ret_date, struct err *err);

/* Run what argv says: `edelivery [-c FILE] COMMAND ...`. Returns the exit status. */
int command_main(int argc, char *const argv[]);

/* The options that many commands share. */
#define OPTION_JSON                                                       \
	{                                                                 \
		"json", NULL, "one JSON object a line instead of a table" \
	}

#endif
