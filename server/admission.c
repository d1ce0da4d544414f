/* SPDX-License-Identifier: Apache-2.0 */
#include "server/admission.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <uthash.h>

#include "base/log.h"
#include "server/answer.h"
#include "spool/address_list.h"
#include "spool/password.h"

/* A client that gets letter after letter is judged by one look at its role in so long. */
#define ROLE_LASTS (SECOND / 4)

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
	(void)answer_put_ok(s);
	message_put_int(&s->broker->out, (int64_t)admission);
	return 0;
}

int admission_answer_key(struct broker_session *s, struct err *err)
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
		return answer_refuse(err);
	if (check_key(s, login, blob, &account, &key, &accepted, err) < 0)
		return answer_put_trouble(s, err);
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

int admission_answer_password(struct broker_session *s, struct err *err)
{
	struct catalog *catalog = s->broker->spool.catalog;
	const char *login = message_get_text(&s->broker->in);
	const char *password = message_get_text(&s->broker->in);
	char hash[PASSWORD_HASH_MAX + 1] = "";
	bool found = false;

	if (!message_is_read(&s->broker->in) || s->is_waiting || strlen(password) > PASSWORD_MOST)
		return answer_refuse(err);
	if (account_find(catalog, login, &s->claimed, &found, err) < 0 ||
	    (found && password_find(catalog, s->claimed.id, hash, err) < 0) ||
	    verifier_ask(s->broker->verifier, s->number, hash, password, err) < 0)
		return answer_put_trouble(s, err);
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

void admission_take_verdict(struct broker *broker, int64_t number, enum verdict_of_password verdict)
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
		(void)answer_put(s, ANSWER_FAILURE, "temporary trouble, try again later");
	else if (judge(s, verdict, &admission, &err) < 0)
		(void)answer_put_trouble_of(s, REQUEST_PASSWORD, &err);
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
