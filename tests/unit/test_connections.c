/* SPDX-License-Identifier: Apache-2.0 */
#include "server/connections.h"

#include "base/clean.h"
#include "tests/unit/suite.h"

void add_suite_connections(CU_pSuite suite);

#define OWNED_CONNECTIONS OWNED(connections_done)

static const struct settings settings = {.server_sessions = 6,
    .server_sessions_per_address = 3,
    .server_strangers = 4,
    .server_strangers_per_address = 2};

static int one;
static int other;

static void add(
    struct connections *connections, int64_t number, const char *address, bool logged_in)
{
	struct connection *c = connections_add(connections, number, address, &one);

	if (logged_in)
		connections_welcome(connections, c);
}

static void finds_what_was_added_until_it_is_forgotten(void)
{
	OWNED_CONNECTIONS struct connections connections = {.first = NULL};
	struct connection *c = connections_add(&connections, 7, "192.0.2.1", &one);

	CU_ASSERT_TRUE(c->is_stranger);
	CU_ASSERT_STRING_EQUAL(c->address, "192.0.2.1");
	CU_ASSERT_PTR_EQUAL(connections_find(&connections, 7), c);
	CU_ASSERT_PTR_NULL(connections_find(&connections, 8));
	connections_forget(&connections, c);
	CU_ASSERT_PTR_NULL(connections_find(&connections, 7));
	CU_ASSERT_EQUAL(connections_count(&connections), 0);
}

static void forgets_the_sessions_of_a_broker_and_no_others(void)
{
	OWNED_CONNECTIONS struct connections connections = {.first = NULL};

	for (int64_t i = 0; i < 10; i++)
		connections_add(&connections, i, "::1", i % 2 ? &one : &other);
	CU_ASSERT_EQUAL(connections_of_broker(&connections, &one), 5);
	connections_forget_broker(&connections, &one);
	CU_ASSERT_EQUAL(connections_of_broker(&connections, &one), 0);
	CU_ASSERT_EQUAL(connections_of_broker(&connections, &other), 5);
	CU_ASSERT_EQUAL(connections_count(&connections), 5);
}

static void bounds_what_comes_from_one_address(void)
{
	OWNED_CONNECTIONS struct connections connections = {.first = NULL};

	CU_ASSERT_EQUAL(connections_judge(&connections, &settings, "a"), REFUSAL_NONE);
	add(&connections, 1, "a", false);
	add(&connections, 2, "a", false);
	CU_ASSERT_EQUAL(connections_judge(&connections, &settings, "a"), REFUSAL_STRANGERS_ADDRESS);
	CU_ASSERT_EQUAL(connections_judge(&connections, &settings, "b"), REFUSAL_NONE);
	for (int i = 0; i < 2; i++) /* the second time it is none any more */
		connections_welcome(&connections, connections_find(&connections, 1));
	CU_ASSERT_EQUAL(connections_strangers(&connections), 1);
	CU_ASSERT_EQUAL(connections_judge(&connections, &settings, "a"), REFUSAL_NONE);
	add(&connections, 3, "a", true);
	CU_ASSERT_EQUAL(connections_judge(&connections, &settings, "a"), REFUSAL_SESSIONS_ADDRESS);
	CU_ASSERT_EQUAL(connections_judge(&connections, &settings, "b"), REFUSAL_NONE);
}

/* A stranger that leaves is none any more, nor is one that had logged in. */
static void counts_no_more_what_is_forgotten(void)
{
	OWNED_CONNECTIONS struct connections connections = {.first = NULL};

	for (int round = 0; round < 3; round++) {
		add(&connections, 1, "a", false);
		add(&connections, 2, "a", false);
		add(&connections, 3, "a", true);
		CU_ASSERT_EQUAL(connections_strangers(&connections), 2);
		CU_ASSERT_EQUAL(
		    connections_judge(&connections, &settings, "a"), REFUSAL_SESSIONS_ADDRESS);
		for (int64_t i = 1; i <= 3; i++)
			connections_forget(&connections, connections_find(&connections, i));
		CU_ASSERT_EQUAL(connections_strangers(&connections), 0);
		CU_ASSERT_EQUAL(connections_judge(&connections, &settings, "a"), REFUSAL_NONE);
	}
}

static void bounds_what_there_is_in_all(void)
{
	OWNED_CONNECTIONS struct connections connections = {.first = NULL};
	static const char *const addresses[] = {"a", "b", "c", "d", "e", "f"};

	for (int i = 0; i < 4; i++)
		add(&connections, i, addresses[i], false);
	CU_ASSERT_EQUAL(connections_judge(&connections, &settings, "g"), REFUSAL_STRANGERS);
	for (int i = 0; i < 4; i++)
		connections_welcome(&connections, connections_find(&connections, i));
	CU_ASSERT_EQUAL(connections_judge(&connections, &settings, "g"), REFUSAL_NONE);
	for (int i = 4; i < 6; i++)
		add(&connections, i, addresses[i], true);
	CU_ASSERT_EQUAL(connections_judge(&connections, &settings, "g"), REFUSAL_SESSIONS);
}

void add_suite_connections(CU_pSuite suite)
{
	TEST(finds_what_was_added_until_it_is_forgotten);
	TEST(forgets_the_sessions_of_a_broker_and_no_others);
	TEST(bounds_what_comes_from_one_address);
	TEST(counts_no_more_what_is_forgotten);
	TEST(bounds_what_there_is_in_all);
}
