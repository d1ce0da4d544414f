/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/listing.h"
#include "base/utf8.h"
#include "tests/lib/captured.h"
#include "tests/unit/suite.h"

void add_suite_listing(CU_pSuite suite);

static const char *const columns[] = {"id", "name", "when", "active", "more", NULL};
enum { COLUMNS = 5 };

/* A row of values, and how each of them reads in the table and in JSON. */
struct row {
	int64_t id;
	const char *name;
	int64_t when;
	bool active;
	const char *cells[COLUMNS];
	const char *json; /* sorted keys, compact */
};

static const struct row rows[] = {
    {1, "EFT_1.pdf", INT64_C(1553688000000000), true,
        {"1", "EFT_1.pdf", "2019-03-27T12:00:00Z", "yes", "two"},
        "{\"active\":true,\"id\":1,\"more\":[\"two\"],\"name\":\"EFT_1.pdf\","
        "\"when\":\"2019-03-27T12:00:00Z\"}"},
    {0, "", 0, false, {"0", "-", "-", "no", "two"},
        "{\"active\":false,\"id\":0,\"more\":[\"two\"],\"name\":null,\"when\":null}"},
    {INT64_MIN, "caf\xc3\xa9", 1, false,
        {"-9223372036854775808", "caf\xc3\xa9", "1970-01-01T00:00:00Z", "no", "two"},
        "{\"active\":false,\"id\":-9223372036854775808,\"more\":[\"two\"],"
        "\"name\":\"caf\xc3\xa9\",\"when\":\"1970-01-01T00:00:00Z\"}"},
};

static void add_row(struct listing *listing, const struct row *row)
{
	listing_number(listing, row->id);
	listing_text(listing, row->name);
	listing_time(listing, row->when);
	listing_yes_no(listing, row->active);
	listing_json(listing, json_pack("[s]", "two"), "two");
	listing_end_row(listing);
}

/* Print a listing of count rows. */
static void print(const struct scratch *scratch, bool as_json, const struct row *all, size_t count,
    struct captured *captured)
{
	OWNED_LISTING struct listing *listing = NULL;
	struct err err;

	CU_ASSERT_EQUAL_FATAL(listing_new(as_json, columns, &listing, &err), 0);
	captured_begin(captured, scratch);
	for (size_t i = 0; i < count; i++)
		add_row(listing, &all[i]);
	(void)listing_print(listing, "nothing there", &err);
	captured_end(captured);
}

/* The line-th line of text, in pieces of no blanks. */
static size_t split(char *text, size_t line, char *pieces[COLUMNS + 1])
{
	size_t count = 0;

	for (; line > 0; line--) {
		text = strchr(text, '\n');
		if (!text)
			return 0;
		text++;
	}
	while (*text && *text != '\n' && count <= COLUMNS) {
		size_t length;

		text += strspn(text, " ");
		length = strcspn(text, " \n");
		if (length == 0)
			break;
		pieces[count++] = text;
		text += length;
		if (*text == '\n') {
			*text = '\0';
			break;
		}
		*text++ = '\0';
	}
	return count;
}

static void a_table_has_a_head_and_a_line_for_each_row(void)
{
	OWNED_SCRATCH struct scratch scratch;

	scratch_open(&scratch);
	for (size_t line = 0; line <= COUNT(rows); line++) {
		struct captured captured;
		char *pieces[COLUMNS + 1];

		print(&scratch, false, rows, COUNT(rows), &captured);
		CU_ASSERT_EQUAL_FATAL(split(captured.out, line, pieces), COLUMNS);
		for (int i = 0; i < COLUMNS; i++) {
			if (line > 0)
				CU_ASSERT_STRING_EQUAL(pieces[i], rows[line - 1].cells[i]);
			/* How the head is written is the table's matter. */
			if (line == 0)
				CU_ASSERT_EQUAL(strcasecmp(pieces[i], columns[i]), 0);
		}
		captured_done(&captured);
	}
}

static void json_has_an_object_a_line_with_the_same_values(void)
{
	OWNED_SCRATCH struct scratch scratch;
	struct captured captured;
	const char *at;

	scratch_open(&scratch);
	print(&scratch, true, rows, COUNT(rows), &captured);
	at = captured.out;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t length = strcspn(at, "\n");
		json_t *object = json_loadb(at, length, 0, NULL);
		char *text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);

		CU_ASSERT_PTR_NOT_NULL_FATAL(text);
		CU_ASSERT_STRING_EQUAL(text, rows[i].json);
		free(text);
		json_decref(object);
		at += length + 1;
	}
	CU_ASSERT_EQUAL(*at, '\0');
	captured_done(&captured);
}

static void without_rows_people_read_why_and_scripts_nothing(void)
{
	OWNED_SCRATCH struct scratch scratch;
	struct captured captured;

	scratch_open(&scratch);
	print(&scratch, false, rows, 0, &captured);
	CU_ASSERT_STRING_EQUAL(captured.out, "nothing there\n");
	captured_done(&captured);
	print(&scratch, true, rows, 0, &captured);
	CU_ASSERT_STRING_EQUAL(captured.out, "");
	captured_done(&captured);
}

/* What somebody could have made a name or a reason of. */
static const struct {
	const char *text;
	const char *cell;
} hostile[] = {
    {"a\x1b[2Jb", "a\\x1b[2Jb"},
    {"a\nb", "a\\x0ab"},
    {"a\tb", "a\\x09b"},
    {"a\rb", "a\\x0db"},
    {"a\x7f"
     "b",
        "a\\x7fb"},
    {"a\xc2\x9b"
     "31mb",
        "a\\xc2\\x9b31mb"},
    {"a\xe2\x80\xae"
     "b",
        "a\\xe2\\x80\\xaeb"},
    {"a\xe2\x80\xa8"
     "b",
        "a\\xe2\\x80\\xa8b"},
    {"a\xff"
     "b",
        "a\\xffb"},
    {"\x01", "\\x01"},
};

static void control_characters_never_reach_the_table(void)
{
	OWNED_SCRATCH struct scratch scratch;

	scratch_open(&scratch);
	for (size_t i = 0; i < COUNT(hostile); i++) {
		struct row row = {.id = 1, .name = hostile[i].text};
		struct captured captured;
		char *pieces[COLUMNS + 1];

		print(&scratch, false, &row, 1, &captured);
		for (const char *at = captured.out; *at; at += strcspn(at, "\n")) {
			at += strspn(at, "\n");
			CU_ASSERT_FALSE(utf8_has_control(at, strcspn(at, "\n")));
		}
		CU_ASSERT_EQUAL_FATAL(split(captured.out, 1, pieces), COLUMNS);
		CU_ASSERT_STRING_EQUAL(pieces[1], hostile[i].cell);
		captured_done(&captured);
	}
}

/* A text of any length is told whole in both. */
static void a_long_text_is_not_cut(void)
{
	OWNED_SCRATCH struct scratch scratch;
	char name[4001];
	struct row row = {.id = 1, .name = name};
	struct captured captured;

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	scratch_open(&scratch);
	print(&scratch, false, &row, 1, &captured);
	CU_ASSERT_PTR_NOT_NULL(strstr(captured.out, name));
	captured_done(&captured);
	print(&scratch, true, &row, 1, &captured);
	CU_ASSERT_PTR_NOT_NULL(strstr(captured.out, name));
	captured_done(&captured);
}

void add_suite_listing(CU_pSuite suite)
{
	TEST(a_table_has_a_head_and_a_line_for_each_row);
	TEST(json_has_an_object_a_line_with_the_same_values);
	TEST(without_rows_people_read_why_and_scripts_nothing);
	TEST(control_characters_never_reach_the_table);
	TEST(a_long_text_is_not_cut);
}
