/* SPDX-License-Identifier: Apache-2.0 */
#include "base/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "tests/lib/child.h"
#include "tests/lib/scratch.h"
#include "tests/unit/suite.h"

void add_suite_conf(CU_pSuite suite);

struct values {
	int64_t count;
	int64_t period;
	int64_t most;
	bool wanted;
	int colour;
	char name[CONF_TEXT_MAX];
	char last[CONF_TEXT_MAX];
};

static const char *const colours[] = {"red", "green", "blue", NULL};

#define KEY(key, kind, field) .name = key, .type = &(kind), .offset = offsetof(struct values, field)

/* clang-format off */
static const struct conf_key keys[] = {
    {KEY("count", conf_number, count), .fallback = "7", .min = 1, .max = 12, .about = "How many."},
    {KEY("period", conf_duration, period), .fallback = "15m", .min = MINUTE, .max = DAY,
        .about = "How often something that takes more words to be told than fit on one line of "
                 "the file is to be done."},
    {KEY("most", conf_size, most), .fallback = "64K", .min = 1, .max = GIB, .about = "Bytes."},
    {KEY("wanted", conf_yes_no, wanted), .fallback = "no", .about = "Is it?"},
    {KEY("colour", conf_word, colour), .fallback = "green", .words = colours, .about = "Which."},
    {KEY("node.name", conf_text, name), .fallback = "", .about = "Name."},
    {KEY("last", conf_text, last), .fallback = "\"a\\b $c\"", .about = "Last."},
    {.name = NULL},
};
/* clang-format on */

/* A scratch folder with a settings file of that content. */
struct file {
	struct scratch scratch;
	char path[SCRATCH_PATH_MAX + 16];
};

static void file_open(struct file *file, const char *content)
{
	scratch_open(&file->scratch);
	scratch_write(&file->scratch, "x.conf", content);
	(void)snprintf(file->path, sizeof(file->path), "%s/x.conf", file->scratch.path);
}

static void file_close(struct file *file)
{
	scratch_close(&file->scratch);
}
#define OWNED_FILE OWNED(file_close)

static int load(const char *content, struct values *ret_values, struct err *err)
{
	OWNED_FILE struct file file;

	file_open(&file, content);
	return conf_load(keys, file.path, ret_values, err);
}

/* A file of that content is refused by name, with these words. */
static void expect_refused(const char *content, const char *words)
{
	OWNED_FILE struct file file;
	struct values values;
	struct err err = {.kind = ERR_INTERNAL};

	file_open(&file, content);
	CU_ASSERT_EQUAL(conf_load(keys, file.path, &values, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_REFUSED);
	CU_ASSERT_EQUAL(strncmp(err.text, file.path, strlen(file.path)), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, words));
}

static void has_the_defaults_without_lines(void)
{
	static const char *const contents[] = {"", "\n", "# count = 3\n", "// count = 3\n/* x */"};

	for (size_t i = 0; i < COUNT(contents); i++) {
		struct values values = {.count = 42, .wanted = true, .name = "x"};
		struct err err;

		CU_ASSERT_EQUAL(load(contents[i], &values, &err), 0);
		CU_ASSERT_EQUAL(values.count, 7);
		CU_ASSERT_EQUAL(values.period, 15 * MINUTE);
		CU_ASSERT_EQUAL(values.most, 64 * KIB);
		CU_ASSERT_FALSE(values.wanted);
		CU_ASSERT_EQUAL(values.colour, 1);
		CU_ASSERT_STRING_EQUAL(values.name, "");
		CU_ASSERT_STRING_EQUAL(values.last, "\"a\\b $c\"");
	}
}

static void takes_what_the_file_says(void)
{
	struct values values;
	struct err err;

	CU_ASSERT_EQUAL_FATAL(load("count=12\n\tperiod = 48m # often\nmost = \"1G\"\n"
	                           "wanted = yes\ncolour = 'blue'\nnode.name = \"a \\\"b\\\" c\"",
	                          &values, &err),
	    0);
	CU_ASSERT_EQUAL(values.count, 12);
	CU_ASSERT_EQUAL(values.period, 48 * MINUTE);
	CU_ASSERT_EQUAL(values.most, GIB);
	CU_ASSERT_TRUE(values.wanted);
	CU_ASSERT_EQUAL(values.colour, 2);
	CU_ASSERT_STRING_EQUAL(values.name, "a \"b\" c");
}

static void names_file_line_and_what_is_allowed(void)
{
	static const struct {
		const char *content;
		const char *complaint; /* behind the path */
	} rows[] = {
	    {"\n\nnumber = 3\n", ":3: no such option 'number'"},
	    {"count = 3\nwanted = no\ncount = 3\n", ":3: count is set a second time"},
	    {"count = 13\n", ":1: count = 13: out of bounds; allowed is a number from 1 to 12"},
	    {"\ncount = many\n", ":2: count = many: \"many\" is not a whole number; allowed is a"},
	    {"count = \"\"\n", ":1: count = : \"\" is not a whole number"},
	    {"period = 30s\n",
	        ": out of bounds; allowed is a duration (90s, 15m, 48h, 30d) from 1m"},
	    {"most = 2G\n", ": out of bounds; allowed is a size (512, 64K, 64M, 4G) from 1 to 1G"},
	    {"wanted = true\n", ": neither yes nor no; allowed is yes or no"},
	    {"\ncolour = pink\n",
	        ":2: colour = pink: not one of the words; allowed is red, green or"},
	    {"\ncount", ":2: "},
	    {"\ncount =", ":2: "},
	    {"count = {1, 2}\n", ":1: "},
	    {"count += 1\n", ":1: "},
	    {"\ncount = 1 2\n", ":2: "},
	    {"count { x = 1 }\n", ":1: "},
	    {"include(\"/dev/null\")\n", ":1: no such option 'include'"},
	    {"number = 1\ncount = 99\n", ":1: no such option 'number'"},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		expect_refused(rows[i].content, rows[i].complaint);
}

static void finds_the_line_behind_comments(void)
{
	static const struct {
		const char *content;
		const char *line;
	} rows[] = {
	    {"# x\ncount = 99\n", ":2: "},
	    {"# x\n#y\n ## 'z\ncount = 99\n", ":4: "},
	    {"wanted = no # x\n# \"\ncount = 99\n", ":3: "},
	    {"wanted = no# x\ncount = 99\n", ":2: "},
	    {"// don't\ncount = 99\n", ":2: "},
	    {"/* x */\ncount = 99\n", ":2: "},
	    {"/* x\n # */ count = 99\n", ":2: "},
	    {"/* x */ /**/ /***/\ncount = 99 /* y */\n", ":2: "},
	    {"last = 'a\n# b'\ncount = 99\n", ":3: "},
	    {"last = \"a\\\"\n# b\" # c\ncount = 99\n", ":3: "},
	    {"last = \"/* # ' \"\ncount = 99\n", ":2: "},
	    {"last = a//b\ncount = 99\n", ":2: "},
	    {"# x\n\nnumber = 3\n", ":3: "},
	    {"# x\nlast = \"open\n\n", ":2: a quote is not closed"},
	    {"# x\nlast = 'open \\'\n", ":2: a quote is not closed"},
	    {"# x\n\n/* open\ncount = 3\n", ":3: a comment is not closed"},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		expect_refused(rows[i].content, rows[i].line);
}

static void takes_no_part_of_a_value_for_a_comment(void)
{
	static const struct {
		const char *content;
		const char *last;
	} rows[] = {
	    {"last = '# a' # b\n", "# a"},
	    {"last = \"/* a */\" /* b */", "/* a */"},
	    {"last = \"// a\" // b", "// a"},
	    {"last = a//b\n", "a//b"},
	    {"last = a/b # c\n", "a/b"},
	    {"last = 'it\\'s # a'", "it's # a"},
	    {"last = \"a\\\" # b\"", "a\" # b"},
	    {"/* '*/ last = a /* ' */", "a"},
	    {"# '\nlast = a", "a"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct values values = {.last = "x"};
		struct err err;

		CU_ASSERT_EQUAL(load(rows[i].content, &values, &err), 0);
		CU_ASSERT_STRING_EQUAL(values.last, rows[i].last);
	}
}

static void refuses_a_file_that_is_not_text(void)
{
	OWNED_SCRATCH struct scratch scratch;
	OWNED_BUFFER struct buffer content = BUFFER(100);
	char path[SCRATCH_PATH_MAX + 16];
	struct values values;
	struct err err = {.kind = ERR_INTERNAL};

	scratch_open(&scratch);
	(void)snprintf(path, sizeof(path), "%s/x.conf", scratch.path);
	buffer_add(&content, "count = 3\n\0wanted = yes\n", 24);
	CU_ASSERT_EQUAL(file_replace(scratch.fd, "x.conf", &content, 0600, &err), 0);
	CU_ASSERT_EQUAL(conf_load(keys, path, &values, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_REFUSED);
	err.kind = ERR_INTERNAL;
	CU_ASSERT_EQUAL(conf_set(&keys[0], path, "3", &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_REFUSED);
}

static void can_be_tried_again_when_it_cannot_be_read(void)
{
	OWNED_FILE struct file file;
	struct values values;
	struct err err = {.kind = ERR_INTERNAL};

	file_open(&file, "");
	CU_ASSERT_EQUAL(unlink(file.path), 0);
	CU_ASSERT_EQUAL(conf_load(keys, file.path, &values, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_REFUSED);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, file.path));
}

static void load_folder(const void *path)
{
	struct values values;
	struct err err = {.kind = ERR_INTERNAL};

	CHILD_MUST(conf_load(keys, path, &values, &err) == -1);
	CHILD_MUST(err.kind == ERR_RETRY);
}

static void survives_a_folder_instead_of_a_file(void)
{
	OWNED_SCRATCH struct scratch scratch;

	scratch_open(&scratch);
	CU_ASSERT_TRUE(child_succeeds(load_folder, scratch.path));
}

static void finds_keys_by_their_whole_name(void)
{
	CU_ASSERT_PTR_EQUAL(conf_find(keys, "count"), &keys[0]);
	CU_ASSERT_PTR_EQUAL(conf_find(keys, "last"), &keys[COUNT(keys) - 2]);
	CU_ASSERT_PTR_NULL(conf_find(keys, "node"));
	CU_ASSERT_PTR_NULL(conf_find(keys, "node.name.x"));
	CU_ASSERT_PTR_NULL(conf_find(keys, ""));
}

static void changes_one_line_and_no_other(void)
{
	static const struct {
		const char *before;
		const char *after;
	} rows[] = {
	    {"", "count = \"3\"\n"},
	    {"wanted = no\n", "wanted = no\ncount = \"3\"\n"},
	    {"wanted = no", "wanted = no\ncount = \"3\"\n"},
	    {"# c\ncount = 1\n\nwanted = no\n", "# c\ncount = \"3\"\n\nwanted = no\n"},
	    {"\t count=1 # why", "count = \"3\"\n"},
	    {"count\t= 1\n", "count = \"3\"\n"},
	    {"# count = 1\n", "# count = 1\ncount = \"3\"\n"},
	    {"counts = 1\n", "counts = 1\ncount = \"3\"\n"},
	    {"count.x = 1\n", "count.x = 1\ncount = \"3\"\n"},
	    {"a.count = 1\n", "a.count = 1\ncount = \"3\"\n"},
	    {"last = \"count = 5\"\n", "last = \"count = 5\"\ncount = \"3\"\n"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_FILE struct file file;
		OWNED_MEM char *after = NULL;
		struct err err;

		file_open(&file, rows[i].before);
		CU_ASSERT_EQUAL(conf_set(&keys[0], file.path, "3", &err), 0);
		after = scratch_read(&file.scratch, "x.conf");
		CU_ASSERT_PTR_NOT_NULL_FATAL(after);
		CU_ASSERT_STRING_EQUAL(after, rows[i].after);
	}
}

static void keeps_the_mode_of_the_file(void)
{
	OWNED_FILE struct file file;
	struct stat st;
	struct err err;

	file_open(&file, "");
	CU_ASSERT_EQUAL(chmod(file.path, 0604), 0);
	CU_ASSERT_EQUAL(conf_set(&keys[0], file.path, "3", &err), 0);
	CU_ASSERT_EQUAL(stat(file.path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0604);
}

/* /etc/edelivery/edelivery.conf may be a link to where the settings are. */
static void changes_what_a_link_leads_to(void)
{
	OWNED_FILE struct file file;
	OWNED_MEM char *after = NULL;
	char link[SCRATCH_PATH_MAX + 16];
	struct stat st;
	struct err err;

	file_open(&file, "");
	(void)snprintf(link, sizeof(link), "%s/link.conf", file.scratch.path);
	CU_ASSERT_EQUAL(symlink("x.conf", link), 0);
	CU_ASSERT_EQUAL(conf_set(&keys[0], link, "3", &err), 0);
	CU_ASSERT_EQUAL(lstat(link, &st), 0);
	CU_ASSERT_TRUE(S_ISLNK(st.st_mode));
	after = scratch_read(&file.scratch, "x.conf");
	CU_ASSERT_STRING_EQUAL(after, "count = \"3\"\n");
}

static void refuses_wrong_values_and_leaves_the_file_alone(void)
{
	static const struct {
		const char *key;
		const char *text;
	} rows[] = {
	    {"count", "0"},
	    {"count", "13"},
	    {"count", "x"},
	    {"count", "3\n"},
	    {"wanted", "maybe"},
	    {"colour", ""},
	    {"last", "a\nb"},
	    {"last", "a\rb"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct conf_key *key = conf_find(keys, rows[i].key);
		OWNED_FILE struct file file;
		OWNED_MEM char *after = NULL;
		struct err err = {.kind = ERR_INTERNAL};

		file_open(&file, "count = 1 # as it was\n");
		CU_ASSERT_EQUAL(conf_check(key, rows[i].text, &err), -1);
		CU_ASSERT_EQUAL(err.kind, ERR_REFUSED);
		err.kind = ERR_INTERNAL;
		CU_ASSERT_EQUAL(conf_set(key, file.path, rows[i].text, &err), -1);
		CU_ASSERT_EQUAL(err.kind, ERR_REFUSED);
		CU_ASSERT_EQUAL(strncmp(err.text, rows[i].key, strlen(rows[i].key)), 0);
		after = scratch_read(&file.scratch, "x.conf");
		CU_ASSERT_STRING_EQUAL(after, "count = 1 # as it was\n");
	}
}

static void does_not_make_a_file_that_is_missing(void)
{
	OWNED_FILE struct file file;
	struct err err = {.kind = ERR_INTERNAL};

	file_open(&file, "");
	CU_ASSERT_EQUAL(unlink(file.path), 0);
	CU_ASSERT_EQUAL(conf_set(&keys[0], file.path, "3", &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_REFUSED);
	CU_ASSERT_NOT_EQUAL(access(file.path, F_OK), 0);
}

/* A file that sets the key so often that the longer value makes more of it than is read. */
static void refuses_to_write_half_of_a_file(void)
{
	OWNED_FILE struct file file;
	OWNED_MEM char *after = NULL;
	OWNED_BUFFER struct buffer lines = BUFFER(1024 * 1024);
	char text[CONF_TEXT_MAX];
	struct err err = {.kind = ERR_INTERNAL};

	for (int i = 0; i < 4096; i++)
		buffer_add_text(&lines, "last=\n");
	buffer_add_text(&lines, "# the end\n");
	memset(text, '"', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	file_open(&file, buffer_text(&lines));
	CU_ASSERT_EQUAL(conf_set(conf_find(keys, "last"), file.path, text, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_REFUSED);
	after = scratch_read(&file.scratch, "x.conf");
	CU_ASSERT_TRUE(strcmp(after, buffer_text(&lines)) == 0);
}

static void loads_whatever_text_was_set(void)
{
	static const char *const texts[] = {"", " ", "a b", "\"", "\\", "\\\\n", "${HOME}", "$HOME",
	    "~", "'", "#", "//", "/*", "*/", "a = b", "{}", "\\x41", "\\101", "\xc3\xa9", "a,b;c"};
	const struct conf_key *key = conf_find(keys, "last");
	OWNED_FILE struct file file;

	file_open(&file, "count = 3\n");
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct values values;
		struct err err;

		CU_ASSERT_EQUAL(conf_set(key, file.path, texts[i], &err), 0);
		CU_ASSERT_EQUAL(conf_load(keys, file.path, &values, &err), 0);
		CU_ASSERT_STRING_EQUAL(values.last, texts[i]);
		CU_ASSERT_EQUAL(values.count, 3);
	}
}

static void loads_every_byte_that_was_set(void)
{
	const struct conf_key *key = conf_find(keys, "last");
	OWNED_FILE struct file file;

	file_open(&file, "");
	for (int byte = 1; byte < 256; byte++) {
		char text[] = {'<', (char)byte, '>', '\0'};
		struct values values = {.last = ""};
		struct err err;

		if (byte == '\n' || byte == '\r')
			continue;
		CU_ASSERT_EQUAL(conf_set(key, file.path, text, &err), 0);
		CU_ASSERT_EQUAL(conf_load(keys, file.path, &values, &err), 0);
		CU_ASSERT_STRING_EQUAL(values.last, text);
	}
}

static void prints_a_file_that_loads_to_the_same_values(void)
{
	struct values defaults;
	struct values changed = {.count = 3,
	    .period = 2 * HOUR,
	    .most = 1,
	    .wanted = true,
	    .colour = 0,
	    .name = "a \"b\" $c\\",
	    .last = ""};
	const struct values *const rows[] = {NULL, &changed};
	struct err err;

	CU_ASSERT_EQUAL(load("", &defaults, &err), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct values *expected = rows[i] ? rows[i] : &defaults;
		OWNED_BUFFER struct buffer text = BUFFER(65536);
		struct values values;

		conf_print_file(keys, rows[i], &text);
		CU_ASSERT_EQUAL_FATAL(load(buffer_text(&text), &values, &err), 0);
		CU_ASSERT_EQUAL(values.count, expected->count);
		CU_ASSERT_EQUAL(values.period, expected->period);
		CU_ASSERT_EQUAL(values.most, expected->most);
		CU_ASSERT_EQUAL(values.wanted, expected->wanted);
		CU_ASSERT_EQUAL(values.colour, expected->colour);
		CU_ASSERT_STRING_EQUAL(values.name, expected->name);
		CU_ASSERT_STRING_EQUAL(values.last, expected->last);
	}
}

static void explains_every_key_in_lines_that_fit(void)
{
	OWNED_BUFFER struct buffer text = BUFFER(65536);
	size_t length;

	conf_print_file(keys, NULL, &text);
	CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&text),
	    "# How many.\n# Allowed: a number from 1 to 12. Default: 7\ncount = \"7\"\n\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&text), "# Allowed: text. Default: none\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&text), " of the file is to be\n# done.\n"));
	for (const char *line = buffer_text(&text); *line; line += length + 1) {
		length = strcspn(line, "\n");
		CU_ASSERT_TRUE(length <= 96);
	}
}

void add_suite_conf(CU_pSuite suite)
{
	TEST(has_the_defaults_without_lines);
	TEST(takes_what_the_file_says);
	TEST(names_file_line_and_what_is_allowed);
	TEST(finds_the_line_behind_comments);
	TEST(takes_no_part_of_a_value_for_a_comment);
	TEST(refuses_a_file_that_is_not_text);
	TEST(can_be_tried_again_when_it_cannot_be_read);
	TEST(survives_a_folder_instead_of_a_file);
	TEST(finds_keys_by_their_whole_name);
	TEST(changes_one_line_and_no_other);
	TEST(keeps_the_mode_of_the_file);
	TEST(changes_what_a_link_leads_to);
	TEST(refuses_wrong_values_and_leaves_the_file_alone);
	TEST(does_not_make_a_file_that_is_missing);
	TEST(refuses_to_write_half_of_a_file);
	TEST(loads_whatever_text_was_set);
	TEST(loads_every_byte_that_was_set);
	TEST(prints_a_file_that_loads_to_the_same_values);
	TEST(explains_every_key_in_lines_that_fit);
}
