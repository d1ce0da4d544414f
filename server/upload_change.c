/* SPDX-License-Identifier: Apache-2.0 */
#include "server/upload_change.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "server/drop_place.h"
#include "server/hand_in.h"
#include "server/part.h"
#include "spool/drop_folder.h"
#include "spool/letter.h"

#define STILL_UPLOADED "it is still being uploaded"

/* The copy, with its part, that a desk has of it and hands it in by; or what was found. */
static struct upload *held_copy(struct upload_desk *desk, struct upload *found, int *ret_fd)
{
	struct upload_desk *holder = upload_desk_holder(desk, found->id);

	*ret_fd = -1;
	for (int i = 0; holder && i < UPLOADS_MAX; i++)
		if (holder->open[i] && holder->open[i]->id == found->id) {
			*ret_fd = holder->held[i];
			return holder->open[i];
		}
	return found;
}

/* held: its part, where a desk has it open, or -1. */
static int set_size(struct upload_desk *desk, const struct upload *upload, int held, int64_t size,
    struct ruling *ret_ruling, struct err *err)
{
	OWNED_FD int folder_fd =
	    upload_open_folder(upload_desk_spool(desk)->drop_fd, upload->drop, upload->class);
	OWNED_FD int fd = -1;

	if (upload->state == UPLOAD_CLOSED && size == upload->size)
		return 0;
	if (upload->state == UPLOAD_CLOSED)
		return rule(ret_ruling, ANSWER_DENIED, "it was handed in: its size stays");
	if (size > hand_in_most(&upload_desk_spool(desk)->settings, upload))
		return rule(ret_ruling, ANSWER_DENIED, "larger than what is taken");
	if (held < 0)
		fd = folder_fd < 0 ? -1 : part_open(folder_fd, upload->name);
	if (held < 0 && fd < 0 && errno == EWOULDBLOCK)
		return rule(ret_ruling, ANSWER_FAILURE, STILL_UPLOADED);
	if ((held < 0 && fd < 0) || ftruncate(held < 0 ? fd : held, size) < 0)
		return rule_error(ret_ruling, "set the size of an upload", errno, err);
	return 0;
}

int upload_set(struct upload_desk *desk, const char *path, const struct upload_change *change,
    struct ruling *ret_ruling, struct err *err)
{
	struct upload *upload;
	struct upload row = {.id = 0};
	struct place place;
	bool found = false;
	bool is_part = false;
	int held = -1;

	/* Times and modes of folders are set by clients that copy trees; they have none. */
	if (place_parse(path, &place) && place.is_folder)
		return drop_place_find(desk->view, path, true, &place, ret_ruling, err);
	if (drop_place_find(desk->view, path, false, &place, ret_ruling, err) < 0)
		return -1;
	if (ret_ruling->answer != ANSWER_OK)
		return 0;
	if (upload_desk_find(desk, &place, &row, &found, &is_part, err) < 0)
		return -1;
	if (!found)
		return upload_desk_is_taken(upload_desk_spool(desk), &place)
		           ? rule(ret_ruling, ANSWER_DENIED, "not an upload of this account")
		           : rule(ret_ruling, ANSWER_NO_SUCH_FILE, "no such file");
	upload = held_copy(desk, &row, &held);
	if (change->what & UPLOAD_SET_SIZE &&
	    set_size(desk, upload, held, change->size, ret_ruling, err) < 0)
		return -1;
	if (ret_ruling->answer != ANSWER_OK || !(change->what & UPLOAD_SET_TIME))
		return 0;
	upload->modified = change->modified;
	return upload_update(upload_desk_spool(desk)->catalog, upload, err);
}

/*
 * Was a copy of it taken that is not posted yet? Then watchd needs the file no more, but the letter
 * comes, whatever is done to it.
 */
static bool is_coming(const struct spool *spool, const struct upload *upload)
{
	const struct source source = {.device = upload->device, .inode = upload->inode};
	bool coming = false;
	struct err err;

	if (letter_is_coming(spool->catalog, upload->drop, &source, &coming, &err) == 0)
		return coming;
	log_error("upload=%" PRId64 " text=\"%s\"", upload->id, err.text);
	return true;
}

/*
 * Nobody has it open, and who wants to has to wait: so it is not being taken just now. Returns a
 * descriptor, which give_back() closes, or -1.
 */
static int grip(const struct spool *spool, int folder_fd, const struct upload *upload)
{
	OWNED_FD int fd = file_open_beneath(folder_fd, upload->name, O_WRONLY, 0);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !upload_is_file(upload, &st))
		return -1;
	/* Where leases do not work files settle before they are taken, and this has to do. */
	if (fcntl(fd, F_SETLEASE, F_WRLCK) < 0 && errno == EAGAIN)
		return -1;
	/* Not before: what is taken has its row before its lease is given back. */
	return is_coming(spool, upload) ? -1 : TAKE_FD(fd);
}

/* Closing what was open for writing makes watchd look at it again, whom the lease kept out. */
static void give_back(int fd)
{
	(void)fcntl(fd, F_SETLEASE, F_UNLCK);
	(void)close(fd);
}

/* An own upload that can be renamed or removed; not: *ret_ruling says why. */
static int find_own(struct upload_desk *desk, const struct place *place, struct upload *ret_upload,
    struct ruling *ret_ruling, struct err *err)
{
	bool found = false;
	bool is_part = false;

	*ret_ruling = (struct ruling){.answer = ANSWER_OK};
	if (upload_desk_find(desk, place, ret_upload, &found, &is_part, err) < 0)
		return -1;
	if (!found && upload_desk_is_taken(upload_desk_spool(desk), place))
		return rule(ret_ruling, ANSWER_DENIED, "not an upload of this account");
	if (!found)
		return rule(ret_ruling, ANSWER_NO_SUCH_FILE, "no such file");
	if (ret_upload->state == UPLOAD_OPEN || upload_desk_holder(desk, ret_upload->id))
		return rule(ret_ruling, ANSWER_FAILURE, STILL_UPLOADED);
	return 0;
}

static int rule_gone(
    const struct spool *spool, const struct upload *upload, struct ruling *ret_ruling)
{
	struct stat st;

	if (upload_is_there(spool->drop_fd, upload, false, &st) && upload_is_file(upload, &st))
		return rule(ret_ruling, ANSWER_FAILURE, "it is being taken just now");
	return rule(ret_ruling, ANSWER_DENIED, "it was taken: STATUS.txt says what became of it");
}

static int move(struct upload_desk *desk, struct upload *upload, const struct place *to,
    struct ruling *ret_ruling, struct err *err)
{
	const struct spool *spool = upload_desk_spool(desk);
	OWNED_FD int from_fd = upload_open_folder(spool->drop_fd, upload->drop, upload->class);
	OWNED_FD int to_fd = drop_folder_open(spool, to->drop, to->class);
	int gripped;
	int error;

	if (from_fd < 0 || to_fd < 0)
		return rule_error(ret_ruling, "open a drop folder", errno, err);
	gripped = grip(spool, from_fd, upload);
	if (gripped < 0)
		return rule_gone(spool, upload, ret_ruling);
	error = file_rename_new(from_fd, upload->name, to_fd, to->name) < 0 ? errno : 0;
	fault_point("upload.renamed");
	give_back(gripped);
	if (error == EEXIST)
		return rule(ret_ruling, ANSWER_DENIED, UPLOAD_IS_THERE);
	if (error)
		return rule_error(ret_ruling, "rename an upload", error, err);
	text_copy(upload->drop, to->drop);
	upload->class = to->class;
	text_copy(upload->name, to->name);
	/* First its row, which is to say where it is even if a sync fails. */
	if (upload_update(spool->catalog, upload, err) < 0 ||
	    file_sync(to_fd, "a drop folder", err) < 0)
		return -1;
	return file_sync(from_fd, "a drop folder", err);
}

int upload_rename(struct upload_desk *desk, const char *from, const char *to,
    struct ruling *ret_ruling, struct err *err)
{
	struct upload upload = {.id = 0};
	struct upload other = {.id = 0};
	struct place place;
	bool found = false;
	bool is_part = false;

	if (drop_place_find(desk->view, from, false, &place, ret_ruling, err) < 0)
		return -1;
	if (ret_ruling->answer == ANSWER_OK && find_own(desk, &place, &upload, ret_ruling, err) < 0)
		return -1;
	if (ret_ruling->answer != ANSWER_OK)
		return 0;
	if (upload.state != UPLOAD_CLOSED)
		return rule(ret_ruling, ANSWER_DENIED, "it was not uploaded to its end");
	if (drop_place_find_new(desk->view, to, false, &place, ret_ruling, err) < 0)
		return -1;
	if (ret_ruling->answer != ANSWER_OK)
		return 0;
	if (upload.size > (place.class == CLASS_TRADE_FILES
	                          ? upload_desk_spool(desk)->settings.drop_trade_file_max
	                          : upload_desk_spool(desk)->settings.drop_letter_max))
		return rule(ret_ruling, ANSWER_DENIED, "larger than what is taken there");
	if (upload_desk_find(desk, &place, &other, &found, &is_part, err) < 0)
		return -1;
	if (is_part)
		return rule(ret_ruling, ANSWER_DENIED, "a part of a file of that name is there");
	return move(desk, &upload, &place, ret_ruling, err);
}

/* Take its name away; 0, -1 with errno, or 1: it is not ours to remove any more. */
static int unlink_upload(
    const struct spool *spool, int folder_fd, const struct upload *upload, bool is_part)
{
	char part[NAME_MAX + 1];
	int gripped;
	int result;

	if (is_part) {
		upload_part_name(upload->name, part);
		return unlinkat(folder_fd, part, 0);
	}
	gripped = grip(spool, folder_fd, upload);
	if (gripped < 0)
		return 1;
	result = unlinkat(folder_fd, upload->name, 0);
	give_back(gripped);
	return result;
}

int upload_remove(
    struct upload_desk *desk, const struct place *place, struct ruling *ret_ruling, struct err *err)
{
	const struct spool *spool = upload_desk_spool(desk);
	OWNED_FD int folder_fd = -1;
	char name[ACTOR_MAX];
	struct actor actor = actor_of_account(spool->actor.node, &desk->view->account, name);
	struct upload upload = {.id = 0};
	int result;

	if (find_own(desk, place, &upload, ret_ruling, err) < 0)
		return -1;
	if (ret_ruling->answer != ANSWER_OK)
		return 0;
	folder_fd = upload_open_folder(spool->drop_fd, upload.drop, upload.class);
	if (folder_fd < 0)
		return rule_error(ret_ruling, "open a drop folder", errno, err);
	result = unlink_upload(spool, folder_fd, &upload, upload.state != UPLOAD_CLOSED);
	if (result > 0)
		return rule_gone(spool, &upload, ret_ruling);
	if (result < 0 && errno != ENOENT)
		return rule_error(ret_ruling, "remove an upload", errno, err);
	fault_point("upload.unlinked");
	upload.state = UPLOAD_REMOVED;
	upload.changed = clock_now();
	/* First its row, as when it is renamed. */
	if (upload_update_as(spool->catalog, &actor, desk->view->account.login, &upload,
	        "upload.removed", err) < 0 ||
	    file_sync(folder_fd, "a drop folder", err) < 0)
		return -1;
	log_info("upload=%" PRId64 " removed login=%s drop=%s reason=\"by its account\"", upload.id,
	    desk->view->account.login, upload.drop);
	return 0;
}
