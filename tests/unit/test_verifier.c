/* SPDX-License-Identifier: Apache-2.0 */
#include "server/verifier.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "spool/password.h"
#include "tests/unit/suite.h"

void add_suite_verifier(CU_pSuite suite);

enum { TICKETS = 8 };

/* The loop of a broker, with what the verifier said to each ticket. */
struct bench {
	struct loop *loop;
	struct verifier *verifier;
	int verdicts[TICKETS]; /* -1: nothing yet */
	int64_t at[TICKETS];
	int left;
};

static void take(void *arg, int64_t ticket, enum verdict_of_password verdict)
{
	struct bench *bench = arg;

	CU_ASSERT_TRUE_FATAL(ticket >= 0 && ticket < TICKETS);
	bench->verdicts[ticket] = (int)verdict;
	bench->at[ticket] = clock_elapsed();
	if (--bench->left == 0)
		loop_stop(bench->loop);
}

static void stop(void *arg)
{
	loop_stop(arg);
}

static void bench_open(struct bench *bench)
{
	struct err err;

	CU_ASSERT_EQUAL_FATAL(loop_new(&bench->loop, &err), 0);
	bench->verifier = verifier_new(bench->loop, take, bench);
	bench->left = 0;
	memset(bench->verdicts, -1, sizeof(bench->verdicts));
}

static void bench_close(struct bench *bench)
{
	verifier_free(bench->verifier);
	loop_free(bench->loop);
}

#define OWNED_BENCH __attribute__((cleanup(bench_close)))

static void ask(struct bench *bench, int64_t ticket, const char *hash, const char *password)
{
	struct err err;

	CU_ASSERT_EQUAL(verifier_ask(bench->verifier, ticket, hash, password, &err), 0);
	bench->left++;
}

static void wait_for_all(struct bench *bench)
{
	struct err err;

	loop_after(bench->loop, 20 * SECOND, stop, bench->loop);
	CU_ASSERT_EQUAL(loop_run(bench->loop, &err), 0);
	CU_ASSERT_EQUAL(bench->left, 0);
}

static void each_question_gets_its_own_answer(void)
{
	OWNED_BENCH struct bench bench;
	char hash[PASSWORD_HASH_MAX + 1];
	struct err err;

	bench_open(&bench);
	CU_ASSERT_EQUAL_FATAL(password_hash("correct horse", hash, &err), 0);
	ask(&bench, 0, hash, "correct horse");
	ask(&bench, 1, hash, "battery staple");
	ask(&bench, 2, "", "correct horse");
	ask(&bench, 3, hash, "correct horse");
	/* What the hash of nobody is made of is nobody's password all the same. */
	ask(&bench, 4, "", "nobody's password");
	wait_for_all(&bench);
	CU_ASSERT_EQUAL(bench.verdicts[0], PASSWORD_RIGHT);
	CU_ASSERT_EQUAL(bench.verdicts[1], PASSWORD_WRONG);
	CU_ASSERT_EQUAL(bench.verdicts[2], PASSWORD_WRONG);
	CU_ASSERT_EQUAL(bench.verdicts[3], PASSWORD_RIGHT);
	CU_ASSERT_EQUAL(bench.verdicts[4], PASSWORD_WRONG);
}

static void too_many_at_a_time_are_told_to_come_back(void)
{
	OWNED_BENCH struct bench bench;
	struct err err;
	int refused = 0;

	bench_open(&bench);
	for (int i = 0; i < 200 && !refused; i++)
		refused = verifier_ask(bench.verifier, 0, "", "correct horse", &err);
	CU_ASSERT_EQUAL(refused, -1);
	CU_ASSERT_EQUAL(err.kind, ERR_BUSY);
}

void add_suite_verifier(CU_pSuite suite)
{
	TEST(each_question_gets_its_own_answer);
	TEST(too_many_at_a_time_are_told_to_come_back);
}
