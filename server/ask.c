/* SPDX-License-Identifier: Apache-2.0 */
#include "server/ask.h"

#include <string.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/text.h"

/* One at a time, so one message is enough; it is too large for the stack. */
static struct message message;

/* What came with it is not kept, either. */
static int refuse(struct message *answer, struct err *err)
{
	message_close_fds(answer);
	return err_set(err, ERR_GONE, "the broker's answer is not one");
}

/* Send *question, and read the answer's head; the rest of it is read by the caller. */
static int ask(int broker, struct message *question, struct reply *ret_reply, struct err *err)
{
	uint32_t kind = question->kind;

	if (message_ask(broker, question, REQUEST_TIMEOUT_MS, err) < 0)
		return -1;
	ret_reply->answer = (enum answer)message_get_bounded(question, ANSWER_OK, ANSWER_COUNT - 1);
	ret_reply->reason[0] = '\0';
	if (ret_reply->answer == ANSWER_DENIED || ret_reply->answer == ANSWER_FAILURE)
		text_copy(ret_reply->reason, message_get_text(question));
	if (message_is_bad(question) || question->kind != kind ||
	    (ret_reply->answer != ANSWER_OK && !message_is_read(question)))
		return refuse(question, err);
	return 0;
}

/* Where only ANSWER_OK makes sense, or trouble that passes: ERR_RETRY. */
static int ask_surely(int broker, struct message *question, struct err *err)
{
	struct reply reply;

	if (ask(broker, question, &reply, err) < 0)
		return -1;
	if (reply.answer == ANSWER_FAILURE)
		return err_set(err, ERR_RETRY, "%s", reply.reason);
	return reply.answer == ANSWER_OK ? 0 : refuse(question, err);
}

static int end_reading(struct message *answer, struct err *err)
{
	return message_is_read(answer) ? 0 : refuse(answer, err);
}

static int ask_login(int broker, enum admission *ret_admission, struct err *err)
{
	enum admission admission;

	if (ask_surely(broker, &message, err) < 0)
		return -1;
	admission =
	    (enum admission)message_get_bounded(&message, ADMISSION_NO, ADMISSION_COUNT - 1);
	if (end_reading(&message, err) < 0)
		return -1;
	*ret_admission = admission;
	return 0;
}

int ask_key(int broker, const char *login, const char *type, const char *blob, bool proven,
    enum admission *ret_admission, struct err *err)
{
	message_start(&message, REQUEST_KEY);
	message_put_text(&message, login);
	message_put_text(&message, type);
	message_put_text(&message, blob);
	message_put_int(&message, proven);
	return ask_login(broker, ret_admission, err);
}

int ask_password(int broker, const char *login, const char *password, enum admission *ret_admission,
    struct err *err)
{
	int result;

	message_start(&message, REQUEST_PASSWORD);
	message_put_text(&message, login);
	message_put_text(&message, password);
	result = ask_login(broker, ret_admission, err);
	explicit_bzero(message.body, sizeof(message.body));
	return result;
}

int ask_start(int broker, const char *client, struct err *err)
{
	message_start(&message, REQUEST_START);
	message_put_text(&message, client);
	return message_send(broker, &message, err);
}

/* A request about a path; the answer's rest is read by the caller where it is ANSWER_OK. */
static int ask_path(
    int broker, enum request request, const char *path, struct reply *ret_reply, struct err *err)
{
	message_start(&message, request);
	message_put_text(&message, path);
	return ask(broker, &message, ret_reply, err);
}

int ask_next_entry(struct message *page, struct entry *ret_entry, struct err *err)
{
	struct entry entry = {.letter = 0};

	text_copy(entry.name, message_get_text(page));
	entry.is_folder = message_get_bounded(page, 0, 1) == 1;
	entry.size = message_get_bounded(page, 0, INT64_MAX);
	entry.changed = message_get_bounded(page, 0, INT64_MAX);
	if (message_is_bad(page))
		return refuse(page, err);
	*ret_entry = entry;
	return 0;
}

/* The one entry of an answer. */
static int ask_entry(struct entry *ret_entry, struct err *err)
{
	struct entry entry;

	if (ask_next_entry(&message, &entry, err) < 0 || end_reading(&message, err) < 0)
		return -1;
	*ret_entry = entry;
	return 0;
}

int ask_find(
    int broker, const char *path, struct entry *ret_entry, struct reply *ret_reply, struct err *err)
{
	struct reply reply;

	if (ask_path(broker, REQUEST_FIND, path, &reply, err) < 0 ||
	    (reply.answer == ANSWER_OK && ask_entry(ret_entry, err) < 0))
		return -1;
	*ret_reply = reply;
	return 0;
}

int ask_find_more(int broker, const char *path, struct message *page, struct reply *ret_reply,
    int64_t *ret_count, struct err *err)
{
	struct reply reply;

	message_start(page, REQUEST_FIND_MORE);
	message_put_text(page, path);
	if (ask(broker, page, &reply, err) < 0)
		return -1;
	if (reply.answer == ANSWER_OK) {
		int64_t count = message_get_bounded(page, 1, FIND_MORE);

		if (message_is_bad(page) || page->fd_count > 0)
			return refuse(page, err);
		*ret_count = count;
	}
	*ret_reply = reply;
	return 0;
}

int ask_open_folder(int broker, const char *path, struct message *page, struct reply *ret_reply,
    int64_t *ret_listing, int64_t *ret_count, struct err *err)
{
	struct reply reply;

	message_start(page, REQUEST_OPEN_FOLDER);
	message_put_text(page, path);
	if (ask(broker, page, &reply, err) < 0)
		return -1;
	if (reply.answer == ANSWER_OK) {
		int64_t listing = message_get_bounded(page, LISTING_WHOLE, LISTINGS_MAX - 1);
		int64_t count = message_get_bounded(page, 0, LIST_PAGE + 16);

		if (message_is_bad(page) || page->fd_count > 0)
			return refuse(page, err);
		*ret_listing = listing;
		*ret_count = count;
	}
	*ret_reply = reply;
	return 0;
}

int ask_list(int broker, int64_t listing, struct message *page, struct reply *ret_reply,
    int64_t *ret_count, bool *ret_more, struct err *err)
{
	struct reply reply;

	message_start(page, REQUEST_LIST);
	message_put_int(page, listing);
	if (ask(broker, page, &reply, err) < 0)
		return -1;
	if (reply.answer == ANSWER_OK) {
		bool more = message_get_bounded(page, 0, 1) == 1;
		int64_t count = message_get_bounded(page, 0, LIST_PAGE + 16);

		if (message_is_bad(page) || page->fd_count > 0)
			return refuse(page, err);
		*ret_more = more;
		*ret_count = count;
	}
	*ret_reply = reply;
	return 0;
}

int ask_close_folder(int broker, int64_t listing, struct err *err)
{
	message_start(&message, REQUEST_CLOSE_FOLDER);
	message_put_int(&message, listing);
	return message_send(broker, &message, err);
}

/* The next file of the answer, with its descriptor. */
static int get_opened(struct opened *ret_opened, struct err *err)
{
	OWNED_FD int fd = message_get_fd(&message);
	struct entry entry;

	if (ask_next_entry(&message, &entry, err) < 0)
		return -1;
	entry.letter = message_get_bounded(&message, -INT64_MAX, INT64_MAX);
	if (message_is_bad(&message))
		return refuse(&message, err);
	*ret_opened = (struct opened){entry, TAKE_FD(fd)};
	return 0;
}

int ask_open(int broker, const char *path, struct opened *ret_opened, struct reply *ret_reply,
    struct err *err)
{
	struct reply reply;

	if (ask_path(broker, REQUEST_OPEN, path, &reply, err) < 0)
		return -1;
	if (reply.answer == ANSWER_OK) {
		struct opened opened;

		if (get_opened(&opened, err) < 0)
			return -1;
		if (end_reading(&message, err) < 0) {
			(void)close(opened.fd);
			return -1;
		}
		*ret_opened = opened;
	}
	*ret_reply = reply;
	return 0;
}

static int get_opened_next(struct opened_next *opened, struct err *err)
{
	int64_t count;

	if (get_opened(&opened->file, err) < 0)
		return -1;
	if (message_get_bounded(&message, 0, 1) == 1)
		opened->reports = message_get_fd(&message);
	count = message_get_bounded(&message, 0, OPEN_NEXT);
	while (opened->count < (size_t)count) {
		if (get_opened(&opened->letters[opened->count], err) < 0)
			return -1;
		opened->count++;
	}
	return end_reading(&message, err);
}

static void close_opened_next(struct opened_next *opened)
{
	clean_fd(&opened->file.fd);
	clean_fd(&opened->reports);
	while (opened->count > 0)
		clean_fd(&opened->letters[--opened->count].fd);
}

int ask_open_next(int broker, const char *path, enum open_order order, int64_t most,
    struct opened_next *ret_opened, struct reply *ret_reply, struct err *err)
{
	static struct opened_next opened; /* too large for the stack */
	struct reply reply;

	message_start(&message, REQUEST_OPEN_NEXT);
	message_put_int(&message, (int64_t)order);
	message_put_int(&message, most);
	message_put_text(&message, path);
	if (ask(broker, &message, &reply, err) < 0)
		return -1;
	if (reply.answer == ANSWER_OK) {
		opened.file.fd = -1;
		opened.reports = -1;
		opened.count = 0;
		if (get_opened_next(&opened, err) < 0) {
			close_opened_next(&opened);
			return -1;
		}
		*ret_opened = opened;
	}
	*ret_reply = reply;
	return 0;
}

int ask_opened(int reports, int64_t letter, struct err *err)
{
	message_start(&message, REQUEST_OPENED);
	message_put_int(&message, letter);
	return message_send(reports, &message, err);
}

int ask_sent(int broker, const struct report *report, struct err *err)
{
	const struct coverage *sent = &report->sent;

	message_start(&message, REQUEST_SENT);
	message_put_int(&message, report->letter);
	message_put_int(&message, report->is_closed);
	message_put_int(&message, (int64_t)sent->count);
	for (size_t i = 0; i < sent->count; i++) {
		message_put_int(&message, sent->parts[i].from);
		message_put_int(&message, sent->parts[i].to);
	}
	return message_send(broker, &message, err);
}

int ask_remove(int broker, const char *path, struct reply *ret_reply, struct err *err)
{
	struct reply reply;

	if (ask_path(broker, REQUEST_REMOVE, path, &reply, err) < 0 ||
	    (reply.answer == ANSWER_OK && end_reading(&message, err) < 0))
		return -1;
	*ret_reply = reply;
	return 0;
}

int ask_space(
    int broker, const char *path, struct space *ret_space, struct reply *ret_reply, struct err *err)
{
	struct space space;
	struct reply reply;

	if (ask_path(broker, REQUEST_SPACE, path, &reply, err) < 0)
		return -1;
	if (reply.answer == ANSWER_OK) {
		space.block_size = message_get_bounded(&message, 0, INT64_MAX);
		space.blocks = message_get_bounded(&message, 0, INT64_MAX);
		space.free_blocks = message_get_bounded(&message, 0, INT64_MAX);
		space.files = message_get_bounded(&message, 0, INT64_MAX);
		space.free_files = message_get_bounded(&message, 0, INT64_MAX);
		space.is_read_only = message_get_bounded(&message, 0, 1) == 1;
		if (end_reading(&message, err) < 0)
			return -1;
		*ret_space = space;
	}
	*ret_reply = reply;
	return 0;
}

int ask_hash(int broker, const char *path, char ret_sha256[SHA256_HEX + 1], struct reply *ret_reply,
    struct err *err)
{
	struct reply reply;

	if (ask_path(broker, REQUEST_HASH, path, &reply, err) < 0)
		return -1;
	if (reply.answer == ANSWER_OK) {
		const char *sha256 = message_get_text(&message);

		if (end_reading(&message, err) < 0)
			return -1;
		if (strlen(sha256) != SHA256_HEX)
			return refuse(&message, err);
		text_copy_part(ret_sha256, SHA256_HEX + 1, sha256);
	}
	*ret_reply = reply;
	return 0;
}

int ask_upload(int broker, const char *path, unsigned how, struct uploading *ret_uploading,
    struct reply *ret_reply, struct err *err)
{
	struct reply reply;

	message_start(&message, REQUEST_UPLOAD);
	message_put_text(&message, path);
	message_put_int(&message, how);
	if (ask(broker, &message, &reply, err) < 0)
		return -1;
	if (reply.answer == ANSWER_OK) {
		OWNED_FD int fd = message_get_fd(&message);
		struct uploading uploading;

		if (ask_next_entry(&message, &uploading.entry, err) < 0)
			return -1;
		uploading.number = message_get_bounded(&message, 0, UPLOADS_MAX - 1);
		uploading.most = message_get_bounded(&message, 0, INT64_MAX);
		if (end_reading(&message, err) < 0)
			return -1;
		uploading.fd = TAKE_FD(fd);
		*ret_uploading = uploading;
	}
	*ret_reply = reply;
	return 0;
}

/* The request in message, whose answer has nothing behind its head. */
static int ask_yes(int broker, struct reply *ret_reply, struct err *err)
{
	struct reply reply;

	if (ask(broker, &message, &reply, err) < 0 || end_reading(&message, err) < 0)
		return -1;
	*ret_reply = reply;
	return 0;
}

int ask_uploaded(
    int broker, int64_t number, const char *failure, struct reply *ret_reply, struct err *err)
{
	message_start(&message, REQUEST_UPLOADED);
	message_put_int(&message, number);
	message_put_text(&message, failure);
	return ask_yes(broker, ret_reply, err);
}

int ask_set(int broker, const char *path, const struct upload_change *change,
    struct reply *ret_reply, struct err *err)
{
	message_start(&message, REQUEST_SET);
	message_put_text(&message, path);
	message_put_int(&message, change->what);
	message_put_int(&message, change->size);
	message_put_int(&message, change->modified);
	return ask_yes(broker, ret_reply, err);
}

int ask_make_folder(int broker, const char *path, struct reply *ret_reply, struct err *err)
{
	message_start(&message, REQUEST_MAKE_FOLDER);
	message_put_text(&message, path);
	return ask_yes(broker, ret_reply, err);
}

int ask_rename(
    int broker, const char *from, const char *to, struct reply *ret_reply, struct err *err)
{
	message_start(&message, REQUEST_RENAME);
	message_put_text(&message, from);
	message_put_text(&message, to);
	return ask_yes(broker, ret_reply, err);
}

int ask_archive(int broker, const char *since, const char *type, const char *client, int *ret_fd,
    struct reply *ret_reply, struct err *err)
{
	OWNED_FD int fd = -1;

	message_start(&message, REQUEST_ARCHIVE);
	message_put_text(&message, since);
	message_put_text(&message, type);
	message_put_text(&message, client);
	if (ask(broker, &message, ret_reply, err) < 0)
		return -1;
	if (ret_reply->answer != ANSWER_OK)
		return 0;
	fd = message_get_fd(&message);
	if (end_reading(&message, err) < 0)
		return -1;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

void ask_end(int broker, const char *reason)
{
	struct err err;

	message_start(&message, REQUEST_END);
	message_put_text(&message, reason);
	/* A broker that is gone has said so itself. */
	(void)message_send(broker, &message, &err);
}
