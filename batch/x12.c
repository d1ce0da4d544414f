/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/x12.h"

#include <string.h>

#include "base/number.h"
#include "base/text.h"

enum { SEPARATORS = 16, CONTROL_AT = 90, ELEMENT_MAX = 31 };

static const char is_cut_off[] = "X12 that is cut off: its last segment is not IEA";

bool x12_is_isa(const char isa[X12_ISA])
{
	char separator = isa[3];
	char terminator = isa[X12_ISA - 1];
	int count = 0;

	for (int i = 0; i < X12_ISA - 1; i++)
		count += isa[i] == separator;
	return memcmp(isa, "ISA", 3) == 0 && count == SEPARATORS && separator != terminator &&
	       terminator != '\0';
}

void x12_begin(struct x12 *x12)
{
	*x12 = (struct x12){.verdict = FORMAT_CUT_OFF, .reason = is_cut_off};
}

static void decide(struct x12 *x12, enum format_verdict verdict, const char *reason)
{
	x12->is_over = true;
	x12->verdict = verdict;
	x12->reason = reason;
}

static bool is_line_end(char byte)
{
	return byte == '\r' || byte == '\n';
}

/* Is the segment at hand one of that name, with elements? */
static bool is_segment(const struct x12 *x12, const char *name)
{
	size_t length = strlen(name);

	return x12->length > length && memcmp(x12->segment, name, length) == 0 &&
	       x12->segment[length] == x12->separator;
}

/* Element number (from 1) of the segment at hand; "": there is none, or it is too long. */
static void get_element(const struct x12 *x12, int number, char ret_text[ELEMENT_MAX + 1])
{
	const char *end = x12->segment + x12->length;
	const char *start = x12->segment;
	const char *stop;

	ret_text[0] = '\0';
	for (int i = 0; i < number && start; i++) {
		start = memchr(start, x12->separator, (size_t)(end - start));
		if (start)
			start++;
	}
	if (!start)
		return;
	stop = memchr(start, x12->separator, (size_t)(end - start));
	if (!stop)
		stop = end;
	if (stop - start > ELEMENT_MAX)
		return;
	memcpy(ret_text, start, (size_t)(stop - start));
	ret_text[stop - start] = '\0';
}

/* Numbers are the same whatever zeros, or blanks, are in front. */
static const char *without_zeros(const char *text)
{
	return text + strspn(text, "0 ");
}

static void end_interchange(struct x12 *x12)
{
	char control[X12_CONTROL + 1] = "";
	char count[ELEMENT_MAX + 1];
	char repeated[ELEMENT_MAX + 1];
	int64_t groups = -1;
	struct err err;

	memcpy(control, x12->control, X12_CONTROL);
	get_element(x12, 1, count);
	get_element(x12, 2, repeated);
	if (number_parse(count, &groups, &err) < 0 || groups != x12->groups) {
		decide(x12, FORMAT_WRONG, "X12 whose IEA counts other groups (GS) than there are");
	} else if (strcmp(without_zeros(control), without_zeros(repeated)) != 0) {
		decide(x12, FORMAT_WRONG, "X12 whose IEA has another control number than its ISA");
	} else {
		x12->is_inside = false;
		x12->interchanges++;
	}
}

static void end_segment(struct x12 *x12)
{
	if (is_segment(x12, "IEA"))
		end_interchange(x12);
	else if (is_segment(x12, "ISA"))
		decide(x12, FORMAT_WRONG, "X12 with an ISA before the IEA of the one before");
	else
		x12->groups += is_segment(x12, "GS");
	x12->length = 0;
}

static void begin_interchange(struct x12 *x12)
{
	if (!x12_is_isa(x12->segment)) {
		decide(x12, FORMAT_WRONG, "not X12: its ISA segment is none of 16 elements");
		return;
	}
	x12->separator = x12->segment[3];
	x12->terminator = x12->segment[X12_ISA - 1];
	memcpy(x12->control, x12->segment + CONTROL_AT, X12_CONTROL);
	x12->is_inside = true;
	x12->groups = 0;
	x12->length = 0;
}

/* One byte where an ISA has to be, or line ends between two interchanges. */
static void add_outside(struct x12 *x12, char byte)
{
	if (x12->length == 0 && x12->interchanges > 0 && is_line_end(byte))
		return;
	if (x12->length < 3 && byte != "ISA"[x12->length]) {
		if (x12->interchanges > 0)
			decide(x12, FORMAT_CUT_OFF, "X12 with something else behind its IEA");
		else
			decide(x12, FORMAT_WRONG, "not X12: it does not begin with an ISA segment");
		return;
	}
	x12->segment[x12->length++] = byte;
	if (x12->length == X12_ISA)
		begin_interchange(x12);
}

static void keep(struct x12 *x12, const char *bytes, size_t count)
{
	size_t room = sizeof(x12->segment) - x12->length;

	if (count > room)
		count = room;
	memcpy(x12->segment + x12->length, bytes, count);
	x12->length += count;
}

/* Bytes of an interchange, up to the end of a segment. Returns how many those were. */
static size_t add_inside(struct x12 *x12, const char *bytes, size_t count)
{
	size_t skipped = 0;
	const char *end;

	while (x12->length == 0 && skipped < count && is_line_end(bytes[skipped]) &&
	       bytes[skipped] != x12->terminator)
		skipped++;
	end = memchr(bytes + skipped, x12->terminator, count - skipped);
	if (!end) {
		keep(x12, bytes + skipped, count - skipped);
		return count;
	}
	keep(x12, bytes + skipped, (size_t)(end - bytes) - skipped);
	end_segment(x12);
	return (size_t)(end - bytes) + 1;
}

bool x12_add(struct x12 *x12, const char *bytes, size_t count)
{
	for (size_t at = 0; at < count && !x12->is_over;) {
		if (x12->is_inside)
			at += add_inside(x12, bytes + at, count - at);
		else
			add_outside(x12, bytes[at++]);
	}
	return !x12->is_over;
}

enum format_verdict x12_end(const struct x12 *x12, const char **ret_reason)
{
	bool is_whole =
	    !x12->is_over && !x12->is_inside && x12->length == 0 && x12->interchanges > 0;

	*ret_reason = is_whole ? "" : x12->reason;
	return is_whole ? FORMAT_WHOLE : x12->verdict;
}
