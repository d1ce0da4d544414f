/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/upload.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

#define COLUMNS \
	"id, account_id, avrs_id, class, name, state, size, modified, device, inode, changed, node"

static const char *const names[UPLOAD_STATE_COUNT] = {
    [UPLOAD_OPEN] = "open",
    [UPLOAD_PART] = "part",
    [UPLOAD_CLOSED] = "closed",
    [UPLOAD_REMOVED] = "removed",
};

void upload_part_name(const char *name, char ret_name[NAME_MAX + 1])
{
	(void)snprintf(ret_name, NAME_MAX + 1, ".%.*s.part", LETTER_NAME_MAX, name);
}

void upload_path(const struct upload *upload, char ret_path[FOLDER_PATH_MAX])
{
	size_t length;

	folder_drop(upload->drop, upload->class, ret_path);
	length = strlen(ret_path);
	(void)snprintf(
	    ret_path + length, FOLDER_PATH_MAX - length, "%s%s", length ? "/" : "", upload->name);
}

int upload_open_folder(int drop_fd, const char *drop, enum letter_class class)
{
	char path[FOLDER_PATH_MAX];

	folder_drop(drop, class, path);
	return file_open_beneath(drop_fd, path[0] ? path : ".", O_RDONLY | O_DIRECTORY, 0);
}

bool upload_is_there(int drop_fd, const struct upload *upload, bool is_part, struct stat *ret_stat)
{
	OWNED_FD int fd = upload_open_folder(drop_fd, upload->drop, upload->class);
	char part[NAME_MAX + 1];

	upload_part_name(upload->name, part);
	return fd >= 0 &&
	       fstatat(fd, is_part ? part : upload->name, ret_stat, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(ret_stat->st_mode);
}

bool upload_is_file(const struct upload *upload, const struct stat *st)
{
	return (int64_t)st->st_dev == upload->device && (int64_t)st->st_ino == upload->inode;
}

void upload_init(
    struct upload *upload, int64_t account_id, const char *node, const struct place *place)
{
	*upload = (struct upload){.account_id = account_id, .class = place->class};
	text_copy_part(upload->node, sizeof(upload->node), node);
	text_copy(upload->drop, place->drop);
	text_copy(upload->name, place->name);
}

static int add_body(struct catalog *catalog, void *arg, struct err *err)
{
	struct upload *u = arg;

	if (catalog_take_ids(catalog, "upload", 1, &u->id, err) < 0)
		return -1;
	return catalog_run(catalog,
	    "INSERT INTO upload (id, account_id, avrs_id, class, name, state, size, modified, device,"
	    " inode, changed, node) VALUES ($1, $2, $3, $4, $5, 'open', 0, 0, 0, 0, $6, $7)",
	    VALUES(INT(u->id), INT(u->account_id), TEXT(u->drop), TEXT(letter_class_name(u->class)),
	        TEXT(u->name), INT(u->changed), TEXT(u->node)),
	    err);
}

int upload_add(struct catalog *catalog, struct upload *upload, struct err *err)
{
	struct upload added = *upload;

	added.state = UPLOAD_OPEN;
	added.changed = clock_now();
	if (catalog_transact(catalog, add_body, &added, err) < 0)
		return -1;
	*upload = added;
	return 0;
}

int upload_update(struct catalog *catalog, const struct upload *upload, struct err *err)
{
	const struct upload *u = upload;

	return catalog_run(catalog,
	    "UPDATE upload SET avrs_id = $2, class = $3, name = $4, state = $5, size = $6,"
	    " modified = $7, device = $8, inode = $9, changed = $10 WHERE id = $1",
	    VALUES(INT(u->id), TEXT(u->drop), TEXT(letter_class_name(u->class)), TEXT(u->name),
	        TEXT(names[u->state]), INT(u->size), INT(u->modified), INT(u->device),
	        INT(u->inode), INT(u->changed)),
	    err);
}

/* An upload and its event, for a transaction's body. */
struct telling {
	const struct actor *actor;
	const char *login;
	const struct upload *upload;
	const char *what;
};

static int tell_body(struct catalog *catalog, void *arg, struct err *err)
{
	const struct telling *telling = arg;
	const struct upload *u = telling->upload;
	char detail[100];

	(void)snprintf(detail, sizeof(detail), "upload=%" PRId64 " class=%s bytes=%" PRId64, u->id,
	    letter_class_name(u->class), u->size);
	if (upload_update(catalog, u, err) < 0)
		return -1;
	return event_add(catalog, telling->actor,
	    &(struct event){.what = telling->what,
	        .login = telling->login,
	        .avrs_id = u->drop[0] ? u->drop : NULL,
	        .detail = detail},
	    err);
}

int upload_update_as(struct catalog *catalog, const struct actor *actor, const char *login,
    const struct upload *upload, const char *what, struct err *err)
{
	struct telling telling = {actor, login, upload, what};

	return catalog_transact(catalog, tell_body, &telling, err);
}

int upload_forget(struct catalog *catalog, int64_t id, struct err *err)
{
	return catalog_run(catalog, "DELETE FROM upload WHERE id = $1", VALUES(INT(id)), err);
}

int upload_forget_old(struct catalog *catalog, enum upload_state state, int64_t before,
    int64_t limit, int64_t *ret_count, struct err *err)
{
	if (catalog_run(catalog,
	        "DELETE FROM upload WHERE id IN (SELECT id FROM upload WHERE state = $1"
	        " AND changed < $2 ORDER BY changed, id LIMIT $3)",
	        VALUES(TEXT(names[state]), INT(before), INT(limit)), err) < 0)
		return -1;
	*ret_count = catalog_changes(catalog);
	return 0;
}

static int read_row(const struct statement *row, struct upload *ret_upload, struct err *err)
{
	const char *state = statement_text(row, 5);

	*ret_upload = (struct upload){
	    .id = statement_int(row, 0),
	    .account_id = statement_int(row, 1),
	    .size = statement_int(row, 6),
	    .modified = statement_int(row, 7),
	    .device = statement_int(row, 8),
	    .inode = statement_int(row, 9),
	    .changed = statement_int(row, 10),
	};
	text_copy(ret_upload->drop, statement_text(row, 2));
	text_copy(ret_upload->name, statement_text(row, 4));
	text_copy(ret_upload->node, statement_text(row, 11));
	while (
	    ret_upload->state < UPLOAD_STATE_COUNT && strcmp(names[ret_upload->state], state) != 0)
		ret_upload->state++;
	return letter_class_parse(statement_text(row, 3), &ret_upload->class, err);
}

int upload_find(struct catalog *catalog, int64_t account_id, const struct place *place,
    struct upload *ret_upload, bool *ret_found, struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;

	if (catalog_find(catalog,
	        "SELECT " COLUMNS " FROM upload WHERE account_id = $1 AND avrs_id = $2"
	        " AND class = $3 AND name = $4 AND state <> 'removed' ORDER BY id DESC LIMIT 1",
	        VALUES(INT(account_id), TEXT(place->drop), TEXT(letter_class_name(place->class)),
	            TEXT(place->name)),
	        &row, ret_found, err) < 0)
		return -1;
	return *ret_found ? read_row(row, ret_upload, err) : 0;
}

int upload_login(
    struct catalog *catalog, int64_t account_id, char ret_login[LOGIN_MAX + 1], struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog, "SELECT login FROM account WHERE id = $1",
	        VALUES(INT(account_id)), &row, &found, err) < 0)
		return -1;
	text_copy_part(ret_login, LOGIN_MAX + 1, found ? statement_text(row, 0) : "");
	return 0;
}

/* Call each for the rows from the one that was found on. */
static int pass_rows(struct statement *row, bool found,
    int (*each)(const struct upload *upload, void *arg, struct err *err), void *arg,
    struct err *err)
{
	while (found) {
		struct upload upload;

		if (read_row(row, &upload, err) < 0 || each(&upload, arg, err) < 0 ||
		    statement_next(row, &found, err) < 0)
			return -1;
	}
	return 0;
}

int upload_list(struct catalog *catalog, const struct upload *after, int64_t before, int64_t limit,
    int (*each)(const struct upload *upload, void *arg, struct err *err), void *arg,
    struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT " COLUMNS " FROM upload WHERE state = $1 AND changed < $2"
	        " AND (changed, id) > ($3, $4) ORDER BY changed, id LIMIT $5",
	        VALUES(TEXT(names[after->state]), INT(before), INT(after->changed), INT(after->id),
	            INT(limit)),
	        &row, &found, err) < 0)
		return -1;
	return pass_rows(row, found, each, arg, err);
}

int upload_list_newest(struct catalog *catalog, int64_t account_id, int64_t limit,
    int (*each)(const struct upload *upload, void *arg, struct err *err), void *arg,
    struct err *err)
{
	OWNED_STATEMENT struct statement *row = NULL;
	bool found = false;

	if (catalog_find(catalog,
	        "SELECT " COLUMNS " FROM upload WHERE account_id = $1 ORDER BY id DESC LIMIT $2",
	        VALUES(INT(account_id), INT(limit)), &row, &found, err) < 0)
		return -1;
	return pass_rows(row, found, each, arg, err);
}
