/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/letter_type.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_letter_type(CU_pSuite suite);

enum { B = 1 << KIND_BILLING, P = 1 << KIND_PERFORMING, T = 1 << KIND_TRADING_PARTNER };

/* R1, as the agency published it. */
static const struct letter_type agency[] = {
    {"ORGMEM", "confirmation of changes to organization members", "2019-03-27", B | T, FORMAT_PDF,
        "", 0},
    {"EFT", "electronic funds transfer letter", "2019-03-27", B | T, FORMAT_PDF, "", 0},
    {"REENROLL", "provider re-enrollment due notice", "2019-05-01", B | P | T, FORMAT_PDF, "", 0},
    {"PA", "prior authorization notice", "2019-06-03", B | P | T, FORMAT_PDF, "", 0},
    {"TPLQ", "third party liability trauma questionnaire", "2019-06-03", B | P | T, FORMAT_PDF, "",
        0},
};

static void installs_the_table_of_the_agency(void)
{
	struct letter_types types = {0};
	struct err err;

	CU_ASSERT_EQUAL_FATAL(letter_types_load("etc/letter-types.conf", &types, &err), 0);
	CU_ASSERT_EQUAL(types.count, COUNT(agency));
	for (size_t i = 0; i < COUNT(agency); i++) {
		const struct letter_type *type = letter_types_find(&types, agency[i].code);

		CU_ASSERT_PTR_NOT_NULL_FATAL(type);
		CU_ASSERT_STRING_EQUAL(type->code, agency[i].code);
		CU_ASSERT_STRING_EQUAL(type->title, agency[i].title);
		CU_ASSERT_STRING_EQUAL(type->effective, agency[i].effective);
		CU_ASSERT_EQUAL(type->audience, agency[i].audience);
		CU_ASSERT_EQUAL(type->format, agency[i].format);
	}
	letter_types_done(&types);
}

/* Load text as a file of that name. */
static int load(const struct scratch *scratch, const char *text, struct letter_types *ret_types,
    struct err *err)
{
	char path[SCRATCH_PATH_MAX + 16];

	scratch_write(scratch, "types.conf", text);
	(void)snprintf(path, sizeof(path), "%s/types.conf", scratch->path);
	return letter_types_load(path, ret_types, err);
}

static void takes_a_type_that_the_agency_adds(void)
{
	OWNED_SCRATCH struct scratch scratch;
	struct letter_types types = {0};
	const struct letter_type *type;
	struct err err;

	scratch_open(&scratch);
	CU_ASSERT_EQUAL_FATAL(load(&scratch,
	                          "# a comment\n"
	                          "letter-type ABCDEFGHIJKLMNOP {\n"
	                          "  title = 'one with everything'\n"
	                          "  effective = 2030-12-31\n"
	                          "  audience = {performing, \"billing\"}\n"
	                          "  format = x12\n"
	                          "}\n"
	                          "letter-type 9 { title = t effective = 2000-02-29"
	                          " audience = {trading-partner} format = any }\n"
	                          "letter-type SCAN { title = t effective = 2000-02-29"
	                          " audience = {billing} format = image/tiff largest = 2M }\n",
	                          &types, &err),
	    0);
	CU_ASSERT_EQUAL(types.count, 3);
	type = letter_types_find(&types, "ABCDEFGHIJKLMNOP");
	CU_ASSERT_PTR_NOT_NULL_FATAL(type);
	CU_ASSERT_STRING_EQUAL(type->title, "one with everything");
	CU_ASSERT_STRING_EQUAL(type->effective, "2030-12-31");
	CU_ASSERT_EQUAL(type->audience, B | P);
	CU_ASSERT_EQUAL(type->format, FORMAT_X12);
	type = letter_types_find(&types, "9");
	CU_ASSERT_PTR_NOT_NULL_FATAL(type);
	CU_ASSERT_EQUAL(type->audience, T);
	CU_ASSERT_EQUAL(type->format, FORMAT_ANY);
	CU_ASSERT_EQUAL(type->largest, 0);
	type = letter_types_find(&types, "SCAN");
	CU_ASSERT_PTR_NOT_NULL_FATAL(type);
	CU_ASSERT_EQUAL(type->format, FORMAT_MEDIA);
	CU_ASSERT_STRING_EQUAL(type->media, "image/tiff");
	CU_ASSERT_EQUAL(type->largest, 2 * 1024 * 1024);
	letter_types_done(&types);
}

static void finds_a_code_as_it_is_written(void)
{
	OWNED_SCRATCH struct scratch scratch;
	struct letter_types types = {0};
	struct err err;

	scratch_open(&scratch);
	CU_ASSERT_EQUAL_FATAL(load(&scratch,
	                          "letter-type EFT { title = t effective = 2019-03-27"
	                          " audience = {billing} }\n",
	                          &types, &err),
	    0);
	CU_ASSERT_PTR_NOT_NULL(letter_types_find(&types, "EFT"));
	CU_ASSERT_PTR_NULL(letter_types_find(&types, "eft"));
	CU_ASSERT_PTR_NULL(letter_types_find(&types, "EF"));
	CU_ASSERT_PTR_NULL(letter_types_find(&types, ""));
	letter_types_done(&types);
	CU_ASSERT_PTR_NULL(letter_types_find(&types, "EFT"));
}

static void takes_a_table_without_rows(void)
{
	OWNED_SCRATCH struct scratch scratch;
	struct letter_types types = {0};
	struct err err;

	scratch_open(&scratch);
	CU_ASSERT_EQUAL(load(&scratch, "# none yet\n", &types, &err), 0);
	CU_ASSERT_EQUAL(types.count, 0);
	letter_types_done(&types);
}

#define REST "title = t\n effective = 2019-03-27\n audience = {billing}\n"

static const struct {
	const char *text;
	const char *line;
	const char *reason;
} wrong[] = {
    {"letter-type EFT {\n title = t\n effective = 2019-02-30\n audience = {billing}\n}\n",
        ":3:", "YYYY-MM-DD"},
    {"letter-type EFT {\n title = t\n effective = 27.3.2019\n audience = {billing}\n}\n",
        ":3:", "YYYY-MM-DD"},
    {"letter-type EFT {\n title = t\n effective = 2019-03-27\n audience = {billing, all}\n}\n",
        ":4:", "trading-partner"},
    {"letter-type EFT {\n " REST " format = docx\n}\n", ":5:", "pdf, x12, any"},
    {"letter-type EFT {\n " REST " format = \"image/\"\n}\n", ":5:", "media type"},
    {"letter-type EFT {\n " REST " format = \"image/tiff \"\n}\n", ":5:", "media type"},
    {"letter-type EFT {\n " REST " format = \"a/b/c\"\n}\n", ":5:", "media type"},
    {"letter-type EFT {\n " REST " format = \"Image/TIFF\"\n}\n", ":5:", "media type"},
    {"letter-type EFT {\n " REST
     " format = \"a/345678901234567890123456789012345678901234567890123456789012345\"\n}\n",
        ":5:", "media type"},
    {"letter-type EFT {\n " REST " largest = 0\n}\n", ":5:", "largest"},
    {"letter-type EFT {\n " REST " largest = 10X\n}\n", ":5:", "largest"},
    {"letter-type EFT {\n " REST " largest = -1\n}\n", ":5:", "largest"},
    {"letter-type eft {\n " REST "}\n", ":5:", "A-Z"},
    {"letter-type E_T {\n " REST "}\n", ":5:", "A-Z"},
    {"letter-type ABCDEFGHIJKLMNOPQ {\n " REST "}\n", ":5:", "1 to 16"},
    /* It would be the type of every letter whose name begins with no code. */
    {"letter-type \"\" {\n " REST "}\n", ":5:", "1 to 16"},
    {"letter-type EFT {\n title = t\n audience = {billing}\n}\n", ":4:", "effective"},
    {"letter-type EFT {\n effective = 2019-03-27\n audience = {billing}\n}\n", ":4:", "title"},
    {"letter-type EFT {\n title = t\n effective = 2019-03-27\n}\n", ":4:", "audience"},
    {"letter-type EFT {\n title = t\n effective = 2019-03-27\n audience = {}\n}\n",
        ":5:", "audience"},
    {"letter-type EFT {\n " REST "}\nletter-type EFT {\n " REST "}\n", ":6:", "EFT"},
    {"letter-type EFT {\n title = \"a\x1b[2Jb\"\n effective = 2019-03-27\n audience = {billing}\n}\n",
        ":5:", "title"},
    {"letter-type EFT {\n " REST " colour = blue\n}\n", ":5:", "colour"},
    {"\n\nspool.root = /x\n", ":3:", "spool.root"},
    {"letter-type {\n " REST "}\n", ":1:", ""},
    {"letter-type EFT {\n title = t\n", ":3:", ""},
    {"letter-type EFT\n", ":2:", ""},
    {"}\n", ":1:", ""},
};

static void refuses_a_wrong_table_with_file_and_line(void)
{
	OWNED_SCRATCH struct scratch scratch;

	scratch_open(&scratch);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct letter_types types = {.count = 42};
		const char *place;
		struct err err;

		CU_ASSERT_TRUE(
		    fails(load(&scratch, wrong[i].text, &types, &err), &err, ERR_REFUSED));
		CU_ASSERT_EQUAL(types.count, 42);
		place = strstr(err.text, "/types.conf:");
		CU_ASSERT_PTR_NOT_NULL_FATAL(place);
		place += strlen("/types.conf");
		CU_ASSERT_EQUAL(strncmp(place, wrong[i].line, strlen(wrong[i].line)), 0);
		CU_ASSERT_PTR_NOT_NULL(strstr(place, wrong[i].reason));
	}
}

static void refuses_a_title_that_it_would_have_to_cut(void)
{
	static const struct {
		int length;
		size_t count; /* of rows, 42: refused */
	} rows[] = {{127, 1}, {128, 42}, {300, 42}};
	OWNED_SCRATCH struct scratch scratch;

	scratch_open(&scratch);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct letter_types types = {.count = 42};
		char text[512];
		struct err err = {.text = ""};
		int result;

		(void)snprintf(text, sizeof(text),
		    "letter-type EFT {\n title = %0*d\n effective = 2019-03-27\n"
		    " audience = {billing}\n}\n",
		    rows[i].length, 1);
		result = load(&scratch, text, &types, &err);
		CU_ASSERT_EQUAL(types.count, rows[i].count);
		if (result == 0) {
			CU_ASSERT_EQUAL((int)strlen(types.rows[0].title), rows[i].length);
			letter_types_done(&types);
		} else {
			CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "title"));
		}
	}
}

/* After a table that breaks off inside a text, too: the reader begins anew. */
static void reads_a_right_table_after_each_wrong_one(void)
{
	OWNED_SCRATCH struct scratch scratch;
	static const char *const broken[] = {"letter-type \"never closed",
	    "letter-type 'never closed", "letter-type EFT { title = \"never closed"};
	struct err err;

	scratch_open(&scratch);
	for (size_t i = 0; i < COUNT(broken); i++) {
		struct letter_types types = {0};

		CU_ASSERT_TRUE(fails(load(&scratch, broken[i], &types, &err), &err, ERR_REFUSED));
		CU_ASSERT_EQUAL(load(&scratch, "letter-type EFT {\n " REST "}\n", &types, &err), 0);
		CU_ASSERT_EQUAL(types.count, 1);
		letter_types_done(&types);
	}
}

static void tells_a_table_that_is_missing_from_a_wrong_one(void)
{
	OWNED_SCRATCH struct scratch scratch;
	struct letter_types types = {.count = 42};
	char path[SCRATCH_PATH_MAX + 16];
	struct err err;

	scratch_open(&scratch);
	(void)snprintf(path, sizeof(path), "%s/nowhere", scratch.path);
	CU_ASSERT_TRUE(fails(letter_types_load(path, &types, &err), &err, ERR_REFUSED));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, path));
	/* A folder is not read either, and does not end the process. */
	CU_ASSERT_TRUE(fails(letter_types_load(scratch.path, &types, &err), &err, ERR_RETRY));
	CU_ASSERT_EQUAL(types.count, 42);
}

void add_suite_letter_type(CU_pSuite suite)
{
	TEST(installs_the_table_of_the_agency);
	TEST(takes_a_type_that_the_agency_adds);
	TEST(finds_a_code_as_it_is_written);
	TEST(takes_a_table_without_rows);
	TEST(refuses_a_wrong_table_with_file_and_line);
	TEST(reads_a_right_table_after_each_wrong_one);
	TEST(tells_a_table_that_is_missing_from_a_wrong_one);
	TEST(refuses_a_title_that_it_would_have_to_cut);
}
