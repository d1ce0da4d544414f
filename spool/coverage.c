/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/coverage.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"

static void remove_part(struct coverage *c, size_t at)
{
	c->count--;
	memmove(&c->parts[at], &c->parts[at + 1], (c->count - at) * sizeof(c->parts[0]));
}

void coverage_add(struct coverage *coverage, int64_t from, int64_t to)
{
	size_t at = 0;

	while (at < coverage->count && coverage->parts[at].to < from)
		at++;
	/* Whatever it touches becomes a part of it. */
	while (at < coverage->count && coverage->parts[at].from <= to) {
		if (coverage->parts[at].from < from)
			from = coverage->parts[at].from;
		if (coverage->parts[at].to > to)
			to = coverage->parts[at].to;
		remove_part(coverage, at);
	}
	if (coverage->count == COVERAGE_PARTS)
		return;
	memmove(&coverage->parts[at + 1], &coverage->parts[at],
	    (coverage->count - at) * sizeof(coverage->parts[0]));
	coverage->parts[at] = (struct coverage_part){from, to};
	coverage->count++;
}

void coverage_add_all(struct coverage *coverage, const struct coverage *other)
{
	for (size_t i = 0; i < other->count; i++)
		coverage_add(coverage, other->parts[i].from, other->parts[i].to);
}

bool coverage_is_whole(const struct coverage *coverage, int64_t size)
{
	return coverage->count == 1 && coverage->parts[0].from == 0 &&
	       coverage->parts[0].to >= size;
}

void coverage_print(const struct coverage *coverage, struct buffer *out)
{
	for (size_t i = 0; i < coverage->count; i++)
		buffer_print(out, "%s%" PRId64 "-%" PRId64, i ? "," : "", coverage->parts[i].from,
		    coverage->parts[i].to);
}

void coverage_parse(const char *text, struct coverage *ret_coverage)
{
	*ret_coverage = (struct coverage){.count = 0};
	while (*text) {
		char part[48];
		size_t length = strcspn(text, ",");
		int64_t from = 0;
		int64_t to = 0;
		struct err ignored;
		char *dash;

		(void)snprintf(part, sizeof(part), "%.*s", (int)length, text);
		dash = strchr(part, '-');
		text += length + (text[length] == ',');
		if (!dash)
			continue;
		*dash = '\0';
		if (number_parse(part, &from, &ignored) == 0 &&
		    number_parse(dash + 1, &to, &ignored) == 0 && from >= 0 && from < to)
			coverage_add(ret_coverage, from, to);
	}
}
