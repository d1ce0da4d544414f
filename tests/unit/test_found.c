/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/found.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "spool/provider.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_found(CU_pSuite suite);

#define ID "123456789"

static struct letter found_as(int64_t id, int64_t posted, const char *name)
{
	struct letter letter = {.id = id, .posted = posted, .taken = posted, .size = 5};

	text_copy(letter.avrs_id, ID);
	text_copy(letter.type, "EFT");
	text_copy(letter.name, name);
	text_copy(letter.dropped_name, name);
	memset(letter.sha256, 'a', SHA256_HEX);
	return letter;
}

static void letters_are_posted_in_their_order_with_their_times(void)
{
	OWNED_FIXTURE struct fixture f;
	struct letter letters[2];
	struct letter letter;
	struct provider provider;
	bool found = false;
	struct err err;

	fixture_open(&f);
	letters[0] = found_as(41, 1000, "EFT_1.pdf");
	letters[1] = found_as(40, 2000, "EFT_2.pdf");
	CU_ASSERT_EQUAL(found_letters(&f.spool, letters, 2, &err), 0);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(letter_find(f.catalog, letters[i].id, &letter, &found, &err), 0);
		CU_ASSERT_TRUE(found && letter.electronic == ELECTRONIC_POSTED);
		CU_ASSERT_EQUAL(letter.sequence, i + 1);
		CU_ASSERT_EQUAL(letter.posted, (i + 1) * 1000);
	}
	/* Until it is imported its letters go to paper; nobody is told of those that came back. */
	CU_ASSERT_EQUAL(provider_find(f.catalog, ID, &provider, &found, &err), 0);
	CU_ASSERT_TRUE(found && !provider.active);
	CU_ASSERT_EQUAL(provider.last_sequence, 2);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM notification"), 0);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM event WHERE what = 'letter.restored'"), 2);
}

static void ids_that_were_found_are_given_to_nothing_else(void)
{
	OWNED_FIXTURE struct fixture f;
	struct letter letter = found_as(41, 1000, "EFT_1.pdf");
	int64_t id = 0;
	struct err err;

	fixture_open(&f);
	CU_ASSERT_EQUAL(found_letters(&f.spool, &letter, 1, &err), 0);
	letter = found_as(7, 1000, "EFT_2.pdf");
	CU_ASSERT_EQUAL(found_letters(&f.spool, &letter, 1, &err), 0);
	CU_ASSERT_EQUAL(catalog_take_ids(f.catalog, "letter", 1, &id, &err), 0);
	CU_ASSERT_EQUAL(id, 42);
}

static void a_name_that_another_letter_has_keeps_all_of_them_out(void)
{
	OWNED_FIXTURE struct fixture f;
	struct letter letters[2];
	struct err err;

	fixture_open(&f);
	letters[0] = found_as(1, 1000, "EFT_1.pdf");
	letters[1] = found_as(2, 2000, "EFT_1.pdf");
	CU_ASSERT_TRUE(fails(found_letters(&f.spool, letters, 2, &err), &err, ERR_CONFLICT));
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM letter"), 0);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM provider"), 0);
}

static void a_letter_on_paper_keeps_its_state(void)
{
	static const enum paper states[] = {PAPER_QUEUED, PAPER_HANDED_OVER, PAPER_WITHDRAWN};
	OWNED_FIXTURE struct fixture f;
	struct err err;

	fixture_open(&f);
	for (size_t i = 0; i < COUNT(states); i++) {
		char name[32];
		struct letter letter;
		bool found = false;

		(void)snprintf(name, sizeof(name), "EFT_%zu.pdf", i);
		letter = found_as((int64_t)i + 1, 0, name);
		letter.paper = states[i];
		letter.queued = 77;
		text_copy(letter.paper_date, "2024-05-15");
		text_copy(letter.paper_reason, "the provider has no account (R2)");
		CU_ASSERT_EQUAL(found_paper(&f.spool, &letter, &err), 0);
		CU_ASSERT_EQUAL(letter_find(f.catalog, (int64_t)i + 1, &letter, &found, &err), 0);
		CU_ASSERT_TRUE(found && letter.paper == states[i]);
		CU_ASSERT_EQUAL(letter.electronic, ELECTRONIC_NONE);
		CU_ASSERT_EQUAL(letter.placed, 77);
	}
}

static void a_refused_file_can_be_released_again(void)
{
	OWNED_FIXTURE struct fixture f;
	struct intake intake = {.id = 9, .state = INTAKE_QUARANTINED, .seen = 5, .changed = 5};
	struct intake read;
	bool found = false;
	struct err err;

	fixture_open(&f);
	text_copy(intake.avrs_id, ID);
	text_copy(intake.name, "EFT_1.pdf");
	text_copy(intake.reason, "not a PDF");
	text_copy(intake.path, "quarantine/2024-05-15/9_EFT_1.pdf");
	CU_ASSERT_EQUAL(found_quarantined(&f.spool, &intake, &err), 0);
	CU_ASSERT_EQUAL(intake_want(f.catalog, &f.spool.actor, 9, WISH_RELEASE, &err), 0);
	CU_ASSERT_EQUAL(
	    intake_next_wanted(f.catalog, f.spool.actor.node, 0, &read, &found, &err), 0);
	CU_ASSERT_TRUE(found);
	CU_ASSERT_STRING_EQUAL(read.path, intake.path);
}

void add_suite_found(CU_pSuite suite)
{
	TEST(letters_are_posted_in_their_order_with_their_times);
	TEST(ids_that_were_found_are_given_to_nothing_else);
	TEST(a_name_that_another_letter_has_keeps_all_of_them_out);
	TEST(a_letter_on_paper_keeps_its_state);
	TEST(a_refused_file_can_be_released_again);
}
