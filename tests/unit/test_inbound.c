/* SPDX-License-Identifier: Apache-2.0 */
#include "server/inbound.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/text.h"
#include "tests/lib/fixture.h"
#include "tests/lib/stub_broker.h"
#include "tests/unit/suite.h"

void add_suite_inbound(CU_pSuite suite);

struct bench {
	struct stub_broker broker;
	struct inbound *inbound;
	char reason[200];
};

static void bench_open_at(struct bench *bench, const char *path, bool appends)
{
	struct reply reply;
	struct err err;

	*bench = (struct bench){.inbound = NULL};
	stub_broker_start(&bench->broker, 0);
	CU_ASSERT_EQUAL_FATAL(inbound_open(bench->broker.channel, path, UPLOAD_CREATE, appends,
	                          &bench->inbound, &reply, &err),
	    0);
	CU_ASSERT_EQUAL_FATAL(reply.answer, ANSWER_OK);
}

static void bench_open(struct bench *bench, bool appends)
{
	bench_open_at(bench, "/drop/a", appends);
}

static void bench_close(struct bench *bench)
{
	inbound_free(bench->inbound);
	stub_broker_stop(&bench->broker);
}
#define OWNED_BENCH OWNED(bench_close)

static enum answer sync_it(struct bench *bench)
{
	struct reply reply;
	struct err err;

	CU_ASSERT_EQUAL(inbound_sync(bench->inbound, bench->broker.channel, &reply, &err), 0);
	text_copy(bench->reason, reply.reason);
	return reply.answer;
}

static enum answer close_it(struct bench *bench)
{
	struct reply reply;
	struct err err;

	CU_ASSERT_EQUAL(inbound_close(bench->inbound, bench->broker.channel, &reply, &err), 0);
	text_copy(bench->reason, reply.reason);
	return reply.answer;
}

static void what_the_broker_refuses_is_nothing(void)
{
	OWNED_BENCH struct bench bench;
	struct inbound *none = NULL;
	struct reply reply;
	struct err err;

	bench_open(&bench, false);
	CU_ASSERT_EQUAL(
	    inbound_open(bench.broker.channel, "/drop/b", 0, false, &none, &reply, &err), 0);
	CU_ASSERT_EQUAL(reply.answer, ANSWER_DENIED);
	CU_ASSERT_PTR_NULL(none);
}

static void bytes_go_where_the_client_says(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench, false);
	CU_ASSERT_TRUE(inbound_write(bench.inbound, 5, "world", 5, bench.reason));
	CU_ASSERT_TRUE(inbound_write(bench.inbound, 0, "hello", 5, bench.reason));
	CU_ASSERT_TRUE(inbound_write(bench.inbound, 0, "", 0, bench.reason));
	CU_ASSERT_EQUAL(inbound_entry(bench.inbound).size, 10);
	CU_ASSERT_EQUAL(sync_it(&bench), ANSWER_OK);
	CU_ASSERT_STRING_EQUAL(inbound_path(bench.inbound), "/drop/a");
	CU_ASSERT_EQUAL(close_it(&bench), ANSWER_OK);
}

static void a_write_beyond_its_bound_spoils_it_for_good(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench, false);
	CU_ASSERT_FALSE(inbound_write(bench.inbound, STUB_UPLOAD_MAX, "x", 1, bench.reason));
	CU_ASSERT_STRING_EQUAL(bench.reason, "larger than the 100000 bytes that are taken");
	bench.reason[0] = '\0';
	CU_ASSERT_FALSE(inbound_write(bench.inbound, 0, "x", 1, bench.reason));
	CU_ASSERT_EQUAL(sync_it(&bench), ANSWER_FAILURE);
	CU_ASSERT_EQUAL(close_it(&bench), ANSWER_FAILURE);
	CU_ASSERT_STRING_EQUAL(bench.reason, "larger than the 100000 bytes that are taken");
}

/* The kernel's bound, in the place of a disk that has no more room. */
static void what_the_disk_does_not_take_spoils_it_as_well(void)
{
	OWNED_BENCH struct bench bench;
	struct rlimit before;
	struct rlimit little;

	bench_open(&bench, false);
	CU_ASSERT_EQUAL(getrlimit(RLIMIT_FSIZE, &before), 0);
	little = before;
	little.rlim_cur = 3;
	(void)signal(SIGXFSZ, SIG_IGN);
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &little), 0);
	CU_ASSERT_FALSE(inbound_write(bench.inbound, 0, "hello", 5, bench.reason));
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &before), 0);
	(void)signal(SIGXFSZ, SIG_DFL);
	CU_ASSERT_STRING_EQUAL(bench.reason, "it cannot be written: File too large");
	CU_ASSERT_EQUAL(inbound_entry(bench.inbound).size, 3);
	CU_ASSERT_EQUAL(close_it(&bench), ANSWER_FAILURE);
}

/* The kernel tells of it once: a later sync of what a client goes on with would be fine. */
static void what_cannot_be_made_durable_is_emptied_and_begun_again(void)
{
	static const char reason[] = "it cannot be made durable: send it again from its start";

	for (int syncs = 0; syncs < 3; syncs++) {
		OWNED_BENCH struct bench bench;

		bench_open_at(&bench, "/drop/null", false);
		CU_ASSERT_TRUE(inbound_write(bench.inbound, 0, "hello", 5, bench.reason));
		for (int i = 0; i < syncs; i++) {
			CU_ASSERT_EQUAL(sync_it(&bench), ANSWER_FAILURE);
			CU_ASSERT_STRING_EQUAL(bench.reason, reason);
			CU_ASSERT_FALSE(inbound_write(bench.inbound, 5, "!", 1, bench.reason));
		}
		CU_ASSERT_EQUAL(close_it(&bench), ANSWER_FAILURE);
		CU_ASSERT_STRING_EQUAL(bench.reason, reason);
	}
}

static void appending_goes_on_at_the_end(void)
{
	OWNED_BENCH struct bench bench;
	static const struct upload_change change = {UPLOAD_SET, 4, 7};

	bench_open(&bench, true);
	CU_ASSERT_TRUE(inbound_write(bench.inbound, 0, "hello", 5, bench.reason));
	CU_ASSERT_TRUE(inbound_write(bench.inbound, 0, "world", 5, bench.reason));
	CU_ASSERT_EQUAL(inbound_entry(bench.inbound).size, 10);
	inbound_note_change(bench.inbound, &change);
	CU_ASSERT_EQUAL(inbound_entry(bench.inbound).size, 4);
	CU_ASSERT_EQUAL(inbound_entry(bench.inbound).changed, 7);
	CU_ASSERT_TRUE(inbound_write(bench.inbound, 0, "x", 1, bench.reason));
	CU_ASSERT_EQUAL(inbound_entry(bench.inbound).size, 5);
}

static void a_broker_that_is_gone_ends_it_and_leaves_no_descriptor(void)
{
	int before = fixture_open_descriptors();

	{
		OWNED_BENCH struct bench bench;
		struct reply reply;
		struct err err;

		bench_open(&bench, false);
		stub_broker_kill(&bench.broker);
		CU_ASSERT_TRUE(
		    fails(inbound_close(bench.inbound, bench.broker.channel, &reply, &err), &err,
		        ERR_GONE));
	}
	CU_ASSERT_EQUAL(fixture_open_descriptors(), before);
}

void add_suite_inbound(CU_pSuite suite)
{
	TEST(what_the_broker_refuses_is_nothing);
	TEST(bytes_go_where_the_client_says);
	TEST(a_write_beyond_its_bound_spoils_it_for_good);
	TEST(what_the_disk_does_not_take_spoils_it_as_well);
	TEST(what_cannot_be_made_durable_is_emptied_and_begun_again);
	TEST(appending_goes_on_at_the_end);
	TEST(a_broker_that_is_gone_ends_it_and_leaves_no_descriptor);
}
