/* SPDX-License-Identifier: Apache-2.0 */
/* edelivery archive run: make the night archives now, by the program that the timer starts. */
#include <limits.h>
#include <sys/wait.h>
#include <unistd.h>

#include "admin/commands.h"
#include "base/clock.h"
#include "base/process.h"
#include "spool/program.h"

enum { LOOK_MS = 20 };

static int wait_for(struct process *job, struct err *err)
{
	int status = 0;
	char how[32];

	while (!process_has_ended(job, &status))
		(void)usleep(LOOK_MS * 1000);
	if (status == 0)
		return 0;
	process_print_end(status, how);
	if (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_TRY_AGAIN)
		return err_set(err, ERR_RETRY, "not all archives are made: try again later");
	/* One that was killed is finished by the next. */
	return err_set(
	    err, WIFSIGNALED(status) ? ERR_RETRY : ERR_REFUSED, "edelivery-archive ended: %s", how);
}

static int run(const struct call *call, struct err *err)
{
	const char *night;
	struct process job = {.pid = 0};
	char path[PATH_MAX];
	const char *argv[7] = {path, "-c", call->settings, NULL};
	size_t count = 3;

	if (call_date(call, "night", &night, err) < 0)
		return -1;
	if (night) {
		argv[count++] = "--night";
		argv[count++] = night;
	}
	if (call_has(call, "json"))
		argv[count++] = "--json";
	if (process_sibling("edelivery-archive", path, sizeof(path), err) < 0 ||
	    process_start(argv, NULL, 0, &job, err) < 0)
		return -1;
	return wait_for(&job, err);
}

static const struct option_row options[] = {
    {"night", "DATE", "of the letters posted before the end of that day (today)"},
    OPTION_JSON,
    {NULL, NULL, NULL},
};

const struct command command_archive_run = {
    .name = "archive run",
    .arguments = "",
    .options = options,
    .about = "put what was posted into the archives of a night; what is in one already stays there",
    .run = run,
};
