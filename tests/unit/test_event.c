/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/event.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_event(CU_pSuite suite);

static const struct actor actor = {"node-a", "operator root"};

struct seen {
	char text[256];
	int stop_after;
};

static int note(const struct event *event, int64_t at, const char *who, void *arg, struct err *err)
{
	struct seen *seen = arg;
	size_t used = strlen(seen->text);

	if (seen->stop_after-- == 0)
		return err_set(err, ERR_USAGE, "enough");
	(void)snprintf(seen->text + used, sizeof(seen->text) - used, "%s|%s|%s|%s|%lld|%s|%lld;",
	    event->what, who, event->login ? event->login : "-",
	    event->avrs_id ? event->avrs_id : "-", (long long)event->letter_id,
	    event->detail ? event->detail : "-", (long long)(at - FIXTURE_NOW));
	return 0;
}

static void tells_of_a_letter_in_order(void)
{
	OWNED_FIXTURE struct fixture f;
	struct seen seen = {.stop_after = 9};
	struct err err;

	fixture_open(&f);
	CU_ASSERT_EQUAL(
	    event_add(f.catalog, &actor, &(struct event){.what = "a", .letter_id = 7}, &err), 0);
	CU_ASSERT_EQUAL(
	    event_add(f.catalog, &actor, &(struct event){.what = "b", .letter_id = 8}, &err), 0);
	clock_freeze(FIXTURE_NOW + 3);
	CU_ASSERT_EQUAL(event_add(f.catalog, &actor,
	                    &(struct event){.what = "c",
	                        .login = "ann",
	                        .avrs_id = "123456789",
	                        .letter_id = 7,
	                        .detail = "k=v"},
	                    &err),
	    0);
	CU_ASSERT_EQUAL(event_list_of_letter(f.catalog, 7, note, &seen, &err), 0);
	CU_ASSERT_STRING_EQUAL(
	    seen.text, "a|operator root|-|-|7|-|0;c|operator root|ann|123456789|7|k=v|3;");
}

static void leaves_out_what_does_not_apply(void)
{
	OWNED_FIXTURE struct fixture f;
	struct err err;

	fixture_open(&f);
	CU_ASSERT_EQUAL(event_add(f.catalog, &actor, &(struct event){.what = "a"}, &err), 0);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM event WHERE what = 'a' AND"
	                                   " node = 'node-a' AND login IS NULL AND avrs_id IS NULL"
	                                   " AND letter_id IS NULL AND detail IS NULL"),
	    1);
}

static void has_nothing_to_tell_of_a_letter_without_events(void)
{
	OWNED_FIXTURE struct fixture f;
	struct seen seen = {.stop_after = 9};
	struct err err;

	fixture_open(&f);
	CU_ASSERT_EQUAL(event_list_of_letter(f.catalog, 7, note, &seen, &err), 0);
	CU_ASSERT_STRING_EQUAL(seen.text, "");
}

static void stops_when_it_is_told_to(void)
{
	OWNED_FIXTURE struct fixture f;
	struct seen seen = {.stop_after = 1};
	struct err err;

	fixture_open(&f);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(event_add(f.catalog, &actor,
		                    &(struct event){.what = "a", .letter_id = 7}, &err),
		    0);
	CU_ASSERT_TRUE(
	    fails(event_list_of_letter(f.catalog, 7, note, &seen, &err), &err, ERR_USAGE));
	CU_ASSERT_STRING_EQUAL(seen.text, "a|operator root|-|-|7|-|0;");
}

static void takes_ids_that_were_taken_before(void)
{
	OWNED_FIXTURE struct fixture f;
	int64_t first = 0;
	struct err err;

	fixture_open(&f);
	CU_ASSERT_EQUAL(catalog_take_ids(f.catalog, "event", 2, &first, &err), 0);
	CU_ASSERT_EQUAL(event_add(f.catalog, &actor, &(struct event){.what = "late"}, &err), 0);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(event_add_as(f.catalog, first + i, &actor,
		                    &(struct event){.what = "early"}, &err),
		    0);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT MAX(id) FROM event WHERE what = 'early'") + 1,
	    fixture_number(&f, "SELECT id FROM event WHERE what = 'late'"));
	CU_ASSERT_TRUE(
	    fails(event_add_as(f.catalog, first, &actor, &(struct event){.what = "again"}, &err),
	        &err, ERR_CONFLICT));
}

static int add_and_fail(struct catalog *catalog, void *arg, struct err *err)
{
	(void)arg;
	if (event_add(catalog, &actor, &(struct event){.what = "never"}, err) < 0)
		return -1;
	return err_set(err, ERR_REFUSED, "no");
}

/* What did not happen is not told of, and its number goes to the next one: no gaps in the log. */
static void goes_with_the_transaction_that_it_tells_of(void)
{
	OWNED_FIXTURE struct fixture f;
	struct err err;

	fixture_open(&f);
	CU_ASSERT_EQUAL(event_add(f.catalog, &actor, &(struct event){.what = "a"}, &err), 0);
	CU_ASSERT_EQUAL(catalog_transact(f.catalog, add_and_fail, NULL, &err), -1);
	CU_ASSERT_EQUAL(event_add(f.catalog, &actor, &(struct event){.what = "b"}, &err), 0);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM event WHERE what = 'never'"), 0);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT MAX(id) - MIN(id) FROM event"), 1);
}

void add_suite_event(CU_pSuite suite)
{
	TEST(tells_of_a_letter_in_order);
	TEST(leaves_out_what_does_not_apply);
	TEST(has_nothing_to_tell_of_a_letter_without_events);
	TEST(stops_when_it_is_told_to);
	TEST(takes_ids_that_were_taken_before);
	TEST(goes_with_the_transaction_that_it_tells_of);
}
