/* SPDX-License-Identifier: Apache-2.0 */
#include "server/report.h"

#include <poll.h>
#include <unistd.h>

#include "base/message.h"
#include "server/request.h"
#include "tests/unit/suite.h"

void add_suite_report(CU_pSuite suite);

static struct report report_of(int64_t letter, int64_t bytes, int64_t due)
{
	struct report report = {.letter = letter, .due = due};

	coverage_add(&report.sent, 0, bytes);
	return report;
}

/* The letter of the next report that the broker gets, or 0. */
static int64_t next_letter(int broker)
{
	static struct message message;
	struct pollfd wait = {.fd = broker, .events = POLLIN};
	enum message_state state = MESSAGE_NONE;
	struct err err;

	if (poll(&wait, 1, 0) != 1)
		return 0;
	CU_ASSERT_EQUAL(message_receive(broker, &message, &state, &err), 0);
	CU_ASSERT_EQUAL(state, MESSAGE_GOT);
	CU_ASSERT_EQUAL(message.kind, REQUEST_SENT);
	return message_get_int(&message);
}

static void what_was_read_is_told_when_all_of_it_went_out(void)
{
	struct reports reports = {.count = 0};
	struct report first = report_of(7, 100, 200);
	struct report second = report_of(8, 50, 200);
	struct report third = report_of(9, 50, 201);
	int ends[2];
	struct err err;

	CU_ASSERT_EQUAL_FATAL(message_channel(ends, &err), 0);
	CU_ASSERT_EQUAL(reports_send(&reports, ends[0], 1000, &err), 0);
	reports_add(&reports, &first);
	reports_add(&reports, &second);
	reports_add(&reports, &third);
	CU_ASSERT_EQUAL(reports_send(&reports, ends[0], 199, &err), 0);
	CU_ASSERT_EQUAL(next_letter(ends[1]), 0);
	CU_ASSERT_EQUAL(reports_send(&reports, ends[0], 200, &err), 0);
	CU_ASSERT_EQUAL(next_letter(ends[1]), 7);
	CU_ASSERT_EQUAL(next_letter(ends[1]), 8);
	CU_ASSERT_EQUAL(next_letter(ends[1]), 0);
	CU_ASSERT_EQUAL(reports_send(&reports, ends[0], 500, &err), 0);
	CU_ASSERT_EQUAL(next_letter(ends[1]), 9);
	CU_ASSERT_EQUAL(reports.count, 0);
	reports_done(&reports);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void a_broker_that_is_gone_is_told_as_such(void)
{
	struct reports reports = {.count = 0};
	struct report report = report_of(7, 100, 0);
	int ends[2];
	struct err err;

	CU_ASSERT_EQUAL_FATAL(message_channel(ends, &err), 0);
	(void)close(ends[1]);
	reports_add(&reports, &report);
	CU_ASSERT_EQUAL(reports_send(&reports, ends[0], 0, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_GONE);
	CU_ASSERT_EQUAL(reports.count, 0);
	reports_done(&reports);
	(void)close(ends[0]);
}

void add_suite_report(CU_pSuite suite)
{
	TEST(what_was_read_is_told_when_all_of_it_went_out);
	TEST(a_broker_that_is_gone_is_told_as_such);
}
