/* SPDX-License-Identifier: Apache-2.0 */
#include "base/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"

#define SHOW_EVERY (SECOND / 5)

void progress_start(struct progress *progress, const char *what, int64_t total)
{
	*progress = (struct progress){.what = what, .total = total, .started = clock_elapsed()};
}

/* The rest takes as long a piece as what is done. */
static void show(const struct progress *progress, int64_t now)
{
	int64_t left = progress->total - progress->done;

	(void)fprintf(stderr, "\r\033[K%" PRId64, progress->done);
	if (progress->total)
		(void)fprintf(stderr, " of %" PRId64, progress->total);
	(void)fprintf(stderr, " %s", progress->what);
	if (progress->total && left > 0)
		(void)fprintf(stderr, ", about %" PRId64 " s left",
		    (now - progress->started) / SECOND * left / progress->done);
	(void)fflush(stderr);
}

void progress_add(struct progress *progress, int64_t count)
{
	int64_t now = clock_elapsed();

	progress->done += count;
	if (now - (progress->shown ? progress->shown : progress->started) < SHOW_EVERY ||
	    !isatty(STDERR_FILENO))
		return;
	show(progress, now);
	progress->shown = now;
}

void progress_end(struct progress *progress)
{
	if (progress->shown)
		(void)fputs("\r\033[K", stderr);
	progress->shown = 0;
}
