/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "spool/program.h"

/* The row of an option, or -1. */
static int find_option(const struct command *command, const char *name)
{
	const struct option_row *row = command->options;

	for (int i = 0; row && row[i].name; i++)
		if (strcmp(row[i].name, name) == 0)
			return i;
	return -1;
}

const char *call_option(const struct call *call, const char *name)
{
	int row = find_option(call->command, name);

	return row < 0 ? NULL : call->values[row];
}

bool call_has(const struct call *call, const char *name)
{
	return call_option(call, name) != NULL;
}

int call_date(const struct call *call, const char *name, const char **ret_date, struct err *err)
{
	*ret_date = call_option(call, name);
	if (!*ret_date || date_is_valid(*ret_date))
		return 0;
	return err_set(
	    err, ERR_USAGE, "--%s: \"%.40s\" is not a date (YYYY-MM-DD)", name, *ret_date);
}

static void print_synopsis(FILE *out, const struct command *command)
{
	const struct option_row *row = command->options;

	(void)fprintf(out, "usage: edelivery %s", command->name);
	for (; row && row->name; row++)
		(void)fprintf(out, " [--%s%s%s]", row->name, row->value ? " " : "",
		    row->value ? row->value : "");
	(void)fprintf(out, "%s%s\n", command->arguments[0] ? " " : "", command->arguments);
}

static void print_help(FILE *out, const struct command *command)
{
	const struct option_row *row = command->options;

	(void)fprintf(out, "edelivery %s: %s\n\n", command->name, command->about);
	print_synopsis(out, command);
	for (; row && row->name; row++) {
		int used = fprintf(out, "\n  --%s %s", row->name, row->value ? row->value : "");

		(void)fprintf(out, "%*s%s", used < 26 ? 26 - used : 1, "", row->about);
	}
	(void)fprintf(out, "%s", command->options && command->options->name ? "\n" : "");
}

static void print_line(FILE *out, const struct command *command)
{
	(void)fprintf(out, "  %-20s %s\n", command->name, command->about);
}

static void print_overview(FILE *out)
{
	(void)fprintf(out, "edelivery: electronic delivery of letters, the operator's commands\n\n"
	                   "usage: edelivery [-c FILE] COMMAND [OPTIONS] [ARGUMENTS]\n\n"
	                   "  -c FILE  settings ($EDELIVERY_CONF, or " PROGRAM_SETTINGS ")\n\n");
	for (const struct command *const *command = commands; *command; command++)
		print_line(out, *command);
	(void)fprintf(out, "\n`edelivery COMMAND --help` tells more of one. Exit status: 0 done, "
	                   "1 refused, 2 called wrongly,\n75 try again later.\n");
}

/* How many words of argv the command's name takes, 0 if they are not its name. */
static int match_name(const struct command *command, int argc, char *const argv[])
{
	const char *name = command->name;
	int words = 0;

	while (*name) {
		size_t length = strcspn(name, " ");

		if (words == argc || strlen(argv[words]) != length ||
		    strncmp(name, argv[words], length) != 0)
			return 0;
		words++;
		name += length;
		name += strspn(name, " ");
	}
	return words;
}

static const struct command *find_command(int argc, char *const argv[], int *ret_words)
{
	for (const struct command *const *command = commands; *command; command++) {
		int words = match_name(*command, argc, argv);

		if (words > 0) {
			*ret_words = words;
			return *command;
		}
	}
	return NULL;
}

/* The options of the row table as getopt_long() wants them; their value is the row's number. */
static void make_long_options(
    const struct command *command, struct option ret_options[OPTIONS_MAX + 2])
{
	const struct option_row *row = command->options;
	int count = 0;

	for (; row && row[count].name; count++)
		ret_options[count] = (struct option){row[count].name,
		    row[count].value ? required_argument : no_argument, NULL, count + 256};
	ret_options[count] = (struct option){"help", no_argument, NULL, 'h'};
	ret_options[count + 1] = (struct option){NULL, 0, NULL, 0};
}

/* argv[0] is the last word of the command's name. Returns -1 to go on, or an exit status. */
static int read_options(struct call *call, int argc, char *const argv[])
{
	struct option options[OPTIONS_MAX + 2];
	int option;

	make_long_options(call->command, options);
	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (option == 'h') {
			print_help(stdout, call->command);
			return STATUS_DONE;
		}
		if (option < 256) {
			(void)fprintf(stderr, "edelivery %s: %s %s\n", call->command->name,
			    option == ':' ? "a value is missing behind" : "unknown option",
			    argv[optind - 1]);
			print_synopsis(stderr, call->command);
			return STATUS_CALLED_WRONGLY;
		}
		call->values[option - 256] = optarg ? optarg : "";
	}
	call->count = argc - optind;
	call->arguments = argv + optind;
	return -1;
}

static int run_command(struct call *call)
{
	const struct command *command = call->command;
	struct err err;

	if (call->count < command->least || (command->most >= 0 && call->count > command->most)) {
		(void)fprintf(stderr, "edelivery %s: %s\n", command->name,
		    call->count < command->least ? "something is missing" : "too many arguments");
		print_synopsis(stderr, command);
		return STATUS_CALLED_WRONGLY;
	}
	if (command->run(call, &err) == 0)
		return STATUS_DONE;
	(void)fprintf(stderr, "edelivery %s: %s\n", command->name, err.text);
	if (err.kind == ERR_USAGE)
		print_synopsis(stderr, command);
	return program_status(err.kind);
}

/* Do commands begin with the word? Those are printed, unless out is NULL. */
static bool is_beginning(const char *word, FILE *out)
{
	size_t length = strlen(word);
	bool found = false;

	for (const struct command *const *command = commands; *command; command++) {
		if (strncmp((*command)->name, word, length) != 0 || (*command)->name[length] != ' ')
			continue;
		found = true;
		if (out)
			print_line(out, *command);
	}
	return found;
}

/* argv names no command: half of one, perhaps. */
static int refuse_words(int argc, char *const argv[])
{
	bool is_half = is_beginning(argv[0], NULL);

	if (argc == 2 && strcmp(argv[1], "--help") == 0 && is_half) {
		(void)is_beginning(argv[0], stdout);
		return STATUS_DONE;
	}
	(void)fprintf(stderr, "edelivery: no command \"%s%s%s\"; `edelivery %s%s` lists them\n",
	    argv[0], argc > 1 ? " " : "", argc > 1 ? argv[1] : "", is_half ? argv[0] : "help",
	    is_half ? " --help" : "");
	return STATUS_CALLED_WRONGLY;
}

static int run_words(struct call *call, int argc, char *const argv[])
{
	int words = 0;
	int status;

	call->command = find_command(argc, argv, &words);
	if (!call->command)
		return refuse_words(argc, argv);
	status = read_options(call, argc - words + 1, argv + words - 1);
	return status >= 0 ? status : run_command(call);
}

int command_main(int argc, char *const argv[])
{
	struct call call = {.settings = getenv("EDELIVERY_CONF")};
	int at = 1;

	if (!call.settings)
		call.settings = PROGRAM_SETTINGS;
	if (at + 1 < argc && strcmp(argv[at], "-c") == 0) {
		call.settings = argv[at + 1];
		call.names_settings = true;
		at += 2;
	}
	if (at == argc) {
		print_overview(stderr);
		return STATUS_CALLED_WRONGLY;
	}
	if (strcmp(argv[at], "help") == 0 || strcmp(argv[at], "--help") == 0) {
		print_overview(stdout);
		return STATUS_DONE;
	}
	if (strcmp(argv[at], "--version") == 0) {
		(void)printf("edelivery %s\n", EDELIVERY_VERSION);
		return STATUS_DONE;
	}
	return run_words(&call, argc - at, argv + at);
}
