/* SPDX-License-Identifier: Apache-2.0 */
#include "server/broker.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <uthash.h>

#include "base/clean.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "server/acknowledge.h"
#include "server/admission.h"
#include "server/broker_session.h"
#include "server/control.h"
#include "server/hand_in.h"
#include "server/packer.h"
#include "server/report_box.h"
#include "server/request.h"
#include "spool/program.h"
#include "spool/view_archive.h"

enum { CHECK_RIGHTS_MS = 400, TRAFFIC_MS = 1000 };

#define CLEAN_UPLOADS (10 * MINUTE)
/* Others come in between. */
#define CLEAN_PAUSE (SECOND / 100)

/* A broker that answers nobody for longer than 30 seconds is killed. */
#define CATALOG_PATIENCE (4 * SECOND)

/* What a session has, when it is told to end, before it is killed. */
#define END_GRACE SECOND

static void commit(void *arg)
{
	struct broker *broker = arg;
	bool more;
	struct err err;

	more = report_box_empty(broker);
	if (ledger_commit(broker->ledger, &err) < 0) {
		log_error("text=\"logins and openings are not recorded yet: %s\"", err.text);
		loop_after(broker->loop, SECOND, commit, broker);
	} else if (more) {
		broker_commit_soon(broker);
	} else {
		report_box_wait(broker);
	}
}

void broker_commit_soon(struct broker *broker)
{
	loop_after(broker->loop, LEDGER_MS * (SECOND / 1000), commit, broker);
}

static void commit_traffic(void *arg)
{
	struct broker *broker = arg;
	struct traffic *traffic = &broker->traffic;
	struct err err;

	if (traffic_add(broker->spool.catalog, broker->spool.actor.node, traffic, &err) < 0) {
		log_warning("text=\"what was counted is not recorded yet: %s\"", err.text);
		loop_after(broker->loop, 10 * SECOND, commit_traffic, broker);
		return;
	}
	*traffic = (struct traffic){.has_now = false};
}

void broker_count(struct broker *broker, enum traffic_kind kind, int64_t more)
{
	broker->traffic.values[kind] += more;
	loop_after(broker->loop, TRAFFIC_MS * (SECOND / 1000), commit_traffic, broker);
}

void broker_tell(const struct broker *broker, enum control what, int64_t number)
{
	static struct message message;
	struct err err;

	message_start(&message, what);
	message_put_int(&message, number);
	(void)message_send(broker->control_fd, &message, &err);
}

/* Forget the session; closing its channel ends it, if it has not ended itself. */
static void close_session(struct broker_session *s, const char *reason)
{
	struct broker *broker = s->broker;

	log_info("session=%" PRId64 " ended login=%s reason=\"%s\"", s->number,
	    s->view.account.login[0] ? s->view.account.login : "-", reason);
	report_box_remove(s);
	acknowledge_read(s);
	upload_desk_done(&s->desk);
	broker_tell(broker, CONTROL_CLOSED, s->number);
	HASH_DEL(broker->sessions, s);
	loop_unwatch(broker->loop, s->watch);
	(void)close(s->channel);
	if (s->pidfd >= 0)
		(void)close(s->pidfd);
	if (s->view.account.login[0])
		view_done(&s->view);
	acknowledge_forget(s);
	free(s);
}

static void on_request(void *arg)
{
	struct broker_session *s = arg;
	struct broker *broker = s->broker;
	enum message_state state = MESSAGE_END;
	struct err err;

	if (message_receive(s->channel, &broker->in, &state, &err) < 0 || state == MESSAGE_END) {
		close_session(s, s->reason[0] ? s->reason : "the session process is gone");
		return;
	}
	if (state == MESSAGE_GOT && broker_answer(s, &err) < 0)
		close_session(s, err.text);
	message_close_fds(&broker->in);
}

/* A descriptor goes with its process: only now nobody has what the session had open. */
static void on_ended(void *arg)
{
	struct broker_session *s = arg;

	close_session(s, s->reason);
}

/* Those that were told to end, and did not in time. */
static void kill_late(void *arg)
{
	struct broker *broker = arg;
	struct broker_session *s = NULL;
	struct broker_session *next = NULL;
	int64_t now = clock_elapsed();

	HASH_ITER(hh, broker->sessions, s, next) {
		if (s->phase != PHASE_ENDING)
			continue;
		if (now < s->kill_at) {
			loop_after(broker->loop, s->kill_at - now, kill_late, broker);
			continue;
		}
		(void)syscall(SYS_pidfd_send_signal, s->pidfd, SIGKILL, NULL, 0);
		close_session(s, s->reason);
	}
}

/*
 * Its process is watched instead of its channel: whoever was sent away and comes back at once must
 * not find the upload still open.
 */
void broker_end_session(struct broker_session *s, const char *reason)
{
	struct loop *loop = s->broker->loop;
	struct err err;

	text_copy(s->reason, reason);
	s->phase = PHASE_ENDING;
	s->kill_at = clock_elapsed() + END_GRACE;
	loop_unwatch(loop, s->watch);
	s->watch = NULL;
	if (s->pidfd >= 0 && loop_watch(loop, s->pidfd, on_ended, s, &s->watch, &err) < 0)
		log_error("session=%" PRId64 " text=\"%s\"", s->number, err.text);
	(void)shutdown(s->channel, SHUT_RDWR);
	loop_after(loop, END_GRACE, kill_late, s->broker);
}

/* Out of descriptors, the message comes without the channel. */
static int take_channel(struct broker_session *s, struct err *err)
{
	struct message *in = &s->broker->in;

	s->number = message_get_int(in);
	text_copy(s->address, message_get_text(in));
	s->channel = message_get_fd(in);
	if (!message_is_read(in))
		return err_set(err, ERR_RETRY, "its channel did not come");
	/* A session waits for each answer; one that reads none must not make everybody wait. */
	if (fcntl(s->channel, F_SETFL, O_NONBLOCK) < 0)
		return err_sys(err, "set up its channel");
	return loop_watch(s->broker->loop, s->channel, on_request, s, &s->watch, err);
}

static int add_session(struct broker *broker, struct err *err)
{
	struct broker_session *s = mem_new(1, sizeof(*s));

	s->broker = broker;
	s->pidfd = -1;
	s->phase = PHASE_UNKNOWN;
	if (take_channel(s, err) < 0) {
		(void)err_context(err, "session %" PRId64, s->number);
		clean_fd(&s->channel);
		/* Or the listener counts its connection for as long as we live. */
		broker_tell(broker, CONTROL_CLOSED, s->number);
		free(s);
		return -1;
	}
	HASH_ADD(hh, broker->sessions, number, sizeof(s->number), s);
	return 0;
}

/* The listener's own counts. What it has more of than we know of is a newer version's. */
static void take_traffic(struct broker *broker)
{
	struct traffic *traffic = &broker->traffic;
	int64_t count = message_get_bounded(&broker->in, TRAFFIC_COUNT, 64);

	for (int i = 0; i < TRAFFIC_COUNT; i++) {
		int64_t value = message_get_bounded(&broker->in, 0, INT64_MAX);

		traffic->values[i] = i < TRAFFIC_TOTALS ? traffic->values[i] + value : value;
	}
	traffic->has_now = !message_is_bad(&broker->in) && count >= TRAFFIC_COUNT;
	broker_count(broker, TRAFFIC_ACCEPTED, 0);
}

/* Those that are logged in are told, and end when they have no file open; the others end now. */
static void stop_session(struct broker_session *s)
{
	if (s->phase == PHASE_ENDING)
		return;
	if (s->phase & (PHASE_LOGGED_IN | PHASE_SFTP | PHASE_ARCHIVE))
		(void)syscall(SYS_pidfd_send_signal, s->pidfd, SIGTERM, NULL, 0);
	else
		broker_end_session(s, SESSION_STOPS);
}

static void stop_sessions(struct broker *broker)
{
	struct broker_session *s = NULL;
	struct broker_session *next = NULL;

	broker->is_stopping = true;
	HASH_ITER(hh, broker->sessions, s, next) {
		stop_session(s);
	}
}

static void take_control(struct broker *broker)
{
	struct err err;

	switch ((enum control)broker->in.kind) {
	case CONTROL_CHANNEL:
		if (add_session(broker, &err) < 0)
			log_error("text=\"%s\"", err.text);
		break;
	case CONTROL_PING:
		message_start(&broker->out, CONTROL_PONG);
		(void)message_send(broker->control_fd, &broker->out, &err);
		break;
	case CONTROL_STOP:
		stop_sessions(broker);
		break;
	case CONTROL_TRAFFIC:
		take_traffic(broker);
		break;
	case CONTROL_SESSION:
	case CONTROL_READY:
	case CONTROL_CRASHED:
	case CONTROL_CLOSED:
	case CONTROL_PONG:
	case CONTROL_LOGGED_IN:
		break;
	}
}

static void on_control(void *arg)
{
	struct broker *broker = arg;
	enum message_state state = MESSAGE_END;
	struct err err;

	if (message_receive(broker->control_fd, &broker->in, &state, &err) < 0 ||
	    state == MESSAGE_END) {
		loop_stop(broker->loop);
		return;
	}
	if (state == MESSAGE_GOT)
		take_control(broker);
	message_close_fds(&broker->in);
}

static int may_still_read(const struct broker_session *s, const struct handed *handed,
    const char *today, bool *ret_allowed, struct err *err)
{
	struct membership membership;
	bool found = false;

	if (handed->key.letter_id < 0)
		return view_archive_may_read(&s->view, -handed->key.letter_id, ret_allowed, err);
	if (membership_find(s->broker->spool.catalog, s->view.account.id, handed->avrs_id,
	        &membership, &found, err) < 0)
		return -1;
	*ret_allowed = right_may_see(
	    &s->view.account, found ? &membership : NULL, (enum area)handed->key.area, today);
	return 0;
}

/* May its account still see what it was handed? What went by the same right is judged once. */
static int check_handed(struct broker_session *s, const char **ret_end, struct err *err)
{
	const struct handed *last = NULL;
	char today[DATE_SIZE];

	clock_print_date(clock_now(), today);
	for (const struct handed *handed = s->handed; handed; handed = handed->hh.next) {
		bool allowed = false;

		if (last && handed->key.letter_id > 0 && last->key.area == handed->key.area &&
		    strcmp(last->avrs_id, handed->avrs_id) == 0)
			continue;
		if (may_still_read(s, handed, today, &allowed, err) < 0)
			return -1;
		if (!allowed)
			*ret_end = "the right to a file that it had open was withdrawn";
		last = handed;
	}
	return 0;
}

/*
 * Rights have changed somewhere: end the sessions that hold a descriptor they may not read any
 * more, and those of accounts that are gone or disabled. The others see the new state at their
 * next request.
 */
static int check_session(struct broker_session *s, const char **ret_end, struct err *err)
{
	struct catalog *catalog = s->broker->spool.catalog;
	struct account account;
	bool found = false;

	*ret_end = NULL;
	if (!(s->phase & (PHASE_LOGGED_IN | PHASE_SFTP | PHASE_ARCHIVE)))
		return 0;
	if (account_find(catalog, s->view.account.login, &account, &found, err) < 0)
		return -1;
	if (!found || account.disabled || account.id != s->view.account.id) {
		*ret_end = "the account was disabled or removed";
		return 0;
	}
	s->view.account = account;
	s->view.role.until = 0;
	if (upload_desk_may_stay(&s->desk, &found, err) < 0)
		return -1;
	if (!found)
		*ret_end = "the right to an upload that it had open was withdrawn";
	return check_handed(s, ret_end, err);
}

static void check_sessions(struct broker *broker)
{
	struct broker_session *s = NULL;
	struct broker_session *next = NULL;
	struct err err;

	broker->must_check = false;
	HASH_ITER(hh, broker->sessions, s, next) {
		const char *reason = NULL;

		if (check_session(s, &reason, &err) < 0) {
			log_error("session=%" PRId64 " text=\"%s\"", s->number, err.text);
			broker->must_check = true;
		}
		if (reason)
			broker_end_session(s, reason);
	}
}

static void clean_uploads(void *arg)
{
	struct broker *broker = arg;
	bool more = false;
	struct err err;

	/* Of those whose folder is away nothing is known. */
	if (!drop_root_follow(&broker->drop_root))
		return;
	if (hand_in_clean(&broker->spool, &broker->cleaning, &more, &err) < 0)
		log_error("text=\"uploads that are over: %s\"", err.text);
	if (more)
		loop_after(broker->loop, CLEAN_PAUSE, clean_uploads, broker);
}

/* Rights change by what is announced, and by the date. */
static void check_rights(void *arg)
{
	struct broker *broker = arg;
	char today[DATE_SIZE];
	bool news = false;
	struct err err;

	if (catalog_has_news(broker->spool.catalog, &news, &err) < 0)
		log_error("text=\"%s\"", err.text);
	clock_print_date(clock_now(), today);
	if (news || broker->must_check || strcmp(today, broker->today) != 0)
		check_sessions(broker);
	text_copy(broker->today, today);
}

static void take_verdict(void *arg, int64_t number, enum verdict_of_password verdict)
{
	admission_take_verdict(arg, number, verdict);
}

static int run(struct broker *broker, const char *settings, struct err *err)
{
	broker->settings = settings;
	catalog_limit_patience(CATALOG_PATIENCE);
	if (spool_open(settings, "sftpd", &broker->spool, err) < 0 ||
	    loop_new(&broker->loop, err) < 0)
		return -1;
	drop_root_init(&broker->drop_root, &broker->spool);
	/* Of uploads in a folder that is away nothing is known: each is settled when asked for. */
	if (drop_root_is_there(&broker->drop_root) && hand_in_recover(&broker->spool, err) < 0)
		return -1;
	broker->ledger = ledger_new(&broker->spool);
	if (report_box_new(broker, err) < 0)
		return -1;
	broker->verifier = verifier_new(broker->loop, take_verdict, broker);
	if (loop_watch(broker->loop, broker->control_fd, on_control, broker, NULL, err) < 0)
		return -1;
	loop_every(broker->loop, CHECK_RIGHTS_MS * (SECOND / 1000), check_rights, broker);
	loop_every(broker->loop, CLEAN_UPLOADS, clean_uploads, broker);
	loop_after(broker->loop, SECOND, clean_uploads, broker);
	message_start(&broker->out, CONTROL_READY);
	if (message_send(broker->control_fd, &broker->out, err) < 0)
		return -1;
	return loop_run(broker->loop, err);
}

int broker_run(const char *settings, int control_fd, struct err *err)
{
	struct broker *broker = mem_new(1, sizeof(*broker));
	int result;

	/* It ends when the listener closes its channel, and then has things to write down. */
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	/* The listener sees to it that settings are read again. */
	(void)signal(SIGHUP, SIG_IGN);
	/* A lease that somebody waits for (upload_desk.c) is given back anyway. */
	(void)signal(SIGIO, SIG_IGN);
	broker->spool = (struct spool)SPOOL_CLOSED;
	broker->control_fd = control_fd;
	/* Two a session, those on the shelf, and one more for each that is being handed over. */
	(void)program_descriptors();
	result = run(broker, settings, err);
	while (broker->sessions)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it does not follow uthash */
		close_session(
		    broker->sessions, broker->is_stopping ? SESSION_STOPS : "the broker stops");
	if (broker->box) {
		commit(broker);
		commit_traffic(broker);
	}
	packer_forget_all(broker);
	shelf_clear(&broker->shelf);
	report_box_free(broker);
	verifier_free(broker->verifier);
	ledger_free(broker->ledger);
	loop_free(broker->loop);
	spool_close(&broker->spool);
	free(broker);
	return result;
}
