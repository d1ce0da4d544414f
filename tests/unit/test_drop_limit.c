/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/drop_limit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/mem.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_drop_limit(CU_pSuite suite);

#define ID    "123456789"
#define OTHER "222222222"

struct bench {
	struct fixture f;
	struct account adam;
};

static void bench_open(struct bench *bench)
{
	fixture_open(&bench->f);
	scratch_provider(&bench->f.spool, ID);
	scratch_provider(&bench->f.spool, OTHER);
	(void)scratch_account(&bench->f.spool, "adam", "", "");
	fixture_account(&bench->f, "adam", &bench->adam);
}

static void bench_close(struct bench *bench)
{
	fixture_close(&bench->f);
}
#define OWNED_BENCH OWNED(bench_close)

static int set(const struct bench *bench, const char *text, struct err *err)
{
	OWNED_MEM struct drop_limit *limits = NULL;
	size_t count = 0;

	CU_ASSERT_EQUAL_FATAL(drop_limit_parse(text, &limits, &count, err), 0);
	return drop_limit_set(
	    bench->f.catalog, &bench->f.spool.actor, &bench->adam, limits, count, err);
}

static bool allows(const struct bench *bench, const char *avrs_id, const char *type)
{
	bool allowed = false;
	struct err err;

	CU_ASSERT_EQUAL(
	    drop_limit_allows(bench->f.catalog, bench->adam.id, avrs_id, type, &allowed, &err), 0);
	return allowed;
}

static int print(const struct drop_limit *limit, void *arg, struct err *err)
{
	(void)err;
	buffer_print(arg, "%s:%s ", limit->avrs_id, limit->type);
	return 0;
}

static void reads_lists_of_avrs_ids_and_types(void)
{
	OWNED_MEM struct drop_limit *limits = NULL;
	size_t count = 0;
	struct err err;

	CU_ASSERT_EQUAL(drop_limit_parse(ID ":EFT," OTHER, &limits, &count, &err), 0);
	CU_ASSERT_EQUAL_FATAL(count, 2);
	CU_ASSERT_STRING_EQUAL(limits[0].avrs_id, ID);
	CU_ASSERT_STRING_EQUAL(limits[0].type, "EFT");
	CU_ASSERT_STRING_EQUAL(limits[1].avrs_id, OTHER);
	CU_ASSERT_STRING_EQUAL(limits[1].type, "");
}

static void refuses_what_is_none_and_leaves_the_result_alone(void)
{
	static const char *const wrong[] = {"", ",", ID ",", "12345678", "x", ID ":", ID ":eft",
	    ID ":EFT:PA", ID ":EFT_1", ID " ", ID ":ABCDEFGHIJKLMNOPQ",
	    "1234567890123456789012345678901234567890123456789012345678901234567890"};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct drop_limit *limits = NULL;
		size_t count = 7;
		struct err err;

		CU_ASSERT_TRUE(
		    fails(drop_limit_parse(wrong[i], &limits, &count, &err), &err, ERR_REFUSED));
		CU_ASSERT_PTR_NULL(limits);
		CU_ASSERT_EQUAL(count, 7);
	}
}

static void a_list_without_end_is_refused(void)
{
	OWNED_BUFFER struct buffer text = BUFFER(1 << 20);
	struct drop_limit *limits = NULL;
	size_t count = 0;
	struct err err;

	for (int i = 0; i <= DROP_LIMITS_MAX; i++)
		buffer_print(&text, "%s%s", i ? "," : "", ID);
	CU_ASSERT_TRUE(
	    fails(drop_limit_parse(buffer_text(&text), &limits, &count, &err), &err, ERR_REFUSED));
}

static void without_limits_everything_may_be_dropped(void)
{
	OWNED_BENCH struct bench bench;

	bench_open(&bench);
	CU_ASSERT_TRUE(allows(&bench, ID, NULL));
	CU_ASSERT_TRUE(allows(&bench, ID, "EFT"));
	CU_ASSERT_TRUE(allows(&bench, ID, ""));
	CU_ASSERT_TRUE(allows(&bench, "", ""));
}

static void with_limits_only_what_they_name(void)
{
	static const struct {
		const char *avrs_id;
		const char *type;
		bool allowed;
	} rows[] = {
	    {ID, NULL, true},
	    {ID, "EFT", true},
	    {ID, "PA", false},
	    {ID, "", false}, /* trade files have no type: a limit by types leaves them out */
	    {OTHER, NULL, true},
	    {OTHER, "PA", true},
	    {OTHER, "", true},
	    {"333333333", NULL, false},
	    {"", "", false}, /* batch control files and publications are everybody's */
	    {"", NULL, false},
	};
	OWNED_BENCH struct bench bench;
	struct err err;

	bench_open(&bench);
	CU_ASSERT_EQUAL(set(&bench, ID ":EFT," OTHER, &err), 0);
	for (size_t i = 0; i < COUNT(rows); i++)
		CU_ASSERT_EQUAL(allows(&bench, rows[i].avrs_id, rows[i].type), rows[i].allowed);
}

static void setting_replaces_announces_and_tells(void)
{
	OWNED_BENCH struct bench bench;
	OWNED_BUFFER struct buffer seen = BUFFER(4096);
	struct catalog *other;
	char next[AVRS_ID_MAX + 1];
	bool found = false;
	struct err err;

	bench_open(&bench);
	other = fixture_connect(&bench.f);
	(void)fixture_has_news(other);
	CU_ASSERT_EQUAL(set(&bench, OTHER ":PA," ID ":EFT," ID ":EFT", &err), 0);
	CU_ASSERT_TRUE(fixture_has_news(other));
	catalog_close(other);
	CU_ASSERT_EQUAL(drop_limit_list(bench.f.catalog, bench.adam.id, print, &seen, &err), 0);
	CU_ASSERT_STRING_EQUAL(buffer_text(&seen), ID ":EFT " OTHER ":PA ");
	CU_ASSERT_EQUAL(drop_limit_next(bench.f.catalog, bench.adam.id, "", next, &found, &err), 0);
	CU_ASSERT_TRUE(found);
	CU_ASSERT_STRING_EQUAL(next, ID);
	CU_ASSERT_EQUAL(
	    drop_limit_next(bench.f.catalog, bench.adam.id, OTHER, next, &found, &err), 0);
	CU_ASSERT_FALSE(found);
	CU_ASSERT_EQUAL(
	    drop_limit_set(bench.f.catalog, &bench.f.spool.actor, &bench.adam, NULL, 0, &err), 0);
	CU_ASSERT_TRUE(allows(&bench, "333333333", "EFT"));
	CU_ASSERT_EQUAL(fixture_number(&bench.f, "SELECT COUNT(*) FROM event WHERE what ="
	                                         " 'account.drop-limited' AND login = 'adam'"),
	    2);
}

static void an_avrs_id_that_is_not_known_changes_nothing(void)
{
	OWNED_BENCH struct bench bench;
	struct err err;

	bench_open(&bench);
	CU_ASSERT_EQUAL(set(&bench, ID, &err), 0);
	CU_ASSERT_TRUE(fails(set(&bench, OTHER ",333333333", &err), &err, ERR_REFUSED));
	CU_ASSERT_TRUE(allows(&bench, ID, ""));
	CU_ASSERT_FALSE(allows(&bench, OTHER, ""));
}

void add_suite_drop_limit(CU_pSuite suite)
{
	TEST(reads_lists_of_avrs_ids_and_types);
	TEST(refuses_what_is_none_and_leaves_the_result_alone);
	TEST(a_list_without_end_is_refused);
	TEST(without_limits_everything_may_be_dropped);
	TEST(with_limits_only_what_they_name);
	TEST(setting_replaces_announces_and_tells);
	TEST(an_avrs_id_that_is_not_known_changes_nothing);
}
