/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "batch/format.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_format(CU_pSuite suite);

/* An ISA segment as the standard has it: 106 bytes, "*" between and "~" behind. */
#define ISA                                                              \
	"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER" \
	"       *190327*1200*^*00501*000000001*0*P*:~"
#define GROUP "GS*HP*1*2~ST*835*0001~SE*2*0001~GE*1*1~"

/* What libmagic makes of them. */
static const char *media_of(const char *bytes, size_t length)
{
	static const struct {
		const char *start;
		const char *type;
	} known[] = {
	    {"\xef\xbb\xbf%PDF-", "application/pdf"},
	    {"PK\x03\x04", "application/zip"},
	    {"II*", "image/tiff"},
	    {"hello", "text/plain"},
	};

	for (size_t i = 0; i < COUNT(known); i++)
		if (length >= strlen(known[i].start) &&
		    memcmp(bytes, known[i].start, strlen(known[i].start)) == 0)
			return known[i].type;
	return NULL;
}

/* What the checker makes of a file with these bytes. */
static enum format_verdict judge(
    enum letter_format format, const char *bytes, size_t size, char *ret_reason)
{
	size_t part = size < FORMAT_SAMPLE ? size : FORMAT_SAMPLE;
	/* Of exactly that length, so that a sanitizer sees whoever reads past it. */
	char *head = mem_new(1, part + 1);
	char *tail = mem_new(1, part + 1);
	struct format_sample sample;
	enum format_verdict verdict;

	head = mem_resize(head, part ? part : 1, 1);
	tail = mem_resize(tail, part ? part : 1, 1);
	memcpy(head, bytes, part);
	memcpy(tail, bytes + size - part, part);
	sample = (struct format_sample){
	    (int64_t)size, head, part, tail, part, media_of(head, part), "image/tiff"};
	verdict = format_judge(format, &sample, ret_reason);
	free(head);
	free(tail);
	return verdict;
}

static enum format_verdict judge_text(enum letter_format format, const char *text)
{
	char reason[FORMAT_REASON_MAX + 1];

	return judge(format, text, strlen(text), reason);
}

static const struct {
	enum letter_format format;
	const char *bytes;
	enum format_verdict verdict;
} cases[] = {
    {FORMAT_PDF, DROPS_PDF, FORMAT_WHOLE},
    {FORMAT_PDF, "%PDF-2.0\n%%EOF", FORMAT_WHOLE},
    {FORMAT_PDF, "%PDF-1.4\n%%EOF\r\n\r\n", FORMAT_WHOLE},
    /* A mark in front, as old tools write it. */
    {FORMAT_PDF, "\xef\xbb\xbf%PDF-1.4\n%%EOF\n", FORMAT_WHOLE},
    /* Padded to whole records, as host systems send it. */
    {FORMAT_PDF, "%PDF-1.4\n%%EOF\n      \t\f\x1a", FORMAT_WHOLE},
    /* Changed by appending: the last trailer counts. */
    {FORMAT_PDF, "%PDF-1.4\n%%EOF\n7 0 obj\n%%EOF\n", FORMAT_WHOLE},
    {FORMAT_PDF, "%PDF-1.4\n%%EOF\n7 0 obj\n", FORMAT_CUT_OFF},
    {FORMAT_PDF, "%PDF-1.4\n%%EOF\nPK\x03\x04 and what a ZIP is", FORMAT_CUT_OFF},
    {FORMAT_PDF, "%PDF-1.4\n%%EOF%%EO", FORMAT_CUT_OFF},
    {FORMAT_PDF, "%PDF-1.4\nstartxref\n7\n%%EO", FORMAT_CUT_OFF},
    {FORMAT_PDF, "%PDF-1.4\n", FORMAT_CUT_OFF},
    {FORMAT_PDF, "%", FORMAT_CUT_OFF},
    {FORMAT_PDF, "PDF-1.4\n%%EOF\n", FORMAT_WRONG},
    {FORMAT_PDF, "%PDX", FORMAT_WRONG},
    {FORMAT_PDF, "%pdf-1.4\n%%EOF\n", FORMAT_WRONG},
    {FORMAT_PDF, "<html>%%EOF", FORMAT_WRONG},
    {FORMAT_PDF, DROPS_X12, FORMAT_WRONG},

    {FORMAT_X12, DROPS_X12, FORMAT_WHOLE},
    {FORMAT_X12, ISA GROUP "IEA*1*000000001~", FORMAT_WHOLE},
    {FORMAT_X12, ISA GROUP "\r\nIEA*1*000000001~\r\n\r\n", FORMAT_WHOLE},
    {FORMAT_X12, ISA "IEA*0*000000001~", FORMAT_WHOLE},
    {FORMAT_X12, ISA GROUP "IEA*1*000000001", FORMAT_CUT_OFF},
    {FORMAT_X12, ISA GROUP, FORMAT_CUT_OFF},
    {FORMAT_X12, ISA GROUP "IEA~", FORMAT_CUT_OFF},
    {FORMAT_X12, ISA GROUP "XIEA*1*000000001~", FORMAT_CUT_OFF},
    {FORMAT_X12, ISA GROUP "IEA*1*000000001~ISA*00", FORMAT_CUT_OFF},
    {FORMAT_X12, ISA GROUP "IEA*1*000000001~ ", FORMAT_CUT_OFF},
    {FORMAT_X12, "IS", FORMAT_CUT_OFF},
    {FORMAT_X12, "ISA*00*", FORMAT_CUT_OFF},
    {FORMAT_X12, "IEA*1*000000001~", FORMAT_WRONG},
    {FORMAT_X12, " ISA*00*", FORMAT_WRONG},
    {FORMAT_X12, DROPS_PDF, FORMAT_WRONG},

    /* Two files in one: what is in front decides what it is to others. */
    {FORMAT_PDF, "PK\x03\x04%PDF-1.4\n%%EOF\n", FORMAT_WRONG},
    {FORMAT_PDF, "<html>%PDF-1.4\n%%EOF\n", FORMAT_WRONG},
    {FORMAT_PDF, "x%PDF-1.4\n", FORMAT_WRONG},
    {FORMAT_PDF, "x", FORMAT_WRONG},
    {FORMAT_X12, "x", FORMAT_WRONG},

    {FORMAT_MEDIA, "II*\x08", FORMAT_WHOLE},
    {FORMAT_MEDIA, "hello", FORMAT_WRONG},
    {FORMAT_MEDIA, "\x01", FORMAT_WRONG},
    {FORMAT_MEDIA, "", FORMAT_CUT_OFF},

    {FORMAT_ANY, "x", FORMAT_WHOLE},
    {FORMAT_ANY, "", FORMAT_CUT_OFF},
    {FORMAT_PDF, "", FORMAT_CUT_OFF},
    {FORMAT_X12, "", FORMAT_CUT_OFF},
};

static void a_file_is_judged_by_its_start_and_its_end(void)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		enum format_verdict verdict = judge_text(cases[i].format, cases[i].bytes);

		CU_ASSERT_EQUAL(verdict, cases[i].verdict);
		if (verdict != cases[i].verdict)
			(void)fprintf(stderr, "case %zu\n", i);
	}
}

static void a_reason_is_given_unless_the_file_is_whole(void)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		char reason[FORMAT_REASON_MAX + 1];
		enum format_verdict verdict =
		    judge(cases[i].format, cases[i].bytes, strlen(cases[i].bytes), reason);

		CU_ASSERT_EQUAL(reason[0] == '\0', verdict == FORMAT_WHOLE);
	}
}

/* However a job writes it: until the last byte of the trailer is there, it is cut off. */
static void cut_off_at_every_length_it_is_not_whole(void)
{
	static const struct {
		enum letter_format format;
		const char *bytes;
		size_t whole_from; /* line ends behind it may be missing */
	} files[] = {
	    {FORMAT_PDF, DROPS_PDF, sizeof(DROPS_PDF) - 2},
	    {FORMAT_X12, DROPS_X12, sizeof(DROPS_X12) - 2},
	    {FORMAT_X12, ISA "\r\nGS*HP~\r\nIEA*1*1~\r\n",
	        sizeof(ISA "\r\nGS*HP~\r\nIEA*1*1~") - 1},
	};
	char reason[FORMAT_REASON_MAX + 1];

	for (size_t i = 0; i < COUNT(files); i++)
		for (size_t size = 0; size <= strlen(files[i].bytes); size++)
			CU_ASSERT_EQUAL(judge(files[i].format, files[i].bytes, size, reason),
			    size < files[i].whole_from ? FORMAT_CUT_OFF : FORMAT_WHOLE);
}

/* In a large file the two samples do not overlap, and what is between them does not matter. */
static void a_large_file_is_judged_the_same(void)
{
	enum { LARGE = 5000 };
	static const struct {
		enum letter_format format;
		const char *start;
		const char *end;
		enum format_verdict verdict;
	} files[] = {
	    {FORMAT_PDF, "%PDF-1.7\n", "%%EOF\n", FORMAT_WHOLE},
	    {FORMAT_PDF, "%PDF-1.7\n%%EOF\n", "startxref\n", FORMAT_CUT_OFF},
	    {FORMAT_PDF, "junk", "%PDF-1.7\n%%EOF\n", FORMAT_WRONG},
	    {FORMAT_X12, ISA, "~IEA*1*000000001~", FORMAT_WHOLE},
	    {FORMAT_X12, ISA "IEA*1*1~", "~GE*1*1~", FORMAT_CUT_OFF},
	};
	char reason[FORMAT_REASON_MAX + 1];

	for (size_t i = 0; i < COUNT(files); i++) {
		OWNED_MEM char *bytes = mem_new(LARGE, 1);

		memset(bytes, 'x', LARGE);
		memcpy(bytes, files[i].start, strlen(files[i].start));
		memcpy(bytes + LARGE - strlen(files[i].end), files[i].end, strlen(files[i].end));
		CU_ASSERT_EQUAL(judge(files[i].format, bytes, LARGE, reason), files[i].verdict);
	}
}

/* Sixteen separators, and a terminator that is neither one of them nor nothing. */
static void an_isa_segment_of_another_shape_is_wrong(void)
{
	static const struct {
		size_t at;
		char byte;
		enum format_verdict verdict;
	} changes[] = {
	    {3, '|', FORMAT_WRONG},    /* the separator differs from all the others */
	    {10, '*', FORMAT_WRONG},   /* one too many */
	    {6, 'x', FORMAT_WRONG},    /* one too few */
	    {105, '*', FORMAT_WRONG},  /* ends with the separator */
	    {105, '\0', FORMAT_WRONG}, /* or with nothing */
	    {105, '\n', FORMAT_CUT_OFF},
	    {10, 'x', FORMAT_WHOLE},
	    {104, '>', FORMAT_WHOLE},
	};
	char reason[FORMAT_REASON_MAX + 1];

	for (size_t i = 0; i < COUNT(changes); i++) {
		char bytes[] = DROPS_X12;

		bytes[changes[i].at] = changes[i].byte;
		CU_ASSERT_EQUAL(
		    judge(FORMAT_X12, bytes, strlen(DROPS_X12), reason), changes[i].verdict);
	}
}

/* Jobs choose both bytes; a line end is a usual terminator. */
static void separators_and_terminators_are_the_files_own(void)
{
	static const char separators[] = "*|^\x1d+";
	static const char terminators[] = "~\n'\x1c\r";
	char reason[FORMAT_REASON_MAX + 1];

	for (size_t s = 0; s < sizeof(separators) - 1; s++) {
		for (size_t t = 0; t < sizeof(terminators) - 1; t++) {
			char bytes[] = ISA GROUP "IEA*1*000000001~";
			size_t size = sizeof(bytes) - 1;

			for (size_t i = 0; i < size; i++) {
				if (bytes[i] == '^')
					bytes[i] = 'U';
				if (bytes[i] == '*')
					bytes[i] = separators[s];
				if (bytes[i] == '~')
					bytes[i] = terminators[t];
			}
			CU_ASSERT_EQUAL(judge(FORMAT_X12, bytes, size, reason), FORMAT_WHOLE);
			CU_ASSERT_EQUAL(judge(FORMAT_X12, bytes, size - 1, reason), FORMAT_CUT_OFF);
		}
	}
}

/* What is made room for and not written yet reads as zeros: no end of X12, white space to a PDF. */
static void zeros_behind_the_end_count_only_for_a_pdf(void)
{
	static const char bytes[] = ISA GROUP "IEA*1*000000001~\n\0\0\0\0";
	static const char pdf[] = "%PDF-1.4\n%%EOF\n\0\0\0\0";
	char reason[FORMAT_REASON_MAX + 1];

	CU_ASSERT_EQUAL(judge(FORMAT_PDF, pdf, sizeof(pdf) - 1, reason), FORMAT_WHOLE);
	CU_ASSERT_EQUAL(judge(FORMAT_X12, bytes, sizeof(bytes) - 5, reason), FORMAT_WHOLE);
	CU_ASSERT_EQUAL(judge(FORMAT_X12, bytes, sizeof(bytes) - 1, reason), FORMAT_CUT_OFF);
}

static void the_extension_says_what_a_trade_file_is_checked_as(void)
{
	static const struct {
		const char *name;
		enum letter_format format;
	} names[] = {
	    {"RA.835", FORMAT_X12},
	    {"claim.837", FORMAT_X12},
	    {"a.x12", FORMAT_X12},
	    {"a.EDI", FORMAT_X12},
	    {"a.pdf", FORMAT_PDF},
	    {"a.835.PDF", FORMAT_PDF},
	    {"a.pdf.zip", FORMAT_ANY},
	    {"a.pdf2", FORMAT_ANY},
	    {"835", FORMAT_ANY},
	    {"a.", FORMAT_ANY},
	    {"", FORMAT_ANY},
	};

	for (size_t i = 0; i < COUNT(names); i++)
		CU_ASSERT_EQUAL(format_of_extension(names[i].name), names[i].format);
}

/* It is dear, so it is asked only where the structure leaves a doubt. */
static void the_media_type_is_wanted_only_in_doubt(void)
{
	static const struct {
		enum letter_format format;
		const char *head;
		bool wanted;
	} heads[] = {
	    {FORMAT_PDF, "%PDF-1.4\n", false},
	    {FORMAT_PDF, "%P", false},
	    {FORMAT_PDF, "<html>", false},
	    {FORMAT_PDF, "\xef\xbb\xbf%PDF-1.4\n", true},
	    {FORMAT_PDF, "<html>%PDF-1.4\n", true},
	    {FORMAT_X12, "%PDF-1.4\n", false},
	    {FORMAT_ANY, "<html>%PDF-1.4\n", false},
	    {FORMAT_MEDIA, "II*", true},
	    {FORMAT_MEDIA, "%PDF-1.4\n", true},
	};

	for (size_t i = 0; i < COUNT(heads); i++) {
		const struct format_sample sample = {
		    .head = heads[i].head, .head_length = strlen(heads[i].head)};

		CU_ASSERT_EQUAL(format_wants_media(heads[i].format, &sample), heads[i].wanted);
	}
}

void add_suite_format(CU_pSuite suite)
{
	TEST(the_media_type_is_wanted_only_in_doubt);
	TEST(a_file_is_judged_by_its_start_and_its_end);
	TEST(a_reason_is_given_unless_the_file_is_whole);
	TEST(cut_off_at_every_length_it_is_not_whole);
	TEST(a_large_file_is_judged_the_same);
	TEST(an_isa_segment_of_another_shape_is_wrong);
	TEST(separators_and_terminators_are_the_files_own);
	TEST(zeros_behind_the_end_count_only_for_a_pdf);
	TEST(the_extension_says_what_a_trade_file_is_checked_as);
}
