/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/forget.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/notify.h"
#include "base/text.h"
#include "base/utf8.h"
#include "batch/aside.h"
#include "batch/post.h"
#include "spool/intake.h"

enum { AT_ONCE = 500 };

/* Letters whose rows go in one transaction. */
struct forgetting {
	const struct spool *spool;
	const struct letter *letters;
	size_t count;
};

/* Did something come in its place that could not have its name again (move.h)? */
static bool has_left_something(const struct spool *spool, const struct letter *letter)
{
	char folder[FOLDER_PATH_MAX];
	char hidden[ASIDE_NAME_SIZE];
	char path[FOLDER_PATH_MAX + ASIDE_NAME_SIZE];

	folder_drop(letter->avrs_id, letter->class, folder);
	aside_name(letter->id, hidden);
	(void)snprintf(path, sizeof(path), "%s/%s", folder, hidden);
	return faccessat(spool->drop_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Which name it had only this row will say. What was held has such a row. */
static int keep_name(const struct spool *spool, const struct letter *letter, struct err *err)
{
	OWNED_BUFFER struct buffer name = BUFFER(sizeof(((struct intake *)0)->name) - 1);
	struct intake intake;
	bool found = false;

	if (intake_find(spool->catalog, letter->id, &intake, &found, err) < 0)
		return -1;
	if (found)
		return 0;
	intake = (struct intake){.id = letter->id,
	    .class = letter->class,
	    .state = INTAKE_GONE,
	    .size = letter->size,
	    .source = letter->source,
	    .seen = letter->taken,
	    .changed = clock_now()};
	utf8_escape(&name, letter->dropped_name, strlen(letter->dropped_name));
	text_copy(intake.avrs_id, letter->avrs_id);
	text_copy(intake.name, buffer_text(&name));
	text_copy(intake.reason, "replaced in the drop folder while it was posted");
	return intake_add(spool->catalog, spool->actor.node, &intake, err);
}

static int forget_body(struct catalog *catalog, void *arg, struct err *err)
{
	const struct forgetting *f = arg;

	for (size_t i = 0; i < f->count; i++) {
		const struct letter *letter = &f->letters[i];

		if (letter_forget(catalog, letter->id, err) < 0 ||
		    (has_left_something(f->spool, letter) && keep_name(f->spool, letter, err) < 0))
			return -1;
	}
	return 0;
}

int forget_rows(
    const struct spool *spool, const struct letter *letters, size_t count, struct err *err)
{
	struct forgetting f = {spool, letters, count};

	return catalog_transact(spool->catalog, forget_body, &f, err);
}

/* A row outlives its link: what is interrupted here is forgotten by the next recovery. */
static int forget_some(const struct spool *spool, const struct letter *letters, size_t count,
    const char *reason, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		char path[FOLDER_PATH_MAX];

		notify_alive();
		post_path(&letters[i], path);
		if (unlinkat(spool->root_fd, path, 0) < 0 && errno != ENOENT)
			return err_sys(err, "unlink %s", path);
	}
	if (forget_rows(spool, letters, count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		log_info("letter=%" PRId64 " undone avrs_id=%s reason=\"%s\"", letters[i].id,
		    letters[i].avrs_id, reason);
	return 0;
}

int forget(const struct spool *spool, const struct letter *letters, size_t count,
    const char *reason, struct err *err)
{
	for (size_t at = 0; at < count; at += AT_ONCE) {
		size_t left = count - at;

		if (forget_some(spool, letters + at, left < AT_ONCE ? left : AT_ONCE, reason, err) <
		    0)
			return -1;
	}
	return 0;
}
