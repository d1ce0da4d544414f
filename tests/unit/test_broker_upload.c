/* SPDX-License-Identifier: Apache-2.0 */
#include "server/broker_upload.h"

#include <fcntl.h>
#include <string.h>
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

void add_suite_broker_upload(CU_pSuite suite)
{
	TEST(an_upload_is_handed_over_for_writing);
}
