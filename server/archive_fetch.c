/* SPDX-License-Identifier: Apache-2.0 */
#include "server/archive_fetch.h"

#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "server/archive_command.h"
#include "server/ask.h"
#include "spool/archive_order.h"
#include "spool/program.h"

static int end(struct archive_fetch *fetch, int status, const char *line)
{
	fetch->has_ended = true;
	fetch->status = status;
	text_copy(fetch->line, line);
	return 0;
}

int archive_fetch_start(struct archive_fetch *fetch, int broker, const char *command,
    const char *client, struct err *err)
{
	struct archive_command wanted;
	struct reply reply;

	fetch->fd = -1;
	if (archive_command_parse(command, &wanted, err) < 0)
		return end(fetch, STATUS_CALLED_WRONGLY, err->text);
	if (ask_archive(broker, wanted.since, wanted.type, client, &fetch->fd, &reply, err) < 0)
		return -1;
	if (reply.answer == ANSWER_DENIED)
		return end(fetch, STATUS_CALLED_WRONGLY, reply.reason);
	if (reply.answer != ANSWER_OK)
		return end(fetch, STATUS_TRY_AGAIN, reply.reason);
	return 0;
}

void archive_fetch_done(struct archive_fetch *fetch)
{
	if (fetch->fd >= 0)
		(void)close(fetch->fd);
	fetch->fd = -1;
}

static int take_result(struct archive_fetch *fetch, struct err *err)
{
	int64_t status = message_get_bounded(&fetch->in, STATUS_DONE, STATUS_TRY_AGAIN);
	const char *line = message_get_text(&fetch->in);

	if (!message_is_read(&fetch->in))
		return err_set(err, ERR_GONE, "what packs says what is no result");
	return end(fetch, (int)status, line);
}

int archive_fetch_read(struct archive_fetch *fetch, struct err *err)
{
	enum message_state state = MESSAGE_NONE;

	if (fetch->has_ended || fetch->count > 0)
		return 0;
	if (message_receive(fetch->fd, &fetch->in, &state, err) < 0)
		return -1;
	if (state == MESSAGE_NONE)
		return 0;
	if (state == MESSAGE_END)
		return end(
		    fetch, STATUS_TRY_AGAIN, "the archive broke off, please try again later");
	if (fetch->in.kind == ARCHIVE_RESULT)
		return take_result(fetch, err);
	fetch->bytes = message_get_bytes(&fetch->in, &fetch->count);
	if (fetch->in.kind != ARCHIVE_BYTES || !message_is_read(&fetch->in) || fetch->count == 0)
		return err_set(err, ERR_GONE, "what packs says what is no archive");
	return 0;
}

int archive_fetch_sent(struct archive_fetch *fetch, size_t count, struct err *err)
{
	static struct message out;

	if (count == 0)
		return 0;
	fetch->bytes += count;
	fetch->count -= count;
	fetch->sent += (int64_t)count;
	if (fetch->count > 0)
		return 0;
	message_start(&out, ARCHIVE_SENT);
	message_put_int(&out, fetch->sent);
	if (message_send(fetch->fd, &out, err) == 0)
		return 0;
	/* What packs is gone, or slow to listen: its end is read next; a later number has all. */
	return err->kind == ERR_GONE || err->kind == ERR_BUSY ? 0 : -1;
}
