/* SPDX-License-Identifier: Apache-2.0 */
#include "server/hand_in.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "server/part.h"
#include "spool/upload_orphan.h"

int64_t hand_in_most(const struct settings *settings, const struct upload *upload)
{
	return upload->class == CLASS_TRADE_FILES ? settings->drop_trade_file_max
	                                          : settings->drop_letter_max;
}

void hand_in_leave(const struct spool *spool, struct upload *upload, int fd)
{
	struct err err;

	if (fd >= 0 && part_trim(fd) < 0)
		log_error("upload=%" PRId64 " text=\"what is not whole of it cannot be cut off\"",
		    upload->id);
	upload->state = UPLOAD_PART;
	upload->changed = clock_now();
	upload->device = 0;
	upload->inode = 0;
	/* Then it stays open in the catalog, and is settled later. */
	if (upload_update(spool->catalog, upload, &err) < 0)
		log_error("upload=%" PRId64 " text=\"%s\"", upload->id, err.text);
}

/* Step 1. From here on watchd may take it at any moment: its time is not after that. */
static int note_inode(const struct spool *spool, struct upload *upload, struct err *err)
{
	int64_t most = hand_in_most(&spool->settings, upload);
	struct stat st;

	if (!upload_is_there(spool->drop_fd, upload, true, &st)) {
		hand_in_leave(spool, upload, -1);
		return err_set(err, ERR_REFUSED, "what was uploaded is not there any more");
	}
	if (st.st_size > most) {
		hand_in_leave(spool, upload, -1);
		return err_set(
		    err, ERR_REFUSED, "larger than the %" PRId64 " bytes that are taken", most);
	}
	upload->size = st.st_size;
	upload->device = (int64_t)st.st_dev;
	upload->inode = (int64_t)st.st_ino;
	upload->changed = clock_now();
	return upload_update(spool->catalog, upload, err);
}

/* Step 2. */
static int give_name(const struct spool *spool, struct upload *upload, struct err *err)
{
	OWNED_FD int fd = upload_open_folder(spool->drop_fd, upload->drop, upload->class);
	char part[NAME_MAX + 1];

	if (fd < 0)
		return err_sys(err, "open a drop folder");
	upload_part_name(upload->name, part);
	if (file_rename_new(fd, part, fd, upload->name) < 0) {
		if (errno != EEXIST)
			return err_sys(err, "name an upload");
		hand_in_leave(spool, upload, -1);
		return err_set(err, ERR_CONFLICT,
		    "a file of that name came meanwhile, and nothing is overwritten");
	}
	fault_point("upload.named");
	return 0;
}

/*
 * Its end; also where a former call had named it, since that may have failed here. A folder that is
 * gone by now went with all that was in it.
 */
static int sync_name(const struct spool *spool, const struct upload *upload, struct err *err)
{
	OWNED_FD int fd = upload_open_folder(spool->drop_fd, upload->drop, upload->class);

	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(err, "open a drop folder");
	return file_sync(fd, "a drop folder", err);
}

/* Step 3. */
static int close_row(const struct spool *spool, struct upload *upload, struct err *err)
{
	struct upload closed = *upload;
	struct account account = {.id = upload->account_id};
	char name[ACTOR_MAX];
	struct actor actor;

	if (upload_login(spool->catalog, upload->account_id, account.login, err) < 0)
		return -1;
	actor = actor_of_account(spool->actor.node, &account, name);
	closed.state = UPLOAD_CLOSED;
	if (upload_update_as(spool->catalog, &actor, account.login, &closed, "upload.closed", err) <
	    0)
		return -1;
	*upload = closed;
	log_info("upload=%" PRId64 " closed login=%s drop=%s class=%s bytes=%" PRId64, upload->id,
	    account.login, upload->drop, letter_class_name(upload->class), upload->size);
	return 0;
}

int hand_in(const struct spool *spool, struct upload *upload, struct err *err)
{
	if (note_inode(spool, upload, err) < 0)
		return -1;
	fault_point("upload.noted");
	if (give_name(spool, upload, err) < 0 || sync_name(spool, upload, err) < 0 ||
	    close_row(spool, upload, err) < 0)
		return -1;
	fault_point("upload.closed");
	return 0;
}

/* Nobody writes it: a row that is open stays so only until then. fd: of its part, or -1. */
static int settle(const struct spool *spool, struct upload *upload, int fd, struct err *err)
{
	struct stat st;

	if (!upload->inode || (fd >= 0 && (fstat(fd, &st) < 0 || !upload_is_file(upload, &st)))) {
		hand_in_leave(spool, upload, fd);
		return 0;
	}
	/* Another file has its name: its client is told when it asks again. */
	if (fd >= 0 && give_name(spool, upload, err) < 0)
		return err->kind == ERR_CONFLICT ? 0 : -1;
	return sync_name(spool, upload, err) < 0 ? -1 : close_row(spool, upload, err);
}

/* Is its file on this machine's disk to be looked for? Another's may have the same disk. */
static bool is_of_node(const struct spool *spool, const struct upload *upload)
{
	return !upload->node[0] || strcmp(upload->node, spool->actor.node) == 0;
}

/*
 * Is it a leftover, which is ours to see to? One that is being written is none, however long that
 * takes, nor is one on another's disk. *ret_fd keeps it from being opened meanwhile; -1: there is
 * no part of it.
 */
static bool is_leftover(const struct spool *spool, const struct upload *upload, int *ret_fd)
{
	OWNED_FD int folder_fd = upload_open_folder(spool->drop_fd, upload->drop, upload->class);

	*ret_fd = folder_fd < 0 ? -1 : part_open(folder_fd, upload->name);
	if (folder_fd >= 0 && *ret_fd < 0 && errno == EWOULDBLOCK)
		return false;
	return *ret_fd >= 0 || is_of_node(spool, upload);
}

int hand_in_settle(const struct spool *spool, struct upload *upload, struct err *err)
{
	OWNED_FD int fd = -1;

	return is_leftover(spool, upload, &fd) ? settle(spool, upload, fd, err) : 0;
}

/* Uploads gathered before any is changed. */
struct gathered {
	struct upload *uploads;
	size_t count;
};

static int gather(const struct upload *upload, void *arg, struct err *err)
{
	struct gathered *gathered = arg;

	(void)err;
	gathered->uploads =
	    mem_grow(gathered->uploads, gathered->count, sizeof(*gathered->uploads));
	gathered->uploads[gathered->count++] = *upload;
	return 0;
}

int hand_in_recover(const struct spool *spool, struct err *err)
{
	struct gathered gathered = {.count = 0};
	const struct upload first = {.state = UPLOAD_OPEN};
	struct err reason;
	int result =
	    upload_list(spool->catalog, &first, INT64_MAX, INT64_MAX, gather, &gathered, err);

	for (size_t i = 0; result == 0 && i < gathered.count; i++)
		/* One that fails keeps back no other. */
		if (hand_in_settle(spool, &gathered.uploads[i], &reason) < 0)
			log_error(
			    "upload=%" PRId64 " text=\"%s\"", gathered.uploads[i].id, reason.text);
	free(gathered.uploads);
	return result;
}

static int remove_file(
    const struct spool *spool, const struct upload *upload, bool is_part, struct err *err)
{
	OWNED_FD int fd = upload_open_folder(spool->drop_fd, upload->drop, upload->class);
	char part[NAME_MAX + 1];

	upload_part_name(upload->name, part);
	if (fd >= 0 && unlinkat(fd, is_part ? part : upload->name, 0) < 0 && errno != ENOENT)
		return err_sys(err, "remove an upload");
	return 0;
}

static int tell_removed(const struct spool *spool, const struct upload *upload, struct err *err)
{
	struct upload removed = *upload;
	char login[LOGIN_MAX + 1];

	removed.state = UPLOAD_REMOVED;
	removed.changed = clock_now();
	if (upload_login(spool->catalog, upload->account_id, login, err) < 0 ||
	    upload_update_as(
	        spool->catalog, &spool->actor, login, &removed, "upload.removed", err) < 0)
		return -1;
	log_info("upload=%" PRId64 " removed login=%s drop=%s reason=\"its client did not go on\"",
	    upload->id, login, upload->drop);
	return 0;
}

static int remove_part(const struct spool *spool, struct upload *upload, struct err *err)
{
	OWNED_FD int fd = -1;

	if (!is_leftover(spool, upload, &fd))
		return 0;
	return remove_file(spool, upload, true, err) < 0 ? -1 : tell_removed(spool, upload, err);
}

static int remove_orphan(const struct spool *spool, struct upload *upload, struct err *err)
{
	OWNED_FD int fd = -1;
	bool is_adopted = false;

	if (!is_leftover(spool, upload, &fd))
		return 0;
	if (upload_orphan_is_adopted(spool->catalog, upload, &is_adopted, err) < 0 ||
	    (!is_adopted && remove_file(spool, upload, true, err) < 0))
		return -1;
	if (!is_adopted)
		log_info("upload=%" PRId64 " removed drop=%s reason=\"its account was removed\"",
		    upload->id, upload->drop);
	return upload_orphan_forget(spool->catalog, upload->id, err);
}

/* What its client was to rename, and did not; nothing else ever takes such a name. */
static int remove_unfinished(const struct spool *spool, struct upload *upload, struct err *err)
{
	struct stat st;

	if (!letter_name_is_unfinished(upload->name) ||
	    !upload_is_there(spool->drop_fd, upload, false, &st) || !upload_is_file(upload, &st))
		return 0;
	return remove_file(spool, upload, false, err) < 0 ? -1 : tell_removed(spool, upload, err);
}

/* What is done with uploads that are over, in this order. */
static const struct cleaning_step {
	enum upload_state state;
	int64_t lasts; /* for so long they are not over */
	int (*act)(const struct spool *spool, struct upload *upload, struct err *err);
} steps[] = {
    {UPLOAD_CLOSED, UPLOAD_TOLD, NULL}, /* forgotten */
    {UPLOAD_REMOVED, UPLOAD_TOLD, NULL},
    {UPLOAD_CLOSED, UPLOAD_KEPT, remove_unfinished},
    {UPLOAD_STATE_COUNT, 0, remove_orphan},
    {UPLOAD_PART, UPLOAD_KEPT, remove_part},
};
enum { STEPS = sizeof(steps) / sizeof(steps[0]), ROWS_AT_ONCE = 500 };

/* For so long at most, and the one that is begun then, nobody else is answered. */
#define TURN (SECOND / 10)

static int gather_next(const struct spool *spool, const struct cleaning_step *step,
    const struct upload *after, struct gathered *gathered, struct err *err)
{
	return step->act == remove_orphan
	           ? upload_orphan_list(
	                 spool->catalog, after->id, ROWS_AT_ONCE, gather, gathered, err)
	           : upload_list(spool->catalog, after, clock_now() - step->lasts, ROWS_AT_ONCE,
	                 gather, gathered, err);
}

/* Act on those that come next. One that fails keeps back no other. */
static int act_on_next(const struct spool *spool, const struct cleaning_step *step,
    struct upload *after, bool *ret_more, struct err *err)
{
	struct gathered gathered = {.count = 0};
	int64_t until = clock_elapsed() + TURN;
	int result = gather_next(spool, step, after, &gathered, err);
	struct err reason;
	size_t i;

	for (i = 0; result == 0 && i < gathered.count && clock_elapsed() < until; i++) {
		*after = gathered.uploads[i];
		if (step->act(spool, &gathered.uploads[i], &reason) < 0)
			log_error("upload=%" PRId64 " text=\"%s\"", after->id, reason.text);
	}
	*ret_more = i < gathered.count || gathered.count == ROWS_AT_ONCE;
	free(gathered.uploads);
	return result;
}

static int forget_next(
    const struct spool *spool, const struct cleaning_step *step, bool *ret_more, struct err *err)
{
	int64_t count = 0;

	if (upload_forget_old(spool->catalog, step->state, clock_now() - step->lasts, ROWS_AT_ONCE,
	        &count, err) < 0)
		return -1;
	*ret_more = count == ROWS_AT_ONCE;
	return 0;
}

static int clean_next(const struct spool *spool, struct hand_in_cleaning *cleaning, struct err *err)
{
	const struct cleaning_step *step = &steps[cleaning->step];
	bool more = false;

	cleaning->after.state = step->state;
	if ((step->act ? act_on_next(spool, step, &cleaning->after, &more, err)
	               : forget_next(spool, step, &more, err)) < 0)
		return -1;
	if (!more)
		*cleaning = (struct hand_in_cleaning){.step = cleaning->step + 1};
	return 0;
}

int hand_in_clean(
    const struct spool *spool, struct hand_in_cleaning *cleaning, bool *ret_more, struct err *err)
{
	int result = clean_next(spool, cleaning, err);

	*ret_more = result == 0 && cleaning->step < STEPS;
	if (!*ret_more)
		*cleaning = (struct hand_in_cleaning){.step = 0};
	return result;
}
