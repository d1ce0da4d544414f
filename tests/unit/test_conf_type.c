/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/conf.h"
#include "base/number.h"
#include "tests/unit/suite.h"

void add_suite_conf_type(CU_pSuite suite);

/* Some bytes for any type of value. */
union value {
	int64_t integer;
	bool yes;
	int word;
	char text[CONF_TEXT_MAX];
};

static const char *const words[] = {"number", "quarantine", "leave", NULL};
static const char *const one_word[] = {"only", NULL};

static int check_lower(const char *text, struct err *err)
{
	for (; *text; text++)
		if (*text < 'a' || *text > 'z')
			return err_set(err, ERR_REFUSED, "not lower case");
	return 0;
}

static const struct conf_key number = {.name = "n", .type = &conf_number, .min = -5, .max = 12};
static const struct conf_key duration = {
    .name = "d", .type = &conf_duration, .min = 90 * SECOND, .max = 2 * DAY};
static const struct conf_key size = {.name = "s", .type = &conf_size, .min = 512, .max = 4 * GIB};
static const struct conf_key yes_no = {.name = "y", .type = &conf_yes_no};
static const struct conf_key word = {.name = "w", .type = &conf_word, .words = words};
static const struct conf_key only = {.name = "o", .type = &conf_word, .words = one_word};
static const struct conf_key text = {.name = "t", .type = &conf_text};
static const struct conf_key lower = {
    .name = "l", .type = &conf_text, .check = check_lower, .form = "lower case"};

static void reads_values_and_prints_them_the_shortest_way(void)
{
	static const struct {
		const struct conf_key *key;
		const char *text;
		const char *printed;
	} rows[] = {
	    {&number, "-5", "-5"},
	    {&number, "12", "12"},
	    {&number, "007", "7"},
	    {&number, "-0", "0"},
	    {&duration, "90s", "90s"},
	    {&duration, "120s", "2m"},
	    {&duration, "48h", "2d"},
	    {&duration, "36h", "36h"},
	    {&size, "512", "512"},
	    {&size, "1024", "1K"},
	    {&size, "4194304K", "4G"},
	    {&yes_no, "yes", "yes"},
	    {&yes_no, "no", "no"},
	    {&word, "number", "number"},
	    {&word, "leave", "leave"},
	    {&text, "", ""},
	    {&text, " a \"b\" ", " a \"b\" "},
	    {&lower, "abc", "abc"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct conf_key *key = rows[i].key;
		OWNED_BUFFER struct buffer out = BUFFER(CONF_TEXT_MAX);
		union value value;
		union value again;
		struct err err;

		memset(&value, 0xee, sizeof(value));
		memset(&again, 0xee, sizeof(again));
		CU_ASSERT_EQUAL(key->type->parse(key, rows[i].text, &value, &err), 0);
		key->type->print(key, &value, &out);
		CU_ASSERT_STRING_EQUAL(buffer_text(&out), rows[i].printed);
		CU_ASSERT_EQUAL(key->type->parse(key, buffer_text(&out), &again, &err), 0);
		CU_ASSERT_EQUAL(memcmp(&value, &again, sizeof(value)), 0);
	}
}

static void refuses_other_values_and_leaves_the_field_alone(void)
{
	static const struct {
		const struct conf_key *key;
		const char *text;
		const char *why;
	} rows[] = {
	    {&number, "-6", "out of bounds"},
	    {&number, "13", "out of bounds"},
	    {&number, "99999999999999999999", "not a whole number"},
	    {&number, "", "not a whole number"},
	    {&number, "7m", "not a whole number"},
	    {&duration, "89s", "out of bounds"},
	    {&duration, "49h", "out of bounds"},
	    {&duration, "0", "out of bounds"},
	    {&duration, "100", "not a duration"},
	    {&duration, "-90s", "not a duration"},
	    {&size, "511", "out of bounds"},
	    {&size, "5G", "out of bounds"},
	    {&size, "1 K", "not a size"},
	    {&size, "99999999999G", "not a size"},
	    {&yes_no, "", "neither"},
	    {&yes_no, "Yes", "neither"},
	    {&yes_no, "true", "neither"},
	    {&yes_no, "yes ", "neither"},
	    {&word, "", "not one of"},
	    {&word, "num", "not one of"},
	    {&word, "numbers", "not one of"},
	    {&word, "Number", "not one of"},
	    {&lower, "Abc", "not lower case"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct conf_key *key = rows[i].key;
		union value value;
		union value before;
		struct err err = {.kind = ERR_INTERNAL};

		memset(&value, 0xee, sizeof(value));
		memset(&before, 0xee, sizeof(before));
		CU_ASSERT_EQUAL(key->type->parse(key, rows[i].text, &value, &err), -1);
		CU_ASSERT_EQUAL(err.kind, ERR_REFUSED);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.text, rows[i].why));
		CU_ASSERT_EQUAL(memcmp(&value, &before, sizeof(value)), 0);
	}
}

static void takes_text_that_fits_with_its_nul(void)
{
	char longest[CONF_TEXT_MAX + 1];
	union value value;
	struct err err = {.kind = ERR_INTERNAL};

	memset(longest, 'x', sizeof(longest));
	longest[CONF_TEXT_MAX - 1] = '\0';
	CU_ASSERT_EQUAL(conf_text.parse(&text, longest, &value, &err), 0);
	CU_ASSERT_STRING_EQUAL(value.text, longest);
	longest[CONF_TEXT_MAX - 1] = 'x';
	longest[CONF_TEXT_MAX] = '\0';
	value.text[0] = 'y';
	CU_ASSERT_EQUAL(conf_text.parse(&text, longest, &value, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_REFUSED);
	CU_ASSERT_EQUAL(value.text[0], 'y');
}

static void stores_the_place_of_the_word(void)
{
	for (int i = 0; words[i]; i++) {
		int value = -1;
		struct err err;

		CU_ASSERT_EQUAL(conf_word.parse(&word, words[i], &value, &err), 0);
		CU_ASSERT_EQUAL(value, i);
	}
}

static void explains_what_is_allowed(void)
{
	static const struct {
		const struct conf_key *key;
		const char *words;
	} rows[] = {
	    {&number, "a number from -5 to 12"},
	    {&duration, "a duration (90s, 15m, 48h, 30d) from 90s to 2d"},
	    {&size, "a size (512, 64K, 64M, 4G) from 512 to 4G"},
	    {&yes_no, "yes or no"},
	    {&word, "number, quarantine or leave"},
	    {&only, "only"},
	    {&text, "text"},
	    {&lower, "lower case"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_BUFFER struct buffer out = BUFFER(CONF_TEXT_MAX);

		conf_explain(rows[i].key, &out);
		CU_ASSERT_STRING_EQUAL(buffer_text(&out), rows[i].words);
	}
}

void add_suite_conf_type(CU_pSuite suite)
{
	TEST(reads_values_and_prints_them_the_shortest_way);
	TEST(refuses_other_values_and_leaves_the_field_alone);
	TEST(takes_text_that_fits_with_its_nul);
	TEST(stores_the_place_of_the_word);
	TEST(explains_what_is_allowed);
}
