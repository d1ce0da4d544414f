/* SPDX-License-Identifier: Apache-2.0 */
#include "server/broker_upload.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "server/answer.h"
#include "server/upload_change.h"

#define IS_AWAY "the drop folder is not there now: try again later"

/* What is changed is changed in the folder that has its path now; else its client keeps it. */
static bool is_away(struct broker_session *s, struct ruling *ret_ruling)
{
	if (drop_root_follow(&s->broker->drop_root))
		return false;
	*ret_ruling = (struct ruling){.answer = ANSWER_FAILURE, .reason = IS_AWAY};
	return true;
}

/* The desk's word; what it denies an administrator is an event, too. */
static int put_ruling(struct broker_session *s, const char *what, const struct ruling *ruling)
{
	bool is_no = ruling->answer == ANSWER_DENIED || ruling->answer == ANSWER_FAILURE;
	char detail[250];

	if (is_no && s->view.account.admin)
		log_info("session=%" PRId64 " login=%s refused=%s reason=\"%s\"", s->number,
		    s->view.account.login, what, ruling->reason);
	(void)snprintf(detail, sizeof(detail), "%s: %s", what, ruling->reason);
	if (ruling->answer == ANSWER_DENIED && s->view.account.admin &&
	    ledger_note_refusal(s->broker->ledger, &s->view.account, detail))
		broker_commit_soon(s->broker);
	return answer_put(s, ruling->answer, ruling->reason);
}

int broker_upload_open(struct broker_session *s, struct err *err)
{
	struct message *in = &s->broker->in;
	struct message *out = &s->broker->out;
	const char *path = message_get_text(in);
	unsigned how = (unsigned)message_get_bounded(in, 0, UPLOAD_HOW);
	struct desk_file file;
	struct ruling ruling;

	if (!message_is_read(in) || path[0] != '/')
		return answer_refuse(err);
	if (is_away(s, &ruling))
		return put_ruling(s, "open", &ruling);
	if (upload_desk_open(&s->desk, path, how, &file, &ruling, err) < 0)
		return answer_put_trouble(s, err);
	/* It may have another session ended, whose client is gone. */
	s->broker->must_check |= ruling.answer == ANSWER_FAILURE;
	if (ruling.answer != ANSWER_OK)
		return put_ruling(s, "open", &ruling);
	(void)answer_put_ok(s);
	answer_put_entry(out, &file.entry);
	message_put_int(out, file.number);
	message_put_int(out, file.most);
	message_put_fd(out, file.fd);
	return 0;
}

int broker_upload_close(struct broker_session *s, struct err *err)
{
	struct message *in = &s->broker->in;
	int64_t number = message_get_bounded(in, 0, UPLOADS_MAX - 1);
	const char *failure = message_get_text(in);
	struct ruling ruling;

	if (!message_is_read(in))
		return answer_refuse(err);
	if (is_away(s, &ruling) && !failure[0])
		failure = IS_AWAY;
	if (upload_desk_close(&s->desk, number, failure, &ruling, err) < 0)
		return answer_put_trouble(s, err);
	return put_ruling(s, "close", &ruling);
}

int broker_upload_set(struct broker_session *s, struct err *err)
{
	struct message *in = &s->broker->in;
	const char *path = message_get_text(in);
	struct upload_change change;
	struct ruling ruling;

	change.what = (unsigned)message_get_bounded(in, 0, UPLOAD_SET);
	change.size = message_get_bounded(in, 0, INT64_MAX);
	change.modified = message_get_bounded(in, 0, INT64_MAX);
	if (!message_is_read(in) || path[0] != '/')
		return answer_refuse(err);
	if (is_away(s, &ruling))
		return put_ruling(s, "set", &ruling);
	if (upload_set(&s->desk, path, &change, &ruling, err) < 0)
		return answer_put_trouble(s, err);
	return put_ruling(s, "set", &ruling);
}

int broker_upload_make_folder(struct broker_session *s, struct err *err)
{
	const char *path = message_get_text(&s->broker->in);
	struct ruling ruling;

	if (!message_is_read(&s->broker->in) || path[0] != '/')
		return answer_refuse(err);
	if (is_away(s, &ruling))
		return put_ruling(s, "mkdir", &ruling);
	if (upload_desk_make_folder(&s->desk, path, &ruling, err) < 0)
		return answer_put_trouble(s, err);
	return put_ruling(s, "mkdir", &ruling);
}

int broker_upload_rename(struct broker_session *s, struct err *err)
{
	const char *from = message_get_text(&s->broker->in);
	const char *to = message_get_text(&s->broker->in);
	struct ruling ruling;

	if (!message_is_read(&s->broker->in) || from[0] != '/' || to[0] != '/')
		return answer_refuse(err);
	if (is_away(s, &ruling))
		return put_ruling(s, "rename", &ruling);
	if (upload_rename(&s->desk, from, to, &ruling, err) < 0)
		return answer_put_trouble(s, err);
	return put_ruling(s, "rename", &ruling);
}

int broker_upload_remove(struct broker_session *s, const struct place *place, struct err *err)
{
	struct ruling ruling;

	if (is_away(s, &ruling))
		return put_ruling(s, "remove", &ruling);
	if (upload_remove(&s->desk, place, &ruling, err) < 0)
		return answer_put_trouble(s, err);
	return put_ruling(s, "remove", &ruling);
}
