/* SPDX-License-Identifier: Apache-2.0 */
#include "base/csv.h"

#include <string.h>

#include "tests/unit/suite.h"

void add_suite_csv(CU_pSuite suite);

static struct csv csv;

/* The fields of all records, as "a|b;c|d;", or the complaint. */
static void read_all(const char *text, size_t length, struct buffer *out)
{
	bool record = true;
	struct err err;

	csv_start(&csv, text, length);
	while (record) {
		if (csv_next(&csv, &record, &err) < 0) {
			buffer_add_text(out, err.text);
			return;
		}
		for (size_t i = 0; record && i < csv.count; i++)
			buffer_print(out, "%s%s", i > 0 ? "|" : "", csv.fields[i]);
		buffer_add_text(out, record ? ";" : "");
	}
}

static void reads_records(void)
{
	static const struct {
		const char *text;
		const char *records;
	} rows[] = {
	    {"", ""},
	    {"\n", ""},
	    {"\r\n\n\r\n", ""},
	    {"a", "a;"},
	    {"a\n", "a;"},
	    {"a\r\n", "a;"},
	    {"a,b\nc,d\n", "a|b;c|d;"},
	    {"a,b\r\n\r\n\nc,d", "a|b;c|d;"},
	    {",", "|;"},
	    {",,\n", "||;"},
	    {"a,\n", "a|;"},
	    {" a , b ", " a | b ;"},
	    {"\"\"", ";"},
	    {"\"\",\"\"\n", "|;"},
	    {"\"a,b\",c", "a,b|c;"},
	    {"\"say \"\"hi\"\"\"", "say \"hi\";"},
	    {"\"\"\"\"\n", "\";"},
	    {"\"a\nb\",c\nd", "a\nb|c;d;"},
	    {"\"a\r\nb\"\r\nc", "a\r\nb;c;"},
	    {"a\rb,c\r", "a\rb|c\r;"},
	    {"\xc3\xa9,\xff", "\xc3\xa9|\xff;"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_BUFFER struct buffer out = BUFFER(4096);

		read_all(rows[i].text, strlen(rows[i].text), &out);
		CU_ASSERT_STRING_EQUAL(buffer_text(&out), rows[i].records);
	}
}

#define BYTES(text) text, sizeof(text) - 1

static void tells_line_and_column_of_every_mistake(void)
{
	static const struct {
		const char *text;
		size_t length;
		const char *complaint;
	} rows[] = {
	    {BYTES("a\"b"), "line 1, column 2: a quote inside"},
	    {BYTES("a,b\"\n"), "line 1, column 4: a quote inside"},
	    {BYTES("\"a\"b"), "line 1, column 4: a comma or the end"},
	    {BYTES("\"a\" ,b"), "line 1, column 4: a comma or the end"},
	    {BYTES("\"a\"\r"), "line 1, column 4: a comma or the end"},
	    {BYTES("\"abc"), "line 1, column 5: a quoted field is not closed"},
	    {BYTES("\""), "line 1, column 2: a quoted field is not closed"},
	    {BYTES("x,\"a\"\""), "line 1, column 7: a quoted field is not closed"},
	    {BYTES("\"a\0b\""), "line 1, column"},
	    {BYTES("a\0b"), "line 1, column"},
	    {BYTES("\"a\"\0"), "line 1, column"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		bool record = true;
		struct err err = {.kind = ERR_INTERNAL};

		csv_start(&csv, rows[i].text, rows[i].length);
		CU_ASSERT_EQUAL(csv_next(&csv, &record, &err), -1);
		CU_ASSERT_EQUAL(err.kind, ERR_REFUSED);
		CU_ASSERT_TRUE(record);
		CU_ASSERT_EQUAL(strncmp(err.text, rows[i].complaint, strlen(rows[i].complaint)), 0);
	}
}

static void counts_lines_and_columns_behind_line_breaks(void)
{
	static const struct {
		const char *text;
		const char *complaint;
	} rows[] = {
	    {"a\n\n\r\nb\"", "a;line 4, column 2: "},
	    {"\"a\nb\"\nc\"", "a\nb;line 3, column 2: "},
	    {"\"a\nb\",c\"d", "line 2, column 5: "},
	    {"x,\"a\n\nbc\"d", "line 3, column 4: "},
	    {"\"a\nb\n", "line 3, column 1: "},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_BUFFER struct buffer out = BUFFER(4096);

		read_all(rows[i].text, strlen(rows[i].text), &out);
		CU_ASSERT_EQUAL(
		    strncmp(buffer_text(&out), rows[i].complaint, strlen(rows[i].complaint)), 0);
	}
}

static void refuses_a_nul_byte_on_any_line(void)
{
	OWNED_BUFFER struct buffer out = BUFFER(4096);

	read_all(BYTES("\"a\nb\",c\0d\n"), &out);
	CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&out), "column 5: a NUL byte"));
}

static void takes_as_many_fields_as_there_is_room_for(void)
{
	char text[2 * CSV_FIELDS_MAX + 2] = "";
	bool record = false;
	struct err err = {.kind = ERR_INTERNAL};

	memset(text, ',', CSV_FIELDS_MAX - 1);
	csv_start(&csv, text, strlen(text));
	CU_ASSERT_EQUAL(csv_next(&csv, &record, &err), 0);
	CU_ASSERT_EQUAL(csv.count, CSV_FIELDS_MAX);
	memset(text, ',', CSV_FIELDS_MAX);
	csv_start(&csv, text, strlen(text));
	CU_ASSERT_EQUAL(csv_next(&csv, &record, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_REFUSED);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "line 1, column 33: too many fields"));
}

/* The first field is `first` bytes long and quoted, with a line break; the second is plain. */
static int read_two(size_t first, size_t second, struct err *err)
{
	OWNED_BUFFER struct buffer text = BUFFER(4 * CSV_RECORD_MAX);
	bool record = true;

	buffer_add_text(&text, "\"\n");
	memset(buffer_reserve(&text, first - 1), 'x', first - 1);
	buffer_grow(&text, first - 1);
	buffer_add_text(&text, "\",");
	memset(buffer_reserve(&text, second), 'y', second);
	buffer_grow(&text, second);
	csv_start(&csv, text.data, text.length);
	if (csv_next(&csv, &record, err) < 0)
		return -1;
	CU_ASSERT_EQUAL(csv.count, 2);
	CU_ASSERT_EQUAL(strlen(csv.fields[0]), first);
	CU_ASSERT_EQUAL(strlen(csv.fields[1]), second);
	return 0;
}

static void refuses_a_record_that_is_too_long(void)
{
	static const size_t room = CSV_RECORD_MAX - CSV_FIELDS_MAX;
	const struct {
		size_t first;
		size_t second;
		int result;
	} rows[] = {
	    {10, 10, 0},
	    {room - 20, 10, 0},
	    {10, room - 20, 0},
	    {room + 1, 0, -1},
	    {3 * room, 0, -1},
	    {10, room, -1},
	    {10, 3 * room, -1},
	    {room - 20, 40, -1},
	    {room - 20, room, -1},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err err = {.kind = ERR_INTERNAL};

		CU_ASSERT_EQUAL(read_two(rows[i].first, rows[i].second, &err), rows[i].result);
		CU_ASSERT_EQUAL(err.kind, rows[i].result < 0 ? ERR_REFUSED : ERR_INTERNAL);
	}
}

static void blames_a_field_of_the_last_record(void)
{
	static const struct {
		size_t field;
		const char *complaint;
	} rows[] = {
	    {0, "line 2, column 1: why"},
	    {1, "line 2, column 4: why"},
	    {2, "line 2, column 9: why"},
	    {3, "line 2, column 1: why"},
	};
	bool record = false;
	struct err err;

	csv_start(&csv, BYTES("a,b\nxy,\"\"\"\",z\nq"));
	CU_ASSERT_EQUAL(csv_next(&csv, &record, &err), 0);
	CU_ASSERT_EQUAL(csv_next(&csv, &record, &err), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		err.kind = ERR_INTERNAL;
		CU_ASSERT_EQUAL(csv_refuse(&csv, rows[i].field, "why", &err), -1);
		CU_ASSERT_EQUAL(err.kind, ERR_REFUSED);
		CU_ASSERT_STRING_EQUAL(err.text, rows[i].complaint);
	}
}

static void blames_the_line_that_the_field_is_on(void)
{
	bool record = false;
	struct err err;

	csv_start(&csv, BYTES("a,\"b\nc\",d,\"\n\",e"));
	CU_ASSERT_EQUAL(csv_next(&csv, &record, &err), 0);
	(void)csv_refuse(&csv, 1, "why", &err);
	CU_ASSERT_STRING_EQUAL(err.text, "line 1, column 3: why");
	(void)csv_refuse(&csv, 2, "why", &err);
	CU_ASSERT_STRING_EQUAL(err.text, "line 2, column 4: why");
	(void)csv_refuse(&csv, 4, "why", &err);
	CU_ASSERT_STRING_EQUAL(err.text, "line 3, column 3: why");
	(void)csv_refuse(&csv, 5, "why", &err);
	CU_ASSERT_STRING_EQUAL(err.text, "line 1, column 1: why");
}

static void quotes_where_it_has_to(void)
{
	static const struct {
		const char *fields[4];
		const char *text;
	} rows[] = {
	    {{"a", "b c", "", "d"}, "a,b c,,d\r\n"},
	    {{"a,b", "c\"d", "e\nf", "g\rh"}, "\"a,b\",\"c\"\"d\",\"e\nf\",\"g\rh\"\r\n"},
	    {{"", "", "", ""}, ",,,\r\n"},
	    {{"a", "b", "c", ","}, "a,b,c,\",\"\r\n"},
	    {{"\"", "'", " ", "\xc3\xa9"}, "\"\"\"\",', ,\xc3\xa9\r\n"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_BUFFER struct buffer out = BUFFER(4096);

		for (size_t j = 0; j < COUNT(rows[i].fields); j++)
			csv_add(&out, rows[i].fields[j]);
		csv_end(&out);
		CU_ASSERT_STRING_EQUAL(buffer_text(&out), rows[i].text);
	}
}

static void writes_records_of_one_field_that_are_read_again(void)
{
	static const char *const fields[] = {"a", "", ",", "\n", "\"", ""};
	OWNED_BUFFER struct buffer out = BUFFER(4096);
	bool record = false;
	struct err err;

	for (size_t i = 0; i < COUNT(fields); i++) {
		csv_add(&out, fields[i]);
		csv_end(&out);
	}
	csv_start(&csv, out.data, out.length);
	for (size_t i = 0; i < COUNT(fields); i++) {
		CU_ASSERT_EQUAL(csv_next(&csv, &record, &err), 0);
		CU_ASSERT_TRUE(record);
		CU_ASSERT_EQUAL(csv.count, 1);
		CU_ASSERT_STRING_EQUAL(csv.fields[0], fields[i]);
	}
	CU_ASSERT_EQUAL(csv_next(&csv, &record, &err), 0);
	CU_ASSERT_FALSE(record);
}

static void remembers_that_a_record_did_not_fit(void)
{
	OWNED_BUFFER struct buffer out = BUFFER(3);

	csv_add(&out, "ab");
	csv_end(&out);
	CU_ASSERT_TRUE(buffer_is_full(&out));
	CU_ASSERT_EQUAL(strlen(buffer_text(&out)), out.length);
}

void add_suite_csv(CU_pSuite suite)
{
	TEST(reads_records);
	TEST(tells_line_and_column_of_every_mistake);
	TEST(counts_lines_and_columns_behind_line_breaks);
	TEST(refuses_a_nul_byte_on_any_line);
	TEST(takes_as_many_fields_as_there_is_room_for);
	TEST(refuses_a_record_that_is_too_long);
	TEST(blames_a_field_of_the_last_record);
	TEST(blames_the_line_that_the_field_is_on);
	TEST(quotes_where_it_has_to);
	TEST(writes_records_of_one_field_that_are_read_again);
	TEST(remembers_that_a_record_did_not_fit);
}
