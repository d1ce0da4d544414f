/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/receipt.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "spool/news.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_receipt(CU_pSuite suite);

struct bench {
	struct fixture f;
	struct account ann;
	struct letter letter; /* of 1000 bytes */
};

static void bench_open(struct bench *bench)
{
	struct err err;

	fixture_open(&bench->f);
	scratch_provider(&bench->f.spool, "123456789");
	(void)fixture_clerk(&bench->f, "ann", "123456789");
	fixture_account(&bench->f, "ann", &bench->ann);
	fixture_posted(&bench->f, "123456789", CLASS_EDELIVERY, "EFT_1.pdf", &bench->letter);
	CU_ASSERT_EQUAL(
	    news_note_opening(bench->f.catalog, bench->ann.id, bench->letter.id, &err), 0);
}

static void bench_close(struct bench *bench)
{
	fixture_close(&bench->f);
}

#define OWNED_BENCH __attribute__((cleanup(bench_close)))

static void send_part(struct bench *bench, int64_t letter_id, int64_t from, int64_t to)
{
	struct reading reading = {.account_id = bench->ann.id, .letter_id = letter_id};
	struct err err;

	text_copy(reading.login, "ann");
	text_copy(reading.address, "192.0.2.1");
	text_copy(reading.client, "SSH-2.0-test");
	coverage_add(&reading.sent, from, to);
	CU_ASSERT_EQUAL(receipt_note(bench->f.catalog, &reading, &err), 0);
}

static int64_t count(struct bench *bench)
{
	return fixture_number(&bench->f, "SELECT COUNT(*) FROM receipt");
}

static void the_last_missing_byte_makes_a_receipt(void)
{
	OWNED_BENCH struct bench bench;
	bool found = false;
	struct err err;

	bench_open(&bench);
	send_part(&bench, bench.letter.id, 500, 1000);
	send_part(&bench, bench.letter.id, 0, 499);
	CU_ASSERT_EQUAL(count(&bench), 0);
	send_part(&bench, bench.letter.id, 499, 500);
	CU_ASSERT_EQUAL(count(&bench), 1);
	CU_ASSERT_EQUAL(receipt_find(bench.f.catalog, "ann", bench.letter.id, 0, &found, &err), 0);
	CU_ASSERT_TRUE(found);
	CU_ASSERT_EQUAL(receipt_find(bench.f.catalog, "bob", bench.letter.id, 0, &found, &err), 0);
	CU_ASSERT_FALSE(found);
}

/* Of a letter that was renewed the receipt from before tells nothing. */
static void a_receipt_is_found_by_when_it_was_completed(void)
{
	OWNED_BENCH struct bench bench;
	bool found = false;
	struct err err;

	bench_open(&bench);
	send_part(&bench, bench.letter.id, 0, 1000);
	CU_ASSERT_EQUAL(
	    receipt_find(bench.f.catalog, "ann", bench.letter.id, FIXTURE_NOW, &found, &err), 0);
	CU_ASSERT_TRUE(found);
	CU_ASSERT_EQUAL(
	    receipt_find(bench.f.catalog, "ann", bench.letter.id, FIXTURE_NOW + 1, &found, &err),
	    0);
	CU_ASSERT_FALSE(found);
}

static void the_next_receipt_begins_from_nothing(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	send_part(&bench, bench.letter.id, 0, 1000);
	send_part(&bench, bench.letter.id, 0, 999);
	CU_ASSERT_EQUAL(count(&bench), 1);
	send_part(&bench, bench.letter.id, 999, 1000);
	CU_ASSERT_EQUAL(count(&bench), 2);
}

static void a_letter_that_is_gone_makes_none(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	send_part(&bench, 4711, 0, 1000);
	CU_ASSERT_EQUAL(count(&bench), 0);
}

static int look(const struct receipt *receipt, void *arg, struct err *err)
{
	int *seen = arg;

	(void)err;
	CU_ASSERT_STRING_EQUAL(receipt->login, "ann");
	CU_ASSERT_EQUAL(receipt->bytes, 1000);
	CU_ASSERT_EQUAL(receipt->completed, FIXTURE_NOW);
	CU_ASSERT_STRING_EQUAL(receipt->address, "192.0.2.1");
	CU_ASSERT_STRING_EQUAL(receipt->client, "SSH-2.0-test");
	++*seen;
	return 0;
}

static void tells_who_when_from_where_and_with_what(void)
{
	OWNED_BENCH struct bench bench;
	int seen = 0;
	struct err err;

	bench_open(&bench);
	send_part(&bench, bench.letter.id, 0, 1000);
	CU_ASSERT_EQUAL(receipt_list(bench.f.catalog, bench.letter.id, look, &seen, &err), 0);
	CU_ASSERT_EQUAL(seen, 1);
}

void add_suite_receipt(CU_pSuite suite)
{
	TEST(the_last_missing_byte_makes_a_receipt);
	TEST(a_receipt_is_found_by_when_it_was_completed);
	TEST(the_next_receipt_begins_from_nothing);
	TEST(a_letter_that_is_gone_makes_none);
	TEST(tells_who_when_from_where_and_with_what);
}
