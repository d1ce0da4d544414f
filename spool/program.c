/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/program.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

static int usage(FILE *out, const char *name, const char *about)
{
	(void)fprintf(out,
	    "%s: %s\n\n"
	    "usage: %s [-c FILE] [-v]\n\n"
	    "  -c FILE    settings (" PROGRAM_SETTINGS ")\n"
	    "  -v         log more\n"
	    "  --help     this text\n"
	    "  --version  the version\n",
	    name, about, name);
	return out == stdout ? 0 : 2;
}

int program_options(int argc, char *const argv[], const char *about, const char **ret_settings)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'}, {NULL, 0, NULL, 0}};
	const char *slash = strrchr(argv[0], '/');
	const char *name = slash ? slash + 1 : argv[0];
	enum log_level level = LOG_LEVEL_INFO;
	int option;

	*ret_settings = PROGRAM_SETTINGS;
	while ((option = getopt_long(argc, argv, "c:v", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			*ret_settings = optarg;
			break;
		case 'v':
			level = LOG_LEVEL_DEBUG;
			break;
		case 'h':
			return usage(stdout, name, about);
		case 'V':
			(void)printf("%s %s\n", name, EDELIVERY_VERSION);
			return 0;
		default:
			return usage(stderr, name, about);
		}
	}
	log_open(name, level);
	return optind == argc ? -1 : usage(stderr, name, about);
}
