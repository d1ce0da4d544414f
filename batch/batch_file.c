/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/batch_file.h"

#include <stdio.h>
#include <string.h>

#include "base/csv.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"

#define SUFFIX ".batch.csv"
#define ASIDE  ".taken"

enum { AVRS_ID, CLASS, NAME, SIZE, SHA256, FIELDS };

static const char *const header[FIELDS] = {"avrs_id", "class", "name", "size", "sha256"};

bool batch_file_is_named(const char *name, size_t *ret_length)
{
	size_t length = strlen(name);
	size_t suffix = strlen(SUFFIX);

	if (length <= suffix || strcmp(name + length - suffix, SUFFIX) != 0)
		return false;
	*ret_length = length - suffix;
	return true;
}

void batch_file_aside(const char *name, char ret_hidden[NAME_MAX + 1])
{
	(void)snprintf(ret_hidden, NAME_MAX + 1, ".%s" ASIDE, name);
}

bool batch_file_is_aside(const char *hidden, char ret_name[NAME_MAX + 1])
{
	size_t length = strlen(hidden);
	size_t aside = strlen(ASIDE);
	size_t batch;

	if (hidden[0] != '.' || length <= 1 + aside || length > NAME_MAX ||
	    strcmp(hidden + length - aside, ASIDE) != 0)
		return false;
	(void)snprintf(ret_name, NAME_MAX + 1, "%.*s", (int)(length - 1 - aside), hidden + 1);
	return batch_file_is_named(ret_name, &batch);
}

static int check_header(struct csv *csv, struct err *err)
{
	bool record = false;

	if (csv_next(csv, &record, err) < 0)
		return -1;
	for (size_t i = 0; i < FIELDS; i++)
		if (!record || csv->count != FIELDS || strcmp(csv->fields[i], header[i]) != 0)
			return csv_refuse(
			    csv, 0, "the first line must be avrs_id,class,name,size,sha256", err);
	return 0;
}

static bool is_sha256(const char *text)
{
	return strlen(text) == SHA256_HEX && strspn(text, "0123456789abcdef") == SHA256_HEX;
}

static int read_line(const struct csv *csv, struct batch_line *ret_line, struct err *err)
{
	char *const *fields = csv->fields;
	struct err reason;

	if (csv->count != FIELDS)
		return csv_refuse(csv, csv->count < FIELDS ? csv->count : FIELDS,
		    "five fields were expected: avrs_id,class,name,size,sha256", err);
	if (!avrs_id_is_valid(fields[AVRS_ID]))
		return csv_refuse(csv, AVRS_ID, "not an AVRS ID", err);
	if (letter_class_parse(fields[CLASS], &ret_line->class, &reason) < 0)
		return csv_refuse(csv, CLASS, "neither edelivery nor trade-files", err);
	if (letter_name_check(fields[NAME], &reason) < 0)
		return csv_refuse(csv, NAME, reason.text, err);
	if (number_parse(fields[SIZE], &ret_line->size, &reason) < 0 || ret_line->size < 1)
		return csv_refuse(csv, SIZE, "not a number of bytes", err);
	if (!is_sha256(fields[SHA256]))
		return csv_refuse(csv, SHA256, "not a SHA-256 of 64 digits 0-9 and a-f", err);
	ret_line->line = csv->line;
	text_copy(ret_line->avrs_id, fields[AVRS_ID]);
	text_copy(ret_line->name, fields[NAME]);
	text_copy(ret_line->sha256, fields[SHA256]);
	return 0;
}

int batch_file_parse(const char *text, size_t length,
    int (*each)(const struct batch_line *line, void *arg, struct err *err), void *arg,
    struct err *err)
{
	OWNED_MEM struct csv *csv = mem_new(1, sizeof(*csv));
	struct batch_line line;
	bool record = false;

	csv_start(csv, text, length);
	if (check_header(csv, err) < 0)
		return -1;
	for (;;) {
		if (csv_next(csv, &record, err) < 0)
			return -1;
		if (!record)
			return 0;
		if (read_line(csv, &line, err) < 0 || each(&line, arg, err) < 0)
			return -1;
	}
}
