/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/archive_stream.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "batch/archive_crew.h"
#include "spool/archive_order.h"
#include "spool/archive_right.h"
#include "spool/archive_writer.h"
#include "spool/folder.h"
#include "spool/news.h"
#include "spool/program.h"
#include "spool/spool.h"
#include "spool/traffic.h"

enum {
	PAGE = 256,                 /* letters, and AVRS IDs, read from the catalog at a time */
	RECEIPTS = 256,             /* in a transaction */
	COUNTED = 64 * 1024 * 1024, /* bytes, that are counted at a time */
};

/* A letter in the archive that nobody has a receipt of yet. */
struct packed {
	int64_t id;
	int64_t size;
	int64_t end; /* byte of the archive */
};

struct stream {
	struct spool spool;
	struct archive_order order;
	int channel;
	struct message in;
	struct message out;
	struct archive_writer *writer;
	unsigned char bytes[ARCHIVE_BYTES_MAX]; /* of the next message */
	size_t count;
	int64_t given;   /* to the session, in bytes */
	int64_t sent;    /* of these, to the client */
	int64_t counted; /* of these, in the catalog */
	struct packed *packed;
	size_t packed_count;
	size_t capacity;
	int64_t letters;
	struct letter page[PAGE];
	size_t page_count;
	struct membership memberships[PAGE];
	size_t membership_count;
};

/* --- what went out */

static int note_receipt(const struct stream *s, const struct account *account,
    const struct packed *packed, struct err *err)
{
	struct reading reading = {.account_id = account->id, .letter_id = packed->id};

	coverage_add(&reading.sent, 0, packed->size);
	text_copy(reading.login, account->login);
	text_copy(reading.address, s->order.address);
	text_copy(reading.client, s->order.client);
	if (news_note_opening(s->spool.catalog, account->id, packed->id, err) < 0)
		return -1;
	return receipt_note(s->spool.catalog, &reading, err);
}

static bool is_sent(const struct stream *s, size_t at)
{
	return at < s->packed_count && s->packed[at].end <= s->sent;
}

static int commit_body(struct catalog *catalog, void *arg, struct err *err)
{
	const struct stream *s = arg;
	struct traffic traffic = {.has_now = false};
	struct account account;
	bool found = false;

	traffic.values[TRAFFIC_BYTES_SENT] = s->sent - s->counted;
	if (traffic_add(catalog, s->spool.actor.node, &traffic, err) < 0 ||
	    account_find(catalog, s->order.login, &account, &found, err) < 0)
		return -1;
	for (size_t at = 0; found && is_sent(s, at); at++)
		if (note_receipt(s, &account, &s->packed[at], err) < 0)
			return -1;
	return 0;
}

/* Receipts of all letters that have gone out, and the bytes; some at a time, but for the last. */
static int commit(struct stream *s, bool last, struct err *err)
{
	int64_t bytes = s->sent - s->counted;
	size_t count = 0;

	while (is_sent(s, count))
		count++;
	if ((count == 0 && bytes == 0) || (!last && count < RECEIPTS && bytes < COUNTED))
		return 0;
	if (catalog_transact(s->spool.catalog, commit_body, s, err) < 0)
		return err_context(err, "receipts");
	s->counted = s->sent;
	s->packed_count -= count;
	memmove(s->packed, s->packed + count, s->packed_count * sizeof(*s->packed));
	return 0;
}

static void note_packed(struct stream *s, const struct letter *letter)
{
	if (s->packed_count == s->capacity) {
		s->capacity = s->capacity ? 2 * s->capacity : RECEIPTS;
		s->packed = mem_resize(s->packed, s->capacity, sizeof(*s->packed));
	}
	s->packed[s->packed_count++] =
	    (struct packed){letter->id, letter->size, archive_writer_position(s->writer)};
	s->letters++;
}

/* --- the channel */

/* What the session says has gone out; wait for it until all that it was given has. */
static int hear(struct stream *s, bool all, struct err *err)
{
	struct pollfd heard = {.fd = s->channel, .events = POLLIN};
	enum message_state state = MESSAGE_GOT;

	while ((all && s->sent < s->given) || poll(&heard, 1, 0) > 0) {
		int64_t sent;

		if (message_receive(s->channel, &s->in, &state, err) < 0)
			return -1;
		if (state != MESSAGE_GOT)
			return err_set(err, ERR_GONE, "the client is gone");
		sent = message_get_bounded(&s->in, s->sent, s->given);
		if (s->in.kind != ARCHIVE_SENT || !message_is_read(&s->in))
			return err_set(err, ERR_GONE, "the session says what it does not know");
		s->sent = sent;
	}
	return 0;
}

static int flush(struct stream *s, struct err *err)
{
	if (s->count == 0)
		return 0;
	message_start(&s->out, ARCHIVE_BYTES);
	message_put_bytes(&s->out, s->bytes, s->count);
	if (message_send(s->channel, &s->out, err) < 0)
		return -1;
	s->given += (int64_t)s->count;
	s->count = 0;
	return hear(s, false, err) < 0 ? -1 : commit(s, false, err);
}

static int on_bytes(const void *bytes, size_t count, void *arg, struct err *err)
{
	struct stream *s = arg;
	const unsigned char *at = bytes;

	while (count > 0) {
		size_t part = sizeof(s->bytes) - s->count;

		part = part < count ? part : count;
		memcpy(s->bytes + s->count, at, part);
		s->count += part;
		at += part;
		count -= part;
		if (s->count == sizeof(s->bytes) && flush(s, err) < 0)
			return -1;
	}
	return 0;
}

static int tell(struct stream *s, int status, const char *line, struct err *err)
{
	message_start(&s->out, ARCHIVE_RESULT);
	message_put_int(&s->out, status);
	message_put_text(&s->out, line);
	return message_send(s->channel, &s->out, err);
}

/* --- letters */

static int add_letter(struct stream *s, const struct letter *letter, struct err *err)
{
	OWNED_FD int fd = -1;
	char path[FOLDER_PATH_MAX];
	struct letter now;
	bool found = false;

	folder_letter(letter->avrs_id, letter->class, letter->id, letter->name, path);
	if (spool_open_file(&s->spool, path, &fd, err) < 0) {
		struct err missing = *err;

		if (missing.kind != ERR_REFUSED)
			return -1;
		if (letter_find(s->spool.catalog, letter->id, &now, &found, err) < 0)
			return -1;
		/* It went since the page was read. */
		if (!found || now.electronic != ELECTRONIC_POSTED)
			return 0;
		return err_set(
		    err, ERR_INTERNAL, "letter=%" PRId64 ": %s", letter->id, missing.text);
	}
	if (archive_writer_add(s->writer, letter, fd, err) < 0)
		return -1;
	note_packed(s, letter);
	return 0;
}

/* By what is true now: a role may go, or an account be disabled, while the client fetches. */
static int may_see(struct stream *s, const struct letter *after, bool *ret_allowed, struct err *err)
{
	struct account account;
	struct membership membership;
	char today[DATE_SIZE];
	bool found = false;

	*ret_allowed = false;
	if (account_find(s->spool.catalog, s->order.login, &account, &found, err) < 0)
		return -1;
	if (!found || account.disabled)
		return 0;
	if (membership_find(
	        s->spool.catalog, account.id, after->avrs_id, &membership, &found, err) < 0)
		return -1;
	clock_print_date(clock_now(), today);
	*ret_allowed =
	    right_may_see(&account, found ? &membership : NULL, archive_area(after->class), today);
	return 0;
}

static int keep_letter(const struct letter *letter, void *arg, struct err *err)
{
	struct stream *s = arg;

	(void)err;
	s->page[s->page_count++] = *letter;
	return 0;
}

/*
 * A page of letters behind *after, which moves on; *ret_more: there may be others. No statement is
 * open while the client is waited for, and what is announced meanwhile has the rest read again.
 */
static int add_page(struct stream *s, struct letter *after, bool *ret_more, struct err *err)
{
	bool news = false;
	bool allowed = false;

	*ret_more = false;
	s->page_count = 0;
	if (catalog_has_news(s->spool.catalog, &news, err) < 0 ||
	    may_see(s, after, &allowed, err) < 0)
		return -1;
	if (!allowed)
		return 0;
	if (letter_list_posted(s->spool.catalog, after, PAGE, keep_letter, s, err) < 0)
		return -1;
	*ret_more = s->page_count == PAGE;
	for (size_t i = 0; i < s->page_count; i++) {
		const struct letter *letter = &s->page[i];

		after->sequence = letter->sequence;
		if (s->order.type[0] && strcmp(s->order.type, letter->type) != 0)
			continue;
		if (add_letter(s, letter, err) < 0 ||
		    catalog_has_news(s->spool.catalog, &news, err) < 0)
			return -1;
		if (news) {
			*ret_more = true;
			return 0;
		}
	}
	return 0;
}

static int add_class(
    struct stream *s, const char *avrs_id, enum letter_class class, struct err *err)
{
	struct letter after = {.class = class};
	bool more = true;

	text_copy(after.avrs_id, avrs_id);
	if (letter_find_last_before(s->spool.catalog, avrs_id, class,
	        clock_date_start(s->order.since, 0), &after.sequence, err) < 0)
		return -1;
	while (more)
		if (add_page(s, &after, &more, err) < 0)
			return -1;
	return 0;
}

static int keep_membership(const struct membership *membership, void *arg, struct err *err)
{
	struct stream *s = arg;

	(void)err;
	s->memberships[s->membership_count++] = *membership;
	return 0;
}

static int add_all(struct stream *s, int64_t account_id, struct err *err)
{
	char after[AVRS_ID_MAX + 1] = "";

	do {
		s->membership_count = 0;
		if (membership_list(
		        s->spool.catalog, account_id, after, PAGE, keep_membership, s, err) < 0)
			return -1;
		for (size_t i = 0; i < s->membership_count; i++) {
			text_copy(after, s->memberships[i].avrs_id);
			if (add_class(s, after, CLASS_EDELIVERY, err) < 0 ||
			    add_class(s, after, CLASS_TRADE_FILES, err) < 0)
				return -1;
		}
	} while (s->membership_count == PAGE);
	return 0;
}

/* --- the whole of it */

/* Bytes that are still in the writer are none of an archive that stays empty. */
static int finish(struct stream *s, struct err *err)
{
	char sha256[SHA256_HEX + 1];
	int64_t size = 0;

	if (s->letters == 0)
		return tell(s, STATUS_REFUSED, "there is nothing for you since that day", err);
	if (archive_writer_end(s->writer, &size, sha256, err) < 0 || flush(s, err) < 0 ||
	    hear(s, true, err) < 0 || commit(s, true, err) < 0)
		return -1;
	log_info("session=%" PRId64 " login=%s archive fetched letters=%" PRId64 " bytes=%" PRId64,
	    s->order.session, s->order.login, s->letters, size);
	return tell(s, STATUS_DONE, "", err);
}

static int pack(struct stream *s, struct err *err)
{
	OWNED_FD int folder_fd = -1;
	struct account account;
	bool found = false;

	if (account_find(s->spool.catalog, s->order.login, &account, &found, err) < 0 ||
	    file_open_folder(s->spool.root_fd, "run", &folder_fd, err) < 0 ||
	    archive_writer_new_stream(on_bytes, s, folder_fd, true, &s->writer, err) < 0)
		return -1;
	if (found && add_all(s, account.id, err) < 0)
		return -1;
	return finish(s, err);
}

/* What the client has stays received, whatever became of the rest. */
static int give_up(struct stream *s, struct err *err)
{
	struct err failed = *err;

	/* What the session said before it went may not have been heard yet. */
	(void)hear(s, false, err);
	if (failed.kind == ERR_GONE)
		log_info("session=%" PRId64 " login=%s archive broke off letters=%" PRId64
		         " bytes=%" PRId64 " reason=\"%s\"",
		    s->order.session, s->order.login, s->letters, s->sent, failed.text);
	else
		log_error("session=%" PRId64 " login=%s text=\"archive: %s\"", s->order.session,
		    s->order.login, failed.text);
	if (commit(s, true, err) < 0)
		return -1;
	if (failed.kind == ERR_GONE)
		return 0;
	return tell(s, STATUS_TRY_AGAIN,
	    "the archive could not be made whole, please try again later", err);
}

static int take_order(struct stream *s, struct err *err)
{
	enum message_state state = MESSAGE_END;

	if (message_receive(s->channel, &s->in, &state, err) < 0)
		return -1;
	if (state != MESSAGE_GOT)
		return err_set(err, ERR_GONE, "no archive was ordered");
	return archive_order_get(&s->in, &s->order, err);
}

int archive_stream(const char *settings, int channel, struct err *err)
{
	struct stream *s = mem_new(1, sizeof(*s));
	int result;

	s->spool = (struct spool)SPOOL_CLOSED;
	s->channel = channel;
	/* It reads each page once; several may run at a time. */
	catalog_limit_memory(CREW_CATALOG_BYTES);
	result = take_order(s, err);
	if (result == 0)
		result = spool_open(settings, "archive", &s->spool, err);
	if (result == 0 && pack(s, err) < 0)
		result = give_up(s, err);
	archive_writer_free(s->writer);
	if (s->spool.catalog)
		spool_close(&s->spool);
	free(s->packed);
	free(s);
	return result;
}
