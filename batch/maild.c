/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/maild.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/notify.h"
#include "base/number.h"
#include "base/text.h"
#include "base/utf8.h"
#include "batch/courier.h"
#include "batch/mail_results.h"
#include "spool/mail_claim.h"
#include "spool/mail_daily.h"
#include "spool/mail_gather.h"
#include "spool/mail_message.h"
#include "spool/mail_token.h"
#include "spool/spool.h"

#define PAUSE_FIRST (5 * SECOND) /* at most, after trouble with the relay; then twice as long */
#define PAUSE_MOST  (5 * MINUTE)
#define STOP_GRACE  (15 * SECOND) /* for what is on its way; less than `edelivery up` gives us */
#define LEASE_SPARE MINUTE
/* Answers that come within this are recorded together: so late may one be. */
#define RECORD_WITHIN (10 * SECOND / 1000)

enum {
	GROUP_MAX = 64,               /* what they tell is read together */
	RECORD_FROM = MAIL_READY_MAX, /* so many answers are recorded at once */
	FORGET_MAX = 500,
};

struct maild {
	struct settings settings;
	struct catalog *catalog;
	struct actor actor;
	int lock_fd;
	struct mail_writer writer;
	struct mail_secret secret;
	struct loop *loop;
	struct courier courier;
	struct watch *courier_watch; /* NULL: none runs */
	bool courier_ready;
	struct mail ready[MAIL_READY_MAX]; /* claimed, and not sent from ready_at on */
	int64_t begin_before; /* by clock_elapsed(): later than that, claims could run out */
	size_t ready_at;
	size_t ready_count;
	struct mail flying[COURIER_QUEUE_MAX]; /* on their way to the relay */
	size_t flying_count;
	struct mail_results done; /* to be recorded */
	int64_t pause;            /* the last one; 0: the relay is well */
	int64_t pause_until;      /* by clock_elapsed() */
	bool trouble;             /* the courier is stopped once nothing flies */
	bool renew;               /* the same: it has settings that were read anew */
	bool stopping;
	bool catalog_away;
};

static void work(void *arg);
static int step(struct maild *m, struct err *err);

/* The catalog cannot be had now: say so once, and try again with the next second. */
static void note_catalog(struct maild *m, int result, const struct err *err)
{
	if (result < 0 && !m->catalog_away)
		log_error("text=\"no mail is sent for now: %s\"", err->text);
	if (result == 0 && m->catalog_away)
		log_info("text=\"the catalog is back\"");
	m->catalog_away = result < 0;
}

/* --- what became of mails */

static void try_again(struct maild *m, const struct mail *mail, int64_t delay, const char *answer)
{
	mail_results_retry(&m->done, mail, delay, m->settings.mail_give_up, answer);
}

/* What is claimed and was not sent is anybody's. */
static void give_back_ready(struct maild *m)
{
	while (m->ready_at < m->ready_count)
		mail_results_add(&m->done, &m->ready[m->ready_at++], MAIL_OUTCOME_UNTRIED, "");
}

/* What cannot be recorded now is kept, and nothing new is claimed until it is. */
static void record_done(struct maild *m)
{
	struct err err;
	int result;

	if (m->done.count == 0)
		return;
	result = mail_results_record(&m->done, m->catalog, &m->actor, &err);
	note_catalog(m, result, &err);
	/* Answers wait in the channel meanwhile. */
	if (m->courier_watch)
		loop_pause(m->loop, m->courier_watch, result < 0);
}

/* --- the courier */

static void stop_courier(struct maild *m)
{
	if (!m->courier_watch)
		return;
	loop_unwatch(m->loop, m->courier_watch);
	m->courier_watch = NULL;
	m->courier_ready = false;
	courier_stop(&m->courier);
}

static int64_t next_pause(const struct maild *m)
{
	int64_t first = m->settings.mail_retry < PAUSE_FIRST ? m->settings.mail_retry : PAUSE_FIRST;
	int64_t next = m->pause ? m->pause * 2 : first;

	return next < PAUSE_MOST ? next : PAUSE_MOST;
}

/* Nothing more is begun for a while; what waits is anybody's. */
static void pause_for_relay(struct maild *m, const char *why)
{
	if (!m->trouble) {
		m->pause = next_pause(m);
		m->pause_until = clock_elapsed() + m->pause;
		log_error("relay=%s text=\"no mail gets through; again in %" PRId64 " s: %s\"",
		    m->settings.mail_relay, m->pause / SECOND, why);
	}
	m->trouble = true;
	give_back_ready(m);
}

static void take_answer(
    struct maild *m, const struct mail *mail, enum handover handover, const char *answer)
{
	switch (handover) {
	case HANDOVER_DONE:
		m->pause = 0;
		mail_results_add(&m->done, mail, MAIL_OUTCOME_SENT, answer);
		break;
	case HANDOVER_RETRY:
		try_again(
		    m, mail, mail_results_delay(m->settings.mail_retry, mail->attempts), answer);
		break;
	case HANDOVER_REFUSED:
		mail_results_add(&m->done, mail, MAIL_OUTCOME_REFUSED, answer);
		break;
	case HANDOVER_TROUBLE:
		pause_for_relay(m, answer);
		try_again(m, mail, m->pause, answer);
		break;
	case HANDOVER_LATE:
	case HANDOVER_COUNT:
		mail_results_add(&m->done, mail, MAIL_OUTCOME_UNTRIED, "");
		break;
	}
}

static void take_message(struct maild *m, struct message *message)
{
	int64_t id;
	enum handover handover;
	const char *answer;

	if (message->kind == COURIER_READY) {
		m->courier_ready = true;
		return;
	}
	id = message_get_int(message);
	handover = (enum handover)message_get_bounded(message, HANDOVER_DONE, HANDOVER_LATE);
	answer = message_get_text(message);
	for (size_t i = 0; i < m->flying_count && message_is_read(message); i++) {
		struct mail mail = m->flying[i];

		if (mail.id != id)
			continue;
		m->flying[i] = m->flying[--m->flying_count];
		take_answer(m, &mail, handover, answer);
		return;
	}
	log_error("process=courier text=\"answered what was not asked\"");
}

/* It ended: whether what was on its way has arrived nobody knows, so it is tried again. */
static void lose_courier(struct maild *m)
{
	for (size_t i = 0; i < m->flying_count; i++)
		try_again(m, &m->flying[i], m->settings.mail_retry, "the courier ended");
	m->flying_count = 0;
	pause_for_relay(m, "the courier ended");
	stop_courier(m);
}

/* The courier goes on while answers wait to be recorded. */
static void send_more(struct maild *m)
{
	struct err err;

	if (step(m, &err) < 0)
		note_catalog(m, -1, &err);
	if (m->done.count)
		loop_after(m->loop, RECORD_WITHIN, work, m);
}

static void on_courier(void *arg)
{
	static struct message message;
	struct maild *m = arg;
	enum message_state state = MESSAGE_GOT;
	struct err err;

	while (state == MESSAGE_GOT && m->done.count < MAIL_READY_MAX) {
		if (message_receive(m->courier.channel, &message, &state, &err) < 0)
			state = MESSAGE_END;
		if (state == MESSAGE_GOT)
			take_message(m, &message);
	}
	if (state == MESSAGE_END)
		lose_courier(m);
	if (m->done.count >= RECORD_FROM || m->stopping || m->trouble || m->renew ||
	    !m->courier_watch)
		work(m);
	else
		send_more(m);
}

static void start_courier(struct maild *m)
{
	struct err err;

	if (courier_start(&m->settings, &m->courier, &err) == 0 &&
	    loop_watch(m->loop, m->courier.channel, on_courier, m, &m->courier_watch, &err) == 0)
		return;
	courier_stop(&m->courier);
	pause_for_relay(m, err.text);
}

/* --- sending */

static int claim(struct maild *m, struct err *err)
{
	int64_t timeout = m->settings.mail_timeout;
	int64_t until = clock_now() + 2 * timeout + LEASE_SPARE;
	int64_t begin_before = clock_elapsed() + timeout; /* even so it ends within the claim */
	size_t count = 0;

	if (mail_claim(m->catalog, m->actor.node, until, MAIL_READY_MAX, m->ready, &count, err) < 0)
		return -1;
	m->begin_before = begin_before;
	m->ready_at = 0;
	m->ready_count = count;
	return 0;
}

/* Until when handing over a mail may begin, by clock_elapsed(): not after its own time. */
static int64_t last_moment(const struct maild *m, const struct mail *mail)
{
	int64_t expires = clock_elapsed() + mail->expires - clock_now();

	return mail->expires && expires < m->begin_before ? expires : m->begin_before;
}

static int write_return_path(
    const struct maild *m, const struct mail *mail, char ret_path[EMAIL_MAX + 1], struct err *err)
{
	struct mail_token token = {mail->account_id, mail->id};

	if (m->settings.mail_return_path[0])
		return mail_return_path(
		    &m->secret, m->settings.mail_return_path, &token, mail->email, ret_path, err);
	text_copy_part(ret_path, EMAIL_MAX + 1, m->settings.mail_from);
	return 0;
}

/* Text and envelope of a mail, and off with it. ERR_BUSY: the courier has enough for now. */
static int send_one(
    struct maild *m, const struct mail *mail, const struct mail_news *news, struct err *err)
{
	OWNED_BUFFER struct buffer text = BUFFER(MAIL_MESSAGE_MAX);
	char return_path[EMAIL_MAX + 1];
	struct envelope envelope = {.id = mail->id,
	    .begin_before = last_moment(m, mail),
	    .return_path = return_path,
	    .to = mail->email};

	if (news->dropped[0]) {
		mail_results_add(&m->done, mail, MAIL_OUTCOME_DROPPED, news->dropped);
		return 0;
	}
	if (email_check(mail->email, err) < 0) {
		mail_results_add(&m->done, mail, MAIL_OUTCOME_REFUSED, err->text);
		return 0;
	}
	if (write_return_path(m, mail, return_path, err) < 0 ||
	    mail_message_write(&m->writer, mail, news, &text, err) < 0) {
		try_again(m, mail, MAIL_DELAY_MOST, err->text);
		return 0;
	}
	envelope.text = buffer_text(&text);
	if (courier_send(&m->courier, &envelope, err) < 0)
		return -1;
	m->flying[m->flying_count++] = *mail;
	return 0;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many of those that are ready keep every connection busy while others are recorded. */
static size_t count_next(const struct maild *m)
{
	size_t most = COURIER_DEPTH * (size_t)m->settings.mail_connections;
	size_t count = m->flying_count < most ? most - m->flying_count : 0;

	count = least(count, m->ready_count - m->ready_at);
	count = least(count, m->done.count < MAIL_READY_MAX ? MAIL_READY_MAX - m->done.count : 0);
	return least(count, GROUP_MAX);
}

/* What they tell is read at once, and then none of the catalog is held. */
static int send_some(struct maild *m, struct err *err)
{
	static struct mail_news news[GROUP_MAX];
	size_t count = count_next(m);
	int result = 0;

	if (count == 0)
		return 0;
	result = mail_news_count_all(m->catalog, &m->ready[m->ready_at], count, news, err);
	for (size_t i = 0; i < count; i++) {
		if (result == 0)
			result = send_one(m, &m->ready[m->ready_at], &news[i], err);
		if (result == 0)
			m->ready_at++;
		mail_news_done(&news[i]);
	}
	/* Who has enough, or has ended, will say something soon. */
	return result < 0 && (err->kind == ERR_BUSY || err->kind == ERR_GONE) ? 0 : result;
}

/* After trouble: once nothing is on its way the courier goes, so that the next looks up anew. */
static bool is_pausing(struct maild *m)
{
	if ((m->trouble || m->renew) && m->flying_count == 0) {
		stop_courier(m);
		m->trouble = false;
		m->renew = false;
	}
	return m->trouble || m->renew || clock_elapsed() < m->pause_until;
}

static int step(struct maild *m, struct err *err)
{
	if (m->ready_at == m->ready_count &&
	    m->flying_count <= COURIER_DEPTH / 2 * (size_t)m->settings.mail_connections &&
	    claim(m, err) < 0)
		return -1;
	if (m->ready_at < m->ready_count && !m->courier_watch)
		start_courier(m);
	return m->courier_ready ? send_some(m, err) : 0;
}

static void work(void *arg)
{
	struct maild *m = arg;
	struct err err;

	record_done(m);
	if (m->stopping && m->flying_count == 0 && m->done.count == 0)
		loop_stop(m->loop);
	if (m->stopping || m->done.count || is_pausing(m))
		return;
	if (step(m, &err) < 0)
		note_catalog(m, -1, &err);
	/* What was dropped is recorded at once, and makes room. */
	if (m->done.count)
		loop_after(m->loop, 0, work, m);
}

/* --- time */

static void gather(void *arg)
{
	struct maild *m = arg;
	bool more = false;
	bool more_of_day = false;
	struct err err;
	int result;

	notify_alive();
	if (m->stopping)
		return;
	result = mail_gather(m->catalog, &m->settings, &more, &err);
	if (result == 0)
		result = mail_daily(m->catalog, &m->actor, &m->settings, &more_of_day, &err);
	note_catalog(m, result, &err);
	if (result == 0 && (more || more_of_day))
		loop_after(m->loop, 0, gather, m);
	work(m);
}

static void forget(void *arg)
{
	struct maild *m = arg;
	int64_t count = 0;
	struct err err;

	if (mail_forget(m->catalog, clock_now() - m->settings.mail_keep, FORGET_MAX, &count, &err) <
	    0)
		log_warning("text=\"old mails stay for now: %s\"", err.text);
	else if (count == FORGET_MAX)
		loop_after(m->loop, SECOND / 10, forget, m);
}

static void give_up_waiting(void *arg)
{
	struct maild *m = arg;

	log_warning(
	    "text=\"%zu mails were on their way; the next start sends them, perhaps again\"",
	    m->flying_count);
	loop_stop(m->loop);
}

/* What waits is given back; what is on its way may arrive. */
static void on_stop(void *arg)
{
	struct maild *m = arg;

	if (m->stopping)
		return;
	m->stopping = true;
	notify_stopping(STOP_GRACE);
	give_back_ready(m);
	loop_after(m->loop, STOP_GRACE, give_up_waiting, m);
	work(m);
}

/* --- the beginning */

/* One maild a node: then what a former run of it had claimed is free. */
static int lock_node(struct maild *m, struct err *err)
{
	OWNED_BUFFER struct buffer path = BUFFER(2048);
	OWNED_FD int root_fd = -1;
	char owner[64];

	(void)snprintf(owner, sizeof(owner), "edelivery-maild, process %d", (int)getpid());
	buffer_add_text(&path, "run/maild-");
	utf8_escape(&path, m->settings.node, strlen(m->settings.node));
	buffer_add_text(&path, ".lock");
	if (file_open_folder(AT_FDCWD, m->settings.root, &root_fd, err) < 0)
		return err_context(err, "spool.root");
	return file_lock(root_fd, buffer_text(&path), owner, &m->lock_fd, err);
}

static int check_settings(const struct settings *settings, struct err *err)
{
	if (!settings->mail_relay[0])
		return err_set(err, ERR_REFUSED, "mail.relay is not set: mails wait");
	if (!settings->mail_from[0])
		return err_set(err, ERR_REFUSED, "mail.from is not set: who are the mails from?");
	if (settings->mail_user[0] && settings->mail_tls == MAIL_TLS_NONE)
		return err_set(err, ERR_REFUSED,
		    "mail.user with mail.tls = none: the password would go in the clear");
	return 0;
}

/* Where it is, and whose, stays until the next start. */
static int load(struct maild *m, const char *path, struct err *err)
{
	static struct settings settings;
	static struct mail_writer writer;

	if (settings_load(path, &settings, err) < 0 || check_settings(&settings, err) < 0 ||
	    mail_writer_init(&writer, &settings, err) < 0)
		return -1;
	if (m->loop && (strcmp(settings.root, m->settings.root) != 0 ||
	                   strcmp(settings.catalog, m->settings.catalog) != 0 ||
	                   strcmp(settings.node, m->settings.node) != 0))
		return err_set(
		    err, ERR_REFUSED, "spool.root, catalog and node.name take a restart to change");
	m->settings = settings;
	m->writer = writer;
	m->writer.settings = &m->settings;
	return 0;
}

/* The courier that has the old ones ends when what is on its way has arrived. */
static void on_reload(void *arg)
{
	struct maild *m = arg;
	char path[PATH_MAX];
	struct err err;

	notify_reloading();
	text_copy(path, m->settings.path);
	if (load(m, path, &err) < 0) {
		log_error("text=\"not reloaded, what was in force stays so: %s\"", err.text);
	} else {
		log_info("relay=%s text=\"reloaded\"", m->settings.mail_relay);
		m->renew = true;
		m->pause_until = 0;
	}
	notify_ready("");
	work(m);
}

static int open_parts(struct maild *m, const char *settings, struct err *err)
{
	if (load(m, settings, err) < 0)
		return -1;
	m->actor = (struct actor){m->settings.node, "maild"};
	if (lock_node(m, err) < 0 || spool_open_catalog(&m->settings, false, &m->catalog, err) < 0)
		return -1;
	return mail_secret_get(m->catalog, &m->secret, err) < 0 ||
	               mail_unclaim(m->catalog, m->actor.node, err) < 0
	           ? -1
	           : loop_new(&m->loop, err);
}

static int run(struct maild *m, const char *settings, struct err *err)
{
	if (open_parts(m, settings, err) < 0 ||
	    loop_signal(m->loop, SIGTERM, on_stop, m, err) < 0 ||
	    loop_signal(m->loop, SIGHUP, on_reload, m, err) < 0 ||
	    loop_signal(m->loop, SIGINT, on_stop, m, err) < 0)
		return -1;
	loop_every(m->loop, SECOND, gather, m);
	loop_every(m->loop, HOUR, forget, m);
	loop_after(m->loop, 0, gather, m);
	log_info("relay=%s text=\"sending mails\"", m->settings.mail_relay);
	notify_ready("");
	return loop_run(m->loop, err);
}

int maild_run(const char *settings, struct err *err)
{
	static struct maild m;
	int result;

	m = (struct maild){.lock_fd = -1, .courier = {.channel = -1}};
	result = run(&m, settings, err);
	stop_courier(&m);
	loop_free(m.loop);
	catalog_close(m.catalog);
	clean_fd(&m.lock_fd);
	return result;
}
