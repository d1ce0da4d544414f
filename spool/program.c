/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/program.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/log.h"

static int usage(FILE *out, const char *name, const char *about)
{
	(void)fprintf(out,
	    "%s: %s\n\n"
	    "usage: %s [-c FILE]\n\n"
	    "  -c FILE    settings (" PROGRAM_SETTINGS ")\n"
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
	int option;

	*ret_settings = PROGRAM_SETTINGS;
	while ((option = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			*ret_settings = optarg;
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
	log_open(name, LOG_LEVEL_INFO);
	return optind == argc ? -1 : usage(stderr, name, about);
}

int program_status(enum err_kind kind)
{
	switch (kind) {
	case ERR_RETRY:
	case ERR_BUSY:
	case ERR_UNSYNCED:
	case ERR_GONE:
		return STATUS_TRY_AGAIN;
	case ERR_USAGE:
		return STATUS_CALLED_WRONGLY;
	case ERR_INTERNAL:
	case ERR_REFUSED:
	case ERR_CONFLICT:
		break;
	}
	return STATUS_REFUSED;
}

int64_t program_descriptors(void)
{
	struct rlimit limit = {0};

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 0;
	if (limit.rlim_cur < limit.rlim_max && limit.rlim_cur < DESCRIPTORS_WANTED) {
		limit.rlim_cur =
		    limit.rlim_max < DESCRIPTORS_WANTED ? limit.rlim_max : DESCRIPTORS_WANTED;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
		(void)getrlimit(RLIMIT_NOFILE, &limit);
	}
	return (int64_t)limit.rlim_cur;
}

void program_make_room(int64_t descriptors)
{
	/* Room once made stays. Where none is to be had, who opens too much will say so. */
	int fd = open("/", O_PATH | O_CLOEXEC);

	if (fd >= 0)
		(void)close(fcntl(fd, F_DUPFD_CLOEXEC, (int)descriptors - 1));
	clean_fd(&fd);
}
