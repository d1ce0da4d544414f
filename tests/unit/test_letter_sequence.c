/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/letter_sequence.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_letter_sequence(CU_pSuite suite);

#define ID    "123456789"
#define OTHER "987654321"

/* More than are asked for at once, and no multiple of that. */
enum { MANY = 39 };

static void open_with_providers(struct fixture *f)
{
	fixture_open(f);
	scratch_provider(&f->spool, ID);
	scratch_provider(&f->spool, OTHER);
}

static struct letter_sequence take(
    const struct fixture *f, const char *avrs_id, int64_t letters, int64_t wanted)
{
	struct letter_sequence sequence = {
	    .avrs_id = avrs_id, .letters = letters, .wanted = wanted};
	struct err err;

	CU_ASSERT_EQUAL(letter_sequence_take(f->catalog, &sequence, 1, &err), 0);
	return sequence;
}

static void takes_numbers_without_gaps(void)
{
	static const struct {
		int64_t count;
		int64_t first;
	} rows[] = {{1, 1}, {3, 2}, {1, 5}, {100000, 6}, {1, 100006}};
	OWNED_FIXTURE struct fixture f;

	open_with_providers(&f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CU_ASSERT_EQUAL(take(&f, ID, rows[i].count, 50).first, rows[i].first);
	CU_ASSERT_EQUAL(take(&f, OTHER, 1, 50).first, 1);
}

static void never_lets_the_time_go_back_within_an_avrs_id(void)
{
	static const struct {
		int64_t wanted;
		int64_t posted;
	} rows[] = {{100, 100}, {200, 200}, {150, 200}, {200, 200}, {201, 201}, {-5, 201}};
	OWNED_FIXTURE struct fixture f;

	open_with_providers(&f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CU_ASSERT_EQUAL(take(&f, ID, 1, rows[i].wanted).posted, rows[i].posted);
	CU_ASSERT_EQUAL(take(&f, OTHER, 1, 7).posted, 7);
}

/* For any number of AVRS IDs, as if each had been asked for alone. */
static void takes_numbers_for_many_at_once(void)
{
	OWNED_FIXTURE struct fixture f;
	struct letter_sequence sequences[MANY];
	char avrs_ids[MANY][16];
	struct err err;

	fixture_open(&f);
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(avrs_ids[i], sizeof(avrs_ids[i]), "%d", 100000000 + i);
		scratch_provider(&f.spool, avrs_ids[i]);
		(void)take(&f, avrs_ids[i], i + 1, 1000 - i);
	}
	for (size_t count = 0; count <= MANY; count++) {
		for (size_t i = 0; i < count; i++)
			sequences[i] = (struct letter_sequence){
			    .avrs_id = avrs_ids[i], .letters = 2, .wanted = 990};
		CU_ASSERT_EQUAL(letter_sequence_take(f.catalog, sequences, count, &err), 0);
		/* Asked for before: by those with more, and once by itself. */
		for (size_t i = 0; i < count; i++) {
			CU_ASSERT_EQUAL(sequences[i].first,
			    (int64_t)(i + 1) + 1 + 2 * (int64_t)(count - 1 - i));
			CU_ASSERT_EQUAL(sequences[i].posted, i < 10 ? 1000 - (int64_t)i : 990);
		}
	}
}

static void takes_no_number_for_nobody(void)
{
	struct letter_sequence sequences[] = {{.avrs_id = ID, .letters = 1},
	    {.avrs_id = "555555555", .letters = 1}, {.avrs_id = OTHER, .letters = 1}};
	OWNED_FIXTURE struct fixture f;
	struct err err;

	open_with_providers(&f);
	for (size_t count = 2; count <= 3; count++) {
		CU_ASSERT_TRUE(fails(
		    letter_sequence_take(f.catalog, sequences, count, &err), &err, ERR_INTERNAL));
		CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "555555555"));
	}
	CU_ASSERT_TRUE(
	    fails(letter_sequence_take(f.catalog, &sequences[1], 1, &err), &err, ERR_INTERNAL));
}

void add_suite_letter_sequence(CU_pSuite suite)
{
	TEST(takes_numbers_without_gaps);
	TEST(never_lets_the_time_go_back_within_an_avrs_id);
	TEST(takes_numbers_for_many_at_once);
	TEST(takes_no_number_for_nobody);
}
