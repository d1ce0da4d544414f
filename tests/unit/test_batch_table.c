/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "batch/batch_table.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_batch_table(CU_pSuite suite);

#define HASH "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"

static struct batch_line line_of(const char *avrs_id, enum letter_class class, const char *name)
{
	struct batch_line line = {.line = 2, .class = class, .size = 17};

	text_copy(line.avrs_id, avrs_id);
	text_copy(line.name, name);
	text_copy(line.sha256, HASH);
	return line;
}

static struct batches *load(const struct drops *drops)
{
	struct batches *batches = NULL;
	struct err err;

	CU_ASSERT_EQUAL_FATAL(batches_new(&drops->spool, &batches, &err), 0);
	return batches;
}

static void a_letter_is_found_by_all_of_its_key(void)
{
	OWNED_DROPS struct drops drops;
	struct batch_line line = line_of(DROPS_AVRS_ID, CLASS_EDELIVERY, "EFT_1.pdf");
	struct batches *batches;
	struct batch *night;
	struct member *member;

	drops_open(&drops, "");
	batches = load(&drops);
	night = batches_add(batches, 1, "night", 5);
	batch_add_member(batches, night, &line, false);
	member = batches_find(batches, DROPS_AVRS_ID, CLASS_EDELIVERY, "EFT_1.pdf");
	CU_ASSERT_PTR_NOT_NULL_FATAL(member);
	CU_ASSERT_PTR_EQUAL(member->batch, night);
	CU_ASSERT_EQUAL(member->size, 17);
	CU_ASSERT_STRING_EQUAL(member->sha256, HASH);
	CU_ASSERT_PTR_NULL(batches_find(batches, "987654321", CLASS_EDELIVERY, "EFT_1.pdf"));
	CU_ASSERT_PTR_NULL(batches_find(batches, DROPS_AVRS_ID, CLASS_TRADE_FILES, "EFT_1.pdf"));
	CU_ASSERT_PTR_NULL(batches_find(batches, DROPS_AVRS_ID, CLASS_EDELIVERY, "EFT_1.pd"));
	batches_free(batches);
}

static void the_letters_of_a_batch_are_counted_by_state(void)
{
	OWNED_DROPS struct drops drops;
	struct batch_line first = line_of(DROPS_AVRS_ID, CLASS_EDELIVERY, "EFT_1.pdf");
	struct batch_line second = line_of(DROPS_AVRS_ID, CLASS_EDELIVERY, "EFT_2.pdf");
	struct batches *batches;
	struct batch *night;

	drops_open(&drops, "");
	batches = load(&drops);
	night = batches_add(batches, 1, "night", 5);
	batch_add_member(batches, night, &first, false);
	batch_add_member(batches, night, &second, true);
	CU_ASSERT_EQUAL(night->count, 2);
	CU_ASSERT_EQUAL(night->counts[MEMBER_MISSING], 1);
	CU_ASSERT_EQUAL(night->counts[MEMBER_POSTED], 1);
	member_set_state(
	    batches_find(batches, DROPS_AVRS_ID, CLASS_EDELIVERY, "EFT_1.pdf"), MEMBER_HELD);
	CU_ASSERT_EQUAL(night->counts[MEMBER_MISSING], 0);
	CU_ASSERT_EQUAL(night->counts[MEMBER_HELD], 1);
	batches_free(batches);
}

/* Its letters are dropped elsewhere, and would be missing here; one without a node is old. */
static void a_batch_of_another_node_is_its_own(void)
{
	OWNED_DROPS struct drops drops;
	struct batches *batches;

	drops_open(&drops, "");
	drops_run(&drops, "INSERT INTO batch (id, name, state, seen, node) VALUES"
	                  " (1, 'here', 'held', 5, NULL), (2, 'there', 'held', 5, 'another')");
	batches = load(&drops);
	CU_ASSERT_PTR_NOT_NULL_FATAL(batches->list);
	CU_ASSERT_STRING_EQUAL(batches->list->name, "here");
	CU_ASSERT_PTR_NULL(batches->list->next);
	batches_free(batches);
}

static void a_batch_that_is_forgotten_takes_its_letters_along(void)
{
	OWNED_DROPS struct drops drops;
	struct batch_line first = line_of(DROPS_AVRS_ID, CLASS_EDELIVERY, "EFT_1.pdf");
	struct batch_line second = line_of(DROPS_AVRS_ID, CLASS_EDELIVERY, "EFT_2.pdf");
	struct batches *batches;
	struct batch *night;

	drops_open(&drops, "");
	batches = load(&drops);
	night = batches_add(batches, 1, "night", 5);
	batch_add_member(batches, night, &first, false);
	batch_add_member(batches, batches_add(batches, 2, "day", 6), &second, false);
	batches_forget(batches, night);
	CU_ASSERT_PTR_NULL(batches_find(batches, DROPS_AVRS_ID, CLASS_EDELIVERY, "EFT_1.pdf"));
	CU_ASSERT_PTR_NOT_NULL(batches_find(batches, DROPS_AVRS_ID, CLASS_EDELIVERY, "EFT_2.pdf"));
	batches_free(batches);
}

/* A start goes on with what waited, and a letter that was posted meanwhile counts as there. */
static void a_start_reads_the_batches_that_wait(void)
{
	OWNED_DROPS struct drops drops;
	struct batches *batches;
	const struct member *member;

	drops_open(&drops, "");
	drops_run(&drops, "INSERT INTO batch (id, name, state, seen, alarmed)"
	                  " VALUES (1, 'night', 'held', 5, 7), (2, 'old', 'posted', 4, NULL)");
	drops_run(&drops,
	    "INSERT INTO batch_member (batch_id, line, avrs_id, class, name, size, sha256) VALUES"
	    " (1, 2, '123456789', 'edelivery', 'EFT_1.pdf', 17, '" HASH "'),"
	    " (1, 3, '123456789', 'edelivery', 'EFT_2.pdf', 17, '" HASH "'),"
	    " (2, 2, '123456789', 'edelivery', 'EFT_3.pdf', 17, '" HASH "')");
	{
		struct letter letter = {.id = 40,
		    .class = CLASS_EDELIVERY,
		    .size = 17,
		    .taken = 1,
		    .posted = 1,
		    .electronic = ELECTRONIC_POSTED};
		struct err err;

		text_copy(letter.avrs_id, DROPS_AVRS_ID);
		text_copy(letter.name, "EFT_2.pdf");
		text_copy(letter.dropped_name, "EFT_2.pdf");
		text_copy(letter.sha256, HASH);
		CU_ASSERT_EQUAL_FATAL(letter_add(drops.spool.catalog, "test", &letter, &err), 0);
	}
	batches = load(&drops);
	member = batches_find(batches, DROPS_AVRS_ID, CLASS_EDELIVERY, "EFT_1.pdf");
	CU_ASSERT_PTR_NOT_NULL_FATAL(member);
	CU_ASSERT_EQUAL(member->state, MEMBER_MISSING);
	CU_ASSERT_STRING_EQUAL(member->batch->name, "night");
	CU_ASSERT_EQUAL(member->batch->seen, 5);
	CU_ASSERT_TRUE(member->batch->is_alarmed);
	member = batches_find(batches, DROPS_AVRS_ID, CLASS_EDELIVERY, "EFT_2.pdf");
	CU_ASSERT_PTR_NOT_NULL_FATAL(member);
	CU_ASSERT_EQUAL(member->state, MEMBER_POSTED);
	/* That one waits no more. */
	CU_ASSERT_PTR_NULL(batches_find(batches, DROPS_AVRS_ID, CLASS_EDELIVERY, "EFT_3.pdf"));
	batches_free(batches);
}

void add_suite_batch_table(CU_pSuite suite)
{
	TEST(a_letter_is_found_by_all_of_its_key);
	TEST(the_letters_of_a_batch_are_counted_by_state);
	TEST(a_batch_of_another_node_is_its_own);
	TEST(a_batch_that_is_forgotten_takes_its_letters_along);
	TEST(a_start_reads_the_batches_that_wait);
}
