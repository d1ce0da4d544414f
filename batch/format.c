/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/format.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { ISA_LENGTH = 106, ISA_SEPARATORS = 16 };

static const struct {
	const char *extension;
	enum letter_format format;
} extensions[] = {
    {".pdf", FORMAT_PDF},
    {".835", FORMAT_X12},
    {".837", FORMAT_X12},
    {".x12", FORMAT_X12},
    {".edi", FORMAT_X12},
};

static bool has(const char *bytes, size_t length, const char *text)
{
	return memmem(bytes, length, text, strlen(text)) != NULL;
}

/* Is what there is of the start the start of text? */
static bool begins_like(const struct format_sample *sample, const char *text)
{
	size_t length = strlen(text);

	if (sample->head_length < length)
		length = sample->head_length;
	return memcmp(sample->head, text, length) == 0;
}

static enum format_verdict judge_pdf(const struct format_sample *sample, const char **ret_reason)
{
	*ret_reason = "not a PDF: it does not begin with %PDF-";
	if (!has(sample->head, sample->head_length, "%PDF-") && !begins_like(sample, "%PDF-"))
		return FORMAT_WRONG;
	*ret_reason = "a PDF that is cut off: %%EOF is missing at its end";
	return has(sample->tail, sample->tail_length, "%%EOF") ? FORMAT_WHOLE : FORMAT_CUT_OFF;
}

/* ISA has sixteen elements of fixed length: so many separators, then the segment terminator. */
static bool is_isa(const char *head)
{
	char separator = head[3];
	char terminator = head[ISA_LENGTH - 1];
	int count = 0;

	for (int i = 0; i < ISA_LENGTH - 1; i++)
		count += head[i] == separator;
	return count == ISA_SEPARATORS && separator != terminator && terminator != '\0';
}

static bool is_line_end(char byte)
{
	return byte == '\r' || byte == '\n';
}

/* The file's last segment, line ends behind it left out: IEA, two elements, the terminator. */
static bool ends_with_iea(const struct format_sample *sample, char separator, char terminator)
{
	size_t end = sample->tail_length;
	size_t start;
	char wanted[] = {'I', 'E', 'A', separator};

	while (end > 0 && is_line_end(sample->tail[end - 1]) && sample->tail[end - 1] != terminator)
		end--;
	if (end == 0 || sample->tail[end - 1] != terminator)
		return false;
	start = end - 1;
	while (start > 0 && sample->tail[start - 1] != terminator)
		start--;
	while (start < end && is_line_end(sample->tail[start]))
		start++;
	return end - start > sizeof(wanted) &&
	       memcmp(sample->tail + start, wanted, sizeof(wanted)) == 0;
}

static enum format_verdict judge_x12(const struct format_sample *sample, const char **ret_reason)
{
	const char *head = sample->head;

	*ret_reason = "not X12: it does not begin with an ISA segment";
	if (!begins_like(sample, "ISA"))
		return FORMAT_WRONG;
	if (sample->head_length >= ISA_LENGTH && !is_isa(head))
		return FORMAT_WRONG;
	*ret_reason = "X12 that is cut off: its last segment is not IEA";
	if (sample->head_length < ISA_LENGTH)
		return FORMAT_CUT_OFF;
	return ends_with_iea(sample, head[3], head[ISA_LENGTH - 1]) ? FORMAT_WHOLE : FORMAT_CUT_OFF;
}

enum format_verdict format_judge(
    enum letter_format format, const struct format_sample *sample, const char **ret_reason)
{
	*ret_reason = "empty";
	if (sample->size == 0)
		return FORMAT_CUT_OFF;
	switch (format) {
	case FORMAT_PDF:
		return judge_pdf(sample, ret_reason);
	case FORMAT_X12:
		return judge_x12(sample, ret_reason);
	case FORMAT_ANY:
		break;
	}
	*ret_reason = "";
	return FORMAT_WHOLE;
}

enum letter_format format_of_extension(const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < sizeof(extensions) / sizeof(extensions[0]); i++)
		if (strcasecmp(dot, extensions[i].extension) == 0)
			return extensions[i].format;
	return FORMAT_ANY;
}
