/* SPDX-License-Identifier: Apache-2.0 */
#include "server/admission.h"

#include <uthash.h>

#include "tests/lib/broker_bench.h"
#include "tests/unit/suite.h"

void add_suite_admission(CU_pSuite suite);

/* Who may log in with what; the first is the one that may. */
static const struct {
	const char *login;
	const char *type;
	const char *blob;
	const char *sql; /* what is the matter, or NULL */
	bool accepted;
} logins[] = {
    {"ann", "ssh-ed25519", "AAAA", NULL, true},
    {"bob", "ssh-ed25519", "AAAA", NULL, false},
    {"ANN", "ssh-ed25519", "AAAA", NULL, false},
    {"", "ssh-ed25519", "AAAA", NULL, false},
    {"ann", "ssh-ed25519", "AAAB", NULL, false},
    {"ann", "ssh-ed25519", "", NULL, false},
    {"ann", "ssh-rsa", "AAAA", NULL, false},
    {"ann' OR '1'='1", "ssh-ed25519", "AAAA", NULL, false},
    {"ann", "ssh-ed25519", "AAAA", "UPDATE account SET state = 'disabled'", false},
    /* R12: a lock closes password logins only. */
    {"ann", "ssh-ed25519", "AAAA", "UPDATE account SET locked = 1", true},
    {"ann", "ssh-ed25519", "AAAA", "DELETE FROM public_key", false},
    /* Where the key is allowed from, and the session comes from 192.0.2.7. */
    {"ann", "ssh-ed25519", "AAAA",
        "UPDATE public_key SET from_addresses = '192.0.2.0/24,!192.0.2.9'", true},
    {"ann", "ssh-ed25519", "AAAA",
        "UPDATE public_key SET from_addresses = '192.0.2.0/24,!192.0.2.7'", false},
    {"ann", "ssh-ed25519", "AAAA", "UPDATE public_key SET from_addresses = '127.0.0.1'", false},
};

static void an_account_logs_in_with_a_key_of_its_own(void)
{
	for (size_t i = 0; i < COUNT(logins) * 2; i++) {
		OWNED_BROKER_BENCH struct broker_bench bench;
		bool proven = i % 2;
		bool accepted = logins[i / 2].accepted;
		struct message *in;
		struct err err;

		broker_bench_open(&bench);
		if (logins[i / 2].sql)
			drops_run(&bench.drops, logins[i / 2].sql);
		bench.session->phase = PHASE_STRANGER;
		in = ask_begin(&bench, REQUEST_KEY);
		message_put_text(in, logins[i / 2].login);
		message_put_text(in, logins[i / 2].type);
		message_put_text(in, logins[i / 2].blob);
		message_put_int(in, proven);
		CU_ASSERT_EQUAL(ask_for(&bench), ANSWER_OK);
		CU_ASSERT_EQUAL(message_get_int(&bench.broker->in), accepted);
		CU_ASSERT_TRUE(message_is_read(&bench.broker->in));
		CU_ASSERT_EQUAL(
		    bench.session->phase, accepted && proven ? PHASE_LOGGED_IN : PHASE_STRANGER);
		CU_ASSERT_EQUAL(ledger_commit(bench.broker->ledger, &err), 0);
		CU_ASSERT_EQUAL(drops_number(&bench.drops,
		                    "SELECT COUNT(*) FROM event WHERE what = 'account.logged-in'"),
		    accepted && proven);
		CU_ASSERT_EQUAL(drops_number(&bench.drops,
		                    "SELECT COUNT(*) FROM public_key WHERE last_used > 0"),
		    accepted && proven);
	}
}

#define NOT_LOCKED "UPDATE account SET locked = 0"
#define LOCKED     "UPDATE account SET locked = 1"
#define DISABLED   "UPDATE account SET state = 'disabled'"
#define KEY_ONLY   "UPDATE account SET auth = 'key'"
#define BOTH       "UPDATE account SET auth = 'key+password'"

/* What the verifier says of a password, what else there is to say, and what comes of it. */
static const struct {
	enum verdict_of_password verdict;
	const char *sql;
	bool is_nobody;
	enum answer answer;
	enum admission admission;
} verdicts[] = {
    {PASSWORD_RIGHT, NOT_LOCKED, false, ANSWER_OK, ADMISSION_YES},
    {PASSWORD_WRONG, NOT_LOCKED, false, ANSWER_OK, ADMISSION_NO},
    {PASSWORD_UNKNOWN, NOT_LOCKED, false, ANSWER_FAILURE, ADMISSION_NO},
    {PASSWORD_RIGHT, NOT_LOCKED, true, ANSWER_OK, ADMISSION_NO},
    /* R12: nobody learns that there is a lock. */
    {PASSWORD_RIGHT, LOCKED, false, ANSWER_OK, ADMISSION_NO},
    {PASSWORD_RIGHT, DISABLED, false, ANSWER_OK, ADMISSION_NO},
    {PASSWORD_RIGHT, KEY_ONLY, false, ANSWER_OK, ADMISSION_NO},
    {PASSWORD_RIGHT, BOTH, false, ANSWER_OK, ADMISSION_MORE},
};

static void a_password_lets_in_as_verifier_and_account_say(void)
{
	for (size_t i = 0; i < COUNT(verdicts); i++) {
		OWNED_BROKER_BENCH struct broker_bench bench;
		struct broker_session *s;
		struct err err;

		broker_bench_open(&bench);
		drops_run(&bench.drops, verdicts[i].sql);
		s = bench.session;
		CU_ASSERT_EQUAL(
		    account_get(bench.drops.spool.catalog, "ann", &s->claimed, &err), 0);
		s->phase = PHASE_STRANGER;
		s->is_waiting = true;
		s->is_nobody = verdicts[i].is_nobody;
		s->number = 5;
		upload_desk_done(&s->desk);
		HASH_ADD(hh, bench.broker->sessions, number, sizeof(s->number), s);
		/* Of another session: this one goes on waiting. */
		admission_take_verdict(bench.broker, 6, PASSWORD_RIGHT);
		CU_ASSERT_FALSE(ask_answer(&bench));
		admission_take_verdict(bench.broker, 5, verdicts[i].verdict);
		CU_ASSERT_TRUE(ask_answer(&bench));
		CU_ASSERT_EQUAL(bench.broker->in.kind, REQUEST_PASSWORD);
		CU_ASSERT_EQUAL(message_get_int(&bench.broker->in), verdicts[i].answer);
		if (verdicts[i].answer == ANSWER_OK)
			CU_ASSERT_EQUAL(message_get_int(&bench.broker->in), verdicts[i].admission);
		CU_ASSERT_EQUAL(s->phase,
		    verdicts[i].admission == ADMISSION_YES ? PHASE_LOGGED_IN : PHASE_STRANGER);
		CU_ASSERT_FALSE(s->is_waiting);
		/* Once is once. */
		admission_take_verdict(bench.broker, 5, PASSWORD_RIGHT);
		CU_ASSERT_FALSE(ask_answer(&bench));
		HASH_DEL(bench.broker->sessions, s);
	}
}

void add_suite_admission(CU_pSuite suite)
{
	TEST(an_account_logs_in_with_a_key_of_its_own);
	TEST(a_password_lets_in_as_verifier_and_account_say);
}
