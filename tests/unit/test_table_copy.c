/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/table_copy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_table_copy(CU_pSuite suite);

/* A new, empty catalog: a file, or on the PostgreSQL of the tests where there is one. */
struct target {
	struct scratch scratch;
	char where[ENGINE_WHERE_MAX];
	struct catalog *catalog;
};

static void target_open(struct target *target, bool on_postgresql)
{
	struct err err;

	scratch_open(&target->scratch);
	(void)snprintf(
	    target->where, sizeof(target->where), "sqlite:%s/copy.db", target->scratch.path);
	if (on_postgresql) {
		engine_new_place(getenv("TEST_POSTGRESQL"), target->where);
		(void)snprintf(
		    target->scratch.catalog, sizeof(target->scratch.catalog), "%s", target->where);
	}
	CU_ASSERT_EQUAL_FATAL(catalog_open(target->where, true, &target->catalog, &err), 0);
}

static void target_close(struct target *target)
{
	catalog_close(target->catalog);
	engine_drop_place(getenv("TEST_POSTGRESQL"), target->scratch.catalog);
	target->scratch.catalog[0] = '\0';
	scratch_close(&target->scratch);
}

#define OWNED_TARGET OWNED(target_close)

/* What every kind of value reads like: text beyond ASCII, NULL, empty, the largest number. */
static void fill(struct fixture *f)
{
	struct letter letter;

	fixture_open(f);
	scratch_provider(&f->spool, "123456789");
	(void)fixture_clerk(f, "joe", "123456789");
	fixture_posted(f, "123456789", CLASS_EDELIVERY, "EFT_caf\xc3\xa9.pdf", &letter);
	fixture_sql(f, "UPDATE provider SET name = '', npi = NULL, added = 9223372036854775807");
}

static const struct table_digest *digest_of(const struct table_digests *digests, const char *name)
{
	size_t i = 0;

	while (i < digests->count && strcmp(digests->tables[i].name, name) != 0)
		i++;
	CU_ASSERT_FATAL(i < digests->count);
	return &digests->tables[i];
}

static void copy_there_and_back(bool on_postgresql)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_TARGET struct target there;
	OWNED_TARGET struct target back;
	static struct table_digests first;
	static struct table_digests second;
	struct err err = {.text = ""};

	fill(&f);
	target_open(&there, on_postgresql);
	target_open(&back, false);
	CU_ASSERT_EQUAL(table_copy_all(f.catalog, there.catalog, &first, &err), 0);
	CU_ASSERT_EQUAL(table_copy_all(there.catalog, back.catalog, &second, &err), 0);
	CU_ASSERT_STRING_EQUAL(err.text, "");
	CU_ASSERT_EQUAL(first.count, second.count);
	for (size_t i = 0; i < first.count; i++) {
		CU_ASSERT_EQUAL(first.tables[i].rows, second.tables[i].rows);
		CU_ASSERT_STRING_EQUAL(first.tables[i].sha256, second.tables[i].sha256);
	}
	CU_ASSERT_EQUAL(digest_of(&first, "letter")->rows, 1);
	CU_ASSERT_EQUAL(digest_of(&first, "membership")->rows, 1);
	CU_ASSERT_TRUE(first.count > 20);
}

static void every_row_is_the_same_after_a_copy_there_and_back(void)
{
	copy_there_and_back(false);
}

static void every_row_is_the_same_after_a_copy_to_the_other_engine_and_back(void)
{
	copy_there_and_back(true);
}

static void what_differs_has_another_hash(void)
{
	OWNED_FIXTURE struct fixture f;
	static struct table_digests digests[2];
	struct err err;

	fill(&f);
	for (int i = 0; i < 2; i++) {
		OWNED_TARGET struct target target;

		target_open(&target, false);
		CU_ASSERT_EQUAL(table_copy_all(f.catalog, target.catalog, &digests[i], &err), 0);
		fixture_sql(&f, "UPDATE provider SET npi = ''");
	}
	CU_ASSERT_STRING_NOT_EQUAL(
	    digest_of(&digests[0], "provider")->sha256, digest_of(&digests[1], "provider")->sha256);
	CU_ASSERT_STRING_EQUAL(
	    digest_of(&digests[0], "letter")->sha256, digest_of(&digests[1], "letter")->sha256);
}

static void nothing_is_copied_into_what_is_not_empty(void)
{
	OWNED_FIXTURE struct fixture f;
	OWNED_TARGET struct target target;
	static struct table_digests digests;
	struct err err;

	fill(&f);
	target_open(&target, false);
	CU_ASSERT_EQUAL(
	    catalog_run(target.catalog,
	        "INSERT INTO lease (name, owner, until) VALUES ('a', 'b', 1)", NO_VALUES, &err),
	    0);
	CU_ASSERT_TRUE(
	    fails(table_copy_all(f.catalog, target.catalog, &digests, &err), &err, ERR_REFUSED));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "lease"));
	CU_ASSERT_EQUAL(catalog_run(target.catalog, "DELETE FROM lease", NO_VALUES, &err), 0);
	CU_ASSERT_EQUAL(table_copy_all(f.catalog, target.catalog, &digests, &err), 0);
}

void add_suite_table_copy(CU_pSuite suite)
{
	TEST(every_row_is_the_same_after_a_copy_there_and_back);
	if (getenv("TEST_POSTGRESQL"))
		TEST(every_row_is_the_same_after_a_copy_to_the_other_engine_and_back);
	TEST(what_differs_has_another_hash);
	TEST(nothing_is_copied_into_what_is_not_empty);
}
