/* SPDX-License-Identifier: Apache-2.0 */
#include "base/number.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct unit {
	const char *suffix;
	int64_t factor;
};

/* The largest first, so that printing finds the shortest form. */
static const struct unit durations[] = {
    {"d", DAY}, {"h", HOUR}, {"m", MINUTE}, {"s", SECOND}, {NULL, 0}};
static const struct unit sizes[] = {{"G", GIB}, {"M", MIB}, {"K", KIB}, {"", 1}, {NULL, 0}};

static int parse_digits(const char *text, const char **ret_end, int64_t *ret_value)
{
	const char *first = text[0] == '-' ? text + 1 : text;
	char *end;
	long long value;

	if (*first < '0' || *first > '9')
		return -1;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno != 0)
		return -1;
	*ret_end = end;
	*ret_value = value;
	return 0;
}

int number_parse(const char *text, int64_t *ret_value, struct err *err)
{
	const char *end = NULL;
	int64_t value = 0;

	if (parse_digits(text, &end, &value) < 0 || *end != '\0')
		return err_set(err, ERR_REFUSED, "\"%.40s\" is not a whole number", text);
	*ret_value = value;
	return 0;
}

static int parse_with_unit(const char *text, const struct unit *units, int64_t *ret_value)
{
	const char *end = NULL;
	int64_t value = 0;

	if (text[0] == '-' || parse_digits(text, &end, &value) < 0)
		return -1;
	for (; units->suffix; units++)
		if (strcmp(end, units->suffix) == 0)
			return __builtin_mul_overflow(value, units->factor, ret_value) ? -1 : 0;
	return -1;
}

int number_parse_duration(const char *text, int64_t *ret_value, struct err *err)
{
	int64_t value = 0;

	if (strcmp(text, "0") != 0 && parse_with_unit(text, durations, &value) < 0)
		return err_set(err, ERR_REFUSED,
		    "\"%.40s\" is not a duration: write 90s, 15m, 48h or 30d", text);
	*ret_value = value;
	return 0;
}

int number_parse_size(const char *text, int64_t *ret_value, struct err *err)
{
	int64_t value = 0;

	if (parse_with_unit(text, sizes, &value) < 0)
		return err_set(
		    err, ERR_REFUSED, "\"%.40s\" is not a size: write 512, 64K, 64M or 4G", text);
	*ret_value = value;
	return 0;
}

static void print_with_unit(struct buffer *out, const struct unit *units, int64_t value)
{
	while (units[1].suffix && (value == 0 || value % units->factor != 0))
		units++;
	buffer_print(out, "%" PRId64 "%s", value / units->factor, units->suffix);
}

void number_print_duration(struct buffer *out, int64_t value)
{
	print_with_unit(out, durations, value);
}

void number_print_size(struct buffer *out, int64_t value)
{
	print_with_unit(out, sizes, value);
}
