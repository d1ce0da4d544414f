/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sftp_answer.h"

int sftp_answer_status(
    struct sftp *sftp, const struct sftp_request *in, enum sftp_status status, const char *text)
{
	sftp_put_status(&sftp->out, in->id, status, text);
	return 0;
}

void sftp_put_reply(struct buffer *out, uint32_t id, const struct reply *reply)
{
	switch (reply->answer) {
	case ANSWER_OK:
		sftp_put_status(out, id, SFTP_OK, "done");
		return;
	case ANSWER_NO_SUCH_FILE:
		sftp_put_status(out, id, SFTP_NO_SUCH_FILE, "no such file");
		return;
	case ANSWER_DENIED:
		sftp_put_status(out, id, SFTP_PERMISSION_DENIED, reply->reason);
		return;
	case ANSWER_FAILURE:
	case ANSWER_COUNT:
		break;
	}
	sftp_put_status(out, id, SFTP_FAILURE, reply->reason);
}

int sftp_answer_reply(struct sftp *sftp, const struct sftp_request *in, const struct reply *reply)
{
	sftp_put_reply(&sftp->out, in->id, reply);
	return 0;
}

int sftp_answer_no_path(struct sftp *sftp, const struct sftp_request *in)
{
	return sftp_answer_status(sftp, in, SFTP_NO_SUCH_FILE, "no such file");
}

int sftp_answer_no_handle(struct sftp *sftp, const struct sftp_request *in)
{
	return sftp_answer_status(sftp, in, SFTP_FAILURE, "not a handle of this session");
}

int sftp_answer_no_slot(struct sftp *sftp, const struct sftp_request *in)
{
	return sftp_answer_status(sftp, in, SFTP_FAILURE, "too many open handles");
}

int sftp_answer_read_only(struct sftp *sftp, const struct sftp_request *in)
{
	return sftp_answer_status(sftp, in, SFTP_PERMISSION_DENIED, "this tree is read-only");
}

int sftp_answer_attributes(
    struct sftp *sftp, const struct sftp_request *in, const struct sftp_attributes *attributes)
{
	size_t start = sftp_begin(&sftp->out, SFTP_ATTRS, in->id);

	sftp_put_attributes(&sftp->out, attributes);
	sftp_end(&sftp->out, start);
	return 0;
}

int sftp_answer_handle(struct sftp *sftp, const struct sftp_request *in, struct handle *handle)
{
	size_t start = sftp_begin(&sftp->out, SFTP_HANDLE, in->id);

	handle_put(&sftp->handles, handle, &sftp->out);
	sftp_end(&sftp->out, start);
	return 0;
}

bool sftp_get_path(struct sftp_reader *in, char ret_path[PLACE_PATH_MAX])
{
	size_t length = 0;
	const char *bytes = sftp_get_string(in, &length);

	return !in->bad && place_normalise(bytes, length, ret_path);
}

struct handle *sftp_get_handle(struct sftp *sftp, struct sftp_request *in)
{
	size_t length = 0;
	const char *bytes = sftp_get_string(&in->reader, &length);

	return handle_find(&sftp->handles, bytes, length);
}

struct sftp_attributes sftp_attributes_of(const struct entry *entry)
{
	return (struct sftp_attributes){
	    .size = (uint64_t)entry->size,
	    .mode = entry->is_folder ? SFTP_FOLDER_MODE : SFTP_FILE_MODE,
	    .changed = entry->changed,
	};
}
