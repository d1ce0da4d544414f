/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/post.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/notify.h"
#include "base/number.h"
#include "batch/forget.h"
#include "batch/move.h"
#include "batch/publish.h"
#include "batch/record.h"
#include "batch/take.h"

void post_path(const struct letter *letter, char ret_path[FOLDER_PATH_MAX])
{
	if (letter->electronic)
		folder_letter(letter->avrs_id, letter->class, letter->id, letter->name, ret_path);
	else
		folder_paper(letter->paper_date, letter->id, letter->name, ret_path);
}

/* Is what has the name path the very file that is to be served for the drop? */
static bool is_its_link(const struct spool *spool, const struct drop *drop, const char *path)
{
	struct stat own;

	return fstat(drop->served_fd, &own) == 0 && file_is_at(spool->root_fd, path, &own);
}

static int leave_place(const struct spool *spool, struct drop *drop, struct err *err)
{
	char path[FOLDER_PATH_MAX];

	post_path(&drop->letter, path);
	if (drop->moved && move_back(drop, spool->root_fd, path, err) < 0)
		return -1;
	if (!drop->moved && is_its_link(spool, drop, path) && unlinkat(spool->root_fd, path, 0) < 0)
		return err_sys(err, "unlink %s", path);
	drop->moved = false;
	return 0;
}

/* Take a letter back that nobody has seen: its place, its row, and its file if it was adopted. */
static int undo(const struct spool *spool, struct drop *drop, struct err *err)
{
	if (leave_place(spool, drop, err) < 0)
		return -1;
	if (forget_rows(spool, &drop->letter, 1, err) < 0)
		return -1;
	if (drop->adopted)
		take_back(drop);
	return 0;
}

/* Its job has done something else with it meanwhile: is it no drop any more, or not yet? */
static bool is_withdrawn(const struct drop *drop, enum verdict *ret_verdict, const char **ret_why)
{
	if (drop->lost) {
		*ret_verdict = VERDICT_GONE;
		*ret_why = "taken away or replaced";
		return true;
	}
	*ret_verdict = VERDICT_WAIT;
	*ret_why = "being written again";
	return drop->adopted && drop_is_asked_back(drop);
}

static int undo_withdrawn(
    const struct spool *spool, struct drop *drops, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		struct drop *drop = &drops[i];
		enum verdict verdict;
		const char *why;

		if (drop->verdict != VERDICT_POST || !is_withdrawn(drop, &verdict, &why))
			continue;
		if (undo(spool, drop, err) < 0)
			return -1;
		log_info("letter=%" PRId64 " undone avrs_id=%s reason=\"%s\"", drop->letter.id,
		    drop->avrs_id, why);
		drop_decide(drop, verdict, "%s", why);
	}
	return 0;
}

void post_undo(const struct spool *spool, struct drop *drops, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct err err;

		if (drops[i].verdict == VERDICT_POST && undo(spool, &drops[i], &err) < 0)
			log_error("letter=%" PRId64 " text=\"cannot be undone: %s\"",
			    drops[i].letter.id, err.text);
	}
}

void post_give_back(struct drop *drops, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (drops[i].adopted)
			take_back(&drops[i]);
}

static int publish_drops(
    const struct spool *spool, const struct drop *drops, size_t count, struct err *err)
{
	OWNED_MEM struct publication *letters = mem_new(count, sizeof(*letters));
	size_t ready = 0;

	for (size_t i = 0; i < count; i++) {
		/* A batch becomes visible as one, later. */
		if (drops[i].verdict != VERDICT_POST || drops[i].member)
			continue;
		letters[ready].letter = drops[i].letter;
		letters[ready].fd = drops[i].served_fd;
		letters[ready++].was_held = drops[i].intake_id != 0;
	}
	return publish(spool, letters, ready, err);
}

/* What waits for another letter of its name stays what jobs dropped. */
static void give_back_waiting(struct drop *drops, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (drops[i].verdict == VERDICT_WAIT)
			post_give_back(&drops[i], 1);
}

int post_record(const struct spool *spool, struct drop *drops, size_t count, struct err *err)
{
	fault_point("post.taken");
	if (record(spool, drops, count, err) < 0) {
		post_give_back(drops, count);
		return -1;
	}
	give_back_waiting(drops, count);
	fault_point("post.recorded");
	return 0;
}

int post_publish(const struct spool *spool, struct drop *drops, size_t count, struct err *err)
{
	if (undo_withdrawn(spool, drops, count, err) < 0) {
		post_undo(spool, drops, count);
		return -1;
	}
	fault_point("post.synced");
	if (publish_drops(spool, drops, count, err) < 0)
		return -1;
	fault_point("post.published");
	return 0;
}
