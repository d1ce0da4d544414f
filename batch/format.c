/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/format.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "batch/x12.h"

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

/* What is behind the last %%EOF of the sample; NULL: there is none. */
static const char *behind_eof(const struct format_sample *sample)
{
	static const char eof[] = "%%EOF";
	const char *end = sample->tail + sample->tail_length;
	const char *behind = NULL;
	const char *next = sample->tail;

	while ((next = memmem(next, (size_t)(end - next), eof, sizeof(eof) - 1)) != NULL) {
		next += sizeof(eof) - 1;
		behind = next;
	}
	return behind;
}

/* White space (ISO 32000-1, 7.2.2), and the end-of-file mark of old systems. */
static bool is_padding(char byte)
{
	static const char padding[] = {'\0', '\t', '\n', '\f', '\r', ' ', '\x1a'};

	return memchr(padding, byte, sizeof(padding)) != NULL;
}

/* What tells people why; returns verdict, so that judging can end with it. */
__attribute__((format(printf, 3, 4))) static enum format_verdict because(
    char *ret_reason, enum format_verdict verdict, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(ret_reason, FORMAT_REASON_MAX + 1, format, args);
	va_end(args);
	return verdict;
}

/* By its header: does it begin as one, or come to it after bytes that are no other file? */
static enum format_verdict judge_pdf_start(const struct format_sample *sample, char *ret_reason)
{
	if (begins_like(sample, "%PDF-"))
		return FORMAT_WHOLE;
	if (!has(sample->head, sample->head_length, "%PDF-"))
		return because(
		    ret_reason, FORMAT_WRONG, "not a PDF: it does not begin with %%PDF-");
	if (!sample->media || strcmp(sample->media, "application/pdf") != 0)
		return because(ret_reason, FORMAT_WRONG,
		    "not a PDF: something else is before its %%PDF- (%.80s)",
		    sample->media ? sample->media : "of no known type");
	return FORMAT_WHOLE;
}

static enum format_verdict judge_pdf(const struct format_sample *sample, char *ret_reason)
{
	const char *end = sample->tail + sample->tail_length;
	const char *behind = behind_eof(sample);

	if (judge_pdf_start(sample, ret_reason) == FORMAT_WRONG)
		return FORMAT_WRONG;
	if (!behind)
		return because(ret_reason, FORMAT_CUT_OFF,
		    "a PDF that is cut off: %%%%EOF is missing at its end");
	while (behind < end && is_padding(*behind))
		behind++;
	/* Changes are appended to a PDF, with an %%EOF of their own. */
	return behind == end ? FORMAT_WHOLE
	                     : because(ret_reason, FORMAT_CUT_OFF,
	                           "a PDF with something else behind its %%%%EOF");
}

static enum format_verdict judge_media(const struct format_sample *sample, char *ret_reason)
{
	if (sample->media && strcmp(sample->media, sample->wanted) == 0)
		return FORMAT_WHOLE;
	return because(ret_reason, FORMAT_WRONG, "not %s: it begins as %.80s", sample->wanted,
	    sample->media ? sample->media : "nothing known");
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

static enum format_verdict judge_x12(const struct format_sample *sample, char *ret_reason)
{
	const char *head = sample->head;

	if (!begins_like(sample, "ISA") || (sample->head_length >= X12_ISA && !x12_is_isa(head)))
		return because(
		    ret_reason, FORMAT_WRONG, "not X12: it does not begin with an ISA segment");
	if (sample->head_length < X12_ISA || !ends_with_iea(sample, head[3], head[X12_ISA - 1]))
		return because(
		    ret_reason, FORMAT_CUT_OFF, "X12 that is cut off: its last segment is not IEA");
	return FORMAT_WHOLE;
}

bool format_wants_media(enum letter_format format, const struct format_sample *sample)
{
	return format == FORMAT_MEDIA || (format == FORMAT_PDF && !begins_like(sample, "%PDF-") &&
	                                     has(sample->head, sample->head_length, "%PDF-"));
}

enum format_verdict format_judge(enum letter_format format, const struct format_sample *sample,
    char ret_reason[FORMAT_REASON_MAX + 1])
{
	ret_reason[0] = '\0';
	if (sample->size == 0)
		return because(ret_reason, FORMAT_CUT_OFF, "empty");
	switch (format) {
	case FORMAT_PDF:
		return judge_pdf(sample, ret_reason);
	case FORMAT_X12:
		return judge_x12(sample, ret_reason);
	case FORMAT_MEDIA:
		return judge_media(sample, ret_reason);
	case FORMAT_ANY:
	case LETTER_FORMAT_COUNT:
		break;
	}
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
