/* SPDX-License-Identifier: Apache-2.0 */
#include "server/acknowledge.h"

#include <inttypes.h>
#include <stdlib.h>
#include <uthash.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "server/answer.h"
#include "server/report_box.h"
#include "spool/news.h"
#include "spool/outbox.h"
#include "spool/receipt.h"

/* No file is so large; all parts of an answer are still a number. */
#define SENT_MOST (INT64_MAX / COVERAGE_PARTS)

/* Whose right opens the letter there: new/ has those of both classes. */
static enum area area_of(const struct view_found *found)
{
	if (found->place.area == AREA_PAPER)
		return AREA_PAPER;
	return found->letter.class == CLASS_EDELIVERY ? AREA_EDELIVERY : AREA_TRADE_FILES;
}

static struct handed *find_handed(const struct broker_session *s, int64_t letter_id, enum area area)
{
	const struct handed_key key = {letter_id, (int64_t)area};
	struct handed *handed = NULL;

	/* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): uthash reads bytes */
	HASH_FIND(hh, s->handed, &key, sizeof(key), handed);
	return handed;
}

static void add_handed(
    struct broker_session *s, int64_t letter_id, enum area area, const char *avrs_id)
{
	struct handed *handed = find_handed(s, letter_id, area);

	if (!handed) {
		handed = mem_new(1, sizeof(*handed));
		*handed = (struct handed){.key = {letter_id, (int64_t)area}};
		text_copy(handed->avrs_id, avrs_id);
		HASH_ADD(hh, s->handed, key, sizeof(handed->key), handed);
		s->handed_areas |= 1u << area;
	}
	handed->open++;
	/* What was read before is acknowledged: it may have been renewed since. */
	if (!handed->was_sent)
		handed->since = clock_now();
}

static void forget(struct broker_session *s, struct handed *handed)
{
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it does not follow uthash */
	HASH_DEL(s->handed, handed);
	free(handed);
}

/* Does nothing any more need to know of it? */
static bool is_over(const struct broker_session *s, const struct handed *handed)
{
	return handed->open <= 0 && !(handed->was_sent && s->view.account.ack == ACK_ON_READ);
}

void acknowledge_note_handed(struct broker_session *s, const struct view_found *found)
{
	const struct letter *letter = &found->letter;

	/* An archive is acknowledged by nobody who only opens it. */
	if (found->archive.id) {
		add_handed(s, -found->archive.id, AREA_BUNDLES, "");
		return;
	}
	if (letter->id && ledger_note_opening(s->broker->ledger, s->view.account.id, letter->id))
		broker_commit_soon(s->broker);
	add_handed(s, letter->id, area_of(found), letter->avrs_id);
}

void acknowledge_note_given(struct broker_session *s, const struct view_found *found)
{
	add_handed(s, found->letter.id, area_of(found), found->letter.avrs_id);
}

void acknowledge_forget(struct broker_session *s)
{
	while (s->handed)
		forget(s, s->handed);
}

/* By these rights something is handed over. */
static const enum area areas[] = {AREA_EDELIVERY, AREA_TRADE_FILES, AREA_PAPER, AREA_BUNDLES};
enum { AREAS = sizeof(areas) / sizeof(areas[0]) };

/* The letter by each right by which it was handed over. */
static size_t find_all_handed(
    const struct broker_session *s, int64_t letter_id, struct handed *ret_all[AREAS])
{
	size_t count = 0;

	for (size_t i = 0; i < AREAS; i++) {
		struct handed *handed = NULL;

		if (s->handed_areas & 1u << areas[i])
			handed = find_handed(s, letter_id, areas[i]);
		if (handed)
			ret_all[count++] = handed;
	}
	return count;
}

/*
 * A handle of the letter was closed. Which right it took is not told, so a letter that was handed
 * over by two stays until the session ends. (A session that lies here could as well have read all
 * of it.)
 */
static void note_closed(struct broker_session *s, int64_t letter_id, bool was_sent)
{
	struct handed *all[AREAS];
	size_t count = find_all_handed(s, letter_id, all);

	for (size_t i = 0; i < count; i++)
		all[i]->was_sent |= was_sent;
	if (count != 1)
		return;
	all[0]->open--;
	if (is_over(s, all[0]))
		forget(s, all[0]);
}

static int take_opened(struct broker_session *s, struct message *in, struct err *err)
{
	int64_t letter_id = message_get_bounded(in, 1, INT64_MAX);
	struct handed *all[AREAS];

	if (!message_is_read(in) || !find_all_handed(s, letter_id, all))
		return answer_refuse(err);
	if (ledger_note_opening(s->broker->ledger, s->view.account.id, letter_id))
		broker_commit_soon(s->broker);
	return 0;
}

static int take_sent(struct broker_session *s, struct message *in, struct err *err)
{
	struct handed *all[AREAS];
	int64_t number = message_get_bounded(in, -INT64_MAX, INT64_MAX);
	struct reading reading = {.account_id = s->view.account.id,
	    .letter_id = number > 0 ? number : 0,
	    .archive_id = number < 0 ? -number : 0};
	bool closed = message_get_bounded(in, 0, 1) == 1;
	int64_t bytes = 0;

	reading.is_cut_off = !closed;
	for (int64_t left = message_get_bounded(in, 0, COVERAGE_PARTS); left > 0; left--) {
		int64_t from = message_get_bounded(in, 0, SENT_MOST);
		int64_t to = message_get_bounded(in, 0, SENT_MOST);

		if (from >= to)
			continue;
		coverage_add(&reading.sent, from, to);
		bytes += to - from;
	}
	/* What was not handed over cannot have been sent. */
	if (!message_is_read(in) || !find_all_handed(s, number, all))
		return answer_refuse(err);
	if (closed)
		note_closed(s, number, bytes > 0);
	if (bytes == 0)
		return 0;
	broker_count(s->broker, TRAFFIC_BYTES_SENT, bytes);
	text_copy(reading.login, s->view.account.login);
	text_copy(reading.address, s->address);
	text_copy(reading.client, s->client);
	if (ledger_note_reading(s->broker->ledger, &reading))
		broker_commit_soon(s->broker);
	return 0;
}

int acknowledge_answer_sent(struct broker_session *s, struct err *err)
{
	return take_sent(s, &s->broker->in, err);
}

int acknowledge_take_report(struct broker_session *s, struct message *report, struct err *err)
{
	if (report->kind == REQUEST_OPENED)
		return take_opened(s, report, err);
	return report->kind == REQUEST_SENT ? take_sent(s, report, err) : answer_refuse(err);
}

static int acknowledge_new(struct broker_session *s, const struct handed *handed,
    const struct actor *actor, const struct letter *letter, struct err *err)
{
	struct catalog *catalog = s->broker->spool.catalog;
	struct membership membership;
	bool found = false;

	if (membership_find(
	        catalog, s->view.account.id, handed->avrs_id, &membership, &found, err) < 0)
		return -1;
	return found ? news_acknowledge(catalog, actor, &membership, letter, err) : 0;
}

static int acknowledge_handed(
    struct broker_session *s, const struct handed *handed, struct err *err)
{
	struct catalog *catalog = s->broker->spool.catalog;
	char name[ACTOR_MAX];
	struct actor actor = actor_of_account(s->broker->spool.actor.node, &s->view.account, name);
	struct letter letter;
	bool received = false;
	bool found = false;

	/* One from before tells of a letter that was renewed since. */
	if (receipt_find(catalog, s->view.account.login, handed->key.letter_id, handed->since,
	        &received, err) < 0)
		return -1;
	if (!received)
		return 0;
	if (letter_find(catalog, handed->key.letter_id, &letter, &found, err) < 0)
		return -1;
	if (!found)
		return 0;
	if (handed->key.area == AREA_PAPER)
		return outbox_hand_over(catalog, &actor, s->view.account.login, &letter, err);
	return acknowledge_new(s, handed, &actor, &letter, err);
}

void acknowledge_read(struct broker_session *s)
{
	struct handed *handed = NULL;
	struct handed *next = NULL;
	struct err err;

	if (s->view.account.ack != ACK_ON_READ)
		return;
	(void)report_box_empty(s->broker);
	HASH_ITER(hh, s->handed, handed, next) {
		if (!handed->was_sent || handed->key.letter_id < 0)
			continue;
		handed->was_sent = false;
		if (ledger_commit(s->broker->ledger, &err) < 0 ||
		    acknowledge_handed(s, handed, &err) < 0)
			log_error("session=%" PRId64 " letter=%" PRId64
			          " text=\"read, but not acknowledged: %s\"",
			    s->number, handed->key.letter_id, err.text);
		if (is_over(s, handed))
			forget(s, handed);
	}
}

int acknowledge_removed(struct broker_session *s, const struct view_found *found, struct err *err)
{
	char name[ACTOR_MAX];
	struct actor actor = actor_of_account(s->broker->spool.actor.node, &s->view.account, name);
	struct catalog *catalog = s->broker->spool.catalog;
	const struct letter *letter = &found->letter;
	bool on_paper = found->place.kind == PLACE_PAPER_LETTER;
	bool opened = false;

	(void)report_box_empty(s->broker);
	if (ledger_commit(s->broker->ledger, err) < 0 ||
	    news_was_opened(catalog, s->view.account.id, letter->id, on_paper ? letter->queued : 0,
	        &opened, err) < 0)
		return -1;
	if (!opened)
		return 0;
	if (on_paper)
		return outbox_hand_over(catalog, &actor, s->view.account.login, letter, err);
	return news_acknowledge(catalog, &actor, &found->membership, letter, err);
}

int acknowledge_date(struct broker_session *s, const char *date, struct err *err)
{
	char name[ACTOR_MAX];
	const struct account *account = &s->view.account;
	struct actor actor = actor_of_account(s->broker->spool.actor.node, account, name);

	return outbox_hand_over_date(
	    s->broker->spool.catalog, &actor, account->id, account->login, date, err);
}
