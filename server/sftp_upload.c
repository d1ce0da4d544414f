/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sftp_upload.h"

#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "server/inbound.h"

/* Nothing else can be written to, so that nobody has to be asked about it. */
static bool is_in_drop(const char *path)
{
	return strcmp(path, "/drop") == 0 || strncmp(path, "/drop/", 6) == 0;
}

int sftp_upload_open(struct sftp *sftp, const struct sftp_request *in, const char *path,
    uint32_t flags, struct err *err)
{
	unsigned how = (flags & SFTP_OPEN_CREATE ? UPLOAD_CREATE : 0) |
	               (flags & SFTP_OPEN_TRUNCATE ? UPLOAD_EMPTY : 0) |
	               (flags & SFTP_OPEN_EXCLUSIVE ? UPLOAD_EXCLUSIVE : 0);
	struct handle *handle = handle_free(&sftp->handles);
	struct inbound *inbound = NULL;
	struct reply reply;

	if (!is_in_drop(path))
		return sftp_answer_read_only(sftp, in);
	if (!handle)
		return sftp_answer_no_slot(sftp, in);
	if (inbound_open(sftp->broker, path, how, flags & SFTP_OPEN_APPEND, &inbound, &reply, err) <
	    0)
		return -1;
	if (reply.answer != ANSWER_OK)
		return sftp_answer_reply(sftp, in, &reply);
	handle->kind = HANDLE_UPLOAD;
	handle->inbound = inbound;
	return sftp_answer_handle(sftp, in, handle);
}

int sftp_upload_close(
    struct sftp *sftp, const struct sftp_request *in, struct handle *handle, struct err *err)
{
	struct reply reply;

	if (inbound_close(handle->inbound, sftp->broker, &reply, err) < 0)
		return -1;
	handle_close(handle);
	return sftp_answer_reply(sftp, in, &reply);
}

int sftp_upload_refuse(struct sftp *sftp, struct sftp_request *in, struct err *err)
{
	(void)err;
	return sftp_answer_read_only(sftp, in);
}

int sftp_upload_write(struct sftp *sftp, struct sftp_request *in, struct err *err)
{
	struct handle *handle = sftp_get_handle(sftp, in);
	uint64_t offset;
	size_t length = 0;
	const char *bytes;
	char reason[200];

	if (!handle || handle->kind != HANDLE_UPLOAD)
		return sftp_upload_refuse(sftp, in, err);
	offset = sftp_get_uint64(&in->reader);
	bytes = sftp_get_string(&in->reader, &length);
	if (in->reader.bad)
		return 0;
	if (!inbound_write(handle->inbound, offset, bytes, length, reason))
		return sftp_answer_status(sftp, in, SFTP_FAILURE, reason);
	return sftp_answer_status(sftp, in, SFTP_OK, "written");
}

static int put_unset(struct sftp *sftp, const struct sftp_request *in)
{
	if (sftp->ignore_setstat)
		return sftp_answer_status(sftp, in, SFTP_OK, "nothing changed");
	return sftp_answer_read_only(sftp, in);
}

/* Of something in drop/; its handles have to know. */
static int set_upload(struct sftp *sftp, struct sftp_request *in, const char *path, struct err *err)
{
	struct sftp_wish wish = sftp_get_wish(&in->reader);
	struct upload_change change = {
	    .what = (wish.has_size ? UPLOAD_SET_SIZE : 0) | (wish.has_times ? UPLOAD_SET_TIME : 0),
	    .size = wish.size > INT64_MAX ? INT64_MAX : (int64_t)wish.size,
	    .modified = wish.modified * SECOND};
	struct reply reply;

	if (in->reader.bad)
		return 0;
	if (ask_set(sftp->broker, path, &change, &reply, err) < 0)
		return -1;
	for (int i = 0; reply.answer == ANSWER_OK && i < HANDLES_MAX; i++)
		if (sftp->handles.all[i].kind == HANDLE_UPLOAD &&
		    strcmp(inbound_path(sftp->handles.all[i].inbound), path) == 0)
			inbound_note_change(sftp->handles.all[i].inbound, &change);
	return sftp_answer_reply(sftp, in, &reply);
}

int sftp_upload_setstat(struct sftp *sftp, struct sftp_request *in, struct err *err)
{
	char path[PLACE_PATH_MAX];

	if (!sftp_get_path(&in->reader, path) || !is_in_drop(path))
		return put_unset(sftp, in);
	return set_upload(sftp, in, path, err);
}

int sftp_upload_fsetstat(struct sftp *sftp, struct sftp_request *in, struct err *err)
{
	const struct handle *handle = sftp_get_handle(sftp, in);
	char path[PLACE_PATH_MAX];

	if (!handle || handle->kind != HANDLE_UPLOAD)
		return put_unset(sftp, in);
	text_copy(path, inbound_path(handle->inbound));
	return set_upload(sftp, in, path, err);
}

int sftp_upload_mkdir(struct sftp *sftp, struct sftp_request *in, struct err *err)
{
	char path[PLACE_PATH_MAX];
	struct reply reply;

	if (!sftp_get_path(&in->reader, path) || !is_in_drop(path))
		return sftp_upload_refuse(sftp, in, err);
	if (ask_make_folder(sftp->broker, path, &reply, err) < 0)
		return -1;
	return sftp_answer_reply(sftp, in, &reply);
}

int sftp_upload_rename(struct sftp *sftp, struct sftp_request *in, struct err *err)
{
	char from[PLACE_PATH_MAX];
	char to[PLACE_PATH_MAX];
	bool are_paths = sftp_get_path(&in->reader, from);
	struct reply reply;

	are_paths &= sftp_get_path(&in->reader, to);
	if (!are_paths || !is_in_drop(from) || !is_in_drop(to))
		return sftp_upload_refuse(sftp, in, err);
	if (ask_rename(sftp->broker, from, to, &reply, err) < 0)
		return -1;
	return sftp_answer_reply(sftp, in, &reply);
}

int sftp_upload_sync(struct sftp *sftp, struct sftp_request *in, struct err *err)
{
	struct handle *handle = sftp_get_handle(sftp, in);
	struct reply reply = {.answer = ANSWER_OK};

	if (!handle)
		return sftp_answer_no_handle(sftp, in);
	if (handle->kind == HANDLE_UPLOAD &&
	    inbound_sync(handle->inbound, sftp->broker, &reply, err) < 0)
		return -1;
	return sftp_answer_reply(sftp, in, &reply);
}
