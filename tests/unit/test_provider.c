/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/provider.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_provider(CU_pSuite suite);

#define ID "123456789"

static const struct {
	const char *avrs_id;
	const char *npi;
	const char *name;
	const char *kind;
	bool right;
} rows[] = {
    {ID, "", "", "billing", true},
    {ID, "1234567893", "Dr. Ren\xc3\xa9 O'Hara", "performing", true},
    {ID, "", "a \"clearing\" house, Inc.", "trading-partner", true},
    {"", "", "", "billing", false},
    {"12345678", "", "", "billing", false},
    {"../456789", "", "", "billing", false},
    {ID, "1234567890", "", "billing", false},
    {ID, "123", "", "billing", false},
    {ID, "", "", "", false},
    {ID, "", "", "clearinghouse", false},
    {ID, "", "two\nlines", "billing", false},
    {ID, "", "\xff", "billing", false},
};

static void takes_what_is_right_and_leaves_the_result_alone_otherwise(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct provider p = {.added = 42};
		struct err err;
		int result = provider_fill(
		    &p, rows[i].avrs_id, rows[i].npi, rows[i].name, rows[i].kind, &err);

		if (!rows[i].right) {
			CU_ASSERT_TRUE(fails(result, &err, ERR_REFUSED));
			CU_ASSERT_EQUAL(p.added, 42);
			continue;
		}
		CU_ASSERT_EQUAL(result, 0);
		CU_ASSERT_STRING_EQUAL(p.avrs_id, rows[i].avrs_id);
		CU_ASSERT_STRING_EQUAL(p.npi, rows[i].npi);
		CU_ASSERT_STRING_EQUAL(p.name, rows[i].name);
		CU_ASSERT_STRING_EQUAL(provider_kind_name(p.kind), rows[i].kind);
		CU_ASSERT_TRUE(p.active);
		CU_ASSERT_EQUAL(p.added, 0);
	}
}

static void takes_a_name_of_two_hundred_bytes(void)
{
	char name[PROVIDER_NAME_MAX + 2];
	struct provider p;
	struct err err;

	memset(name, 'x', sizeof(name));
	name[PROVIDER_NAME_MAX + 1] = '\0';
	CU_ASSERT_TRUE(fails(provider_fill(&p, ID, "", name, "billing", &err), &err, ERR_REFUSED));
	name[PROVIDER_NAME_MAX] = '\0';
	CU_ASSERT_EQUAL(provider_fill(&p, ID, "", name, "billing", &err), 0);
	CU_ASSERT_STRING_EQUAL(p.name, name);
}

static void fill(struct provider *ret_provider, const char *npi, const char *name, const char *kind)
{
	struct err err;

	CU_ASSERT_EQUAL_FATAL(provider_fill(ret_provider, ID, npi, name, kind, &err), 0);
}

static void adds_one_that_is_found_as_it_was(void)
{
	OWNED_FIXTURE struct fixture f;
	struct provider p;
	struct provider found;
	bool there = false;
	struct err err;

	fixture_open(&f);
	fill(&p, "1234567893", "Ren\xc3\xa9", "performing");
	CU_ASSERT_EQUAL(provider_add(f.catalog, &f.spool.actor, &p, &err), 0);
	CU_ASSERT_EQUAL(provider_find(f.catalog, ID, &found, &there, &err), 0);
	CU_ASSERT_TRUE_FATAL(there);
	CU_ASSERT_STRING_EQUAL(found.avrs_id, ID);
	CU_ASSERT_STRING_EQUAL(found.npi, "1234567893");
	CU_ASSERT_STRING_EQUAL(found.name, "Ren\xc3\xa9");
	CU_ASSERT_EQUAL(found.kind, KIND_PERFORMING);
	CU_ASSERT_TRUE(found.active);
	CU_ASSERT_EQUAL(found.added, FIXTURE_NOW);
	CU_ASSERT_EQUAL(found.last_sequence, 0);
	CU_ASSERT_EQUAL(found.last_posted, 0);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM event WHERE"
	                                   " what = 'provider.added' AND avrs_id = '123456789'"),
	    1);
}

static void adds_an_avrs_id_once(void)
{
	OWNED_FIXTURE struct fixture f;
	struct provider p;
	struct err err;

	fixture_open(&f);
	fill(&p, "1234567893", "first", "billing");
	CU_ASSERT_EQUAL(provider_add(f.catalog, &f.spool.actor, &p, &err), 0);
	fill(&p, "", "second", "performing");
	CU_ASSERT_TRUE(
	    fails(provider_add(f.catalog, &f.spool.actor, &p, &err), &err, ERR_CONFLICT));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, ID));
	CU_ASSERT_EQUAL(provider_get(f.catalog, ID, &p, &err), 0);
	CU_ASSERT_STRING_EQUAL(p.name, "first");
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT COUNT(*) FROM event"), 1);
}

static void puts_a_new_one_or_makes_the_old_one_like_it(void)
{
	OWNED_FIXTURE struct fixture f;
	struct provider p;
	struct letter letter;
	struct err err;

	fixture_open(&f);
	fill(&p, "1234567893", "first", "billing");
	CU_ASSERT_EQUAL(provider_put(f.catalog, &f.spool.actor, &p, &err), 0);
	fixture_posted(&f, ID, CLASS_EDELIVERY, "EFT_1.pdf", &letter);
	fixture_sql(&f, "UPDATE provider SET active = 0, deactivated = 5");
	clock_freeze(FIXTURE_NOW + 9);
	fill(&p, "", "second", "trading-partner");
	CU_ASSERT_EQUAL(provider_put(f.catalog, &f.spool.actor, &p, &err), 0);
	CU_ASSERT_EQUAL(provider_get(f.catalog, ID, &p, &err), 0);
	CU_ASSERT_STRING_EQUAL(p.name, "second");
	CU_ASSERT_STRING_EQUAL(p.npi, "");
	CU_ASSERT_EQUAL(p.kind, KIND_TRADING_PARTNER);
	CU_ASSERT_TRUE(p.active);
	/* Since when it is known, and its letters' numbers, are not the import's matter. */
	CU_ASSERT_EQUAL(p.added, FIXTURE_NOW);
	CU_ASSERT_EQUAL(p.last_sequence, 1);
	CU_ASSERT_EQUAL(p.last_posted, FIXTURE_NOW);
	CU_ASSERT_EQUAL(
	    fixture_number(&f, "SELECT COUNT(*) FROM provider WHERE deactivated IS NULL"), 1);
}

static void knows_who_is_not_active(void)
{
	OWNED_FIXTURE struct fixture f;
	struct provider p;
	struct err err;

	fixture_open(&f);
	scratch_provider(&f.spool, ID);
	fixture_sql(&f, "UPDATE provider SET active = 0");
	CU_ASSERT_EQUAL(provider_get(f.catalog, ID, &p, &err), 0);
	CU_ASSERT_FALSE(p.active);
}

static void says_what_adds_one_that_is_missing(void)
{
	OWNED_FIXTURE struct fixture f;
	struct provider p = {.added = 42};
	bool found = true;
	struct err err;

	fixture_open(&f);
	CU_ASSERT_EQUAL(provider_find(f.catalog, ID, &p, &found, &err), 0);
	CU_ASSERT_FALSE(found);
	CU_ASSERT_TRUE(fails(provider_get(f.catalog, ID, &p, &err), &err, ERR_REFUSED));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "edelivery provider add"));
	CU_ASSERT_EQUAL(p.added, 42);
}

struct seen {
	char ids[64];
	int stop_after;
};

static int note(const struct provider *provider, void *arg, struct err *err)
{
	struct seen *seen = arg;
	size_t used = strlen(seen->ids);

	if (seen->stop_after-- == 0)
		return err_set(err, ERR_USAGE, "enough");
	(void)snprintf(seen->ids + used, sizeof(seen->ids) - used, "%s ", provider->avrs_id);
	return 0;
}

static void lists_them_in_the_order_of_avrs_ids(void)
{
	OWNED_FIXTURE struct fixture f;
	struct seen seen = {.stop_after = 9};
	struct err err;

	fixture_open(&f);
	CU_ASSERT_EQUAL(provider_list(f.catalog, note, &seen, &err), 0);
	CU_ASSERT_STRING_EQUAL(seen.ids, "");
	scratch_provider(&f.spool, "300000003");
	scratch_provider(&f.spool, "100000001");
	scratch_provider(&f.spool, "200000002");
	CU_ASSERT_EQUAL(provider_list(f.catalog, note, &seen, &err), 0);
	CU_ASSERT_STRING_EQUAL(seen.ids, "100000001 200000002 300000003 ");
	seen = (struct seen){.stop_after = 1};
	CU_ASSERT_TRUE(fails(provider_list(f.catalog, note, &seen, &err), &err, ERR_USAGE));
	CU_ASSERT_STRING_EQUAL(seen.ids, "100000001 ");
}

void add_suite_provider(CU_pSuite suite)
{
	TEST(takes_what_is_right_and_leaves_the_result_alone_otherwise);
	TEST(takes_a_name_of_two_hundred_bytes);
	TEST(adds_one_that_is_found_as_it_was);
	TEST(adds_an_avrs_id_once);
	TEST(puts_a_new_one_or_makes_the_old_one_like_it);
	TEST(knows_who_is_not_active);
	TEST(says_what_adds_one_that_is_missing);
	TEST(lists_them_in_the_order_of_avrs_ids);
}
