/* SPDX-License-Identifier: Apache-2.0 */
#include "server/broker_upload.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/broker_bench.h"
#include "tests/unit/suite.h"

void add_suite_broker_upload(CU_pSuite suite);

static void put_upload(struct message *out)
{
	message_put_text(out, BENCH_UPLOAD);
	message_put_int(out, UPLOAD_CREATE);
}

/* What is uploaded can be written by the session, and is handed in once it says so. */
static void an_upload_is_handed_over_for_writing(void)
{
	OWNED_BROKER_BENCH struct broker_bench bench;
	int64_t number;
	int fd;
	struct err err;

	broker_bench_open(&bench);
	bench.session->phase = PHASE_SFTP;
	bench.session->view.account.admin = true;
	put_upload(ask_begin(&bench, REQUEST_UPLOAD));
	CU_ASSERT_EQUAL(ask_for(&bench), ANSWER_OK);
	fd = message_get_fd(&bench.broker->in);
	expect_entry(&bench, "EFT_2.pdf", false, 0);
	number = message_get_int(&bench.broker->in);
	CU_ASSERT_EQUAL(
	    message_get_int(&bench.broker->in), bench.drops.spool.settings.drop_letter_max);
	CU_ASSERT_TRUE(message_is_read(&bench.broker->in));
	CU_ASSERT_EQUAL(fcntl(fd, F_GETFL) & O_ACCMODE, O_WRONLY);
	CU_ASSERT_EQUAL(write(fd, DROPS_PDF, strlen(DROPS_PDF)), (ssize_t)strlen(DROPS_PDF));
	(void)close(fd);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_OPEN, BENCH_UPLOAD), ANSWER_DENIED);
	message_put_int(ask_begin(&bench, REQUEST_UPLOADED), number);
	message_put_text(&bench.broker->in, "");
	CU_ASSERT_EQUAL(ask_for(&bench), ANSWER_OK);
	CU_ASSERT_TRUE(drops_has(&bench.drops, "drop/" DROPS_AVRS_ID "/EFT_2.pdf"));
	/* Refusals are events, and lines of the log. */
	put_upload(ask_begin(&bench, REQUEST_UPLOAD));
	CU_ASSERT_EQUAL(ask_for(&bench), ANSWER_DENIED);
	CU_ASSERT_EQUAL(ledger_commit(bench.broker->ledger, &err), 0);
	CU_ASSERT_EQUAL(
	    drops_number(&bench.drops, "SELECT COUNT(*) FROM event WHERE what = 'upload.refused'"
	                               " AND login = 'ann'"),
	    1);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_REMOVE, BENCH_UPLOAD), ANSWER_OK);
	CU_ASSERT_FALSE(drops_has(&bench.drops, "drop/" DROPS_AVRS_ID "/EFT_2.pdf"));
}

static void move(const struct broker_bench *bench, const char *from, const char *to)
{
	int root_fd = bench->drops.spool.root_fd;

	CU_ASSERT_EQUAL(renameat(root_fd, from, root_fd, to), 0);
}

/* While the drop folder is away nothing is taken in; then what is at its path counts. */
static void an_upload_goes_to_the_drop_folder_that_is_there_now(void)
{
	OWNED_BROKER_BENCH struct broker_bench bench;
	int64_t number;

	broker_bench_open(&bench);
	bench.session->phase = PHASE_SFTP;
	bench.session->view.account.admin = true;
	put_upload(ask_begin(&bench, REQUEST_UPLOAD));
	CU_ASSERT_EQUAL(ask_for(&bench), ANSWER_OK);
	(void)close(message_get_fd(&bench.broker->in));
	expect_entry(&bench, "EFT_2.pdf", false, 0);
	number = message_get_int(&bench.broker->in);
	move(&bench, "drop", "away");
	message_put_int(ask_begin(&bench, REQUEST_UPLOADED), number);
	message_put_text(&bench.broker->in, "");
	CU_ASSERT_EQUAL(ask_for(&bench), ANSWER_FAILURE);
	CU_ASSERT_PTR_NOT_NULL(strstr(message_get_text(&bench.broker->in), "not there now"));
	put_upload(ask_begin(&bench, REQUEST_UPLOAD));
	CU_ASSERT_EQUAL(ask_for(&bench), ANSWER_FAILURE);
	CU_ASSERT_EQUAL(ask_path(&bench, REQUEST_REMOVE, BENCH_UPLOAD), ANSWER_FAILURE);
	CU_ASSERT_EQUAL(
	    ask_path(&bench, REQUEST_MAKE_FOLDER, "/drop/" DROPS_AVRS_ID), ANSWER_FAILURE);
	CU_ASSERT_FALSE(drops_has(&bench.drops, "away/" DROPS_AVRS_ID "/EFT_2.pdf"));
	CU_ASSERT_EQUAL(mkdirat(bench.drops.spool.root_fd, "drop", 0770), 0);
	put_upload(ask_begin(&bench, REQUEST_UPLOAD));
	CU_ASSERT_EQUAL(ask_for(&bench), ANSWER_OK);
	(void)close(message_get_fd(&bench.broker->in));
	CU_ASSERT_TRUE(drops_has(&bench.drops, "drop/" DROPS_AVRS_ID "/.EFT_2.pdf.part"));
}

void add_suite_broker_upload(CU_pSuite suite)
{
	TEST(an_upload_goes_to_the_drop_folder_that_is_there_now);
	TEST(an_upload_is_handed_over_for_writing);
}
