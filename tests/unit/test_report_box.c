/* SPDX-License-Identifier: Apache-2.0 */
#include "server/report_box.h"

#include <unistd.h>

#include "tests/lib/broker_bench.h"
#include "tests/unit/suite.h"

void add_suite_report_box(CU_pSuite suite);

/* A session that was handed two letters: the first one was opened, the other one is in stock. */
static void open_with_stock(struct broker_bench *bench)
{
	struct message *in;

	broker_bench_open(bench);
	broker_bench_post(bench, DROPS_AVRS_ID "/EFT_2.pdf", DROPS_PDF "2");
	bench->session->phase = PHASE_SFTP;
	in = ask_begin(bench, REQUEST_OPEN_NEXT);
	message_put_int(in, OPEN_BY_NAME);
	message_put_int(in, OPEN_NEXT);
	message_put_text(in, BENCH_LETTER);
	CU_ASSERT_EQUAL(ask_for(bench), ANSWER_OK);
	(void)close(message_get_fd(in));
	bench->reports = message_get_fd(in);
	message_close_fds(in);
}

#define IN_STOCK "SELECT id FROM letter WHERE name = 'EFT_2.pdf'"

/* As the session does it: a letter is all that this says. */
static void report(struct broker_bench *bench, uint32_t kind, int64_t letter)
{
	static struct message message;
	struct err err;

	message_start(&message, kind);
	message_put_int(&message, letter);
	CU_ASSERT_EQUAL_FATAL(message_send(bench->reports, &message, &err), 0);
}

static int64_t count_openings(struct broker_bench *bench)
{
	return drops_number(&bench->drops,
	    "SELECT COUNT(*) FROM opening WHERE letter_id > 1 AND account_id ="
	    " (SELECT id FROM account WHERE login = 'ann')");
}

static void what_was_put_there_is_taken_once(void)
{
	OWNED_BROKER_BENCH struct broker_bench bench;
	struct err err;

	open_with_stock(&bench);
	CU_ASSERT_FALSE(report_box_empty(bench.broker));
	report(&bench, REQUEST_OPENED, drops_number(&bench.drops, IN_STOCK));
	CU_ASSERT_TRUE(report_box_empty(bench.broker));
	CU_ASSERT_FALSE(report_box_empty(bench.broker));
	CU_ASSERT_EQUAL(ledger_commit(bench.broker->ledger, &err), 0);
	CU_ASSERT_EQUAL(count_openings(&bench), 1);
}

/* `rm` by another connection of the same client: what was opened by the first one counts. */
static void whoever_removes_a_letter_knows_that_it_was_opened(void)
{
	OWNED_BROKER_BENCH struct broker_bench bench;

	open_with_stock(&bench);
	CU_ASSERT_EQUAL(
	    ask_path(&bench, REQUEST_REMOVE, "/new/" DROPS_AVRS_ID "_EFT_2.pdf"), ANSWER_OK);
	CU_ASSERT_EQUAL(
	    ask_path(&bench, REQUEST_FIND, "/new/" DROPS_AVRS_ID "_EFT_2.pdf"), ANSWER_OK);
	report(&bench, REQUEST_OPENED, drops_number(&bench.drops, IN_STOCK));
	CU_ASSERT_EQUAL(
	    ask_path(&bench, REQUEST_REMOVE, "/new/" DROPS_AVRS_ID "_EFT_2.pdf"), ANSWER_OK);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_FIND, "/new/" DROPS_AVRS_ID "_EFT_2.pdf"),
	    ANSWER_NO_SUCH_FILE);
}

static void what_a_session_put_there_is_taken_when_it_ends(void)
{
	OWNED_BROKER_BENCH struct broker_bench bench;
	struct err err;

	open_with_stock(&bench);
	report(&bench, REQUEST_OPENED, drops_number(&bench.drops, IN_STOCK));
	report_box_remove(bench.session);
	CU_ASSERT_PTR_NULL(bench.session->reporter);
	CU_ASSERT_EQUAL(ledger_commit(bench.broker->ledger, &err), 0);
	CU_ASSERT_EQUAL(count_openings(&bench), 1);
	report_box_remove(bench.session);
	CU_ASSERT_FALSE(report_box_empty(bench.broker));
}

/* It closed its end: the channel goes, and is not looked at again and again. */
static void a_channel_that_was_closed_is_forgotten(void)
{
	OWNED_BROKER_BENCH struct broker_bench bench;

	open_with_stock(&bench);
	report(&bench, REQUEST_OPENED, drops_number(&bench.drops, IN_STOCK));
	clean_fd(&bench.reports);
	bench.reports = -1;
	CU_ASSERT_TRUE(report_box_empty(bench.broker));
	CU_ASSERT_PTR_NULL(bench.session->reporter);
	CU_ASSERT_FALSE(report_box_empty(bench.broker));
}

void add_suite_report_box(CU_pSuite suite)
{
	TEST(what_was_put_there_is_taken_once);
	TEST(whoever_removes_a_letter_knows_that_it_was_opened);
	TEST(what_a_session_put_there_is_taken_when_it_ends);
	TEST(a_channel_that_was_closed_is_forgotten);
}
