/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/print.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "batch/paper.h"
#include "spool/folder.h"
#include "spool/letter.h"

/* What is to be placed. */
struct queue {
	struct letter *letters;
	size_t count;
};

static int add(const struct letter *letter, void *arg, struct err *err)
{
	struct queue *queue = arg;

	(void)err;
	queue->letters = mem_resize(queue->letters, queue->count + 1, sizeof(*letter));
	queue->letters[queue->count++] = *letter;
	return 0;
}

/* The name in the outbox; what has it already is a former attempt's, since it has the id in it. */
static int place(const struct spool *spool, const struct letter *letter, struct err *err)
{
	char from[FOLDER_PATH_MAX];
	char to[FOLDER_PATH_MAX];
	char folder[PATH_MAX];

	folder_letter(letter->avrs_id, letter->class, letter->id, letter->name, from);
	folder_paper(letter->paper_date, letter->id, letter->name, to);
	file_parent(to, folder);
	if (file_make_folder(spool->root_fd, folder, 0750, err) < 0)
		return -1;
	if (linkat(spool->root_fd, from, spool->root_fd, to, 0) < 0 && errno != EEXIST)
		return err_sys(err, "place %s", to);
	return file_sync_folder(spool->root_fd, folder, err);
}

/* A letter that is placed, for the transaction's body. */
struct placed {
	const struct spool *spool;
	const struct letter *letter;
};

static int note(struct catalog *catalog, void *arg, struct err *err)
{
	const struct placed *placed = arg;
	const struct letter *letter = placed->letter;

	if (letter_set_placed(catalog, letter->id, clock_now(), err) < 0)
		return -1;
	return event_add(catalog, &placed->spool->actor,
	    &(struct event){.what = "letter.on-paper",
	        .avrs_id = letter->avrs_id,
	        .letter_id = letter->id,
	        .detail = letter->paper_reason},
	    err);
}

static int print(const struct spool *spool, const struct letter *letter, struct err *err)
{
	struct placed placed = {spool, letter};

	if (place(spool, letter, err) < 0)
		return -1;
	fault_point("print.linked");
	if (catalog_transact(spool->catalog, note, &placed, err) < 0)
		return -1;
	log_info("letter=%" PRId64 " on-paper avrs_id=%s type=%s bytes=%" PRId64 " reason=\"%s\"",
	    letter->id, letter->avrs_id, letter->type, letter->size, letter->paper_reason);
	return 0;
}

/* The manifests of the days that came into the outbox; letters of one day follow one another. */
static void write_manifests(const struct spool *spool, const struct queue *queue)
{
	const char *last = "";
	struct err err;

	for (size_t i = 0; i < queue->count; i++) {
		const char *date = queue->letters[i].paper_date;

		if (strcmp(date, last) != 0 && paper_write_manifest(spool, date, &err) < 0)
			log_error("paper=%s text=\"no manifest: %s\"", date, err.text);
		last = date;
	}
}

int print_queued(const struct spool *spool, struct err *err)
{
	struct queue queue = {NULL, 0};
	struct err reason;
	int result = letter_list_to_print(spool->catalog, spool->actor.node, add, &queue, err);

	for (size_t i = 0; i < queue.count && result == 0; i++)
		if (print(spool, &queue.letters[i], &reason) < 0)
			log_error(
			    "letter=%" PRId64 " text=\"%s\"", queue.letters[i].id, reason.text);
	write_manifests(spool, &queue);
	free(queue.letters);
	return result;
}
