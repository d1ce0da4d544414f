/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/manifest.h"

#include <string.h>

#include "base/log.h"
#include "base/number.h"
#include "base/text.h"
#include "batch/paper.h"

/* For each second of making it, so many without. */
enum { RESTS = 9 };

void manifest_write(struct manifest *manifest)
{
	int64_t begun = clock_elapsed();
	struct err err;

	if (!manifest->date[0])
		return;
	if (paper_write_manifest(manifest->spool, manifest->date, &err) < 0)
		log_error("paper=%s text=\"no manifest: %s\"", manifest->date, err.text);
	manifest->date[0] = '\0';
	manifest->rest = clock_elapsed() + RESTS * (clock_elapsed() - begun);
}

static void write_later(void *arg)
{
	manifest_write(arg);
}

void manifest_note(struct manifest *manifest, const struct letter *letter)
{
	int64_t rest;

	if (!letter->paper)
		return;
	if (manifest->date[0] && strcmp(manifest->date, letter->paper_date) != 0)
		manifest_write(manifest);
	rest = manifest->rest - clock_elapsed();
	text_copy(manifest->date, letter->paper_date);
	loop_after(manifest->loop, rest > SECOND ? rest : SECOND, write_later, manifest);
}
