/* SPDX-License-Identifier: Apache-2.0 */
#include "server/answer.h"

#include "tests/lib/broker_bench.h"
#include "tests/unit/suite.h"

void add_suite_answer(CU_pSuite suite);

/* What was put, as the session would read it. */
static struct message *told(struct broker_bench *bench)
{
	bench->broker->in = bench->broker->out;
	return &bench->broker->in;
}

static void a_reason_goes_with_a_no_only(void)
{
	OWNED_BROKER_BENCH struct broker_bench bench;

	broker_bench_open(&bench);
	for (enum answer answer = ANSWER_OK; answer < ANSWER_COUNT; answer++) {
		bool is_no = answer == ANSWER_DENIED || answer == ANSWER_FAILURE;

		message_start(&bench.broker->out, REQUEST_FIND);
		CU_ASSERT_EQUAL(answer_put(bench.session, answer, "because"), 0);
		CU_ASSERT_EQUAL(message_get_int(told(&bench)), answer);
		if (is_no)
			CU_ASSERT_STRING_EQUAL(message_get_text(&bench.broker->in), "because");
		CU_ASSERT_TRUE(message_is_read(&bench.broker->in));
	}
}

/* No session learns what our trouble is, and nothing that was put before goes out. */
static void our_trouble_is_told_as_trouble(void)
{
	OWNED_BROKER_BENCH struct broker_bench bench;
	struct err err;

	broker_bench_open(&bench);
	(void)err_set(&err, ERR_INTERNAL, "letters/27: no such file");
	bench.broker->in.kind = REQUEST_OPEN;
	message_start(&bench.broker->out, REQUEST_OPEN);
	message_put_text(&bench.broker->out, "half an answer");
	CU_ASSERT_EQUAL(answer_put_trouble(bench.session, &err), 0);
	CU_ASSERT_EQUAL(told(&bench)->kind, REQUEST_OPEN);
	CU_ASSERT_EQUAL(message_get_int(&bench.broker->in), ANSWER_FAILURE);
	expect_answer_reason(&bench, "temporary trouble, try again later");
}

static void a_path_is_found_as_the_account_sees_it(void)
{
	static const struct {
		const char *path;
		int result;
		bool answered;
	} paths[] = {
	    {BENCH_LETTER, 0, false},
	    {"/987654321", 0, true},
	    {"relative", -1, true},
	};
	OWNED_BROKER_BENCH struct broker_bench bench;

	broker_bench_open(&bench);
	for (size_t i = 0; i < COUNT(paths); i++) {
		struct view_found found;
		bool answered = false;
		struct err err;

		message_start(&bench.broker->out, REQUEST_FIND);
		message_put_text(ask_begin(&bench, REQUEST_FIND), paths[i].path);
		CU_ASSERT_EQUAL(
		    answer_read_path(bench.session, &found, &answered, &err), paths[i].result);
		CU_ASSERT_EQUAL(answered, paths[i].answered);
	}
}

void add_suite_answer(CU_pSuite suite)
{
	TEST(a_reason_goes_with_a_no_only);
	TEST(our_trouble_is_told_as_trouble);
	TEST(a_path_is_found_as_the_account_sees_it);
}
