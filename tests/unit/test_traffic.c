/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/traffic.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_traffic(CU_pSuite suite);

/* What traffic_list() told: nodes, and some of their numbers. */
struct told {
	char text[512];
};

static int tell(const char *node, const struct traffic *traffic, void *arg, struct err *err)
{
	struct told *told = arg;
	size_t length = strlen(told->text);

	(void)err;
	(void)snprintf(told->text + length, sizeof(told->text) - length,
	    "%s: %d accepted, %d logins, %d now; ", node, (int)traffic->values[TRAFFIC_ACCEPTED],
	    (int)traffic->values[TRAFFIC_LOGINS], (int)traffic->values[TRAFFIC_SESSIONS]);
	return 0;
}

static void expect(const struct fixture *f, const char *text)
{
	struct told told = {""};
	struct err err;

	CU_ASSERT_EQUAL(traffic_list(f->catalog, tell, &told, &err), 0);
	CU_ASSERT_STRING_EQUAL(told.text, text);
}

static void add(const struct fixture *f, const char *node, int accepted, int logins, int sessions)
{
	struct traffic traffic = {.has_now = true};
	struct err err;

	traffic.values[TRAFFIC_ACCEPTED] = accepted;
	traffic.values[TRAFFIC_LOGINS] = logins;
	traffic.values[TRAFFIC_SESSIONS] = sessions;
	CU_ASSERT_EQUAL(traffic_add(f->catalog, node, &traffic, &err), 0);
}

static void adds_totals_up_and_keeps_the_last_of_what_is_there_now(void)
{
	OWNED_FIXTURE struct fixture f;

	fixture_open(&f);
	expect(&f, "");
	add(&f, "a", 3, 2, 2);
	add(&f, "a", 1, 0, 1);
	expect(&f, "a: 4 accepted, 2 logins, 1 now; ");
	add(&f, "a", 0, 0, 0);
	expect(&f, "a: 4 accepted, 2 logins, 0 now; ");
}

static void leaves_what_is_there_now_to_who_knows_it(void)
{
	OWNED_FIXTURE struct fixture f;
	struct traffic traffic = {.has_now = false};
	struct err err;

	fixture_open(&f);
	add(&f, "a", 1, 1, 1);
	traffic.values[TRAFFIC_LOGINS] = 2;
	CU_ASSERT_EQUAL(traffic_add(f.catalog, "a", &traffic, &err), 0);
	expect(&f, "a: 1 accepted, 3 logins, 1 now; ");
}

static void keeps_the_servers_apart(void)
{
	OWNED_FIXTURE struct fixture f;

	fixture_open(&f);
	add(&f, "b", 1, 1, 1);
	add(&f, "a", 2, 0, 0);
	expect(&f, "a: 2 accepted, 0 logins, 0 now; b: 1 accepted, 1 logins, 1 now; ");
}

static void forgets_what_is_there_now_of_a_server_that_died(void)
{
	OWNED_FIXTURE struct fixture f;

	fixture_open(&f);
	add(&f, "a", 5, 4, 3);
	clock_freeze(FIXTURE_NOW + TRAFFIC_FRESH - 1);
	expect(&f, "a: 5 accepted, 4 logins, 3 now; ");
	clock_freeze(FIXTURE_NOW + TRAFFIC_FRESH);
	expect(&f, "a: 5 accepted, 4 logins, 0 now; ");
}

static void passes_over_what_a_newer_program_counts(void)
{
	OWNED_FIXTURE struct fixture f;

	fixture_open(&f);
	add(&f, "a", 1, 1, 1);
	fixture_sql(&f, "INSERT INTO traffic VALUES ('a', 'teapots', 7, 0)");
	expect(&f, "a: 1 accepted, 1 logins, 1 now; ");
}

static void has_a_name_and_a_title_for_every_kind(void)
{
	for (int i = 0; i < TRAFFIC_COUNT; i++) {
		CU_ASSERT_PTR_NOT_NULL_FATAL(traffic_name((enum traffic_kind)i));
		CU_ASSERT_PTR_NOT_NULL_FATAL(traffic_title((enum traffic_kind)i));
		for (int j = 0; j < i; j++)
			CU_ASSERT_STRING_NOT_EQUAL(
			    traffic_name((enum traffic_kind)i), traffic_name((enum traffic_kind)j));
	}
}

void add_suite_traffic(CU_pSuite suite)
{
	TEST(adds_totals_up_and_keeps_the_last_of_what_is_there_now);
	TEST(leaves_what_is_there_now_to_who_knows_it);
	TEST(keeps_the_servers_apart);
	TEST(forgets_what_is_there_now_of_a_server_that_died);
	TEST(passes_over_what_a_newer_program_counts);
	TEST(has_a_name_and_a_title_for_every_kind);
}
