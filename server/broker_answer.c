/* SPDX-License-Identifier: Apache-2.0 */
/* The answers to a session's requests: a row a request, allowed in its phases only. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <uthash.h>

#include "base/clean.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "server/broker_session.h"
#include "spool/address_list.h"
#include "spool/outbox.h"
#include "spool/password.h"
#include "spool/receipt.h"

#define POSTING_REASON VIEW_POSTING_TEXT

/* A client that gets letter after letter is judged by one look at its role in so long. */
#define ROLE_LASTS (SECOND / 4)

static int put_answer(struct broker_session *s, enum answer answer, const char *reason)
{
	struct message *out = &s->broker->out;

	message_put_int(out, (int64_t)answer);
	if (answer == ANSWER_DENIED || answer == ANSWER_FAILURE)
		message_put_text(out, reason);
	return 0;
}

static int put_ok(struct broker_session *s)
{
	return put_answer(s, ANSWER_OK, NULL);
}

/* Our trouble, not the client's: it is told to come back, and we are told what it was. */
static int put_trouble_of(struct broker_session *s, enum request request, const struct err *err)
{
	log_error("session=%" PRId64 " text=\"%s\"", s->number, err->text);
	message_start(&s->broker->out, (uint32_t)request);
	return put_answer(s, ANSWER_FAILURE, "temporary trouble, try again later");
}

static int put_trouble(struct broker_session *s, const struct err *err)
{
	return put_trouble_of(s, (enum request)s->broker->in.kind, err);
}

/* What was sent is not what the request takes: a session that works never does that. */
static int refuse(struct err *err)
{
	return err_set(err, ERR_REFUSED, "a request that is none");
}

static int answer_hello(struct broker_session *s, struct err *err)
{
	OWNED_FD int pidfd = message_get_fd(&s->broker->in);

	if (!message_is_read(&s->broker->in))
		return refuse(err);
	s->pidfd = TAKE_FD(pidfd);
	s->phase = PHASE_STRANGER;
	return put_ok(s);
}

static void log_in(struct broker_session *s, const struct account *account)
{
	view_init(&s->view, &s->broker->spool, account);
	s->view.role_lasts = ROLE_LASTS;
	upload_desk_init(&s->desk, &s->view, &s->broker->desks);
	s->phase = PHASE_LOGGED_IN;
	broker_tell(s->broker, CONTROL_LOGGED_IN, s->number);
	broker_count(s->broker, TRAFFIC_LOGINS, 1);
	log_info("session=%" PRId64 " login=%s from=%s %s", s->number, account->login, s->address,
	    s->how);
	if (ledger_note_login(s->broker->ledger, account, s->address, s->how, s->passed_key))
		broker_commit_soon(s->broker);
}

static bool is_enough(const struct account *account, unsigned passed)
{
	unsigned both = 1u << AUTH_KEY | 1u << AUTH_PASSWORD;

	switch (account->auth) {
	case AUTH_ANY:
		return passed != 0;
	case AUTH_KEY:
	case AUTH_PASSWORD:
		return (passed & 1u << account->auth) != 0;
	default:
		return passed == both;
	}
}

/* What one account showed counts for no other. */
static void begin_passing(struct broker_session *s, const struct account *account)
{
	if (s->passed_account == account->id)
		return;
	s->passed_account = account->id;
	s->passed = 0;
	s->passed_key = 0;
	s->how[0] = '\0';
}

/* The account has shown a key or a password. */
static enum admission pass(
    struct broker_session *s, const struct account *account, enum auth shown, const char *how)
{
	begin_passing(s, account);
	if (!(s->passed & 1u << shown)) {
		size_t length = strlen(s->how);

		(void)snprintf(
		    s->how + length, sizeof(s->how) - length, "%s%s", length ? " " : "", how);
	}
	s->passed |= 1u << shown;
	if (!is_enough(account, s->passed))
		return account->auth == AUTH_KEY_AND_PASSWORD ? ADMISSION_MORE : ADMISSION_NO;
	log_in(s, account);
	return ADMISSION_YES;
}

/* R12: a password lock closes password logins only; a disabled account has none at all. */
static int check_key(struct broker_session *s, const char *login, const char *blob,
    struct account *ret_account, struct public_key *ret_key, bool *ret_accepted, struct err *err)
{
	bool found = false;

	*ret_accepted = false;
	if (account_find(s->broker->spool.catalog, login, ret_account, &found, err) < 0)
		return -1;
	if (!found || ret_account->disabled)
		return 0;
	if (public_key_find(s->broker->spool.catalog, ret_account->id, blob, ret_key, &found, err) <
	    0)
		return -1;
	*ret_accepted = found && address_list_has(ret_key->from_addresses, s->address);
	return 0;
}

static int put_admission(struct broker_session *s, enum admission admission)
{
	(void)put_ok(s);
	message_put_int(&s->broker->out, (int64_t)admission);
	return 0;
}

static int answer_key(struct broker_session *s, struct err *err)
{
	struct message *in = &s->broker->in;
	const char *login = message_get_text(in);
	const char *type = message_get_text(in);
	const char *blob = message_get_text(in);
	bool proven = message_get_bounded(in, 0, 1) == 1;
	struct account account;
	struct public_key key;
	bool accepted = false;
	char how[100];

	if (!message_is_read(in))
		return refuse(err);
	if (check_key(s, login, blob, &account, &key, &accepted, err) < 0)
		return put_trouble(s, err);
	accepted = accepted && strcmp(key.type, type) == 0 && account.auth != AUTH_PASSWORD;
	if (!accepted) {
		broker_count(s->broker, TRAFFIC_LOGINS_REFUSED, 1);
		log_info("session=%" PRId64 " from=%s text=\"a key was refused\"", s->number,
		    s->address);
	}
	if (!accepted || !proven)
		return put_admission(s, accepted ? ADMISSION_YES : ADMISSION_NO);
	(void)snprintf(how, sizeof(how), "key=%.80s", key.fingerprint);
	begin_passing(s, &account);
	s->passed_key = key.id;
	return put_admission(s, pass(s, &account, AUTH_KEY, how));
}

/* The answer comes with the verifier's: broker_take_verdict(). */
static int answer_password(struct broker_session *s, struct err *err)
{
	struct catalog *catalog = s->broker->spool.catalog;
	const char *login = message_get_text(&s->broker->in);
	const char *password = message_get_text(&s->broker->in);
	char hash[PASSWORD_HASH_MAX + 1] = "";
	bool found = false;

	if (!message_is_read(&s->broker->in) || s->is_waiting || strlen(password) > PASSWORD_MOST)
		return refuse(err);
	if (account_find(catalog, login, &s->claimed, &found, err) < 0 ||
	    (found && password_find(catalog, s->claimed.id, hash, err) < 0) ||
	    verifier_ask(s->broker->verifier, s->number, hash, password, err) < 0)
		return put_trouble(s, err);
	s->is_nobody = !found;
	s->is_waiting = true;
	return 0;
}

/* R12: a lock closes this way in, and no other; nobody learns that there is one. */
static int judge(struct broker_session *s, enum verdict_of_password verdict,
    enum admission *ret_admission, struct err *err)
{
	const struct account *account = &s->claimed;
	struct catalog *catalog = s->broker->spool.catalog;
	struct actor actor = {s->broker->spool.actor.node, "sftpd"};

	*ret_admission = ADMISSION_NO;
	if (s->is_nobody || account->disabled || account->auth == AUTH_KEY)
		return 0;
	if (verdict != PASSWORD_RIGHT)
		return password_note_failure(
		    catalog, &actor, account, s->broker->spool.settings.server_password_tries, err);
	if (account->locked)
		return 0;
	if (password_note_success(catalog, account->id, err) < 0)
		return -1;
	*ret_admission = pass(s, account, AUTH_PASSWORD, "password");
	return 0;
}

void broker_take_verdict(struct broker *broker, int64_t number, enum verdict_of_password verdict)
{
	struct broker_session *s = NULL;
	enum admission admission = ADMISSION_NO;
	struct err err;

	HASH_FIND(hh, broker->sessions, &number, sizeof(number), s);
	if (!s || !s->is_waiting || s->phase != PHASE_STRANGER)
		return;
	s->is_waiting = false;
	message_start(&broker->out, REQUEST_PASSWORD);
	if (verdict == PASSWORD_UNKNOWN)
		(void)put_answer(s, ANSWER_FAILURE, "temporary trouble, try again later");
	else if (judge(s, verdict, &admission, &err) < 0)
		(void)put_trouble_of(s, REQUEST_PASSWORD, &err);
	else
		(void)put_admission(s, admission);
	if (verdict != PASSWORD_UNKNOWN && admission == ADMISSION_NO) {
		broker_count(broker, TRAFFIC_LOGINS_REFUSED, 1);
		log_info("session=%" PRId64 " from=%s text=\"a password was refused\"", s->number,
		    s->address);
	}
	/* A session that is gone by now is noticed by its channel. */
	(void)message_send(s->channel, &broker->out, &err);
}

static int answer_start(struct broker_session *s, struct err *err)
{
	const char *client = message_get_text(&s->broker->in);

	if (!message_is_read(&s->broker->in) || strlen(client) >= CLIENT_MAX)
		return refuse(err);
	s->phase = PHASE_SFTP;
	text_copy(s->client, client);
	log_info("session=%" PRId64 " login=%s sftp client=\"%s\"", s->number,
	    s->view.account.login, client);
	return 0;
}

/* Read the request's path, and find what it is. *ret_answered: the answer is written already. */
static int find(
    struct broker_session *s, struct view_found *ret_found, bool *ret_answered, struct err *err)
{
	const char *path = message_get_text(&s->broker->in);
	enum view_answer answer = VIEW_NOTHING;

	*ret_answered = true;
	if (!message_is_read(&s->broker->in) || path[0] != '/')
		return refuse(err);
	if (view_find(&s->view, path, ret_found, &answer, err) < 0)
		return put_trouble(s, err);
	switch (answer) {
	case VIEW_NOTHING:
		return put_answer(s, ANSWER_NO_SUCH_FILE, NULL);
	case VIEW_POSTING:
		return put_answer(s, ANSWER_FAILURE, POSTING_REASON);
	case VIEW_FOUND:
		break;
	}
	*ret_answered = false;
	return 0;
}

static void put_entry(struct message *out, const struct view_entry *entry)
{
	message_put_text(out, entry->name);
	message_put_int(out, entry->is_folder);
	message_put_int(out, entry->size);
	message_put_int(out, entry->changed);
}

static int answer_find(struct broker_session *s, struct err *err)
{
	struct view_found found;
	bool answered = false;

	if (find(s, &found, &answered, err) < 0)
		return -1;
	if (answered)
		return 0;
	(void)put_ok(s);
	put_entry(&s->broker->out, &found.entry);
	return 0;
}

static int answer_open_folder(struct broker_session *s, struct err *err)
{
	struct view_found found;
	bool answered = false;
	int number = 0;

	if (find(s, &found, &answered, err) < 0)
		return -1;
	if (answered)
		return 0;
	if (!found.place.is_folder)
		return put_answer(s, ANSWER_FAILURE, "not a folder");
	broker_acknowledge_read(s);
	while (number < LISTINGS_MAX && s->listings[number].is_open)
		number++;
	if (number == LISTINGS_MAX)
		return put_answer(s, ANSWER_FAILURE, "too many folders are open");
	s->listings[number] =
	    (struct listing){.is_open = true, .folder = found.place, .more = true};
	(void)put_ok(s);
	message_put_int(&s->broker->out, number);
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
	put_entry(&gathering->entries, entry);
	gathering->count++;
	return 0;
}

static int answer_list(struct broker_session *s, struct err *err)
{
	static struct gathering gathering;
	struct message *out = &s->broker->out;
	struct listing *listing = get_listing(s);

	if (!listing)
		return refuse(err);
	message_start(&gathering.entries, 0);
	gathering.count = 0;
	if (listing->more && view_list(&s->view, &listing->folder, &listing->cursor, LIST_PAGE,
	                         gather, &gathering, &listing->more, err) < 0)
		return put_trouble(s, err);
	(void)put_ok(s);
	message_put_int(out, listing->more);
	message_put_int(out, gathering.count);
	message_put_all(out, &gathering.entries);
	return 0;
}

static int answer_close_folder(struct broker_session *s, struct err *err)
{
	struct listing *listing = get_listing(s);

	if (!listing)
		return refuse(err);
	listing->is_open = false;
	return 0;
}

/* Whose right opens the letter there: new/ has those of both classes. */
static enum area area_of(const struct view_found *found)
{
	if (found->place.area == AREA_PAPER)
		return AREA_PAPER;
	return found->letter.class == CLASS_EDELIVERY ? AREA_EDELIVERY : AREA_TRADE_FILES;
}

static bool was_handed(const struct broker_session *s, int64_t letter_id, enum area area)
{
	for (size_t i = 0; i < s->handed_count; i++)
		if (s->handed[i].letter_id == letter_id && s->handed[i].area == area)
			return true;
	return false;
}

/* Remember what the session can read from now on: a descriptor cannot be taken back. */
static void note_handed(struct broker_session *s, const struct view_found *found)
{
	const struct letter *letter = &found->letter;
	struct handed *handed;

	if (letter->id && ledger_note_opening(s->broker->ledger, s->view.account.id, letter->id))
		broker_commit_soon(s->broker);
	if (was_handed(s, letter->id, area_of(found)))
		return;
	s->handed = mem_resize(s->handed, s->handed_count + 1, sizeof(*s->handed));
	handed = &s->handed[s->handed_count++];
	*handed =
	    (struct handed){.letter_id = letter->id, .area = area_of(found), .since = clock_now()};
	text_copy(handed->avrs_id, letter->avrs_id);
}

/* The same of an archive, which nobody acknowledges by opening it. */
static void note_handed_archive(struct broker_session *s, const struct night_archive *archive)
{
	struct handed *handed;

	if (was_handed(s, -archive->id, AREA_BUNDLES))
		return;
	s->handed = mem_resize(s->handed, s->handed_count + 1, sizeof(*s->handed));
	handed = &s->handed[s->handed_count++];
	*handed =
	    (struct handed){.letter_id = -archive->id, .area = AREA_BUNDLES, .since = clock_now()};
}

/* What the session tells of when it was sent: a letter, an archive, or (0) neither. */
static int64_t number_of(const struct view_found *found)
{
	return found->is_signature ? 0 : found->letter.id - found->archive.id;
}

static int answer_open(struct broker_session *s, struct err *err)
{
	struct view_found found;
	bool answered = false;
	int fd = -1;

	if (find(s, &found, &answered, err) < 0)
		return -1;
	if (answered)
		return 0;
	if (found.place.is_folder)
		return put_answer(s, ANSWER_FAILURE, "a folder");
	if (found.place.kind == PLACE_DROP_FILE)
		return put_answer(s, ANSWER_DENIED, "what is in drop/ is for nobody to read");
	if (view_open(&s->view, &found, &fd, err) < 0)
		return put_trouble(s, err);
	if (found.place.kind == PLACE_PAPER_ZIP &&
	    outbox_note_opening(
	        s->broker->spool.catalog, s->view.account.id, found.place.date, err) < 0) {
		(void)close(fd);
		return put_trouble(s, err);
	}
	if (found.letter.id || found.place.kind == PLACE_PAPER_ZIP)
		note_handed(s, &found);
	if (found.archive.id)
		note_handed_archive(s, &found.archive);
	(void)put_ok(s);
	message_put_fd(&s->broker->out, fd);
	put_entry(&s->broker->out, &found.entry);
	message_put_int(&s->broker->out, number_of(&found));
	return 0;
}

/* Something of the letter went out. False: it was not handed over, so nothing can have. */
static bool mark_sent(struct broker_session *s, int64_t letter_id)
{
	bool handed = false;

	for (size_t i = 0; i < s->handed_count; i++)
		if (s->handed[i].letter_id == letter_id) {
			s->handed[i].was_sent = true;
			handed = true;
		}
	return handed;
}

static int answer_sent(struct broker_session *s, struct err *err)
{
	struct message *in = &s->broker->in;
	int64_t number = message_get_bounded(in, -INT64_MAX, INT64_MAX);
	struct reading reading = {.account_id = s->view.account.id,
	    .letter_id = number > 0 ? number : 0,
	    .archive_id = number < 0 ? -number : 0};
	int64_t bytes = 0;

	for (int64_t left = message_get_bounded(in, 0, COVERAGE_PARTS); left > 0; left--) {
		int64_t from = message_get_bounded(in, 0, INT64_MAX);
		int64_t to = message_get_bounded(in, 0, INT64_MAX);

		if (from >= to)
			continue;
		coverage_add(&reading.sent, from, to);
		bytes += to - from;
	}
	if (!message_is_read(in) || !mark_sent(s, number))
		return refuse(err);
	broker_count(s->broker, TRAFFIC_BYTES_SENT, bytes);
	text_copy(reading.login, s->view.account.login);
	text_copy(reading.address, s->address);
	text_copy(reading.client, s->client);
	if (ledger_note_reading(s->broker->ledger, &reading))
		broker_commit_soon(s->broker);
	return 0;
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
	if (receipt_find(catalog, s->view.account.login, handed->letter_id, handed->since,
	        &received, err) < 0)
		return -1;
	if (!received)
		return 0;
	if (letter_find(catalog, handed->letter_id, &letter, &found, err) < 0)
		return -1;
	if (!found)
		return 0;
	if (handed->area == AREA_PAPER)
		return outbox_hand_over(catalog, &actor, s->view.account.login, &letter, err);
	return acknowledge_new(s, handed, &actor, &letter, err);
}

/*
 * `ack = on-read`: not before the session lists again or ends, so that a client finds by its name
 * what it has just read.
 */
void broker_acknowledge_read(struct broker_session *s)
{
	struct err err;

	if (s->view.account.ack != ACK_ON_READ)
		return;
	for (size_t i = 0; i < s->handed_count; i++) {
		struct handed *handed = &s->handed[i];

		if (!handed->was_sent || handed->letter_id < 0)
			continue;
		handed->was_sent = false;
		if (ledger_commit(s->broker->ledger, &err) < 0 ||
		    acknowledge_handed(s, handed, &err) < 0)
			log_error("session=%" PRId64 " letter=%" PRId64
			          " text=\"read, but not acknowledged: %s\"",
			    s->number, handed->letter_id, err.text);
	}
}

/* Acknowledge, where the account has opened the letter; where not, the letter stays, and OK. */
static int acknowledge(struct broker_session *s, const struct view_found *found, struct err *err)
{
	char name[ACTOR_MAX];
	struct actor actor = actor_of_account(s->broker->spool.actor.node, &s->view.account, name);
	struct catalog *catalog = s->broker->spool.catalog;
	const struct letter *letter = &found->letter;
	bool on_paper = found->place.kind == PLACE_PAPER_LETTER;
	bool opened = false;

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

/* The zip stands for all letters of its day. */
static int hand_over_date(struct broker_session *s, const char *date, struct err *err)
{
	char name[ACTOR_MAX];
	const struct account *account = &s->view.account;
	struct actor actor = actor_of_account(s->broker->spool.actor.node, account, name);

	return outbox_hand_over_date(
	    s->broker->spool.catalog, &actor, account->id, account->login, date, err);
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
	return put_answer(s, ruling->answer, ruling->reason);
}

static int answer_upload(struct broker_session *s, struct err *err)
{
	struct message *in = &s->broker->in;
	struct message *out = &s->broker->out;
	const char *path = message_get_text(in);
	unsigned how = (unsigned)message_get_bounded(in, 0, UPLOAD_HOW);
	struct desk_file file;
	struct ruling ruling;

	if (!message_is_read(in) || path[0] != '/')
		return refuse(err);
	if (upload_desk_open(&s->desk, path, how, &file, &ruling, err) < 0)
		return put_trouble(s, err);
	/* It may have another session ended, whose client is gone. */
	s->broker->must_check |= ruling.answer == ANSWER_FAILURE;
	if (ruling.answer != ANSWER_OK)
		return put_ruling(s, "open", &ruling);
	(void)put_ok(s);
	put_entry(out, &file.entry);
	message_put_int(out, file.number);
	message_put_int(out, file.most);
	message_put_fd(out, file.fd);
	return 0;
}

static int answer_uploaded(struct broker_session *s, struct err *err)
{
	struct message *in = &s->broker->in;
	int64_t number = message_get_bounded(in, 0, UPLOADS_MAX - 1);
	const char *failure = message_get_text(in);
	struct ruling ruling;

	if (!message_is_read(in))
		return refuse(err);
	if (upload_desk_close(&s->desk, number, failure, &ruling, err) < 0)
		return put_trouble(s, err);
	return put_ruling(s, "close", &ruling);
}

static int answer_set(struct broker_session *s, struct err *err)
{
	struct message *in = &s->broker->in;
	const char *path = message_get_text(in);
	struct upload_change change;
	struct ruling ruling;

	change.what = (unsigned)message_get_bounded(in, 0, UPLOAD_SET);
	change.size = message_get_bounded(in, 0, INT64_MAX);
	change.modified = message_get_bounded(in, 0, INT64_MAX);
	if (!message_is_read(in) || path[0] != '/')
		return refuse(err);
	if (upload_desk_set(&s->desk, path, &change, &ruling, err) < 0)
		return put_trouble(s, err);
	return put_ruling(s, "set", &ruling);
}

static int answer_make_folder(struct broker_session *s, struct err *err)
{
	const char *path = message_get_text(&s->broker->in);
	struct ruling ruling;

	if (!message_is_read(&s->broker->in) || path[0] != '/')
		return refuse(err);
	if (upload_desk_make_folder(&s->desk, path, &ruling, err) < 0)
		return put_trouble(s, err);
	return put_ruling(s, "mkdir", &ruling);
}

static int answer_rename(struct broker_session *s, struct err *err)
{
	const char *from = message_get_text(&s->broker->in);
	const char *to = message_get_text(&s->broker->in);
	struct ruling ruling;

	if (!message_is_read(&s->broker->in) || from[0] != '/' || to[0] != '/')
		return refuse(err);
	if (upload_desk_rename(&s->desk, from, to, &ruling, err) < 0)
		return put_trouble(s, err);
	return put_ruling(s, "rename", &ruling);
}

static int remove_upload(struct broker_session *s, const struct place *place, struct err *err)
{
	struct ruling ruling;

	if (upload_desk_remove(&s->desk, place, &ruling, err) < 0)
		return put_trouble(s, err);
	return put_ruling(s, "remove", &ruling);
}

static int answer_remove(struct broker_session *s, struct err *err)
{
	struct view_found found;
	bool answered = false;

	if (find(s, &found, &answered, err) < 0)
		return -1;
	if (answered)
		return 0;
	if (found.place.kind == PLACE_DROP_FILE)
		return remove_upload(s, &found.place, err);
	/* `rm *` takes it with the letters; it goes with the last of them. */
	if (found.place.kind == PLACE_PAPER_MANIFEST)
		return put_ok(s);
	if (found.place.kind == PLACE_PAPER_ZIP)
		return hand_over_date(s, found.place.date, err) < 0 ? put_trouble(s, err)
		                                                    : put_ok(s);
	if (found.place.kind != PLACE_NEW_FILE && found.place.kind != PLACE_PROVIDER_NEW_FILE &&
	    found.place.kind != PLACE_PAPER_LETTER)
		return put_answer(
		    s, ANSWER_DENIED, "only files in new/ can be removed, which acknowledges them");
	if (acknowledge(s, &found, err) < 0)
		return put_trouble(s, err);
	return put_ok(s);
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

	if (find(s, &found, &answered, err) < 0)
		return -1;
	if (answered)
		return 0;
	is_drop = found.place.area == AREA_DROP;
	if (s->view.account.admin &&
	    fstatvfs(is_drop ? spool->drop_fd : spool->root_fd, &space) < 0) {
		(void)err_sys(err, "ask for the space of the file system");
		return put_trouble(s, err);
	}
	(void)put_ok(s);
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

	if (find(s, &found, &answered, err) < 0)
		return -1;
	if (answered)
		return 0;
	if (found.place.is_folder)
		return put_answer(s, ANSWER_FAILURE, "a folder");
	if (!found.letter.sha256[0])
		return put_answer(s, ANSWER_FAILURE, "open it, to have its hash");
	(void)put_ok(s);
	message_put_text(&s->broker->out, found.letter.sha256);
	return 0;
}

static int answer_end(struct broker_session *s, struct err *err)
{
	const char *reason = message_get_text(&s->broker->in);

	if (!message_is_read(&s->broker->in))
		return refuse(err);
	text_copy(s->reason, reason);
	return 0;
}

static const struct {
	unsigned phases;
	bool is_answered;
	int (*answer)(struct broker_session *session, struct err *err);
} requests[REQUEST_COUNT] = {
    [REQUEST_HELLO] = {PHASE_UNKNOWN, true, answer_hello},
    [REQUEST_KEY] = {PHASE_STRANGER, true, answer_key},
    [REQUEST_START] = {PHASE_LOGGED_IN, false, answer_start},
    [REQUEST_FIND] = {PHASE_SFTP, true, answer_find},
    [REQUEST_OPEN_FOLDER] = {PHASE_SFTP, true, answer_open_folder},
    [REQUEST_LIST] = {PHASE_SFTP, true, answer_list},
    [REQUEST_CLOSE_FOLDER] = {PHASE_SFTP, false, answer_close_folder},
    [REQUEST_OPEN] = {PHASE_SFTP, true, answer_open},
    [REQUEST_REMOVE] = {PHASE_SFTP, true, answer_remove},
    [REQUEST_SENT] = {PHASE_SFTP, false, answer_sent},
    [REQUEST_SPACE] = {PHASE_SFTP, true, answer_space},
    [REQUEST_HASH] = {PHASE_SFTP, true, answer_hash},
    [REQUEST_PASSWORD] = {PHASE_STRANGER, true, answer_password},
    [REQUEST_UPLOAD] = {PHASE_SFTP, true, answer_upload},
    [REQUEST_UPLOADED] = {PHASE_SFTP, true, answer_uploaded},
    [REQUEST_SET] = {PHASE_SFTP, true, answer_set},
    [REQUEST_MAKE_FOLDER] = {PHASE_SFTP, true, answer_make_folder},
    [REQUEST_RENAME] = {PHASE_SFTP, true, answer_rename},
    [REQUEST_END] = {PHASE_STRANGER | PHASE_LOGGED_IN | PHASE_SFTP, false, answer_end},
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
