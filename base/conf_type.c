/* SPDX-License-Identifier: Apache-2.0 */
/* The types that a setting can have; conf.c reads and writes the file. */
#include <inttypes.h>
#include <string.h>

#include "base/conf.h"
#include "base/number.h"

static int bounded(const struct conf_key *key, int64_t value, void *at, struct err *err)
{
	if (value < key->min || value > key->max)
		return err_set(err, ERR_REFUSED, "out of bounds");
	memcpy(at, &value, sizeof(value));
	return 0;
}

static int64_t integer_at(const void *at)
{
	int64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static int parse_number(const struct conf_key *key, const char *text, void *at, struct err *err)
{
	int64_t value = 0;

	return number_parse(text, &value, err) < 0 ? -1 : bounded(key, value, at, err);
}

static void print_number(const struct conf_key *key, const void *at, struct buffer *out)
{
	(void)key;
	buffer_print(out, "%" PRId64, integer_at(at));
}

static void explain_number(const struct conf_key *key, struct buffer *out)
{
	buffer_print(out, "a number from %" PRId64 " to %" PRId64, key->min, key->max);
}

static int parse_duration(const struct conf_key *key, const char *text, void *at, struct err *err)
{
	int64_t value = 0;

	return number_parse_duration(text, &value, err) < 0 ? -1 : bounded(key, value, at, err);
}

static void print_duration(const struct conf_key *key, const void *at, struct buffer *out)
{
	(void)key;
	number_print_duration(out, integer_at(at));
}

static void explain_duration(const struct conf_key *key, struct buffer *out)
{
	buffer_add_text(out, "a duration (90s, 15m, 48h, 30d) from ");
	number_print_duration(out, key->min);
	buffer_add_text(out, " to ");
	number_print_duration(out, key->max);
}

static int parse_size(const struct conf_key *key, const char *text, void *at, struct err *err)
{
	int64_t value = 0;

	return number_parse_size(text, &value, err) < 0 ? -1 : bounded(key, value, at, err);
}

static void print_size(const struct conf_key *key, const void *at, struct buffer *out)
{
	(void)key;
	number_print_size(out, integer_at(at));
}

static void explain_size(const struct conf_key *key, struct buffer *out)
{
	buffer_add_text(out, "a size (512, 64K, 64M, 4G) from ");
	number_print_size(out, key->min);
	buffer_add_text(out, " to ");
	number_print_size(out, key->max);
}

static int parse_yes_no(const struct conf_key *key, const char *text, void *at, struct err *err)
{
	bool value = strcmp(text, "yes") == 0;

	(void)key;
	if (!value && strcmp(text, "no") != 0)
		return err_set(err, ERR_REFUSED, "neither yes nor no");
	memcpy(at, &value, sizeof(value));
	return 0;
}

static void print_yes_no(const struct conf_key *key, const void *at, struct buffer *out)
{
	bool value;

	(void)key;
	memcpy(&value, at, sizeof(value));
	buffer_add_text(out, value ? "yes" : "no");
}

static void explain_yes_no(const struct conf_key *key, struct buffer *out)
{
	(void)key;
	buffer_add_text(out, "yes or no");
}

static int parse_word(const struct conf_key *key, const char *text, void *at, struct err *err)
{
	for (int i = 0; key->words[i]; i++) {
		if (strcmp(key->words[i], text) == 0) {
			memcpy(at, &i, sizeof(i));
			return 0;
		}
	}
	return err_set(err, ERR_REFUSED, "not one of the words");
}

static void print_word(const struct conf_key *key, const void *at, struct buffer *out)
{
	int value;

	memcpy(&value, at, sizeof(value));
	buffer_add_text(out, key->words[value]);
}

static void explain_word(const struct conf_key *key, struct buffer *out)
{
	for (int i = 0; key->words[i]; i++) {
		if (i > 0)
			buffer_add_text(out, key->words[i + 1] ? ", " : " or ");
		buffer_add_text(out, key->words[i]);
	}
}

static int parse_text(const struct conf_key *key, const char *text, void *at, struct err *err)
{
	size_t length = strlen(text);

	if (length >= CONF_TEXT_MAX)
		return err_set(err, ERR_REFUSED, "longer than %d bytes", CONF_TEXT_MAX - 1);
	if (key->check && key->check(text, err) < 0)
		return -1;
	memcpy(at, text, length + 1);
	return 0;
}

static void print_text(const struct conf_key *key, const void *at, struct buffer *out)
{
	(void)key;
	buffer_add_text(out, at);
}

static void explain_text(const struct conf_key *key, struct buffer *out)
{
	buffer_add_text(out, key->form ? key->form : "text");
}

const struct conf_type conf_number = {parse_number, print_number, explain_number};
const struct conf_type conf_duration = {parse_duration, print_duration, explain_duration};
const struct conf_type conf_size = {parse_size, print_size, explain_size};
const struct conf_type conf_yes_no = {parse_yes_no, print_yes_no, explain_yes_no};
const struct conf_type conf_word = {parse_word, print_word, explain_word};
const struct conf_type conf_text = {parse_text, print_text, explain_text};
