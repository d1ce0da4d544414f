/* SPDX-License-Identifier: Apache-2.0 */
#include "server/answer.h"

#include <inttypes.h>

#include "base/log.h"

int answer_put(struct broker_session *s, enum answer answer, const char *reason)
{
	struct message *out = &s->broker->out;

	message_put_int(out, (int64_t)answer);
	if (answer == ANSWER_DENIED || answer == ANSWER_FAILURE)
		message_put_text(out, reason);
	return 0;
}

int answer_put_ok(struct broker_session *s)
{
	return answer_put(s, ANSWER_OK, NULL);
}

int answer_put_trouble_of(struct broker_session *s, enum request request, const struct err *err)
{
	log_error("session=%" PRId64 " text=\"%s\"", s->number, err->text);
	message_start(&s->broker->out, (uint32_t)request);
	return answer_put(s, ANSWER_FAILURE, "temporary trouble, try again later");
}

int answer_put_trouble(struct broker_session *s, const struct err *err)
{
	return answer_put_trouble_of(s, (enum request)s->broker->in.kind, err);
}

int answer_refuse(struct err *err)
{
	return err_set(err, ERR_REFUSED, "a request that is none");
}

void answer_put_entry(struct message *out, const struct view_entry *entry)
{
	message_put_text(out, entry->name);
	message_put_int(out, entry->is_folder);
	message_put_int(out, entry->size);
	message_put_int(out, entry->changed);
}

int answer_read_path(
    struct broker_session *s, struct view_found *ret_found, bool *ret_answered, struct err *err)
{
	const char *path = message_get_text(&s->broker->in);
	enum view_answer answer = VIEW_NOTHING;

	*ret_answered = true;
	if (!message_is_read(&s->broker->in) || path[0] != '/')
		return answer_refuse(err);
	/* It may be about drop/, and is then about the folder that is at its path now. */
	if (s->view.account.admin)
		(void)drop_root_follow(&s->broker->drop_root);
	if (view_find(&s->view, path, ret_found, &answer, err) < 0)
		return answer_put_trouble(s, err);
	switch (answer) {
	case VIEW_NOTHING:
		return answer_put(s, ANSWER_NO_SUCH_FILE, NULL);
	case VIEW_POSTING:
		return answer_put(s, ANSWER_FAILURE, VIEW_POSTING_TEXT);
	case VIEW_FOUND:
		break;
	}
	*ret_answered = false;
	return 0;
}
