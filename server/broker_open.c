/* SPDX-License-Identifier: Apache-2.0 */
#include "server/broker_open.h"

#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/number.h"
#include "server/acknowledge.h"
#include "server/answer.h"
#include "server/report_box.h"
#include "spool/outbox.h"

/* What the session tells of when it was sent: a letter, an archive, or (0) neither. */
static int64_t number_of(const struct view_found *found)
{
	return found->is_signature ? 0 : found->letter.id - found->archive.id;
}

static void put_opened(struct message *out, const struct view_found *found)
{
	answer_put_entry(out, &found->entry);
	message_put_int(out, number_of(found));
}

/* The zip of a day is opened: its time is that when making it began. */
static int note_opening(
    const struct broker_session *s, const struct view_found *found, int fd, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(err, "stat the zip of %s", found->place.date);
	return outbox_note_opening(s->broker->spool.catalog, s->view.account.id, found->place.date,
	    st.st_mtim.tv_sec * SECOND + st.st_mtim.tv_nsec / 1000, err);
}

/* Open what was found, and answer. *ret_opened: it is open. */
static int answer_opened(
    struct broker_session *s, const struct view_found *found, bool *ret_opened, struct err *err)
{
	int fd = -1;

	*ret_opened = false;
	if (found->place.is_folder)
		return answer_put(s, ANSWER_FAILURE, "a folder");
	if (found->place.kind == PLACE_DROP_FILE)
		return answer_put(s, ANSWER_DENIED, "what is in drop/ is for nobody to read");
	if (view_open(&s->view, found, &fd, err) < 0)
		return answer_put_trouble(s, err);
	if (found->place.kind == PLACE_PAPER_ZIP && note_opening(s, found, fd, err) < 0) {
		(void)close(fd);
		return answer_put_trouble(s, err);
	}
	if (found->letter.id || found->archive.id || found->place.kind == PLACE_PAPER_ZIP)
		acknowledge_note_handed(s, found);
	(void)answer_put_ok(s);
	message_put_fd(&s->broker->out, fd); /* closed when it has been sent */
	put_opened(&s->broker->out, found);
	*ret_opened = true;
	return 0;
}

int broker_open_file(struct broker_session *s, struct err *err)
{
	struct view_found found;
	bool done = false;

	if (answer_read_path(s, &found, &done, err) < 0)
		return -1;
	return done ? 0 : answer_opened(s, &found, &done, err);
}

/* Letters that follow one that was opened: they go into the answer behind their count. */
struct handing {
	struct broker_session *s;
	struct message entries;
	int64_t count;
};

static int hand(const struct view_found *next, int fd, void *arg, struct err *err)
{
	struct handing *handing = arg;

	(void)err;
	acknowledge_note_given(handing->s, next);
	message_put_fd(&handing->s->broker->out, fd);
	put_opened(&handing->entries, next);
	handing->count++;
	return 0;
}

/* The channel for their reports, where the session has none yet. */
static int put_channel(struct broker_session *s, struct err *err)
{
	struct message *out = &s->broker->out;
	int end = -1;

	if (!s->reporter && report_box_add(s, &end, err) < 0)
		return -1;
	message_put_int(out, end >= 0);
	if (end >= 0)
		message_put_fd(out, end);
	return 0;
}

static void tidy_shelf(void *arg)
{
	struct broker *broker = arg;
	int64_t left = shelf_tidy(&broker->shelf);

	if (left >= 0)
		loop_after(broker->loop, left, tidy_shelf, broker);
}

/* Letters behind the one that the answer begins with; without them it is one all the same. */
static int put_next(
    struct broker_session *s, const struct view_found *found, enum open_order order, int64_t most)
{
	static struct handing handing;
	const struct shelf_wish wish = {s->number, &s->view, found, order == OPEN_BY_NAME, most};
	struct broker *broker = s->broker;
	struct message *out = &broker->out;
	struct err err;

	handing.s = s;
	handing.count = 0;
	message_start(&handing.entries, 0);
	if (put_channel(s, &err) < 0) {
		log_error("session=%" PRId64 " text=\"%s\"", s->number, err.text);
		message_put_int(out, 0);
	} else if (shelf_open_next(&broker->shelf, &wish, hand, &handing, &err) < 0) {
		log_error("session=%" PRId64 " text=\"%s\"", s->number, err.text);
	}
	message_put_int(out, handing.count);
	message_put_all(out, &handing.entries);
	loop_after(broker->loop, SHELF_LASTS, tidy_shelf, broker);
	return 0;
}

int broker_open_next(struct broker_session *s, struct err *err)
{
	struct message *in = &s->broker->in;
	enum open_order order = (enum open_order)message_get_bounded(in, 0, OPEN_ORDER_COUNT - 1);
	int64_t most = message_get_bounded(in, 0, OPEN_NEXT);
	struct view_found found;
	bool done = false;

	if (answer_read_path(s, &found, &done, err) < 0)
		return -1;
	if (done)
		return 0;
	if (answer_opened(s, &found, &done, err) < 0)
		return -1;
	return done ? put_next(s, &found, order, most) : 0;
}
