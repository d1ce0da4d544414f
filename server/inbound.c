/* SPDX-License-Identifier: Apache-2.0 */
#include "server/inbound.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "spool/place.h"

enum { REASON_SIZE = 200 };

struct inbound {
	int fd;
	bool appends;
	int64_t number; /* by the broker */
	int64_t most;   /* bytes */
	struct entry entry;
	char path[PLACE_PATH_MAX];
	char failure[REASON_SIZE]; /* why it is not whole, or "" */
};

int inbound_open(int broker, const char *path, unsigned how, bool appends,
    struct inbound **ret_inbound, struct reply *ret_reply, struct err *err)
{
	struct uploading uploading;
	struct inbound *inbound = NULL;

	if (ask_upload(broker, path, how, &uploading, ret_reply, err) < 0)
		return -1;
	if (ret_reply->answer == ANSWER_OK) {
		inbound = mem_new(1, sizeof(*inbound));
		inbound->fd = uploading.fd;
		inbound->appends = appends;
		inbound->number = uploading.number;
		inbound->most = uploading.most;
		inbound->entry = uploading.entry;
		text_copy(inbound->path, path);
	}
	*ret_inbound = inbound;
	return 0;
}

/* From the first failure on, whatever else is written: what a client sent is not all there. */
static bool fail(struct inbound *inbound, char *ret_reason)
{
	text_copy_part(ret_reason, REASON_SIZE, inbound->failure);
	return false;
}

static bool fail_by(struct inbound *inbound, int error, char *ret_reason)
{
	if (error == ENOSPC || error == EDQUOT)
		text_copy(inbound->failure, "the disk is full: what was sent is kept as a part");
	else
		(void)snprintf(
		    inbound->failure, REASON_SIZE, "it cannot be written: %s", strerror(error));
	return fail(inbound, ret_reason);
}

bool inbound_write(
    struct inbound *inbound, uint64_t offset, const void *bytes, size_t length, char *ret_reason)
{
	const char *at = bytes;

	if (inbound->appends)
		offset = (uint64_t)inbound->entry.size;
	if (inbound->failure[0])
		return fail(inbound, ret_reason);
	if (offset > (uint64_t)inbound->most || length > (uint64_t)inbound->most - offset) {
		(void)snprintf(inbound->failure, REASON_SIZE,
		    "larger than the %" PRId64 " bytes that are taken", inbound->most);
		return fail(inbound, ret_reason);
	}
	while (length > 0) {
		ssize_t count = pwrite(inbound->fd, at, length, (off_t)offset);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return fail_by(inbound, errno, ret_reason);
		at += count;
		offset += (uint64_t)count;
		length -= (size_t)count;
		if ((int64_t)offset > inbound->entry.size)
			inbound->entry.size = (int64_t)offset;
	}
	return true;
}

static int empty(struct inbound *inbound, int broker, struct reply *ret_reply, struct err *err)
{
	static const struct upload_change nothing = {.what = UPLOAD_SET_SIZE};

	text_copy(inbound->failure, "it cannot be made durable: send it again from its start");
	return ask_set(broker, inbound->path, &nothing, ret_reply, err);
}

int inbound_sync(struct inbound *inbound, int broker, struct reply *ret_reply, struct err *err)
{
	struct err unsynced;

	*ret_reply = (struct reply){.answer = ANSWER_OK};
	if (!inbound->failure[0] && file_sync(inbound->fd, "an upload", &unsynced) < 0 &&
	    empty(inbound, broker, ret_reply, err) < 0)
		return -1;
	if (inbound->failure[0]) {
		ret_reply->answer = ANSWER_FAILURE;
		text_copy(ret_reply->reason, inbound->failure);
	}
	return 0;
}

int inbound_close(struct inbound *inbound, int broker, struct reply *ret_reply, struct err *err)
{
	/* Here, so that nobody but this client waits for its bytes. */
	int result = inbound_sync(inbound, broker, ret_reply, err);

	clean_fd(&inbound->fd);
	inbound->fd = -1;
	return result < 0 ? -1
	                  : ask_uploaded(broker, inbound->number, inbound->failure, ret_reply, err);
}

struct entry inbound_entry(const struct inbound *inbound)
{
	return inbound->entry;
}

const char *inbound_path(const struct inbound *inbound)
{
	return inbound->path;
}

void inbound_note_change(struct inbound *inbound, const struct upload_change *change)
{
	if (change->what & UPLOAD_SET_SIZE)
		inbound->entry.size = change->size;
	if (change->what & UPLOAD_SET_TIME)
		inbound->entry.changed = change->modified;
}

void inbound_free(struct inbound *inbound)
{
	if (!inbound)
		return;
	clean_fd(&inbound->fd);
	free(inbound);
}
