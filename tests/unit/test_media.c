/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/media.h"

#include <stdio.h>
#include <string.h>

#include "batch/format.h"
#include "tests/lib/drops.h"
#include "tests/unit/suite.h"

void add_suite_media(CU_pSuite suite);

#define UNKNOWN "application/octet-stream"

static const struct {
	const char *bytes;
	size_t length;
	bool text;
	const char *type;
} cases[] = {
#define BYTES(literal) literal, sizeof(literal) - 1
    {BYTES(DROPS_PDF), false, "application/pdf"},
    {BYTES(DROPS_PDF), true, "application/pdf"},
    {BYTES("\xef\xbb\xbf" DROPS_PDF), false, "application/pdf"},
    {BYTES("\n" DROPS_PDF), false, "application/pdf"},
    {BYTES("\x1f\x8b\x08\0\0\0\0\0\0\3" DROPS_PDF), false, "application/gzip"},
    {BYTES("#!/bin/sh\n" DROPS_PDF), false, "text/x-shellscript"},
    {BYTES("<html><script>1</script>\n" DROPS_PDF), false, UNKNOWN},
    {BYTES("From: a job\n\n" DROPS_PDF), false, UNKNOWN},
    {BYTES("\x1b%-12345X@PJL ENTER LANGUAGE=PDF\r\n" DROPS_PDF), false, UNKNOWN},
    {BYTES("II*\0\x08\0\0\0\0\0\0\0"), true, "image/tiff"},
    {BYTES("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0"), true, "image/png"},
    {BYTES("Dear provider,\nyour letter.\n"), true, "text/plain"},
    {BYTES("Dear provider,\nyour letter.\n"), false, UNKNOWN},
    {BYTES("\x01\x02\x03\x04\x05"), true, UNKNOWN},
};

static void first_bytes_have_a_media_type(void)
{
	struct media *media = NULL;
	struct err err;

	CU_ASSERT_EQUAL_FATAL(media_open(&media, &err), 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *type =
		    media_type_of(media, cases[i].bytes, cases[i].length, cases[i].text);

		CU_ASSERT_STRING_EQUAL(type, cases[i].type);
		if (strcmp(type, cases[i].type) != 0)
			(void)fprintf(stderr, "case %zu: %s\n", i, type);
	}
	media_close(media);
	media_close(NULL);
}

/* Every length that a file may have while it is written, and none. */
static void any_length_has_a_type(void)
{
	struct media *media = NULL;
	struct err err;

	CU_ASSERT_EQUAL_FATAL(media_open(&media, &err), 0);
	for (size_t i = 0; i < COUNT(cases); i++)
		for (size_t length = 0; length <= cases[i].length; length++)
			CU_ASSERT_PTR_NOT_NULL(
			    strchr(media_type_of(media, cases[i].bytes, length, true), '/'));
	media_close(media);
}

/*
 * What begins with %PDF- is a PDF to libmagic as well, whatever else is in it: that is why such a
 * file is judged without asking (format_wants_media).
 */
static void what_begins_as_a_pdf_is_one_whatever_follows(void)
{
	static const struct {
		size_t at;
		const char *bytes;
		size_t length;
	} marks[] = {
	    {510, BYTES("\x55\xaa")},           /* a boot sector */
	    {257, BYTES("ustar  ")},            /* a tar archive */
	    {9, BYTES("<html><script>")},       /* a page */
	    {9, BYTES("PK\x03\x04\x14\0\0\0")}, /* a ZIP archive */
	    {128, BYTES("DICM")},               /* a medical image */
	    {9, BYTES("\n#!/bin/sh\n")},        /* a script */
	    {60, BYTES("BOOKMOBI")},            /* a book */
	    {0x3c, BYTES("\x80\0\0\0")},        /* a program's header, at 0x80 */
	    {4, BYTES("-ftypisom")},            /* a film */
	};
	struct media *media = NULL;
	struct err err;

	CU_ASSERT_EQUAL_FATAL(media_open(&media, &err), 0);
	for (size_t i = 0; i < COUNT(marks); i++) {
		char head[FORMAT_SAMPLE];

		memset(head, ' ', sizeof(head));
		memcpy(head, "%PDF-1.4\n", 9);
		memcpy(head + marks[i].at, marks[i].bytes, marks[i].length);
		CU_ASSERT_STRING_EQUAL(
		    media_type_of(media, head, sizeof(head), false), "application/pdf");
	}
	media_close(media);
}

void add_suite_media(CU_pSuite suite)
{
	TEST(first_bytes_have_a_media_type);
	TEST(any_length_has_a_type);
	TEST(what_begins_as_a_pdf_is_one_whatever_follows);
}
