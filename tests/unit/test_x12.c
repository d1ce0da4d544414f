/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/x12.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_x12(CU_pSuite suite);

/* An ISA segment as the standard has it, with this control number, and what follows it. */
#define ISA_OF(control)                                                  \
	"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER" \
	"       *190327*1200*^*00501*" control "*0*P*:~"
#define ISA   ISA_OF("000000017")
#define GROUP "GS*HP*A*B*20190327*1200*1*X*005010X221A1~ST*835*0001~SE*2*0001~GE*1*1~"
#define IEA   "IEA*1*000000017~"
#define WHOLE ISA GROUP IEA

/* The verdict of bytes that are handed in parts of so many. */
static enum format_verdict judge_in_parts(
    const char *bytes, size_t size, size_t part, const char **ret_reason)
{
	struct x12 x12;

	x12_begin(&x12);
	for (size_t at = 0; at < size; at += part) {
		size_t count = size - at < part ? size - at : part;
		/* Of exactly that length, so that a sanitizer sees whoever reads past it. */
		OWNED_MEM char *chunk = mem_new(count, 1);

		memcpy(chunk, bytes + at, count);
		if (!x12_add(&x12, chunk, count))
			break;
	}
	return x12_end(&x12, ret_reason);
}

static enum format_verdict judge(const char *text, const char **ret_reason)
{
	return judge_in_parts(text, strlen(text), SIZE_MAX / 2, ret_reason);
}

static const struct {
	const char *text;
	enum format_verdict verdict;
	const char *reason; /* is in it */
} cases[] = {
    {WHOLE, FORMAT_WHOLE, ""},
    {WHOLE "\r\n\r\n", FORMAT_WHOLE, ""},
    {DROPS_X12, FORMAT_WHOLE, ""},
    {ISA "IEA*0*000000017~", FORMAT_WHOLE, ""},
    {ISA "TA1*000000001*190327*1200*A*000~IEA*0*000000017~", FORMAT_WHOLE, ""},
    {ISA GROUP GROUP "IEA*2*000000017~", FORMAT_WHOLE, ""},
    {ISA GROUP "IEA*01*17~", FORMAT_WHOLE, ""},
    /* Several interchanges, each with its own numbers, as banks bundle them. */
    {WHOLE ISA_OF("000000018") GROUP GROUP "IEA*2*000000018~", FORMAT_WHOLE, ""},
    {WHOLE "\r\n" WHOLE "\n", FORMAT_WHOLE, ""},

    {ISA GROUP "IEA*2*000000017~", FORMAT_WRONG, "groups"},
    {ISA GROUP "IEA*0*000000017~", FORMAT_WRONG, "groups"},
    {ISA GROUP "IEA*-1*000000017~", FORMAT_WRONG, "groups"},
    {ISA GROUP "IEA**000000017~", FORMAT_WRONG, "groups"},
    {ISA GROUP "IEA*99999999999999999999*000000017~", FORMAT_WRONG, "groups"},
    {ISA GROUP "IEA*one*000000017~", FORMAT_WRONG, "groups"},
    {ISA GROUP "IEA*1*000000018~", FORMAT_WRONG, "control number"},
    {ISA GROUP "IEA*1*170000000~", FORMAT_WRONG, "control number"},
    {ISA GROUP "IEA*1~", FORMAT_WRONG, "control number"},
    {ISA GROUP "IEA*1*~", FORMAT_WRONG, "control number"},
    {ISA_OF("        0") "IEA*0*0~", FORMAT_WHOLE, ""},
    {WHOLE ISA_OF("000000018") GROUP IEA, FORMAT_WRONG, "control number"},
    {ISA GROUP ISA GROUP IEA, FORMAT_WRONG, "before the IEA"},

    {"", FORMAT_CUT_OFF, "cut off"},
    {"I", FORMAT_CUT_OFF, "cut off"},
    {"x", FORMAT_WRONG, "does not begin"},
    {"\n" WHOLE, FORMAT_WRONG, "does not begin"},
    {IEA, FORMAT_WRONG, "does not begin"},
    {DROPS_PDF, FORMAT_WRONG, "does not begin"},
    {ISA GROUP, FORMAT_CUT_OFF, "cut off"},
    {ISA GROUP "IEA~", FORMAT_CUT_OFF, "cut off"},
    {ISA GROUP "XIEA*1*000000017~", FORMAT_CUT_OFF, "cut off"},
    {WHOLE ISA, FORMAT_CUT_OFF, "cut off"},
    {WHOLE "IS", FORMAT_CUT_OFF, "cut off"},
    {WHOLE " ", FORMAT_CUT_OFF, "behind its IEA"},
    {WHOLE DROPS_PDF, FORMAT_CUT_OFF, "behind its IEA"},
};

static void an_interchange_is_what_its_iea_says(void)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *reason = NULL;
		enum format_verdict verdict = judge(cases[i].text, &reason);

		CU_ASSERT_EQUAL(verdict, cases[i].verdict);
		CU_ASSERT_PTR_NOT_NULL(strstr(reason, cases[i].reason));
		CU_ASSERT(strlen(reason) <= FORMAT_REASON_MAX);
		CU_ASSERT_EQUAL(reason[0] == '\0', verdict == FORMAT_WHOLE);
		if (verdict != cases[i].verdict || !strstr(reason, cases[i].reason))
			(void)fprintf(stderr, "case %zu: %d %s\n", i, verdict, reason);
	}
}

/* However it is read: bytes, lines, all at once. */
static void the_parts_it_comes_in_do_not_matter(void)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		for (size_t part = 1; part < 120; part++) {
			const char *reason = NULL;

			CU_ASSERT_EQUAL(
			    judge_in_parts(cases[i].text, strlen(cases[i].text), part, &reason),
			    cases[i].verdict);
			CU_ASSERT_PTR_NOT_NULL(strstr(reason, cases[i].reason));
		}
	}
}

/* However a job writes it: nothing is refused that only needs its rest. */
static void cut_off_at_every_length_it_is_never_wrong(void)
{
	static const char text[] = WHOLE "\r\n" ISA_OF("000000018") "\n" GROUP "\nIEA*1*18~\n";
	size_t first = sizeof(WHOLE) - 1;

	for (size_t size = 0; size < sizeof(text) - 1; size++) {
		const char *reason = NULL;
		enum format_verdict verdict = judge_in_parts(text, size, 7, &reason);
		bool is_end = (size >= first && size <= first + 2) || size == sizeof(text) - 2;

		CU_ASSERT_EQUAL(verdict, is_end ? FORMAT_WHOLE : FORMAT_CUT_OFF);
	}
}

/* Each interchange says itself what its separators are. */
static void separators_and_terminators_are_the_interchanges_own(void)
{
	char text[] = WHOLE WHOLE;
	size_t length = strlen(text);
	const char *reason = NULL;

	for (size_t i = length / 2; i < length; i++) {
		if (text[i] == '*')
			text[i] = '|';
		else if (text[i] == '~')
			text[i] = '\n';
	}
	CU_ASSERT_EQUAL(judge(text, &reason), FORMAT_WHOLE);
	text[length - 2] = '8';
	CU_ASSERT_EQUAL(judge(text, &reason), FORMAT_WRONG);
}

/* A segment may be as long as it likes: only its first bytes are kept. */
static void long_segments_are_passed_over(void)
{
	enum { LONG = 100000 };
	OWNED_MEM char *text = mem_new(LONG + sizeof(WHOLE) + 2, 1);
	const char *reason = NULL;

	memcpy(text, ISA, sizeof(ISA) - 1);
	memset(text + sizeof(ISA) - 1, 'x', LONG);
	memcpy(text + sizeof(ISA) - 1 + LONG, "~" GROUP IEA, sizeof("~" GROUP IEA));
	CU_ASSERT_EQUAL(judge(text, &reason), FORMAT_WHOLE);
	memcpy(text + sizeof(ISA) - 1, "IEA*1*", 6);
	CU_ASSERT_EQUAL(judge(text, &reason), FORMAT_WRONG);
}

void add_suite_x12(CU_pSuite suite)
{
	TEST(an_interchange_is_what_its_iea_says);
	TEST(the_parts_it_comes_in_do_not_matter);
	TEST(cut_off_at_every_length_it_is_never_wrong);
	TEST(separators_and_terminators_are_the_interchanges_own);
	TEST(long_segments_are_passed_over);
}
