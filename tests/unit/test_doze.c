/* SPDX-License-Identifier: Apache-2.0 */
#include "server/doze.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/number.h"
#include "tests/unit/suite.h"

void add_suite_doze(CU_pSuite suite);

/* A session's end of a TCP connection, the client's, and what has come so far. */
struct bench {
	int session;
	int client;
	uint64_t bytes;
	uint64_t packets;
	struct doze doze;
};

static void bench_open(struct bench *bench)
{
	OWNED_FD int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);

	*bench = (struct bench){.client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	CU_ASSERT_EQUAL_FATAL(bind(listener, (struct sockaddr *)&address, length), 0);
	CU_ASSERT_EQUAL_FATAL(listen(listener, 1), 0);
	CU_ASSERT_EQUAL_FATAL(getsockname(listener, (struct sockaddr *)&address, &length), 0);
	CU_ASSERT_EQUAL_FATAL(
	    connect(bench->client, (struct sockaddr *)&address, sizeof(address)), 0);
	bench->session = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	CU_ASSERT_TRUE_FATAL(bench->session >= 0);
	doze_init(&bench->doze, bench->session);
}

static void bench_close(struct bench *bench)
{
	clean_fd(&bench->session);
	clean_fd(&bench->client);
}
#define OWNED_BENCH OWNED(bench_close)

static void come(struct bench *bench, uint64_t bytes, uint64_t packets, bool has_request)
{
	bench->bytes += bytes;
	bench->packets += packets;
	doze_note(&bench->doze, bench->bytes, bench->packets, has_request);
}

/* A request, before which the session is woken by two small packets, together or not. */
static void come_in_vain(struct bench *bench, int times)
{
	for (int i = 0; i < times; i++) {
		if (i % 2 == 0) {
			come(bench, 72, 2, false);
		} else {
			come(bench, 36, 1, false);
			come(bench, 36, 1, false);
		}
		come(bench, 100, 1, true);
	}
}

static void expect_at_least(struct bench *bench, int bytes)
{
	int value = 0;
	socklen_t length = sizeof(value);

	CU_ASSERT_EQUAL(bench->doze.at_least, bytes);
	CU_ASSERT_EQUAL(getsockopt(bench->session, SOL_SOCKET, SO_RCVLOWAT, &value, &length), 0);
	CU_ASSERT_EQUAL(value, bytes);
}

static void who_wakes_it_in_vain_is_waited_for(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	expect_at_least(&bench, 1);
	come_in_vain(&bench, DOZE_REQUESTS - 1);
	expect_at_least(&bench, 1);
	come_in_vain(&bench, 1);
	expect_at_least(&bench, 73);
	/* For as long as more comes in time. */
	for (int i = 0; i < 2 * DOZE_REQUESTS; i++)
		come(&bench, 172, 3, true);
	expect_at_least(&bench, 73);
}

static void who_does_not_is_answered_at_once(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	for (int i = 0; i < 4 * DOZE_REQUESTS; i++) {
		come(&bench, 100, 1, true);
		/* Woken by somebody else. */
		come(&bench, 0, 0, false);
	}
	expect_at_least(&bench, 1);
	/* Now and then it happens to everybody. */
	for (int i = 0; i < 4; i++) {
		come_in_vain(&bench, DOZE_REQUESTS / 2 - 1);
		for (int j = 0; j < DOZE_REQUESTS / 2 + 1; j++)
			come(&bench, 100, 1, true);
	}
	expect_at_least(&bench, 1);
}

static void parts_of_what_is_large_are_no_small_packets(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	for (int i = 0; i < 4 * DOZE_REQUESTS; i++) {
		come(&bench, 20000, 0, false);
		come(&bench, 12800, 1, false);
		come(&bench, 32800, 1, true);
	}
	expect_at_least(&bench, 1);
}

static int wait_for_client(struct bench *bench, int timeout_ms)
{
	struct pollfd from = {.fd = bench->session, .events = POLLIN};

	return doze_poll(&bench->doze, &from, 1, timeout_ms);
}

static void it_sleeps_until_enough_has_come(void)
{
	static const char bytes[100];
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	come_in_vain(&bench, DOZE_REQUESTS);
	CU_ASSERT_EQUAL(send(bench.client, bytes, 72, 0), 72);
	CU_ASSERT_EQUAL(send(bench.client, bytes, 1, 0), 1);
	CU_ASSERT_EQUAL(wait_for_client(&bench, 10000), 1);
	expect_at_least(&bench, 73);
}

/* A client that says goodbye, or asks whether anybody is there, sends one packet. */
static void less_is_answered_a_moment_later(void)
{
	static const char bytes[36];
	OWNED_BENCH struct bench bench;
	int64_t began;
	int64_t took;

	bench_open(&bench);
	come_in_vain(&bench, DOZE_REQUESTS);
	CU_ASSERT_EQUAL(send(bench.client, bytes, sizeof(bytes), 0), (ssize_t)sizeof(bytes));
	began = clock_elapsed();
	CU_ASSERT_EQUAL(wait_for_client(&bench, 10000), 1);
	took = clock_elapsed() - began;
	CU_ASSERT_TRUE(took >= DOZE_MS * (SECOND / 1000));
	CU_ASSERT_TRUE(took < SECOND);
	/* And from then on at once, until the same is found again. */
	expect_at_least(&bench, 1);
	come_in_vain(&bench, 4 * DOZE_REQUESTS - 1);
	expect_at_least(&bench, 1);
	come_in_vain(&bench, 1);
	expect_at_least(&bench, 73);
}

/* What came was less than two small packets; all of it is read. */
static void be_late(struct bench *bench)
{
	char bytes[36] = "";

	CU_ASSERT_EQUAL(send(bench->client, bytes, sizeof(bytes), 0), (ssize_t)sizeof(bytes));
	CU_ASSERT_EQUAL(wait_for_client(bench, 10000), 1);
	expect_at_least(bench, 1);
	CU_ASSERT_EQUAL(recv(bench->session, bytes, sizeof(bytes), 0), (ssize_t)sizeof(bytes));
}

static void be_in_time(struct bench *bench)
{
	char bytes[100] = "";

	CU_ASSERT_EQUAL(send(bench->client, bytes, sizeof(bytes), 0), (ssize_t)sizeof(bytes));
	CU_ASSERT_EQUAL(wait_for_client(bench, 10000), 1);
	CU_ASSERT_EQUAL(recv(bench->session, bytes, sizeof(bytes), 0), (ssize_t)sizeof(bytes));
}

/* A download of 16,384 requests is answered late five times, and not every sixteenth. */
static void who_comes_late_again_and_again_is_made_to_wait_ever_less(void)
{
	OWNED_BENCH struct bench bench;
	int late = 0;

	bench_open(&bench);
	for (int i = 0; i < 16384; i++) {
		come_in_vain(&bench, 1);
		if (bench.doze.at_least > 1) {
			be_late(&bench);
			late++;
		}
	}
	CU_ASSERT_EQUAL(late, 5);
}

static void who_is_late_once_in_a_while_goes_on_to_be_waited_for(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	for (int i = 0; i < 20; i++) {
		come_in_vain(&bench, DOZE_REQUESTS);
		expect_at_least(&bench, 73);
		for (int j = 0; j < DOZE_GOOD; j++)
			be_in_time(&bench);
		be_late(&bench);
	}
}

static void it_waits_no_longer_than_it_is_told_to(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	for (int timeout_ms = 0; timeout_ms <= 20; timeout_ms += 2) {
		int64_t began;
		int64_t took;

		come_in_vain(&bench, 2 * DOZE_REQUESTS);
		expect_at_least(&bench, 73);
		began = clock_elapsed();
		CU_ASSERT_EQUAL(wait_for_client(&bench, timeout_ms), 0);
		took = clock_elapsed() - began;
		CU_ASSERT_TRUE(took >= timeout_ms * (SECOND / 1000));
		CU_ASSERT_TRUE(took < SECOND);
		expect_at_least(&bench, 1);
	}
}

void add_suite_doze(CU_pSuite suite)
{
	TEST(who_wakes_it_in_vain_is_waited_for);
	TEST(who_does_not_is_answered_at_once);
	TEST(parts_of_what_is_large_are_no_small_packets);
	TEST(it_sleeps_until_enough_has_come);
	TEST(less_is_answered_a_moment_later);
	TEST(who_comes_late_again_and_again_is_made_to_wait_ever_less);
	TEST(who_is_late_once_in_a_while_goes_on_to_be_waited_for);
	TEST(it_waits_no_longer_than_it_is_told_to);
}
