/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/batch_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/mem.h"
#include "base/text.h"

enum { KEY_MAX = AVRS_ID_MAX + LETTER_NAME_MAX + 8 };

static void make_key(
    const char *avrs_id, enum letter_class class, const char *name, char ret_key[KEY_MAX])
{
	(void)snprintf(ret_key, KEY_MAX, "%s/%d/%s", avrs_id, (int)class, name);
}

struct member *batches_find(
    const struct batches *batches, const char *avrs_id, enum letter_class class, const char *name)
{
	struct member *member = NULL;
	char key[KEY_MAX];

	make_key(avrs_id, class, name, key);
	HASH_FIND_STR(batches->by_key, key, member);
	return member;
}

void member_set_state(struct member *member, enum member_state state)
{
	member->batch->counts[member->state]--;
	member->batch->counts[state]++;
	member->state = state;
}

struct batch *batches_add(struct batches *batches, int64_t id, const char *name, int64_t seen)
{
	struct batch *batch = mem_new(1, sizeof(*batch));

	batch->id = id;
	batch->seen = seen;
	text_copy(batch->name, name);
	DL_APPEND(batches->list, batch);
	return batch;
}

void batch_add_member(
    struct batches *batches, struct batch *batch, const struct batch_line *line, bool is_posted)
{
	char key[KEY_MAX];
	struct member *member;

	make_key(line->avrs_id, line->class, line->name, key);
	member = mem_new(1, sizeof(*member) + strlen(key) + 1);
	memcpy(member->key, key, strlen(key));
	member->batch = batch;
	member->line = line->line;
	member->size = line->size;
	text_copy(member->sha256, line->sha256);
	member->state = is_posted ? MEMBER_POSTED : MEMBER_MISSING;
	batch->counts[member->state]++;
	batch->count++;
	LL_PREPEND(batch->members, member);
	HASH_ADD_KEYPTR(hh, batches->by_key, member->key, strlen(key), member);
}

void batches_forget(struct batches *batches, struct batch *batch)
{
	while (batch->members) {
		struct member *member = batch->members;

		batch->members = member->next;
		/* NOLINTNEXTLINE(clang-analyzer-*): it does not follow uthash */
		HASH_DEL(batches->by_key, member);
		free(member);
	}
	DL_DELETE(batches->list, batch);
	free(batch);
}

void batches_free(struct batches *batches)
{
	if (!batches)
		return;
	while (batches->list)
		batches_forget(batches, batches->list);
	free(batches);
}

int batches_find_posted(
    struct catalog *catalog, const struct batch_line *line, int64_t *ret_id, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT id FROM letter WHERE avrs_id = $1 AND class = $2 AND dropped_name = $3"
	        " AND sha256 = $4 AND (electronic = 'posted' OR placed IS NOT NULL)",
	        VALUES(TEXT(line->avrs_id), TEXT(letter_class_name(line->class)), TEXT(line->name),
	            TEXT(line->sha256)),
	        &row, &found, err) < 0)
		return -1;
	*ret_id = found ? statement_int(row, 0) : 0;
	return 0;
}

static int load_members(struct batches *batches, struct batch *batch, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(batches->spool->catalog,
	        "SELECT avrs_id, class, name, size, sha256, letter_id, line FROM batch_member"
	        " WHERE batch_id = $1 ORDER BY line",
	        VALUES(INT(batch->id)), &row, &found, err) < 0)
		return -1;
	while (found) {
		struct batch_line line = {
		    .size = statement_int(row, 3), .line = (size_t)statement_int(row, 6)};
		int64_t letter_id = statement_int(row, 5);

		text_copy(line.avrs_id, statement_text(row, 0));
		text_copy(line.name, statement_text(row, 2));
		text_copy(line.sha256, statement_text(row, 4));
		if (letter_class_parse(statement_text(row, 1), &line.class, err) < 0)
			return -1;
		/* It may have been on its way when the batch was accepted. */
		if (letter_id == 0 &&
		    batches_find_posted(batches->spool->catalog, &line, &letter_id, err) < 0)
			return -1;
		batch_add_member(batches, batch, &line, letter_id != 0);
		if (statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}

static int load(struct batches *batches, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(batches->spool->catalog,
	        "SELECT id, name, seen, alarmed FROM batch WHERE state = 'held'"
	        " AND COALESCE(node, $1) = $1 ORDER BY id",
	        VALUES(TEXT(batches->spool->actor.node)), &row, &found, err) < 0)
		return -1;
	while (found) {
		struct batch *batch = batches_add(
		    batches, statement_int(row, 0), statement_text(row, 1), statement_int(row, 2));

		batch->is_alarmed = statement_int(row, 3) != 0;
		if (load_members(batches, batch, err) < 0 || statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}

int batches_new(const struct spool *spool, struct batches **ret_batches, struct err *err)
{
	struct batches *batches = mem_new(1, sizeof(*batches));

	batches->spool = spool;
	if (load(batches, err) < 0) {
		batches_free(batches);
		return -1;
	}
	*ret_batches = batches;
	return 0;
}
