/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/print.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/notify.h"
#include "batch/folder_cache.h"
#include "spool/folder.h"
#include "spool/letter.h"
#include "spool/unfetched.h"

enum { PRINT_AT_ONCE = 250 };

/* What is to be placed now. */
struct queue {
	const struct spool *spool;
	struct letter *letters;
	size_t count;
};

static int add(const struct letter *letter, void *arg, struct err *err)
{
	struct queue *queue = arg;

	(void)err;
	queue->letters[queue->count++] = *letter;
	return 0;
}

/* The name in the outbox; what has it already is a former attempt's, since it has the id in it. */
static int place(const struct spool *spool, struct folder_cache *folders,
    const struct letter *letter, struct err *err)
{
	char from[FOLDER_PATH_MAX];
	char to[FOLDER_PATH_MAX];
	char folder[PATH_MAX];
	int folder_fd = -1;

	folder_letter(letter->avrs_id, letter->class, letter->id, letter->name, from);
	folder_paper(letter->paper_date, letter->id, letter->name, to);
	file_parent(to, folder);
	if (folder_cache_make(folders, folder, 0750, &folder_fd, err) < 0)
		return -1;
	if (linkat(spool->root_fd, from, folder_fd, strrchr(to, '/') + 1, 0) < 0 && errno != EEXIST)
		return err_sys(err, "place %s", to);
	fault_point("print.linked");
	return 0;
}

/* Those that cannot be are left out of the queue. */
static int place_all(struct queue *queue, struct err *err)
{
	struct folder_cache *folders = folder_cache_new(queue->spool->root_fd);
	OWNED_SYNCS struct syncs *syncs = syncs_new();
	size_t placed = 0;
	int result;

	for (size_t i = 0; i < queue->count; i++) {
		struct err reason;

		notify_alive();
		if (place(queue->spool, folders, &queue->letters[i], &reason) < 0)
			log_error(
			    "letter=%" PRId64 " text=\"%s\"", queue->letters[i].id, reason.text);
		else
			queue->letters[placed++] = queue->letters[i];
	}
	queue->count = placed;
	folder_cache_to_sync(folders, syncs);
	result = syncs_run(syncs, err);
	folder_cache_free(folders);
	return result;
}

static int note(struct catalog *catalog, void *arg, struct err *err)
{
	const struct queue *queue = arg;

	for (size_t i = 0; i < queue->count; i++) {
		const struct letter *letter = &queue->letters[i];

		if (letter_set_placed(catalog, letter->id, clock_now(), err) < 0 ||
		    event_add(catalog, &queue->spool->actor,
		        &(struct event){.what = "letter.on-paper",
		            .avrs_id = letter->avrs_id,
		            .letter_id = letter->id,
		            .detail = letter->paper_reason},
		        err) < 0)
			return -1;
	}
	return 0;
}

static int print_some(struct queue *queue, struct manifest *manifest, struct err *err)
{
	if (place_all(queue, err) < 0 ||
	    catalog_transact(queue->spool->catalog, note, queue, err) < 0)
		return -1;
	for (size_t i = 0; i < queue->count; i++) {
		const struct letter *letter = &queue->letters[i];

		manifest_note(manifest, letter);
		log_info("letter=%" PRId64 " on-paper avrs_id=%s type=%s bytes=%" PRId64
		         " reason=\"%s\"",
		    letter->id, letter->avrs_id, letter->type, letter->size, letter->paper_reason);
	}
	return 0;
}

int print_queued(struct printing *printing, bool *ret_more, struct err *err)
{
	const struct spool *spool = printing->spool;
	OWNED_MEM struct letter *letters = mem_new(PRINT_AT_ONCE, sizeof(*letters));
	struct queue queue = {.spool = spool, .letters = letters};
	bool more;

	if (letter_list_to_print(spool->catalog, spool->actor.node, &printing->last, PRINT_AT_ONCE,
	        add, &queue, err) < 0)
		return -1;
	more = queue.count == PRINT_AT_ONCE;
	printing->last = more ? letters[PRINT_AT_ONCE - 1] : (struct letter){.id = 0};
	if (queue.count > 0 && print_some(&queue, printing->manifest, err) < 0)
		return -1;
	*ret_more = more;
	return 0;
}

void print_unfetched(void *printing)
{
	struct printing *p = printing;
	const struct spool *spool = p->spool;
	bool more = false;
	struct err err;

	if (unfetched_queue(spool->catalog, &spool->actor, &spool->settings, &more, &err) < 0 ||
	    (!more && print_queued(p, &more, &err) < 0))
		log_warning(
		    "text=\"letters that nobody comes for are printed later: %s\"", err.text);
	else if (more)
		loop_after(p->manifest->loop, 0, print_unfetched, p);
}
