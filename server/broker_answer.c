/* SPDX-License-Identifier: Apache-2.0 */
/* The answers to a session's requests: a row a request, allowed in its phases only. */
#include <inttypes.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/log.h"
#include "base/text.h"
#include "base/utf8.h"
#include "server/acknowledge.h"
#include "server/admission.h"
#include "server/answer.h"
#include "server/broker_open.h"
#include "server/broker_session.h"
#include "server/broker_upload.h"
#include "server/packer.h"
#include "spool/outbox.h"

static int answer_hello(struct broker_session *s, struct err *err)
{
	OWNED_FD int pidfd = message_get_fd(&s->broker->in);

	if (!message_is_read(&s->broker->in))
		return answer_refuse(err);
	s->pidfd = TAKE_FD(pidfd);
	s->phase = PHASE_STRANGER;
	return 0;
}

/* Software as a session names it, fit to be logged and stored: login_client() has seen to that. */
static bool is_client(const char *text)
{
	size_t length = strlen(text);

	return length < CLIENT_MAX && !utf8_has_control(text, length);
}

static int answer_start(struct broker_session *s, struct err *err)
{
	const char *client = message_get_text(&s->broker->in);

	if (!message_is_read(&s->broker->in) || !is_client(client))
		return answer_refuse(err);
	s->phase = PHASE_SFTP;
	text_copy(s->client, client);
	log_info("session=%" PRId64 " login=%s sftp client=\"%s\"", s->number,
	    s->view.account.login, client);
	return 0;
}

static int answer_find(struct broker_session *s, struct err *err)
{
	struct view_found found;
	bool answered = false;

	if (answer_read_path(s, &found, &answered, err) < 0)
		return -1;
	if (answered)
		return 0;
	(void)answer_put_ok(s);
	answer_put_entry(&s->broker->out, &found.entry);
	return 0;
}

/* The open listing that the request names, or NULL. */
static struct listing *get_listing(struct broker_session *s)
{
	int64_t number = message_get_bounded(&s->broker->in, 0, LISTINGS_MAX - 1);

	if (!message_is_read(&s->broker->in) || !s->listings[number].is_open)
		return NULL;
	return &s->listings[number];
}

/* Entries being gathered: they go into the answer behind their count. */
struct gathering {
	struct message entries;
	int64_t count;
};

static int gather(const struct view_entry *entry, void *arg, struct err *err)
{
	struct gathering *gathering = arg;

	(void)err;
	answer_put_entry(&gathering->entries, entry);
	gathering->count++;
	return 0;
}

static void gather_none(struct gathering *gathering)
{
	message_start(&gathering->entries, 0);
	gathering->count = 0;
}

static void put_gathered(struct message *out, const struct gathering *gathering)
{
	message_put_int(out, gathering->count);
	message_put_all(out, &gathering->entries);
}

static int gather_page(
    struct broker_session *s, struct listing *listing, struct gathering *gathering, struct err *err)
{
	gather_none(gathering);
	if (!listing->more)
		return 0;
	return view_list(&s->view, &listing->folder, &listing->cursor, LIST_PAGE, gather, gathering,
	    &listing->more, err);
}

/* With its first page, which is all of most folders. */
static int answer_open_folder(struct broker_session *s, struct err *err)
{
	static struct gathering gathering;
	struct view_found found;
	struct listing *listing;
	bool answered = false;
	int number = 0;

	if (answer_read_path(s, &found, &answered, err) < 0)
		return -1;
	if (answered)
		return 0;
	if (!found.place.is_folder)
		return answer_put(s, ANSWER_FAILURE, "not a folder");
	acknowledge_read(s);
	while (number < LISTINGS_MAX && s->listings[number].is_open)
		number++;
	if (number == LISTINGS_MAX)
		return answer_put(s, ANSWER_FAILURE, "too many folders are open");
	listing = &s->listings[number];
	*listing = (struct listing){.folder = found.place, .more = true};
	if (gather_page(s, listing, &gathering, err) < 0)
		return answer_put_trouble(s, err);
	listing->is_open = listing->more;
	(void)answer_put_ok(s);
	message_put_int(&s->broker->out, listing->is_open ? number : LISTING_WHOLE);
	put_gathered(&s->broker->out, &gathering);
	return 0;
}

static int answer_find_more(struct broker_session *s, struct err *err)
{
	static struct gathering gathering;
	struct view_found found;
	bool answered = false;

	if (answer_read_path(s, &found, &answered, err) < 0)
		return -1;
	if (answered)
		return 0;
	gather_none(&gathering);
	(void)gather(&found.entry, &gathering, err);
	if (view_list_next(&s->view, &found, (FIND_MORE - 1) / 2, gather, &gathering, err) < 0)
		return answer_put_trouble(s, err);
	(void)answer_put_ok(s);
	put_gathered(&s->broker->out, &gathering);
	return 0;
}

static int answer_list(struct broker_session *s, struct err *err)
{
	static struct gathering gathering;
	struct message *out = &s->broker->out;
	struct listing *listing = get_listing(s);

	if (!listing)
		return answer_refuse(err);
	if (gather_page(s, listing, &gathering, err) < 0)
		return answer_put_trouble(s, err);
	(void)answer_put_ok(s);
	message_put_int(out, listing->more);
	put_gathered(out, &gathering);
	return 0;
}

static int answer_close_folder(struct broker_session *s, struct err *err)
{
	struct listing *listing = get_listing(s);

	if (!listing)
		return answer_refuse(err);
	listing->is_open = false;
	return 0;
}

static int answer_remove(struct broker_session *s, struct err *err)
{
	struct view_found found;
	bool answered = false;

	if (answer_read_path(s, &found, &answered, err) < 0)
		return -1;
	if (answered)
		return 0;
	if (found.place.kind == PLACE_DROP_FILE)
		return broker_upload_remove(s, &found.place, err);
	/* `rm *` takes it with the letters; it goes with the last of them. */
	if (found.place.kind == PLACE_PAPER_MANIFEST)
		return answer_put_ok(s);
	if (found.place.kind == PLACE_PAPER_ZIP)
		return acknowledge_date(s, found.place.date, err) < 0 ? answer_put_trouble(s, err)
		                                                      : answer_put_ok(s);
	if (found.place.kind != PLACE_NEW_FILE && found.place.kind != PLACE_PROVIDER_NEW_FILE &&
	    found.place.kind != PLACE_PAPER_LETTER)
		return answer_put(
		    s, ANSWER_DENIED, "only files in new/ can be removed, which acknowledges them");
	if (acknowledge_removed(s, &found, err) < 0)
		return answer_put_trouble(s, err);
	return answer_put_ok(s);
}

/* How full the disk is concerns who runs it: others see one block, which is taken. */
static int answer_space(struct broker_session *s, struct err *err)
{
	struct message *out = &s->broker->out;
	struct statvfs space = {.f_frsize = 4096, .f_blocks = 1, .f_files = 1};
	const struct spool *spool = &s->broker->spool;
	struct view_found found;
	bool answered = false;
	bool is_drop;

	if (answer_read_path(s, &found, &answered, err) < 0)
		return -1;
	if (answered)
		return 0;
	is_drop = found.place.area == AREA_DROP;
	if (s->view.account.admin &&
	    fstatvfs(is_drop ? spool->drop_fd : spool->root_fd, &space) < 0) {
		(void)err_sys(err, "ask for the space of the file system");
		return answer_put_trouble(s, err);
	}
	(void)answer_put_ok(s);
	message_put_int(out, (int64_t)space.f_frsize);
	message_put_int(out, (int64_t)space.f_blocks);
	message_put_int(out, (int64_t)space.f_bavail);
	message_put_int(out, (int64_t)space.f_files);
	message_put_int(out, (int64_t)space.f_favail);
	message_put_int(out, !is_drop);
	return 0;
}

static int answer_hash(struct broker_session *s, struct err *err)
{
	struct view_found found;
	bool answered = false;

	if (answer_read_path(s, &found, &answered, err) < 0)
		return -1;
	if (answered)
		return 0;
	if (found.place.is_folder)
		return answer_put(s, ANSWER_FAILURE, "a folder");
	if (!found.letter.sha256[0])
		return answer_put(s, ANSWER_FAILURE, "open it, to have its hash");
	(void)answer_put_ok(s);
	message_put_text(&s->broker->out, found.letter.sha256);
	return 0;
}

/* What the packer is told; the words for the client are here for what only we know. */
static int read_order(struct broker_session *s, struct archive_order *ret_order, struct err *err)
{
	struct message *in = &s->broker->in;
	const char *since = message_get_text(in);
	const char *type = message_get_text(in);
	const char *client = message_get_text(in);

	if (!message_is_read(in) || !date_is_valid(since) ||
	    strlen(type) >= sizeof(ret_order->type) || !is_client(client))
		return answer_refuse(err);
	*ret_order = (struct archive_order){.session = s->number};
	text_copy(ret_order->login, s->view.account.login);
	text_copy(ret_order->since, since);
	text_copy(ret_order->type, type);
	text_copy(ret_order->address, s->address);
	text_copy(ret_order->client, client);
	return 0;
}

/* No process for it: there are too many already, which is the client's business, or trouble. */
static int refuse_archive(struct broker_session *s, const struct err *err)
{
	if (err->kind != ERR_BUSY)
		return answer_put_trouble(s, err);
	log_warning("session=%" PRId64 " login=%s text=\"no archive: %s\"", s->number,
	    s->view.account.login, err->text);
	return answer_put(s, ANSWER_FAILURE, err->text);
}

static int answer_archive(struct broker_session *s, struct err *err)
{
	struct archive_order order = {.session = s->number};
	int fd = -1;

	if (read_order(s, &order, err) < 0)
		return -1;
	if (order.type[0] && !letter_types_find(&s->broker->spool.types, order.type))
		return answer_put(s, ANSWER_DENIED, "there is no such letter type");
	if (packer_start(s->broker, &order, &fd, err) < 0)
		return refuse_archive(s, err);
	s->phase = PHASE_ARCHIVE;
	text_copy(s->client, order.client);
	log_info("session=%" PRId64 " login=%s archive since=%s type=%s client=\"%s\"", s->number,
	    order.login, order.since, order.type[0] ? order.type : "-", order.client);
	(void)answer_put_ok(s);
	message_put_fd(&s->broker->out, fd);
	return 0;
}

static int answer_end(struct broker_session *s, struct err *err)
{
	const char *reason = message_get_text(&s->broker->in);

	if (!message_is_read(&s->broker->in))
		return answer_refuse(err);
	text_copy(s->reason, reason);
	return 0;
}

static const struct {
	unsigned phases;
	bool is_answered;
	int (*answer)(struct broker_session *session, struct err *err);
} requests[REQUEST_COUNT] = {
    [REQUEST_HELLO] = {PHASE_UNKNOWN, false, answer_hello},
    [REQUEST_KEY] = {PHASE_STRANGER, true, admission_answer_key},
    [REQUEST_START] = {PHASE_LOGGED_IN, false, answer_start},
    [REQUEST_FIND] = {PHASE_SFTP, true, answer_find},
    [REQUEST_OPEN_FOLDER] = {PHASE_SFTP, true, answer_open_folder},
    [REQUEST_LIST] = {PHASE_SFTP, true, answer_list},
    [REQUEST_CLOSE_FOLDER] = {PHASE_SFTP, false, answer_close_folder},
    [REQUEST_OPEN] = {PHASE_SFTP, true, broker_open_file},
    [REQUEST_REMOVE] = {PHASE_SFTP, true, answer_remove},
    [REQUEST_SENT] = {PHASE_SFTP, false, acknowledge_answer_sent},
    [REQUEST_SPACE] = {PHASE_SFTP, true, answer_space},
    [REQUEST_HASH] = {PHASE_SFTP, true, answer_hash},
    [REQUEST_PASSWORD] = {PHASE_STRANGER, true, admission_answer_password},
    [REQUEST_UPLOAD] = {PHASE_SFTP, true, broker_upload_open},
    [REQUEST_UPLOADED] = {PHASE_SFTP, true, broker_upload_close},
    [REQUEST_SET] = {PHASE_SFTP, true, broker_upload_set},
    [REQUEST_MAKE_FOLDER] = {PHASE_SFTP, true, broker_upload_make_folder},
    [REQUEST_RENAME] = {PHASE_SFTP, true, broker_upload_rename},
    [REQUEST_FIND_MORE] = {PHASE_SFTP, true, answer_find_more},
    [REQUEST_OPEN_NEXT] = {PHASE_SFTP, true, broker_open_next},
    [REQUEST_ARCHIVE] = {PHASE_LOGGED_IN, true, answer_archive},
    [REQUEST_END] = {PHASE_STRANGER | PHASE_LOGGED_IN | PHASE_SFTP | PHASE_ARCHIVE, false,
        answer_end},
};

int broker_answer(struct broker_session *session, struct err *err)
{
	struct broker *broker = session->broker;
	uint32_t number = broker->in.kind;
	int result;

	if (number >= REQUEST_COUNT || !(requests[number].phases & session->phase))
		return err_set(err, ERR_REFUSED, "request %u is not allowed in phase %d", number,
		    (int)session->phase);
	message_start(&broker->out, number);
	if (requests[number].answer(session, err) < 0)
		return -1;
	if (!requests[number].is_answered || session->is_waiting)
		return 0;
	result = message_send(session->channel, &broker->out, err);
	message_close_fds(&broker->out);
	return result;
}
