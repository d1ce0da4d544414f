/* SPDX-License-Identifier: Apache-2.0 */
#include "base/csv.h"

#include <string.h>

void csv_start(struct csv *csv, const char *text, size_t length)
{
	csv->at = text;
	csv->end = text + length;
	csv->start = text;
	csv->line = 0;
	csv->next_line = 1;
	csv->count = 0;
}

static int refuse_at(size_t line, size_t column, const char *reason, struct err *err)
{
	return err_set(err, ERR_REFUSED, "line %zu, column %zu: %s", line, column, reason);
}

int csv_refuse(const struct csv *csv, size_t field, const char *reason, struct err *err)
{
	if (field >= csv->count)
		return refuse_at(csv->line, 1, reason, err);
	return refuse_at(csv->lines[field], csv->columns[field], reason, err);
}

/* While a record is read, next_line is the line where at is. */
static int refuse_here(const struct csv *csv, const char *reason, struct err *err)
{
	return refuse_at(csv->next_line, (size_t)(csv->at - csv->start) + 1, reason, err);
}

/* Skip "\n" and "\r\n". False: something else is there. */
static bool skip_newline(struct csv *csv)
{
	size_t left = (size_t)(csv->end - csv->at);

	if (left >= 2 && csv->at[0] == '\r' && csv->at[1] == '\n')
		csv->at++;
	else if (left < 1 || csv->at[0] != '\n')
		return false;
	csv->at++;
	csv->next_line++;
	return true;
}

/* Can another byte be copied, so that there is room for the NUL of every field? */
static bool has_room(const struct csv *csv, const char *to)
{
	return to < csv->record + CSV_RECORD_MAX - CSV_FIELDS_MAX;
}

/* Copy a quoted field to *to: "" is one quote, and it may go over several lines. */
static int read_quoted(struct csv *csv, char **to, struct err *err)
{
	for (csv->at++; csv->at < csv->end && *csv->at != '\0' && has_room(csv, *to); csv->at++) {
		if (*csv->at == '\n') {
			csv->next_line++;
			csv->start = csv->at + 1;
		}
		if (*csv->at == '"') {
			csv->at++;
			if (csv->at == csv->end || *csv->at != '"')
				return 0;
		}
		*(*to)++ = *csv->at;
	}
	return refuse_here(csv, "a quoted field is not closed, too long or has a NUL byte", err);
}

static int read_plain(struct csv *csv, char **to, struct err *err)
{
	while (csv->at < csv->end && *csv->at != ',' && *csv->at != '\n') {
		if (*csv->at == '"')
			return refuse_here(csv, "a quote inside a field that is not quoted", err);
		if (*csv->at == '\r' && csv->at + 1 < csv->end && csv->at[1] == '\n')
			break;
		if (*csv->at == '\0')
			return refuse_here(csv, "a NUL byte", err);
		if (!has_room(csv, *to))
			return refuse_here(csv, "the record is too long", err);
		*(*to)++ = *csv->at++;
	}
	return 0;
}

static int read_field(struct csv *csv, char **to, struct err *err)
{
	int result;

	if (csv->count == CSV_FIELDS_MAX)
		return refuse_here(csv, "too many fields", err);
	csv->lines[csv->count] = csv->next_line;
	csv->columns[csv->count] = (size_t)(csv->at - csv->start) + 1;
	csv->fields[csv->count++] = *to;
	result = csv->at < csv->end && *csv->at == '"' ? read_quoted(csv, to, err)
	                                               : read_plain(csv, to, err);
	*(*to)++ = '\0';
	return result;
}

static int read_record(struct csv *csv, struct err *err)
{
	char *to = csv->record;

	csv->count = 0;
	for (;;) {
		if (read_field(csv, &to, err) < 0)
			return -1;
		if (csv->at == csv->end || skip_newline(csv))
			return 0;
		if (*csv->at != ',')
			return refuse_here(csv, "a comma or the end of the line was expected", err);
		csv->at++;
	}
}

int csv_next(struct csv *csv, bool *ret_record, struct err *err)
{
	while (csv->at < csv->end && skip_newline(csv))
		continue;
	csv->line = csv->next_line;
	csv->start = csv->at;
	if (csv->at == csv->end) {
		*ret_record = false;
		return 0;
	}
	if (read_record(csv, err) < 0)
		return -1;
	*ret_record = true;
	return 0;
}

void csv_add(struct buffer *out, const char *field)
{
	if (!strpbrk(field, ",\"\r\n")) {
		buffer_add_text(out, field);
	} else {
		buffer_add(out, "\"", 1);
		for (; *field; field++)
			buffer_add(out, *field == '"' ? "\"\"" : field, *field == '"' ? 2 : 1);
		buffer_add(out, "\"", 1);
	}
	buffer_add(out, ",", 1);
}

void csv_end(struct buffer *out)
{
	size_t length = out->length;
	bool comma = length > 0 && out->data[length - 1] == ',';
	/* One empty field alone would be an empty line, which csv_next() passes over. */
	bool empty = comma && (length == 1 || out->data[length - 2] == '\n');

	if (comma)
		out->data[--out->length] = '\0';
	buffer_add_text(out, empty ? "\"\"\r\n" : "\r\n");
}
