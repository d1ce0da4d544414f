/* SPDX-License-Identifier: Apache-2.0 */
#include "server/acknowledge.h"

#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "spool/renewal.h"
#include "tests/lib/broker_bench.h"
#include "tests/unit/suite.h"

void add_suite_acknowledge(CU_pSuite suite);

/* Removing acknowledges what was opened; of the rest it says yes, and leaves it. */
static void only_a_letter_that_was_opened_is_acknowledged(void)
{
	OWNED_BROKER_BENCH struct broker_bench bench;

	broker_bench_open(&bench);
	bench.session->phase = PHASE_SFTP;
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_REMOVE, BENCH_NEW), ANSWER_OK);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_FIND, BENCH_NEW), ANSWER_OK);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_OPEN, BENCH_NEW), ANSWER_OK);
	message_close_fds(&bench.broker->in);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_REMOVE, BENCH_NEW), ANSWER_OK);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_FIND, BENCH_NEW), ANSWER_NO_SUCH_FILE);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_FIND, BENCH_LETTER), ANSWER_OK);
	CU_ASSERT_EQUAL(
	    drops_number(&bench.drops, "SELECT COUNT(*) FROM event WHERE"
	                               " what = 'letter.acknowledged' AND actor = 'account ann'"),
	    1);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_REMOVE, BENCH_LETTER), ANSWER_DENIED);
	expect_answer_reason(&bench, "only files in new/ can be removed, which acknowledges them");
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_REMOVE, "/"), ANSWER_DENIED);
}

/* ann is the print shop, too, and has two letters to print. */
static void open_print_shop(struct broker_bench *bench)
{
	static const char *const names[] = {"EFT_p1.pdf", "EFT_p2.pdf"};
	struct spool *spool = &bench->drops.spool;
	struct err err;

	broker_bench_open(bench);
	CU_ASSERT_EQUAL(file_make_folder(spool->root_fd, "paper/2019-03-27", 0750, &err), 0);
	for (int i = 0; i < 2; i++) {
		struct letter letter = {.id = 101 + i,
		    .size = 5,
		    .paper = PAPER_QUEUED,
		    .queued = clock_now(),
		    .paper_date = "2019-03-27"};
		char path[FOLDER_PATH_MAX];

		text_copy(letter.avrs_id, DROPS_AVRS_ID);
		text_copy(letter.name, names[i]);
		CU_ASSERT_EQUAL(letter_add(spool->catalog, "test", &letter, &err), 0);
		CU_ASSERT_EQUAL(letter_set_placed(spool->catalog, letter.id, clock_now(), &err), 0);
		folder_paper(letter.paper_date, letter.id, letter.name, path);
		scratch_write(&bench->drops.scratch, path, "paper");
	}
	bench->session->view.account.print_shop = true;
	bench->session->phase = PHASE_SFTP;
}

#define PAPER    "/paper/2019-03-27"
#define PRINTED  PAPER "/101_EFT_p1.pdf"
#define UNOPENED PAPER "/102_EFT_p2.pdf"

static int64_t count_handed_over(struct broker_bench *bench)
{
	return drops_number(&bench->drops,
	    "SELECT COUNT(*) FROM letter l JOIN event e ON e.letter_id = l.id WHERE"
	    " l.paper = 'handed-over' AND l.paper_ended > 0 AND e.what = 'letter.handed-over'"
	    " AND e.actor = 'account ann' AND e.login = 'ann'");
}

/* R2: `get *` and then `rm *` by the print shop. */
static void only_a_paper_letter_that_was_opened_is_handed_over(void)
{
	OWNED_BROKER_BENCH struct broker_bench bench;

	open_print_shop(&bench);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_OPEN, PRINTED), ANSWER_OK);
	message_close_fds(&bench.broker->in);
	CU_ASSERT_EQUAL(bench.session->handed->key.area, AREA_PAPER);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_REMOVE, PRINTED), ANSWER_OK);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_REMOVE, UNOPENED), ANSWER_OK);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_FIND, PRINTED), ANSWER_NO_SUCH_FILE);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_FIND, UNOPENED), ANSWER_OK);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_REMOVE, PRINTED), ANSWER_NO_SUCH_FILE);
	CU_ASSERT_EQUAL(count_handed_over(&bench), 1);
	/* What is on disk stays. */
	CU_ASSERT_EQUAL(
	    faccessat(bench.drops.spool.root_fd, "paper/2019-03-27/101_EFT_p1.pdf", F_OK, 0), 0);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_REMOVE, PAPER "/manifest.csv"), ANSWER_OK);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_FIND, PAPER "/manifest.csv"), ANSWER_OK);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_REMOVE, PAPER), ANSWER_DENIED);
}

/* What was opened before it came into the outbox was not opened for printing. */
static void a_paper_letter_counts_as_opened_since_it_was_queued(void)
{
	OWNED_BROKER_BENCH struct broker_bench bench;
	struct err err;

	open_print_shop(&bench);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_OPEN, PRINTED), ANSWER_OK);
	message_close_fds(&bench.broker->in);
	CU_ASSERT_EQUAL(ledger_commit(bench.broker->ledger, &err), 0);
	drops_run(&bench.drops, "UPDATE opening SET opened = 5");
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_REMOVE, PRINTED), ANSWER_OK);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_FIND, PRINTED), ANSWER_OK);
	CU_ASSERT_EQUAL(count_handed_over(&bench), 0);
}

/* So many bytes from its beginning went out, and its handle was closed or not. */
static void tell_sent(struct broker_bench *bench, int64_t letter_id, bool closed, int64_t bytes)
{
	struct err err;

	message_put_int(ask_begin(bench, REQUEST_SENT), letter_id);
	message_put_int(&bench->broker->in, closed);
	message_put_int(&bench->broker->in, 1);
	message_put_int(&bench->broker->in, 0);
	message_put_int(&bench->broker->in, bytes);
	CU_ASSERT_EQUAL(ask_raw(bench, &err), 0);
}

static int64_t letter_of(const struct broker_bench *bench)
{
	return drops_number(&bench->drops, "SELECT id FROM letter WHERE name = 'EFT_1.pdf'");
}

static void open_letter(struct broker_bench *bench, const char *path)
{
	CU_ASSERT_EQUAL(ask_path(bench, REQUEST_OPEN, path), ANSWER_OK);
	message_close_fds(&bench->broker->in);
}

static void open_reader(struct broker_bench *bench)
{
	broker_bench_open(bench);
	bench->session->phase = PHASE_SFTP;
	bench->session->view.account.ack = ACK_ON_READ;
}

enum { LETTER_SIZE = sizeof(DROPS_PDF) - 1 };

/* All of it can lie in the socket of a client that is gone: it never had it, so it stays new. */
static void what_was_sent_and_not_closed_was_not_received(void)
{
	OWNED_BROKER_BENCH struct broker_bench bench;

	open_reader(&bench);
	open_letter(&bench, BENCH_NEW);
	tell_sent(&bench, letter_of(&bench), false, LETTER_SIZE);
	acknowledge_read(bench.session);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_FIND, BENCH_NEW), ANSWER_OK);
	/* Nor by whoever reads a byte of it later. */
	open_letter(&bench, BENCH_NEW);
	tell_sent(&bench, letter_of(&bench), true, 1);
	acknowledge_read(bench.session);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_FIND, BENCH_NEW), ANSWER_OK);
	CU_ASSERT_EQUAL(drops_number(&bench.drops, "SELECT COUNT(*) FROM receipt"), 0);
	open_letter(&bench, BENCH_NEW);
	tell_sent(&bench, letter_of(&bench), true, LETTER_SIZE);
	acknowledge_read(bench.session);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_FIND, BENCH_NEW), ANSWER_NO_SUCH_FILE);
	CU_ASSERT_EQUAL(drops_number(&bench.drops, "SELECT COUNT(*) FROM receipt"), 1);
}

static void renew(const struct broker_bench *bench)
{
	const struct spool *spool = &bench->drops.spool;
	char name[] = "EFT_1.pdf";
	char *names[] = {name};
	struct membership membership;
	bool found = false;
	int64_t count = 0;
	struct err err;

	CU_ASSERT_EQUAL(membership_find(spool->catalog, bench->ann.id, DROPS_AVRS_ID, &membership,
	                    &found, &err),
	    0);
	CU_ASSERT_EQUAL(
	    renewal_by_names(spool->catalog, &spool->actor, &membership, names, 1, &count, &err),
	    0);
	CU_ASSERT_EQUAL(count, 1);
}

/* A receipt from before tells nothing of a letter that was renewed, in the same session either. */
static void a_renewed_letter_has_to_be_read_again(void)
{
	for (int held = 0; held < 2; held++) {
		OWNED_BROKER_BENCH struct broker_bench bench;

		open_reader(&bench);
		/* Another handle that stays open. */
		if (held)
			open_letter(&bench, BENCH_LETTER);
		open_letter(&bench, BENCH_NEW);
		tell_sent(&bench, letter_of(&bench), true, LETTER_SIZE);
		acknowledge_read(bench.session);
		CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_FIND, BENCH_NEW), ANSWER_NO_SUCH_FILE);
		renew(&bench);
		open_letter(&bench, BENCH_NEW);
		tell_sent(&bench, letter_of(&bench), true, 1);
		acknowledge_read(bench.session);
		CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_FIND, BENCH_NEW), ANSWER_OK);
	}
}

/* A session of weeks does not gather them, and ends for no letter that it closed long ago. */
static void what_is_closed_is_handed_over_no_more(void)
{
	OWNED_BROKER_BENCH struct broker_bench bench;
	struct err err;

	open_reader(&bench);
	bench.session->view.account.ack = ACK_ON_DELETE;
	open_letter(&bench, BENCH_LETTER);
	open_letter(&bench, BENCH_NEW);
	tell_sent(&bench, letter_of(&bench), true, 1);
	CU_ASSERT_PTR_NOT_NULL(bench.session->handed);
	message_put_int(ask_begin(&bench, REQUEST_SENT), letter_of(&bench));
	message_put_int(&bench.broker->in, 1);
	message_put_int(&bench.broker->in, 0);
	CU_ASSERT_EQUAL(ask_raw(&bench, &err), 0);
	CU_ASSERT_PTR_NULL(bench.session->handed);
	/* With `ack = on-read` not before it is acknowledged. */
	bench.session->view.account.ack = ACK_ON_READ;
	open_letter(&bench, BENCH_LETTER);
	tell_sent(&bench, letter_of(&bench), true, 1);
	CU_ASSERT_PTR_NOT_NULL(bench.session->handed);
	acknowledge_read(bench.session);
	CU_ASSERT_PTR_NULL(bench.session->handed);
}

/* Receipts count for paper as well, and with `ack = on-read` one hands the letter over. */
static void a_paper_letter_that_was_read_to_the_end_makes_a_receipt(void)
{
	OWNED_BROKER_BENCH struct broker_bench bench;

	open_print_shop(&bench);
	bench.session->view.account.ack = ACK_ON_READ;
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_OPEN, PRINTED), ANSWER_OK);
	message_close_fds(&bench.broker->in);
	tell_sent(&bench, 101, true, 5);
	acknowledge_read(bench.session);
	CU_ASSERT_EQUAL(drops_number(&bench.drops,
	                    "SELECT COUNT(*) FROM receipt WHERE letter_id = 101 AND login = 'ann'"),
	    1);
	CU_ASSERT_EQUAL(count_handed_over(&bench), 1);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_FIND, PRINTED), ANSWER_NO_SUCH_FILE);
}

/* What is counted of parts that no file has would not be a number any more. */
static void parts_beyond_any_file_end_the_session(void)
{
	OWNED_BROKER_BENCH struct broker_bench bench;
	struct err err;

	broker_bench_open(&bench);
	bench.session->phase = PHASE_SFTP;
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_OPEN, BENCH_LETTER), ANSWER_OK);
	message_close_fds(&bench.broker->in);
	message_put_int(ask_begin(&bench, REQUEST_SENT), letter_of(&bench));
	message_put_int(&bench.broker->in, 1);
	message_put_int(&bench.broker->in, 2);
	for (int i = 0; i < 2; i++) {
		message_put_int(&bench.broker->in, 0);
		message_put_int(&bench.broker->in, INT64_MAX - 1);
	}
	CU_ASSERT_EQUAL(ask_raw(&bench, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_REFUSED);
}

void add_suite_acknowledge(CU_pSuite suite)
{
	TEST(parts_beyond_any_file_end_the_session);
	TEST(only_a_letter_that_was_opened_is_acknowledged);
	TEST(only_a_paper_letter_that_was_opened_is_handed_over);
	TEST(a_paper_letter_counts_as_opened_since_it_was_queued);
	TEST(a_paper_letter_that_was_read_to_the_end_makes_a_receipt);
	TEST(what_was_sent_and_not_closed_was_not_received);
	TEST(a_renewed_letter_has_to_be_read_again);
	TEST(what_is_closed_is_handed_over_no_more);
}
