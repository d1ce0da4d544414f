/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "server/ledger.h"
#include "spool/news.h"
#include "spool/public_key.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_ledger(CU_pSuite suite);

/* A ledger of a spool with an account and a letter. */
struct bench {
	struct drops drops;
	struct ledger *ledger;
	struct account account;
};

static void bench_open(struct bench *bench)
{
	struct letter letter = {.id = 17, .electronic = ELECTRONIC_POSTED, .name = "a"};
	struct err err;

	drops_open(&bench->drops, "");
	(void)scratch_account(&bench->drops.spool, "ann", DROPS_AVRS_ID, "master");
	CU_ASSERT_EQUAL_FATAL(
	    account_get(bench->drops.spool.catalog, "ann", &bench->account, &err), 0);
	text_copy(letter.avrs_id, DROPS_AVRS_ID);
	CU_ASSERT_EQUAL_FATAL(letter_add(bench->drops.spool.catalog, "test", &letter, &err), 0);
	bench->ledger = ledger_new(&bench->drops.spool);
}

static void bench_close(struct bench *bench)
{
	ledger_free(bench->ledger);
	drops_close(&bench->drops);
}
#define OWNED_BENCH OWNED(bench_close)

static int64_t count_logins(const struct bench *bench)
{
	return drops_number(
	    &bench->drops, "SELECT COUNT(*) FROM event WHERE what = 'account.logged-in'");
}

static int64_t count_openings(const struct bench *bench)
{
	return drops_number(&bench->drops, "SELECT COUNT(*) FROM opening");
}

static void nothing_is_committed_before_it_is_asked_for(void)
{
	OWNED_BENCH struct bench bench;
	struct err err;

	bench_open(&bench);
	CU_ASSERT_EQUAL(ledger_commit(bench.ledger, &err), 0);
	CU_ASSERT_TRUE(
	    ledger_note_login(bench.ledger, &bench.account, "127.0.0.1", "key=SHA256:x", 0));
	CU_ASSERT_FALSE(ledger_note_opening(bench.ledger, bench.account.id, 17));
	CU_ASSERT_EQUAL(count_logins(&bench), 0);
	CU_ASSERT_EQUAL(count_openings(&bench), 0);
	CU_ASSERT_EQUAL(ledger_commit(bench.ledger, &err), 0);
	CU_ASSERT_EQUAL(count_logins(&bench), 1);
	CU_ASSERT_EQUAL(count_openings(&bench), 1);
	/* Once; and what comes next is the first again. */
	CU_ASSERT_EQUAL(ledger_commit(bench.ledger, &err), 0);
	CU_ASSERT_EQUAL(count_logins(&bench), 1);
	CU_ASSERT_TRUE(ledger_note_opening(bench.ledger, bench.account.id, 17));
	CU_ASSERT_EQUAL(ledger_commit(bench.ledger, &err), 0);
	CU_ASSERT_EQUAL(count_openings(&bench), 1);
	ledger_free(NULL);
}

static void a_login_is_told_with_its_address_and_key(void)
{
	OWNED_BENCH struct bench bench;
	struct account after;
	char longest[300];
	struct err err;

	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	bench_open(&bench);
	(void)ledger_note_login(bench.ledger, &bench.account, "2001:db8::1", "key=SHA256:abc", 0);
	(void)ledger_note_login(bench.ledger, &bench.account, longest, longest, 0);
	CU_ASSERT_EQUAL(ledger_commit(bench.ledger, &err), 0);
	CU_ASSERT_EQUAL(
	    drops_number(&bench.drops,
	        "SELECT COUNT(*) FROM event WHERE what = 'account.logged-in' AND login = 'ann'"
	        " AND detail = 'from=2001:db8::1 key=SHA256:abc'"),
	    1);
	CU_ASSERT_EQUAL(count_logins(&bench), 2);
	CU_ASSERT_EQUAL(account_get(bench.drops.spool.catalog, "ann", &after, &err), 0);
	CU_ASSERT_NOT_EQUAL(after.last_login, 0);
}

static void the_key_of_a_login_has_been_used_then(void)
{
	struct public_key keys[2] = {
	    {.type = "ssh-ed25519", .blob = "AAAA", .fingerprint = "SHA256:one"},
	    {.type = "ssh-ed25519", .blob = "AAAB", .fingerprint = "SHA256:two"}};
	OWNED_BENCH struct bench bench;
	struct catalog *catalog;
	struct err err;

	bench_open(&bench);
	catalog = bench.drops.spool.catalog;
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(public_key_add(catalog, &bench.drops.spool.actor, &bench.account,
		                    &keys[i], &err),
		    0);
	(void)ledger_note_login(
	    bench.ledger, &bench.account, "127.0.0.1", "key=SHA256:two", keys[1].id);
	/* A key that was removed meanwhile keeps nothing back. */
	(void)ledger_note_login(bench.ledger, &bench.account, "127.0.0.1", "key=SHA256:x", 4711);
	(void)ledger_note_login(bench.ledger, &bench.account, "127.0.0.1", "password", 0);
	CU_ASSERT_EQUAL(ledger_commit(bench.ledger, &err), 0);
	CU_ASSERT_EQUAL(count_logins(&bench), 3);
	CU_ASSERT_EQUAL(
	    drops_number(&bench.drops, "SELECT COUNT(*) FROM public_key WHERE last_used IS NULL"),
	    1);
	CU_ASSERT_TRUE(drops_number(&bench.drops, "SELECT last_used FROM public_key"
	                                          " WHERE fingerprint = 'SHA256:two'") > 0);
}

static void what_could_not_be_committed_is_committed_later(void)
{
	OWNED_BENCH struct bench bench;
	struct err err;

	bench_open(&bench);
	(void)ledger_note_login(bench.ledger, &bench.account, "127.0.0.1", "key=SHA256:x", 0);
	(void)ledger_note_opening(bench.ledger, bench.account.id, 17);
	drops_refuse(&bench.drops, "INSERT", "opening", "1 = 1");
	CU_ASSERT_EQUAL(ledger_commit(bench.ledger, &err), -1);
	CU_ASSERT_EQUAL(count_logins(&bench), 0);
	drops_allow(&bench.drops, "opening");
	CU_ASSERT_FALSE(
	    ledger_note_login(bench.ledger, &bench.account, "127.0.0.1", "key=SHA256:x", 0));
	CU_ASSERT_EQUAL(ledger_commit(bench.ledger, &err), 0);
	CU_ASSERT_EQUAL(count_logins(&bench), 2);
	CU_ASSERT_EQUAL(count_openings(&bench), 1);
}

static void note_reading(struct bench *bench, int64_t from, int64_t to)
{
	struct reading reading = {.account_id = bench->account.id, .letter_id = 17};

	text_copy(reading.login, bench->account.login);
	coverage_add(&reading.sent, from, to);
	(void)ledger_note_reading(bench->ledger, &reading);
}

/* Twice the whole letter, and the end of it, which makes none: its number is left out. */
static void receipts_of_one_commit_are_numbered_apart(void)
{
	OWNED_BENCH struct bench bench;
	struct err err;

	bench_open(&bench);
	(void)ledger_note_opening(bench.ledger, bench.account.id, 17);
	note_reading(&bench, 0, 9);
	note_reading(&bench, 5, 9);
	note_reading(&bench, 0, 9);
	CU_ASSERT_EQUAL(ledger_commit(bench.ledger, &err), 0);
	note_reading(&bench, 0, 9);
	CU_ASSERT_EQUAL(ledger_commit(bench.ledger, &err), 0);
	CU_ASSERT_EQUAL(drops_number(&bench.drops, "SELECT COUNT(*) FROM receipt"), 3);
	CU_ASSERT_EQUAL(drops_number(&bench.drops, "SELECT MAX(id) - MIN(id) FROM receipt"), 3);
	CU_ASSERT_EQUAL(
	    drops_number(&bench.drops, "SELECT COUNT(*) FROM opening WHERE sent = ''"), 1);
}

/* Removed between the opening and the commit: the others' entries must not wait for it for ever. */
static void what_is_gone_meanwhile_keeps_back_nothing_else(void)
{
	OWNED_BENCH struct bench bench;
	struct err err;

	bench_open(&bench);
	(void)ledger_note_opening(bench.ledger, bench.account.id + 1, 17);
	(void)ledger_note_opening(bench.ledger, bench.account.id, 18);
	(void)ledger_note_login(bench.ledger, &bench.account, "127.0.0.1", "key=SHA256:x", 0);
	(void)ledger_note_opening(bench.ledger, bench.account.id, 17);
	CU_ASSERT_EQUAL(ledger_commit(bench.ledger, &err), 0);
	CU_ASSERT_EQUAL(count_logins(&bench), 1);
	CU_ASSERT_EQUAL(count_openings(&bench), 1);
}

/* A catalog that takes nothing for a long time must not fill the memory. */
static void what_is_kept_has_a_bound_and_the_newest_stays(void)
{
	enum { BOUND = 65536 };
	OWNED_BENCH struct bench bench;
	struct err err;

	bench_open(&bench);
	for (int i = 0; i < BOUND; i++)
		CU_ASSERT_EQUAL(ledger_note_opening(bench.ledger, bench.account.id, 99), i == 0);
	(void)ledger_note_opening(bench.ledger, bench.account.id, 17);
	CU_ASSERT_EQUAL(ledger_commit(bench.ledger, &err), 0);
	CU_ASSERT_EQUAL(count_openings(&bench), 1);
}

static void a_refusal_is_an_event_of_its_account(void)
{
	OWNED_BENCH struct bench bench;
	struct err err;

	bench_open(&bench);
	CU_ASSERT_TRUE(ledger_note_refusal(bench.ledger, &bench.account, "open: why"));
	CU_ASSERT_EQUAL(ledger_commit(bench.ledger, &err), 0);
	CU_ASSERT_EQUAL(
	    drops_number(&bench.drops,
	        "SELECT COUNT(*) FROM event WHERE what = 'upload.refused'"
	        " AND actor = 'account ann' AND login = 'ann' AND detail = 'open: why'"),
	    1);
}

/* With archive.acknowledges who has got all of an archive has acknowledged what is in it. */
static void an_archive_that_was_sent_makes_receipts_and_acknowledges_if_that_is_set(void)
{
	for (int acknowledges = 0; acknowledges < 2; acknowledges++) {
		OWNED_BENCH struct bench bench;
		struct reading reading = {.archive_id = 1};
		struct err err;

		bench_open(&bench);
		bench.drops.spool.settings.archive_acknowledges = acknowledges;
		reading.account_id = bench.account.id;
		text_copy(reading.login, "ann");
		coverage_add(&reading.sent, 0, 500);
		CU_ASSERT_EQUAL(
		    catalog_run(bench.drops.spool.catalog,
		        "INSERT INTO archive (id, avrs_id, class, night, revision, name, state, size,"
		        " letters) VALUES (1, $1, 'edelivery', '2024-05-15', 1, 'a', 'ready', 500, 1)",
		        VALUES(TEXT(DROPS_AVRS_ID)), &err),
		    0);
		CU_ASSERT_EQUAL(catalog_run(bench.drops.spool.catalog,
		                    "INSERT INTO archive_letter VALUES (1, 17)", NO_VALUES, &err),
		    0);
		CU_ASSERT_EQUAL(catalog_run(bench.drops.spool.catalog,
		                    "UPDATE letter SET sequence = 1", NO_VALUES, &err),
		    0);
		(void)ledger_note_reading(bench.ledger, &reading);
		CU_ASSERT_EQUAL(ledger_commit(bench.ledger, &err), 0);
		CU_ASSERT_EQUAL(
		    drops_number(&bench.drops,
		        "SELECT COUNT(*) FROM receipt WHERE letter_id = 17 AND login = 'ann'"),
		    1);
		CU_ASSERT_EQUAL(drops_number(&bench.drops,
		                    "SELECT COUNT(*) FROM event WHERE what = 'archive.acknowledged'"
		                    " AND login = 'ann' AND actor = 'account ann'"),
		    acknowledges);
	}
}

void add_suite_ledger(CU_pSuite suite)
{
	TEST(a_refusal_is_an_event_of_its_account);
	TEST(nothing_is_committed_before_it_is_asked_for);
	TEST(a_login_is_told_with_its_address_and_key);
	TEST(the_key_of_a_login_has_been_used_then);
	TEST(what_could_not_be_committed_is_committed_later);
	TEST(receipts_of_one_commit_are_numbered_apart);
	TEST(what_is_gone_meanwhile_keeps_back_nothing_else);
	TEST(what_is_kept_has_a_bound_and_the_newest_stays);
	TEST(an_archive_that_was_sent_makes_receipts_and_acknowledges_if_that_is_set);
}
