/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/intake.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_intake(CU_pSuite suite);

static void add(const struct fixture *f, int64_t id, const char *name, enum intake_state state)
{
	struct intake intake = {.id = id, .state = state, .seen = id, .changed = id};
	struct err err;

	text_copy(intake.avrs_id, "123456789");
	text_copy(intake.name, name);
	CU_ASSERT_EQUAL(intake_add(f->catalog, "node-a", &intake, &err), 0);
}

static void find(const struct fixture *f, int64_t id, struct intake *ret_intake)
{
	bool found = false;
	struct err err;

	CU_ASSERT_EQUAL(intake_find(f->catalog, id, ret_intake, &found, &err), 0);
	CU_ASSERT_TRUE_FATAL(found);
}

static void reads_back_all_that_was_added(void)
{
	OWNED_FIXTURE struct fixture f;
	struct intake intake = {.id = 5,
	    .class = CLASS_TRADE_FILES,
	    .state = INTAKE_DUPLICATE,
	    .size = INT64_C(5000000000),
	    .source = {INT64_C(0x100000001), INT64_MAX, -3},
	    .seen = 11,
	    .changed = 12,
	    .first_id = 4};
	struct intake found;
	struct err err;

	fixture_open(&f);
	text_copy(intake.avrs_id, "123456789");
	memset(intake.name, 'x', sizeof(intake.name) - 1);
	text_copy(intake.reason, "the same as letter 4");
	text_copy(intake.path, "quarantine/2024-05-15/5_x");
	CU_ASSERT_EQUAL(intake_add(f.catalog, "node-a", &intake, &err), 0);
	find(&f, 5, &found);
	CU_ASSERT_EQUAL(found.id, 5);
	CU_ASSERT_EQUAL(found.class, CLASS_TRADE_FILES);
	CU_ASSERT_EQUAL(found.state, INTAKE_DUPLICATE);
	CU_ASSERT_EQUAL(found.size, intake.size);
	CU_ASSERT_EQUAL(found.source.device, intake.source.device);
	CU_ASSERT_EQUAL(found.source.inode, intake.source.inode);
	CU_ASSERT_EQUAL(found.source.changed, intake.source.changed);
	CU_ASSERT_EQUAL(found.seen, 11);
	CU_ASSERT_EQUAL(found.changed, 12);
	CU_ASSERT_EQUAL(found.first_id, 4);
	CU_ASSERT_STRING_EQUAL(found.avrs_id, intake.avrs_id);
	CU_ASSERT_STRING_EQUAL(found.name, intake.name);
	CU_ASSERT_STRING_EQUAL(found.reason, intake.reason);
	CU_ASSERT_STRING_EQUAL(found.path, intake.path);
}

static void keeps_every_state(void)
{
	static const char *const names[] = {
	    "held", "quarantined", "taken", "duplicate", "discarded", "gone"};
	OWNED_FIXTURE struct fixture f;
	struct intake found;

	fixture_open(&f);
	CU_ASSERT_EQUAL_FATAL(INTAKE_COUNT, COUNT(names));
	for (enum intake_state state = INTAKE_HELD; state < INTAKE_COUNT; state++) {
		CU_ASSERT_STRING_EQUAL(intake_state_name(state), names[state]);
		add(&f, 10 + (int64_t)state, "a", state);
		find(&f, 10 + (int64_t)state, &found);
		CU_ASSERT_EQUAL(found.state, state);
	}
}

static void stores_nothing_where_there_is_no_path_or_first_letter(void)
{
	OWNED_FIXTURE struct fixture f;
	struct intake found;

	fixture_open(&f);
	add(&f, 5, "a", INTAKE_HELD);
	find(&f, 5, &found);
	CU_ASSERT_STRING_EQUAL(found.path, "");
	CU_ASSERT_EQUAL(found.first_id, 0);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM intake WHERE path IS NULL AND"
	                                   " first_id IS NULL AND node = 'node-a'"),
	    1);
}

static void refuses_an_id_that_is_taken(void)
{
	OWNED_FIXTURE struct fixture f;
	const struct intake again = {.id = 5};
	struct err err;

	fixture_open(&f);
	add(&f, 5, "a", INTAKE_HELD);
	CU_ASSERT_TRUE(fails(intake_add(f.catalog, "node-a", &again, &err), &err, ERR_CONFLICT));
}

static void changes_what_may_change_and_nothing_else(void)
{
	OWNED_FIXTURE struct fixture f;
	struct intake intake = {.id = 5,
	    .class = CLASS_TRADE_FILES,
	    .state = INTAKE_QUARANTINED,
	    .size = 9,
	    .source = {1, 2, 3},
	    .seen = 99,
	    .changed = 77,
	    .first_id = 4};
	struct intake found;
	struct err err;

	fixture_open(&f);
	add(&f, 5, "a", INTAKE_HELD);
	add(&f, 6, "b", INTAKE_HELD);
	text_copy(intake.name, "another");
	text_copy(intake.reason, "cut off");
	text_copy(intake.path, "quarantine/x");
	CU_ASSERT_EQUAL(intake_update(f.catalog, &intake, &err), 0);
	find(&f, 5, &found);
	CU_ASSERT_EQUAL(found.state, INTAKE_QUARANTINED);
	CU_ASSERT_EQUAL(found.size, 9);
	CU_ASSERT_EQUAL(found.source.changed, 3);
	CU_ASSERT_EQUAL(found.changed, 77);
	CU_ASSERT_EQUAL(found.first_id, 4);
	CU_ASSERT_STRING_EQUAL(found.reason, "cut off");
	CU_ASSERT_STRING_EQUAL(found.path, "quarantine/x");
	/* Where it was dropped, as what, and when it was first seen stay. */
	CU_ASSERT_EQUAL(found.class, CLASS_EDELIVERY);
	CU_ASSERT_STRING_EQUAL(found.name, "a");
	CU_ASSERT_EQUAL(found.seen, 5);
	find(&f, 6, &found);
	CU_ASSERT_EQUAL(found.state, INTAKE_HELD);
}

static void takes_only_what_is_held(void)
{
	OWNED_FIXTURE struct fixture f;
	struct intake found;
	struct err err;

	fixture_open(&f);
	for (enum intake_state state = INTAKE_HELD; state < INTAKE_COUNT; state++)
		add(&f, 10 + (int64_t)state, "a", state);
	for (enum intake_state state = INTAKE_HELD; state < INTAKE_COUNT; state++) {
		CU_ASSERT_EQUAL(intake_set_taken(f.catalog, 10 + (int64_t)state, &err), 0);
		find(&f, 10 + (int64_t)state, &found);
		CU_ASSERT_EQUAL(found.state, state == INTAKE_HELD ? INTAKE_TAKEN : state);
		CU_ASSERT_EQUAL(
		    found.changed, state == INTAKE_HELD ? FIXTURE_NOW : 10 + (int64_t)state);
	}
	CU_ASSERT_EQUAL(intake_set_taken(f.catalog, 99, &err), 0);
}

static void finds_nothing_and_leaves_the_result_alone(void)
{
	OWNED_FIXTURE struct fixture f;
	struct intake intake = {.id = 42};
	bool found = true;
	struct err err;

	fixture_open(&f);
	CU_ASSERT_EQUAL(intake_find(f.catalog, 5, &intake, &found, &err), 0);
	CU_ASSERT_FALSE(found);
	found = true;
	CU_ASSERT_EQUAL(
	    intake_find_name(f.catalog, "123456789", CLASS_EDELIVERY, "a", &intake, &found, &err),
	    0);
	CU_ASSERT_FALSE(found);
	CU_ASSERT_EQUAL(intake.id, 42);
}

static void finds_the_newest_of_a_name(void)
{
	OWNED_FIXTURE struct fixture f;
	struct intake intake;
	bool found = false;
	struct err err;

	fixture_open(&f);
	add(&f, 5, "a", INTAKE_HELD);
	add(&f, 7, "a", INTAKE_QUARANTINED);
	add(&f, 6, "a", INTAKE_TAKEN);
	add(&f, 8, "b", INTAKE_HELD);
	CU_ASSERT_EQUAL(
	    intake_find_name(f.catalog, "123456789", CLASS_EDELIVERY, "a", &intake, &found, &err),
	    0);
	CU_ASSERT_TRUE(found);
	CU_ASSERT_EQUAL(intake.id, 7);
	CU_ASSERT_EQUAL(
	    intake_find_name(f.catalog, "123456789", CLASS_TRADE_FILES, "a", &intake, &found, &err),
	    0);
	CU_ASSERT_FALSE(found);
	CU_ASSERT_EQUAL(
	    intake_find_name(f.catalog, "123456780", CLASS_EDELIVERY, "a", &intake, &found, &err),
	    0);
	CU_ASSERT_FALSE(found);
}

struct seen {
	char ids[64];
	int stop_after;
};

static int note(const struct intake *intake, void *arg, struct err *err)
{
	struct seen *seen = arg;
	size_t used = strlen(seen->ids);

	if (seen->stop_after-- == 0)
		return err_set(err, ERR_USAGE, "enough");
	(void)snprintf(seen->ids + used, sizeof(seen->ids) - used, "%lld ", (long long)intake->id);
	return 0;
}

static void lists_those_in_a_state_oldest_first(void)
{
	OWNED_FIXTURE struct fixture f;
	struct seen seen = {.stop_after = 9};
	struct err err;

	fixture_open(&f);
	add(&f, 9, "c", INTAKE_HELD);
	add(&f, 5, "a", INTAKE_HELD);
	add(&f, 7, "b", INTAKE_QUARANTINED);
	CU_ASSERT_EQUAL(intake_list(f.catalog, NULL, INTAKE_HELD, note, &seen, &err), 0);
	CU_ASSERT_STRING_EQUAL(seen.ids, "5 9 ");
	CU_ASSERT_EQUAL(intake_list(f.catalog, NULL, INTAKE_QUARANTINED, note, &seen, &err), 0);
	CU_ASSERT_STRING_EQUAL(seen.ids, "5 9 7 ");
	seen = (struct seen){.stop_after = 1};
	CU_ASSERT_TRUE(
	    fails(intake_list(f.catalog, NULL, INTAKE_HELD, note, &seen, &err), &err, ERR_USAGE));
	CU_ASSERT_STRING_EQUAL(seen.ids, "5 ");
	/* Machines may have drop folders of their own. */
	fixture_sql(&f, "UPDATE intake SET node = 'another' WHERE id = 5");
	seen = (struct seen){.stop_after = 9};
	CU_ASSERT_EQUAL(intake_list(f.catalog, "another", INTAKE_HELD, note, &seen, &err), 0);
	CU_ASSERT_STRING_EQUAL(seen.ids, "5 ");
	CU_ASSERT_EQUAL(intake_list(f.catalog, "third", INTAKE_HELD, note, &seen, &err), 0);
	CU_ASSERT_STRING_EQUAL(seen.ids, "5 ");
}

static void lists_what_is_held_of_one_avrs_id(void)
{
	OWNED_FIXTURE struct fixture f;
	struct seen seen = {.stop_after = 9};
	struct err err;

	fixture_open(&f);
	add(&f, 9, "c", INTAKE_HELD);
	add(&f, 5, "a", INTAKE_HELD);
	add(&f, 7, "b", INTAKE_QUARANTINED);
	add(&f, 8, "d", INTAKE_HELD);
	fixture_sql(&f, "UPDATE intake SET avrs_id = '222222222' WHERE id = 8");
	CU_ASSERT_EQUAL(intake_list_held(f.catalog, "123456789", note, &seen, &err), 0);
	CU_ASSERT_STRING_EQUAL(seen.ids, "5 9 ");
	CU_ASSERT_EQUAL(intake_list_held(f.catalog, "222222222", note, &seen, &err), 0);
	CU_ASSERT_EQUAL(intake_list_held(f.catalog, "", note, &seen, &err), 0);
	CU_ASSERT_STRING_EQUAL(seen.ids, "5 9 8 ");
}

static void wants_something_of_quarantined_files_only(void)
{
	static const struct actor actor = {"node-a", "operator test"};
	OWNED_FIXTURE struct fixture f;
	struct intake intake;
	bool found = false;
	struct err err;

	fixture_open(&f);
	add(&f, 5, "a", INTAKE_QUARANTINED);
	add(&f, 6, "b", INTAKE_HELD);
	add(&f, 7, "c", INTAKE_QUARANTINED);
	CU_ASSERT_EQUAL(intake_want(f.catalog, &actor, 7, WISH_DISCARD, &err), 0);
	CU_ASSERT_EQUAL(intake_want(f.catalog, &actor, 5, WISH_RELEASE, &err), 0);
	CU_ASSERT_TRUE(
	    fails(intake_want(f.catalog, &actor, 6, WISH_RELEASE, &err), &err, ERR_REFUSED));
	CU_ASSERT_TRUE(
	    fails(intake_want(f.catalog, &actor, 8, WISH_RELEASE, &err), &err, ERR_REFUSED));
	CU_ASSERT_EQUAL(intake_next_wanted(f.catalog, "node-a", 0, &intake, &found, &err), 0);
	CU_ASSERT_TRUE(found && intake.id == 5 && intake.wanted == WISH_RELEASE);
	CU_ASSERT_EQUAL(intake_next_wanted(f.catalog, "node-a", 5, &intake, &found, &err), 0);
	CU_ASSERT_TRUE(found && intake.id == 7 && intake.wanted == WISH_DISCARD);
	CU_ASSERT_EQUAL(intake_next_wanted(f.catalog, "node-a", 7, &intake, &found, &err), 0);
	CU_ASSERT_FALSE(found);
	/* Another node has other files. */
	CU_ASSERT_EQUAL(intake_next_wanted(f.catalog, "node-b", 0, &intake, &found, &err), 0);
	CU_ASSERT_FALSE(found);
	/* What became of it ends what was wanted. */
	find(&f, 5, &intake);
	CU_ASSERT_EQUAL(intake_update(f.catalog, &intake, &err), 0);
	find(&f, 5, &intake);
	CU_ASSERT_EQUAL(intake.wanted, WISH_NONE);
}

void add_suite_intake(CU_pSuite suite)
{
	TEST(reads_back_all_that_was_added);
	TEST(keeps_every_state);
	TEST(stores_nothing_where_there_is_no_path_or_first_letter);
	TEST(refuses_an_id_that_is_taken);
	TEST(changes_what_may_change_and_nothing_else);
	TEST(takes_only_what_is_held);
	TEST(finds_nothing_and_leaves_the_result_alone);
	TEST(finds_the_newest_of_a_name);
	TEST(lists_those_in_a_state_oldest_first);
	TEST(lists_what_is_held_of_one_avrs_id);
	TEST(wants_something_of_quarantined_files_only);
}
