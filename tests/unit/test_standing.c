/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/standing.h"

#include "base/text.h"
#include "spool/intake.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_standing(CU_pSuite suite);

#define ID    "123456789"
#define OTHER "200000002"
#define EMPTY "300000003"

static void hold(const struct fixture *f, int64_t id, enum letter_class class)
{
	struct intake intake = {
	    .id = id, .class = class, .avrs_id = ID, .name = "a", .state = INTAKE_HELD};
	struct err err;

	CU_ASSERT_EQUAL(intake_add(f->catalog, "test", &intake, &err), 0);
}

/* ann (account 1) is at three AVRS IDs: one with everything, one with posted letters, one empty. */
static void open_with_letters(struct fixture *f)
{
	struct letter letter;

	fixture_open(f);
	scratch_provider(&f->spool, ID);
	scratch_provider(&f->spool, OTHER);
	scratch_provider(&f->spool, EMPTY);
	(void)fixture_clerk(f, "ann", ID);
	fixture_grant(f, "ann", OTHER, "e-delivery-only");
	fixture_grant(f, "ann", EMPTY, "e-delivery-only");
	fixture_posted(f, OTHER, CLASS_EDELIVERY, "EFT_1.pdf", &letter);
	fixture_letter(f, ID, CLASS_EDELIVERY, "EFT_1.pdf", &letter);
	clock_freeze(FIXTURE_NOW + 1);
	fixture_posted(f, OTHER, CLASS_EDELIVERY, "EFT_2.pdf", &letter);
	fixture_posted(f, OTHER, CLASS_TRADE_FILES, "RA_1.835", &letter);
	fixture_letter(f, ID, CLASS_TRADE_FILES, "RA_2.835", &letter);
	clock_freeze(FIXTURE_NOW + 2);
	hold(f, 1001, CLASS_EDELIVERY);
	hold(f, 1002, CLASS_EDELIVERY);
	clock_freeze(FIXTURE_NOW + 3);
	fixture_letter(f, ID, CLASS_TRADE_FILES, "RA_3.835", &letter);
	fixture_sql(f, "UPDATE intake SET changed = 1715774400000002");
}

static void check(const struct standing *s, const int64_t expected[6])
{
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	for (enum letter_class class = CLASS_EDELIVERY; class < CLASS_COUNT; class ++) {
		CU_ASSERT_EQUAL(s->posting[class], expected[3 * class]);
		CU_ASSERT_EQUAL(s->since[class], expected[3 * class + 1]);
		CU_ASSERT_EQUAL(s->oldest[class], expected[3 * class + 2]);
	}
}

/* R10: held in the drop folder, and half posted, each class for itself. */
static void counts_what_is_on_its_way_and_finds_the_oldest(void)
{
	static const int64_t of_id[] = {3, FIXTURE_NOW + 2, 0, 2, FIXTURE_NOW + 3, 0};
	static const int64_t of_other[] = {0, 0, FIXTURE_NOW, 0, 0, FIXTURE_NOW + 1};
	OWNED_FIXTURE struct fixture f;
	OWNED_STANDING struct standing *all = NULL;
	struct err err;

	open_with_letters(&f);
	CU_ASSERT_EQUAL(standing_load(f.catalog, 1, "", &all, &err), 0);
	check(standing_find(all, ID), of_id);
	check(standing_find(all, OTHER), of_other);
	CU_ASSERT_PTR_NULL(standing_find(all, EMPTY));
	CU_ASSERT_PTR_NULL(standing_find(all, "999999999"));
}

static void is_loaded_of_one_avrs_id_alone(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_STANDING struct standing *all = NULL;
	OWNED_STANDING struct standing *none = NULL;
	struct err err;

	open_with_letters(&f);
	CU_ASSERT_EQUAL(standing_load(f.catalog, 1, ID, &all, &err), 0);
	CU_ASSERT_PTR_NOT_NULL(standing_find(all, ID));
	CU_ASSERT_PTR_NULL(standing_find(all, OTHER));
	CU_ASSERT_EQUAL(standing_load(f.catalog, 2, ID, &none, &err), 0);
	CU_ASSERT_PTR_NULL(standing_find(none, ID));
}

static void tells_whether_something_was_renewed(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_STANDING struct standing *all = NULL;
	struct err err;

	open_with_letters(&f);
	fixture_sql(&f, "INSERT INTO acknowledgement (account_id, avrs_id, sequence, renewed)"
	                " VALUES (1, '" EMPTY "', 1, 1), (1, '" EMPTY "', 7, 0),"
	                " (1, '" OTHER "', 2, 0)");
	CU_ASSERT_EQUAL(standing_load(f.catalog, 1, "", &all, &err), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(standing_find(all, EMPTY));
	CU_ASSERT_TRUE(standing_find(all, EMPTY)->has_renewed);
	CU_ASSERT_FALSE(standing_find(all, OTHER)->has_renewed);
}

static void is_empty_for_an_account_without_roles(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_STANDING struct standing *all = NULL;
	struct err err;

	open_with_letters(&f);
	CU_ASSERT_EQUAL(standing_load(f.catalog, 42, "", &all, &err), 0);
	CU_ASSERT_PTR_NULL(all);
	CU_ASSERT_PTR_NULL(standing_find(all, ID));
}

void add_suite_standing(CU_pSuite suite)
{
	TEST(counts_what_is_on_its_way_and_finds_the_oldest);
	TEST(is_loaded_of_one_avrs_id_alone);
	TEST(tells_whether_something_was_renewed);
	TEST(is_empty_for_an_account_without_roles);
}
