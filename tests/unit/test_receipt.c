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

/* A part of the letter goes out; so many receipts there are then. */
static void expect_receipts_after(struct bench *bench, int64_t from, int64_t to, int64_t receipts)
{
	send_part(bench, bench->letter.id, from, to);
	CU_ASSERT_EQUAL(count(bench), receipts);
}

static void the_last_missing_byte_makes_a_receipt(void)
{
	OWNED_BENCH struct bench bench;
	bool found = false;
	struct err err;

	bench_open(&bench);
	send_part(&bench, bench.letter.id, 500, 1000);
	expect_receipts_after(&bench, 0, 499, 0);
	expect_receipts_after(&bench, 499, 500, 1);
	CU_ASSERT_EQUAL(receipt_find(bench.f.catalog, "ann", bench.letter.id, 0, &found, &err), 0);
	CU_ASSERT_TRUE(found);
	CU_ASSERT_EQUAL(receipt_find(bench.f.catalog, "bob", bench.letter.id, 0, &found, &err), 0);
	CU_ASSERT_FALSE(found);
}

/* What came before stays for who goes on; a reading that was cut off is never the last. */
static void a_reading_that_was_cut_off_makes_none(void)
{
	OWNED_BENCH struct bench bench;
	struct reading reading = {.is_cut_off = true};
	struct err err;

	bench_open(&bench);
	reading.account_id = bench.ann.id;
	reading.letter_id = bench.letter.id;
	send_part(&bench, bench.letter.id, 0, 300);
	coverage_add(&reading.sent, 300, 600);
	CU_ASSERT_EQUAL(receipt_note(bench.f.catalog, &reading, &err), 0);
	coverage_add(&reading.sent, 600, 1000);
	CU_ASSERT_EQUAL(receipt_note(bench.f.catalog, &reading, &err), 0);
	CU_ASSERT_EQUAL(count(&bench), 0);
	expect_receipts_after(&bench, 600, 999, 0);
	expect_receipts_after(&bench, 999, 1000, 1);
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
	expect_receipts_after(&bench, 0, 1000, 1);
	expect_receipts_after(&bench, 0, 999, 1);
	expect_receipts_after(&bench, 999, 1000, 2);
}

static void what_goes_out_whole_after_a_part_leaves_nothing_of_that(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	expect_receipts_after(&bench, 0, 300, 0);
	expect_receipts_after(&bench, 0, 1000, 1);
	expect_receipts_after(&bench, 300, 1000, 1);
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

/* An archive of 3 letters, 5000 bytes, and a bundle of it, 6000 bytes: ids 1 and 2. */
static void add_archives(struct bench *bench)
{
	fixture_posted(&bench->f, "123456789", CLASS_EDELIVERY, "EFT_2.pdf", &bench->letter);
	fixture_posted(&bench->f, "123456789", CLASS_EDELIVERY, "EFT_3.pdf", &bench->letter);
	fixture_sql(&bench->f,
	    "INSERT INTO archive (id, avrs_id, class, night, revision, name, state, size, letters)"
	    " VALUES (1, '123456789', 'edelivery', '2024-05-15', 1, 'a', 'ready', 5000, 3)");
	fixture_sql(&bench->f,
	    "INSERT INTO archive (id, account_id, night, revision, name, state, size, letters)"
	    " SELECT 2, id, '2024-05-15', 1, 'b', 'ready', 6000, 3 FROM account");
	fixture_sql(&bench->f, "INSERT INTO archive_letter SELECT 1, id FROM letter");
	fixture_sql(&bench->f, "INSERT INTO archive_part VALUES (2, 1)");
}

static bool send_of_archive(struct bench *bench, int64_t archive_id, int64_t from, int64_t to)
{
	struct reading reading = {.account_id = bench->ann.id, .archive_id = archive_id};
	bool whole = false;
	struct err err;

	text_copy(reading.login, "ann");
	text_copy(reading.address, "192.0.2.1");
	text_copy(reading.client, "SSH-2.0-test");
	coverage_add(&reading.sent, from, to);
	CU_ASSERT_EQUAL(receipt_note_archive(bench->f.catalog, &reading, &whole, &err), 0);
	return whole;
}

static void the_last_byte_of_an_archive_makes_a_receipt_for_each_letter(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	add_archives(&bench);
	/* In any order, in several sessions. */
	CU_ASSERT_FALSE(send_of_archive(&bench, 1, 3000, 5000));
	CU_ASSERT_FALSE(send_of_archive(&bench, 1, 0, 2999));
	CU_ASSERT_EQUAL(count(&bench), 0);
	CU_ASSERT(send_of_archive(&bench, 1, 2999, 3000));
	CU_ASSERT_EQUAL(count(&bench), 3);
	CU_ASSERT_EQUAL(fixture_number(&bench.f,
	                    "SELECT COUNT(DISTINCT letter_id) FROM receipt WHERE login = 'ann'"
	                    " AND bytes = 1000 AND address = '192.0.2.1'"),
	    3);
	CU_ASSERT_EQUAL(fixture_number(&bench.f, "SELECT COUNT(*) FROM archive_reading"), 0);
	/* The next one begins from nothing. */
	CU_ASSERT_FALSE(send_of_archive(&bench, 1, 0, 4999));
	CU_ASSERT_EQUAL(count(&bench), 3);
}

static void a_bundle_makes_them_for_the_letters_of_its_parts(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	add_archives(&bench);
	CU_ASSERT(send_of_archive(&bench, 2, 0, 6000));
	CU_ASSERT_EQUAL(count(&bench), 3);
	/* Gone, or never there. */
	CU_ASSERT_FALSE(send_of_archive(&bench, 3, 0, 6000));
	bench.ann.id = 99;
	CU_ASSERT_FALSE(send_of_archive(&bench, 2, 0, 6000));
	CU_ASSERT_EQUAL(count(&bench), 3);
	CU_ASSERT_EQUAL(
	    fixture_number(&bench.f, "SELECT next FROM sequence WHERE name = 'receipt'"), 4);
}

void add_suite_receipt(CU_pSuite suite)
{
	TEST(the_last_missing_byte_makes_a_receipt);
	TEST(a_reading_that_was_cut_off_makes_none);
	TEST(a_receipt_is_found_by_when_it_was_completed);
	TEST(the_next_receipt_begins_from_nothing);
	TEST(what_goes_out_whole_after_a_part_leaves_nothing_of_that);
	TEST(a_letter_that_is_gone_makes_none);
	TEST(tells_who_when_from_where_and_with_what);
	TEST(the_last_byte_of_an_archive_makes_a_receipt_for_each_letter);
	TEST(a_bundle_makes_them_for_the_letters_of_its_parts);
}
