/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/batch_file.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/suite.h"

void add_suite_batch_file(CU_pSuite suite);

#define HEADER "avrs_id,class,name,size,sha256\n"
#define HASH   "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"

struct seen {
	size_t count;
	struct batch_line last;
};

static int see(const struct batch_line *line, void *arg, struct err *err)
{
	struct seen *seen = arg;

	(void)err;
	seen->count++;
	seen->last = *line;
	return 0;
}

static int refuse(const struct batch_line *line, void *arg, struct err *err)
{
	(void)arg;
	return err_set(err, ERR_RETRY, "not line %zu", line->line);
}

static void knows_a_control_file_by_its_name(void)
{
	static const struct {
		const char *name;
		size_t length;
	} rows[] = {{"night.batch.csv", 5}, {".batch.csv", 0}, {"night.csv", 0}, {"batch.csv", 0},
	    {"night.batch.csv.pdf", 0}, {"a.batch.csv.batch.csv", 11}, {"", 0}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t length = 0;

		CU_ASSERT_EQUAL(batch_file_is_named(rows[i].name, &length), rows[i].length > 0);
		CU_ASSERT_EQUAL(length, rows[i].length);
	}
}

static void a_control_file_that_is_set_aside_is_known_by_its_name(void)
{
	static const char *const others[] = {"night.batch.csv.taken", ".night.csv.taken",
	    ".batch.csv.taken", "..batch.csv.taken", ".taken", ".", "", ".night.batch.csv"};
	char hidden[NAME_MAX + 1];
	char name[NAME_MAX + 1];

	batch_file_aside("night.batch.csv", hidden);
	CU_ASSERT_STRING_EQUAL(hidden, ".night.batch.csv.taken");
	CU_ASSERT_TRUE(batch_file_is_aside(hidden, name));
	CU_ASSERT_STRING_EQUAL(name, "night.batch.csv");
	for (size_t i = 0; i < COUNT(others); i++)
		CU_ASSERT_FALSE(batch_file_is_aside(others[i], name));
}

static void reads_every_letter_with_its_line(void)
{
	static const char text[] =
	    HEADER "123456789,edelivery,EFT_1.pdf,17," HASH "\n"
	           "123456789,trade-files,\"RA 1.835\",4294967296," HASH "\n";
	struct seen seen = {.count = 0};
	struct err err;

	CU_ASSERT_EQUAL(batch_file_parse(text, strlen(text), see, &seen, &err), 0);
	CU_ASSERT_EQUAL(seen.count, 2);
	CU_ASSERT_EQUAL(seen.last.line, 3);
	CU_ASSERT_STRING_EQUAL(seen.last.avrs_id, "123456789");
	CU_ASSERT_EQUAL(seen.last.class, CLASS_TRADE_FILES);
	CU_ASSERT_STRING_EQUAL(seen.last.name, "RA 1.835");
	CU_ASSERT_EQUAL(seen.last.size, INT64_C(4294967296));
	CU_ASSERT_STRING_EQUAL(seen.last.sha256, HASH);
}

static void refuses_what_is_wrong_and_says_where(void)
{
	static const struct {
		const char *text;
		const char *place;
	} rows[] = {
	    {"", "the first line must be"},
	    {"avrs_id,class,name,size\n", "line 1, column 1"},
	    {"avrs_id,class,name,sha256,size\n", "line 1, column 1"},
	    {HEADER "123456789,edelivery,EFT_1.pdf,17\n", "five fields"},
	    {HEADER "12345678,edelivery,EFT_1.pdf,17," HASH "\n", "line 2, column 1"},
	    {HEADER "123456789,letters,EFT_1.pdf,17," HASH "\n", "line 2, column 11"},
	    {HEADER "123456789,edelivery,a/b.pdf,17," HASH "\n", "line 2, column 21"},
	    {HEADER "123456789,edelivery,,17," HASH "\n", "line 2, column 21"},
	    {HEADER "123456789,edelivery,EFT_1.pdf,0," HASH "\n", "line 2, column 31"},
	    {HEADER "123456789,edelivery,EFT_1.pdf,-1," HASH "\n", "line 2, column 31"},
	    {HEADER "123456789,edelivery,EFT_1.pdf,1x," HASH "\n", "line 2, column 31"},
	    {HEADER "123456789,edelivery,EFT_1.pdf,17,CA97\n", "line 2, column 34"},
	    {HEADER "\n123456789,edelivery,EFT_1.pdf,17,\n", "line 3, column 34"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct seen seen = {.count = 0};
		struct err err = {.text = ""};

		CU_ASSERT_EQUAL(
		    batch_file_parse(rows[i].text, strlen(rows[i].text), see, &seen, &err), -1);
		CU_ASSERT_EQUAL(err.kind, ERR_REFUSED);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.text, rows[i].place));
		CU_ASSERT_EQUAL(seen.count, 0);
	}
}

static void stops_where_its_caller_does(void)
{
	static const char text[] = HEADER "123456789,edelivery,EFT_1.pdf,17," HASH "\n";
	struct err err;

	CU_ASSERT_EQUAL(batch_file_parse(text, strlen(text), refuse, NULL, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_RETRY);
	CU_ASSERT_STRING_EQUAL(err.text, "not line 2");
}

void add_suite_batch_file(CU_pSuite suite)
{
	TEST(knows_a_control_file_by_its_name);
	TEST(a_control_file_that_is_set_aside_is_known_by_its_name);
	TEST(reads_every_letter_with_its_line);
	TEST(refuses_what_is_wrong_and_says_where);
	TEST(stops_where_its_caller_does);
}
