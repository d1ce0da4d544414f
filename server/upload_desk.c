/* SPDX-License-Identifier: Apache-2.0 */
#include "server/upload_desk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utlist.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "server/drop_place.h"
#include "server/hand_in.h"
#include "server/part.h"
#include "spool/drop_folder.h"
#include "spool/right.h"
#include "spool/view_drop.h"

/* A part that was written so lately is still being written by whoever has it. */
#define STILL_WRITTEN (10 * SECOND)

#define IS_WRITTEN "another session of this account is uploading it"

void upload_desk_init(struct upload_desk *desk, struct view *view, struct upload_desk **all)
{
	*desk = (struct upload_desk){.view = view, .all = all};
	for (int i = 0; i < UPLOADS_MAX; i++)
		desk->held[i] = -1;
	DL_APPEND(*all, desk);
}

const struct spool *upload_desk_spool(const struct upload_desk *desk)
{
	return desk->view->spool;
}

static void let_go(struct upload_desk *desk, int64_t number)
{
	free(desk->open[number]);
	desk->open[number] = NULL;
	clean_fd(&desk->held[number]);
	desk->held[number] = -1;
}

void upload_desk_done(struct upload_desk *desk)
{
	if (!desk->all)
		return;
	for (int i = 0; i < UPLOADS_MAX; i++) {
		if (desk->open[i])
			hand_in_leave(upload_desk_spool(desk), desk->open[i], desk->held[i]);
		let_go(desk, i);
	}
	DL_DELETE(*desk->all, desk);
	desk->all = NULL;
}

int upload_desk_make_folder(
    struct upload_desk *desk, const char *path, struct ruling *ret_ruling, struct err *err)
{
	OWNED_FD int fd = -1;
	struct place place;

	if (drop_place_find_new(desk->view, path, true, &place, ret_ruling, err) < 0)
		return -1;
	if (ret_ruling->answer != ANSWER_OK)
		return 0;
	fd = upload_open_folder(upload_desk_spool(desk)->drop_fd, place.drop, place.class);
	if (fd >= 0)
		return rule(ret_ruling, ANSWER_FAILURE, "the folder is there already");
	fd = drop_folder_open(upload_desk_spool(desk), place.drop, place.class);
	if (fd < 0)
		return rule_error(ret_ruling, "make a drop folder", errno, err);
	log_info("login=%s made drop=%s class=%s", desk->view->account.login, place.drop,
	    letter_class_name(place.class));
	return 0;
}

/* --- opening */

struct upload_desk *upload_desk_holder(const struct upload_desk *desk, int64_t id)
{
	struct upload_desk *other;

	DL_FOREACH(*desk->all, other)
	for (int i = 0; i < UPLOADS_MAX; i++)
		if (other->open[i] && other->open[i]->id == id)
			return other;
	return NULL;
}

/* One that is held: by a session that is writing, or by one whose connection is gone unnoticed. */
static int rule_held(struct upload_desk *desk, struct upload_desk *holder,
    const struct upload *upload, struct ruling *ret_ruling)
{
	struct stat st;

	if (holder == desk)
		return rule(ret_ruling, ANSWER_FAILURE, "this session has it open already");
	if (upload_is_there(upload_desk_spool(desk)->drop_fd, upload, true, &st) &&
	    st.st_mtim.tv_sec * SECOND > clock_now() - STILL_WRITTEN)
		return rule(ret_ruling, ANSWER_FAILURE, IS_WRITTEN);
	holder->is_evicted = true;
	return rule(ret_ruling, ANSWER_FAILURE,
	    "another session had it open and is being ended: try again in a few seconds");
}

static int64_t free_number(const struct upload_desk *desk)
{
	int64_t number = 0;

	while (number < UPLOADS_MAX && desk->open[number])
		number++;
	return number;
}

/* It is open from here on. */
static int take_in(struct upload_desk *desk, const struct upload *upload, int fd,
    struct desk_file *ret_file, struct err *err)
{
	OWNED_FD int held = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	struct stat st;

	if (held < 0 || fstat(fd, &st) < 0)
		return err_sys(err, "keep an upload open");
	*ret_file = (struct desk_file){.number = free_number(desk),
	    .most = hand_in_most(&upload_desk_spool(desk)->settings, upload),
	    .fd = fd,
	    .entry = {.size = st.st_size,
	        .changed = upload->modified ? upload->modified : upload->changed}};
	text_copy(ret_file->entry.name, upload->name);
	desk->open[ret_file->number] = mem_new(1, sizeof(*upload));
	*desk->open[ret_file->number] = *upload;
	desk->held[ret_file->number] = TAKE_FD(held);
	return 0;
}

static int go_on(struct upload_desk *desk, struct upload *upload, unsigned how,
    struct desk_file *ret_file, struct ruling *ret_ruling, struct err *err)
{
	OWNED_FD int folder_fd =
	    upload_open_folder(upload_desk_spool(desk)->drop_fd, upload->drop, upload->class);
	OWNED_FD int fd = -1;

	if (how & UPLOAD_EXCLUSIVE)
		return rule(ret_ruling, ANSWER_DENIED,
		    "a part of that file is there: go on with it, or remove it");
	fd = folder_fd < 0 ? -1 : part_open(folder_fd, upload->name);
	if (fd < 0 && errno == EWOULDBLOCK)
		return rule(ret_ruling, ANSWER_FAILURE, IS_WRITTEN);
	if (fd < 0 || ((how & UPLOAD_EMPTY) && ftruncate(fd, 0) < 0))
		return rule_error(ret_ruling, "open an upload", errno, err);
	upload->state = UPLOAD_OPEN;
	upload->changed = clock_now();
	if (how & UPLOAD_EMPTY)
		upload->modified = 0;
	if (upload_update(upload_desk_spool(desk)->catalog, upload, err) < 0 ||
	    take_in(desk, upload, fd, ret_file, err) < 0)
		return -1;
	(void)TAKE_FD(fd);
	return 0;
}

/* The row first: what is on disk without one would be nobody's to remove. */
static int begin(struct upload_desk *desk, const struct place *place, struct desk_file *ret_file,
    struct ruling *ret_ruling, struct err *err)
{
	OWNED_FD int folder_fd =
	    drop_folder_open(upload_desk_spool(desk), place->drop, place->class);
	OWNED_FD int fd = -1;
	struct upload upload = {.id = 0};
	int error;

	if (folder_fd < 0)
		return rule_error(ret_ruling, "open a drop folder", errno, err);
	upload_init(&upload, desk->view->account.id, upload_desk_spool(desk)->actor.node, place);
	if (upload_add(upload_desk_spool(desk)->catalog, &upload, err) < 0)
		return -1;
	fault_point("upload.added");
	fd = part_create(folder_fd, upload.name);
	if (fd >= 0 && take_in(desk, &upload, fd, ret_file, err) == 0) {
		(void)TAKE_FD(fd);
		return 0;
	}
	error = fd < 0 ? errno : EIO;
	if (upload_forget(upload_desk_spool(desk)->catalog, upload.id, err) < 0)
		return -1;
	if (error == EEXIST)
		return rule(
		    ret_ruling, ANSWER_DENIED, "somebody else is uploading a file of that name");
	return rule_error(ret_ruling, "make an upload", error, err);
}

int upload_desk_find(struct upload_desk *desk, const struct place *place, struct upload *ret_upload,
    bool *ret_found, bool *ret_part, struct err *err)
{
	const struct spool *spool = upload_desk_spool(desk);
	struct stat st;

	*ret_part = false;
	if (upload_find(spool->catalog, desk->view->account.id, place, ret_upload, ret_found, err) <
	    0)
		return -1;
	if (!*ret_found)
		return 0;
	if (ret_upload->state == UPLOAD_OPEN && !upload_desk_holder(desk, ret_upload->id) &&
	    hand_in_settle(spool, ret_upload, err) < 0)
		return -1;
	*ret_part = ret_upload->state != UPLOAD_CLOSED &&
	            upload_is_there(spool->drop_fd, ret_upload, true, &st);
	return 0;
}

bool upload_desk_is_taken(const struct spool *spool, const struct place *place)
{
	OWNED_FD int fd = upload_open_folder(spool->drop_fd, place->drop, place->class);

	return fd >= 0 && faccessat(fd, place->name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Nothing of it is there: may it be begun? It may have been handed in and taken before. */
static int rule_beginning(const struct upload *before, unsigned how, struct ruling *ret_ruling)
{
	bool is_told = before && before->state == UPLOAD_CLOSED &&
	               before->changed + UPLOAD_KEPT >= clock_now();

	if (is_told && (how & UPLOAD_EXCLUSIVE))
		return rule(ret_ruling, ANSWER_DENIED, "a file of that name was handed in lately");
	if (is_told && !(how & UPLOAD_EMPTY))
		return rule(ret_ruling, ANSWER_DENIED,
		    "a file of that name was handed in lately: send the other from its start");
	if (!is_told && !(how & UPLOAD_CREATE))
		return rule(ret_ruling, ANSWER_NO_SUCH_FILE, "no such file");
	return 0;
}

int upload_desk_open(struct upload_desk *desk, const char *path, unsigned how,
    struct desk_file *ret_file, struct ruling *ret_ruling, struct err *err)
{
	struct upload_desk *holder;
	struct upload upload = {.id = 0};
	struct place place;
	bool found = false;
	bool is_part = false;

	if (drop_place_find_new(desk->view, path, false, &place, ret_ruling, err) < 0)
		return -1;
	if (ret_ruling->answer != ANSWER_OK)
		return 0;
	if (free_number(desk) == UPLOADS_MAX)
		return rule(
		    ret_ruling, ANSWER_FAILURE, "more than %d uploads at a time", UPLOADS_MAX);
	if (upload_desk_find(desk, &place, &upload, &found, &is_part, err) < 0)
		return -1;
	if (upload_desk_is_taken(upload_desk_spool(desk), &place))
		return rule(ret_ruling, ANSWER_DENIED, UPLOAD_IS_THERE);
	holder = found ? upload_desk_holder(desk, upload.id) : NULL;
	if (holder)
		return rule_held(desk, holder, &upload, ret_ruling);
	/* In another broker: it ends as soon as that notices that its client is gone. */
	if (found && upload.state == UPLOAD_OPEN)
		return rule(ret_ruling, ANSWER_FAILURE, IS_WRITTEN);
	if (is_part)
		return go_on(desk, &upload, how, ret_file, ret_ruling, err);
	(void)rule_beginning(found ? &upload : NULL, how, ret_ruling);
	return ret_ruling->answer == ANSWER_OK ? begin(desk, &place, ret_file, ret_ruling, err) : 0;
}

int upload_desk_close(struct upload_desk *desk, int64_t number, const char *failure,
    struct ruling *ret_ruling, struct err *err)
{
	struct upload *upload = number >= 0 && number < UPLOADS_MAX ? desk->open[number] : NULL;
	int result = 0;

	*ret_ruling = (struct ruling){.answer = ANSWER_OK};
	if (!upload)
		return rule(ret_ruling, ANSWER_FAILURE, "not an upload of this session");
	if (failure[0]) {
		hand_in_leave(upload_desk_spool(desk), upload, desk->held[number]);
		(void)rule(ret_ruling, ANSWER_FAILURE, "%.190s", failure);
	} else {
		result = hand_in(upload_desk_spool(desk), upload, err);
	}
	let_go(desk, number);
	if (result == 0)
		return 0;
	if (err->kind == ERR_CONFLICT || err->kind == ERR_REFUSED)
		return rule(ret_ruling, ANSWER_DENIED, "%.190s", err->text);
	return -1;
}

int upload_desk_may_stay(const struct upload_desk *desk, bool *ret_may, struct err *err)
{
	char today[DATE_SIZE];

	clock_print_date(clock_now(), today);
	*ret_may = !desk->is_evicted;
	for (int i = 0; *ret_may && i < UPLOADS_MAX; i++) {
		struct place place = {.kind = PLACE_DROP_FILE, .area = AREA_DROP};
		const struct upload *upload = desk->open[i];

		if (!upload)
			continue;
		place.class = upload->class;
		text_copy(place.name, upload->name);
		if (avrs_id_is_valid(upload->drop))
			text_copy(place.avrs_id, upload->drop);
		if (!right_may_see(&desk->view->account, NULL, AREA_DROP, today))
			*ret_may = false;
		else if (view_drop_allows(desk->view, &place, ret_may, err) < 0)
			return -1;
	}
	return 0;
}
