/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/night_archive.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "spool/archive_members.h"

#define COLUMNS                                                                         \
	"a.id, a.avrs_id, a.account_id, a.class, a.night, a.revision, a.name, a.state," \
	" a.letters, a.size, a.sha256, a.signature_size, a.made"
#define SELECT "SELECT " COLUMNS " FROM archive a "

static const char *const states[ARCHIVE_STATE_COUNT] = {
    [ARCHIVE_BUILDING] = "building",
    [ARCHIVE_READY] = "ready",
    [ARCHIVE_WITHDRAWN] = "withdrawn",
    [ARCHIVE_EXPIRED] = "expired",
};

const char *archive_state_name(enum archive_state state)
{
	return states[state];
}

bool night_archive_is_bundle(const struct night_archive *archive)
{
	return !archive->avrs_id[0];
}

void night_archive_fill_name(struct night_archive *archive, enum bundle_format format)
{
	bool is_bundle = night_archive_is_bundle(archive);
	char revision[24] = "";

	if (archive->revision > 1)
		(void)snprintf(revision, sizeof(revision), "-r%" PRId64, archive->revision);
	(void)snprintf(archive->name, sizeof(archive->name), "%s-%s%s.%s",
	    is_bundle ? "bundle" : letter_class_name(archive->class), archive->night, revision,
	    bundle_format_name(is_bundle ? format : BUNDLE_ZIP));
}

void night_archive_path(const struct night_archive *archive, char ret_path[FOLDER_PATH_MAX])
{
	size_t length;

	folder_of_archives(archive->avrs_id, archive->account_id, ret_path);
	length = strlen(ret_path);
	(void)snprintf(ret_path + length, FOLDER_PATH_MAX - length, "/%" PRId64 "_%s", archive->id,
	    archive->name);
}

void night_archive_signature_path(
    const struct night_archive *archive, char ret_path[FOLDER_PATH_MAX])
{
	size_t length;

	night_archive_path(archive, ret_path);
	length = strlen(ret_path);
	(void)snprintf(ret_path + length, FOLDER_PATH_MAX - length, "%s", ARCHIVE_SIGNATURE_SUFFIX);
}

static int parse_state(const char *word, enum archive_state *ret_state, struct err *err)
{
	for (enum archive_state state = ARCHIVE_BUILDING; state < ARCHIVE_STATE_COUNT; state++) {
		if (strcmp(states[state], word) == 0) {
			*ret_state = state;
			return 0;
		}
	}
	return err_set(err, ERR_INTERNAL, "an archive in state %.20s", word);
}

static int read_row(const struct statement *row, struct night_archive *ret_archive, struct err *err)
{
	struct night_archive *a = ret_archive;

	*a = (struct night_archive){
	    .id = statement_int(row, 0),
	    .account_id = statement_int(row, 2),
	    .revision = statement_int(row, 5),
	    .letters = statement_int(row, 8),
	    .size = statement_int(row, 9),
	    .signature_size = statement_int(row, 11),
	    .made = statement_int(row, 12),
	};
	text_copy(a->avrs_id, statement_text(row, 1));
	text_copy(a->night, statement_text(row, 4));
	text_copy(a->name, statement_text(row, 6));
	text_copy(a->sha256, statement_text(row, 10));
	if (statement_text(row, 3) &&
	    letter_class_parse(statement_text(row, 3), &a->class, err) < 0)
		return -1;
	return parse_state(statement_text(row, 7), &a->state, err);
}

static int find_one(struct catalog *catalog, const char *sql, const struct value *values,
    struct night_archive *ret_archive, bool *ret_found, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	if (catalog_find(catalog, sql, values, &row, ret_found, err) < 0)
		return -1;
	return *ret_found ? read_row(row, ret_archive, err) : 0;
}

static int each_row(struct catalog *catalog, const char *sql, const struct value *values,
    int (*each)(const struct night_archive *archive, void *arg, struct err *err), void *arg,
    struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog, sql, values, &row, &found, err) < 0)
		return -1;
	while (found) {
		struct night_archive archive;

		if (read_row(row, &archive, err) < 0 || each(&archive, arg, err) < 0 ||
		    statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}

int night_archive_add(struct catalog *catalog, struct night_archive *archive, struct err *err)
{
	struct night_archive *a = archive;
	bool is_bundle = night_archive_is_bundle(a);

	if (catalog_take_ids(catalog, "archive", 1, &a->id, err) < 0)
		return -1;
	a->state = ARCHIVE_BUILDING;
	return catalog_run(catalog,
	    "INSERT INTO archive (id, avrs_id, account_id, class, night, revision, name, state)"
	    " VALUES ($1, $2, $3, $4, $5, $6, $7, 'building')",
	    VALUES(INT(a->id), TEXT_OR_NULL(a->avrs_id), INT_OR_NULL(a->account_id),
	        TEXT(is_bundle ? NULL : letter_class_name(a->class)), TEXT(a->night),
	        INT(a->revision), TEXT(a->name)),
	    err);
}

int night_archive_find(struct catalog *catalog, int64_t id, struct night_archive *ret_archive,
    bool *ret_found, struct err *err)
{
	return find_one(
	    catalog, SELECT "WHERE a.id = $1", VALUES(INT(id)), ret_archive, ret_found, err);
}

int night_archive_find_name(struct catalog *catalog, const char *avrs_id, int64_t account_id,
    const char *name, struct night_archive *ret_archive, bool *ret_found, struct err *err)
{
	if (avrs_id[0])
		return find_one(catalog, SELECT "WHERE a.avrs_id = $1 AND a.name = $2",
		    VALUES(TEXT(avrs_id), TEXT(name)), ret_archive, ret_found, err);
	return find_one(catalog, SELECT "WHERE a.account_id = $1 AND a.name = $2",
	    VALUES(INT(account_id), TEXT(name)), ret_archive, ret_found, err);
}

int night_archive_list(struct catalog *catalog, const struct night_archive *after, int64_t limit,
    int (*each)(const struct night_archive *archive, void *arg, struct err *err), void *arg,
    struct err *err)
{
	if (after->avrs_id[0])
		return each_row(catalog,
		    SELECT "WHERE a.avrs_id = $1 AND a.state = 'ready' AND a.id > $2"
		           " ORDER BY a.id LIMIT $3",
		    VALUES(TEXT(after->avrs_id), INT(after->id), INT(limit)), each, arg, err);
	return each_row(catalog,
	    SELECT "WHERE a.account_id = $1 AND a.state = 'ready' AND a.id > $2"
	           " ORDER BY a.id LIMIT $3",
	    VALUES(INT(after->account_id), INT(after->id), INT(limit)), each, arg, err);
}

int night_archive_list_night(struct catalog *catalog, const char *night,
    int (*each)(const struct night_archive *archive, void *arg, struct err *err), void *arg,
    struct err *err)
{
	if (night[0])
		return each_row(catalog, SELECT "WHERE a.night = $1 ORDER BY a.id",
		    VALUES(TEXT(night)), each, arg, err);
	return each_row(catalog, SELECT "ORDER BY a.id", NO_VALUES, each, arg, err);
}

int night_archive_list_to_do(struct catalog *catalog,
    int (*each)(const struct night_archive *archive, void *arg, struct err *err), void *arg,
    struct err *err)
{
	return each_row(catalog, SELECT "WHERE a.state IN ('building', 'withdrawn') ORDER BY a.id",
	    NO_VALUES, each, arg, err);
}

int night_archive_list_bundles(struct catalog *catalog,
    int (*each)(const struct night_archive *archive, void *arg, struct err *err), void *arg,
    struct err *err)
{
	return each_row(catalog,
	    SELECT "WHERE a.account_id IS NOT NULL AND a.state = 'ready' ORDER BY a.id", NO_VALUES,
	    each, arg, err);
}

int night_archive_is_made(
    struct catalog *catalog, const char *night, bool *ret_made, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	return catalog_find(catalog,
	    "SELECT 1 FROM archive WHERE night = $1 AND state <> 'building' LIMIT 1",
	    VALUES(TEXT(night)), &row, ret_made, err);
}

/* The event of an archive: whose it is, and what became of it. */
static int tell(struct catalog *catalog, const struct actor *actor,
    const struct night_archive *archive, const char *what, const char *detail, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (night_archive_is_bundle(archive) &&
	    catalog_find(catalog, "SELECT login FROM account WHERE id = $1",
	        VALUES(INT(archive->account_id)), &row, &found, err) < 0)
		return -1;
	return event_add(catalog, actor,
	    &(struct event){.what = what,
	        .login = found ? statement_text(row, 0) : NULL,
	        .avrs_id = archive->avrs_id[0] ? archive->avrs_id : NULL,
	        .detail = detail},
	    err);
}

/* An archive that changes its state, for the transaction's body. */
struct change {
	const struct actor *actor;
	const struct night_archive *archive;
	enum archive_state state;
	const char *why;
	bool done;
};

static int ready_body(struct catalog *catalog, void *arg, struct err *err)
{
	struct change *change = arg;
	const struct night_archive *a = change->archive;
	char detail[200];
	int64_t letters = 0;

	change->done = false;
	if (archive_members_count(catalog, a, &letters, err) < 0)
		return -1;
	if (letters != a->letters)
		return 0;
	/* What is not in the file is no member: a receipt of the archive is one for each. */
	if (catalog_run(catalog,
	        "DELETE FROM archive_letter WHERE archive_id = $1 AND letter_id IN"
	        " (SELECT m.letter_id FROM archive_letter m JOIN letter l ON l.id = m.letter_id"
	        " WHERE m.archive_id = $1 AND l.electronic <> 'posted')",
	        VALUES(INT(a->id)), err) < 0 ||
	    catalog_run(catalog,
	        "UPDATE archive SET state = 'ready', letters = $2, size = $3, sha256 = $4,"
	        " signature_size = $5, made = $6 WHERE id = $1 AND state = 'building'",
	        VALUES(INT(a->id), INT(a->letters), INT(a->size), TEXT(a->sha256),
	            INT(a->signature_size), INT(a->made)),
	        err) < 0)
		return -1;
	if (catalog_changes(catalog) != 1)
		return err_set(err, ERR_INTERNAL, "archive=%" PRId64 " is not being built", a->id);
	(void)snprintf(detail, sizeof(detail),
	    "archive=%" PRId64 " name=%s letters=%" PRId64 " sha256=%s", a->id, a->name, a->letters,
	    a->sha256);
	if (tell(catalog, change->actor, a, "archive.made", detail, err) < 0)
		return -1;
	change->done = true;
	return 0;
}

int night_archive_set_ready(struct catalog *catalog, const struct actor *actor,
    const struct night_archive *archive, bool *ret_ready, struct err *err)
{
	struct change change = {actor, archive, ARCHIVE_READY, NULL, false};

	if (catalog_transact(catalog, ready_body, &change, err) < 0)
		return -1;
	*ret_ready = change.done;
	return 0;
}

static int state_body(struct catalog *catalog, void *arg, struct err *err)
{
	const struct change *change = arg;
	const struct night_archive *a = change->archive;
	bool is_withdrawn = change->state == ARCHIVE_WITHDRAWN;
	char detail[200];

	if (catalog_run(catalog, "UPDATE archive SET state = $2 WHERE id = $1",
	        VALUES(INT(a->id), TEXT(states[change->state])), err) < 0)
		return -1;
	(void)snprintf(
	    detail, sizeof(detail), "archive=%" PRId64 " name=%s %s", a->id, a->name, change->why);
	if (tell(catalog, change->actor, a, is_withdrawn ? "archive.withdrawn" : "archive.removed",
	        detail, err) < 0)
		return -1;
	return catalog_announce(catalog, err);
}

int night_archive_set_state(struct catalog *catalog, const struct actor *actor,
    const struct night_archive *archive, enum archive_state state, const char *why, struct err *err)
{
	struct change change = {actor, archive, state, why, false};

	return catalog_transact(catalog, state_body, &change, err);
}

int night_archive_withdraw_letter(struct catalog *catalog, int64_t letter_id, struct err *err)
{
	return catalog_run(catalog,
	    "UPDATE archive SET state = 'withdrawn' WHERE state = 'ready' AND id IN"
	    " (SELECT archive_id FROM archive_letter WHERE letter_id = $1"
	    " UNION SELECT p.bundle_id FROM archive_part p JOIN archive_letter l"
	    " ON l.archive_id = p.archive_id WHERE l.letter_id = $1)",
	    VALUES(INT(letter_id)), err);
}
