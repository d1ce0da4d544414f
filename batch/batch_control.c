/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/batch_control.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "batch/aside.h"
#include "batch/batch.h"

struct accepting {
	struct batches *batches;
	struct drop *drop;
	const struct buffer *text;
	char name[BATCH_NAME_MAX + 1];
	int64_t id;
	int64_t now;
	struct batch_line *lines;
	bool *posted;
	size_t count;
};

static int collect(const struct batch_line *line, void *arg, struct err *err)
{
	struct accepting *a = arg;
	const struct member *other =
	    batches_find(a->batches, line->avrs_id, line->class, line->name);

	if (other && other->batch->is_discarded)
		return err_set(err, ERR_BUSY, "batch %s is being discarded", other->batch->name);
	if (other && strcmp(other->batch->name, a->name) != 0)
		return err_set(err, ERR_REFUSED, "line %zu: batch %s names that letter, too",
		    line->line, other->batch->name);
	a->lines = mem_grow(a->lines, a->count, sizeof(*a->lines));
	a->lines[a->count++] = *line;
	return 0;
}

static int compare_lines(const void *a, const void *b)
{
	const struct batch_line *x = a;
	const struct batch_line *y = b;
	int order = strcmp(x->avrs_id, y->avrs_id);

	if (order == 0)
		order = (int)x->class - (int)y->class;
	return order ? order : strcmp(x->name, y->name);
}

static int check_lines(struct accepting *a, struct err *err)
{
	if (a->count == 0)
		return err_set(err, ERR_REFUSED, "it names no letter");
	qsort(a->lines, a->count, sizeof(*a->lines), compare_lines);
	for (size_t i = 1; i < a->count; i++)
		if (compare_lines(&a->lines[i - 1], &a->lines[i]) == 0)
			return err_set(err, ERR_REFUSED, "lines %zu and %zu name the same letter",
			    a->lines[i - 1].line, a->lines[i].line);
	return 0;
}

static int store_batch(struct catalog *catalog, void *arg, struct err *err)
{
	struct accepting *a = arg;
	char detail[REASON_MAX + 1];

	/* One that was discarded leaves its name to the one that comes anew. */
	if (catalog_take_ids(catalog, "batch", 1, &a->id, err) < 0 ||
	    catalog_run(catalog,
	        "UPDATE batch SET name = name || ' (' || CAST(id AS TEXT) || ')'"
	        " WHERE name = $1 AND state = 'discarded'",
	        VALUES(TEXT(a->name)), err) < 0 ||
	    catalog_run(catalog,
	        "INSERT INTO batch (id, name, state, seen, node) VALUES ($1, $2, 'held', $3, $4)",
	        VALUES(INT(a->id), TEXT(a->name), INT(a->now), TEXT(a->batches->spool->actor.node)),
	        err) < 0)
		return -1;
	for (size_t i = 0; i < a->count; i++) {
		const struct batch_line *line = &a->lines[i];
		int64_t letter_id = 0;

		if (batches_find_posted(catalog, line, &letter_id, err) < 0 ||
		    catalog_queue(catalog,
		        "INSERT INTO batch_member (batch_id, line, avrs_id, class, name, size,"
		        " sha256, letter_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		        VALUES(INT(a->id), INT((int64_t)line->line), TEXT(line->avrs_id),
		            TEXT(letter_class_name(line->class)), TEXT(line->name), INT(line->size),
		            TEXT(line->sha256), INT_OR_NULL(letter_id)),
		        err) < 0)
			return -1;
		a->posted[i] = letter_id != 0;
	}
	(void)snprintf(detail, sizeof(detail), "%s: %zu letters", a->name, a->count);
	return event_add(catalog, &a->batches->spool->actor,
	    &(struct event){.what = "batch.accepted", .detail = detail}, err);
}

/* Is there a batch of that name that has just these letters? Then watchd died over removing it. */
static int is_known(const struct accepting *a, bool *ret_named, bool *ret_same, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	size_t same = 0;
	bool found = false;

	*ret_named = false;
	*ret_same = false;
	if (catalog_find(a->batches->spool->catalog,
	        "SELECT m.line, m.sha256, m.name FROM batch b JOIN batch_member m ON m.batch_id = b.id"
	        " WHERE b.name = $1 AND b.state <> 'discarded' ORDER BY m.avrs_id, m.class, m.name",
	        VALUES(TEXT(a->name)), &row, &found, err) < 0)
		return -1;
	*ret_named = found;
	for (size_t i = 0; found; i++) {
		same += i < a->count && statement_int(row, 0) == (int64_t)a->lines[i].line &&
		        strcmp(statement_text(row, 1), a->lines[i].sha256) == 0 &&
		        strcmp(statement_text(row, 2), a->lines[i].name) == 0;
		*ret_same = same == a->count && i + 1 == a->count;
		if (statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}

static int read_control(struct accepting *a, struct err *err)
{
	OWNED_BUFFER struct buffer text = BUFFER(BATCH_FILE_MAX);
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", a->drop->fd);
	if (batches_heed(a->batches, err) < 0 || file_read(AT_FDCWD, path, &text, err) < 0 ||
	    batch_file_parse(buffer_text(&text), text.length, collect, a, err) < 0)
		return -1;
	return check_lines(a, err);
}

static int accept_lines(struct accepting *a, struct err *err)
{
	struct batches *batches = a->batches;
	struct batch *batch;
	bool named = false;
	bool same = false;

	if (is_known(a, &named, &same, err) < 0)
		return -1;
	if (same)
		return 0;
	if (named) {
		drop_decide(a->drop, VERDICT_QUARANTINE,
		    "there is a batch of that name already; give this one another name");
		return 0;
	}
	a->posted = mem_new(a->count, sizeof(*a->posted));
	if (catalog_transact(batches->spool->catalog, store_batch, a, err) < 0)
		return -1;
	batch = batches_add(batches, a->id, a->name, a->now);
	for (size_t i = 0; i < a->count; i++)
		batch_add_member(batches, batch, &a->lines[i], a->posted[i]);
	log_info("batch=%s accepted letters=%zu posted-before=%zu", a->name, batch->count,
	    batch->counts[MEMBER_POSTED]);
	return 0;
}

int batch_control_accept(struct batches *batches, struct drop *drop, struct err *err)
{
	struct accepting a = {.batches = batches, .drop = drop, .now = clock_now()};
	size_t length = 0;
	int result;

	if (letter_name_check(drop->name, err) < 0) {
		drop_decide(drop, VERDICT_QUARANTINE, "%.*s", REASON_MAX, err->text);
		return 0;
	}
	(void)batch_file_is_named(drop->name, &length);
	if (length > BATCH_NAME_MAX) {
		drop_decide(drop, VERDICT_QUARANTINE,
		    "the name of the batch is longer than %d bytes", BATCH_NAME_MAX);
		return 0;
	}
	(void)snprintf(a.name, sizeof(a.name), "%.*s", (int)length, drop->name);
	result = read_control(&a, err);
	if (result == 0) {
		result = accept_lines(&a, err);
	} else if (err->kind == ERR_REFUSED) {
		drop_decide(drop, VERDICT_QUARANTINE, "a batch control file that is wrong: %.*s",
		    REASON_MAX - 50, err->text);
		result = 0;
	} else if (err->kind == ERR_BUSY && !a.posted) {
		drop_decide(drop, VERDICT_WAIT, "%.*s", REASON_MAX, err->text);
		result = 0;
	}
	free(a.lines);
	free(a.posted);
	return result;
}

int batch_control_remove(const struct drop *drop, struct arrivals *arrivals, struct err *err)
{
	char hidden[NAME_MAX + 1];
	bool is_it = false;

	batch_file_aside(drop->name, hidden);
	if (aside_put(drop, hidden, arrivals, &is_it, err) < 0)
		return -1;
	if (!is_it)
		return 0;
	fault_point("batch.aside");
	return unlinkat(drop->folder_fd, hidden, 0) < 0
	           ? err_sys(err, "remove a batch control file")
	           : 0;
}
