/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_template.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_mail_template(CU_pSuite suite);

static void takes_subject_and_text_apart(void)
{
	struct mail_template template;
	struct err err;

	CU_ASSERT_EQUAL_FATAL(mail_template_parse("t",
	                          "Subject: {agency}: new\n\nYou have {new}.\n", &template, &err),
	    0);
	CU_ASSERT_STRING_EQUAL(template.subject, "{agency}: new");
	CU_ASSERT_STRING_EQUAL(template.text, "You have {new}.\n");
}

static void names_the_line_that_is_wrong(void)
{
	static const struct {
		const char *text;
		const char *where;
	} rows[] = {
	    {"", "t:1:"},
	    {"Hello\n\ntext\n", "t:1:"},
	    {"Subject: \n\ntext\n", "t:1:"},
	    {"Subject: x\ntext\n", "t:2:"},
	    {"Subject: {nwe}\n\ntext\n", "t:1:"},
	    {"Subject: x\n\nfine\n{type}\n", "t:4:"},
	    {"Subject: x\n\n{new\n", "t:3:"},
	    {"Subject: x\n\n\xff\n", "t:3:"},
	    {"Subject: x\rBcc: everybody\n\ntext\n", "t:1:"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mail_template template = {.subject = "kept"};
		struct err err;

		CU_ASSERT_TRUE(fails(
		    mail_template_parse("t", rows[i].text, &template, &err), &err, ERR_REFUSED));
		CU_ASSERT_EQUAL(strncmp(err.text, rows[i].where, 4), 0);
		CU_ASSERT_STRING_EQUAL(template.subject, "kept");
	}
}

static void bounds_the_whole(void)
{
	char text[MAIL_TEMPLATE_MAX + 2];
	struct mail_template template;
	struct err err;

	memset(text, 'x', sizeof(text));
	memcpy(text, "Subject: x\n\n", 12);
	text[MAIL_TEMPLATE_MAX + 1] = '\0';
	CU_ASSERT_TRUE(fails(mail_template_parse("t", text, &template, &err), &err, ERR_REFUSED));
	text[MAIL_TEMPLATE_MAX] = '\0';
	CU_ASSERT_EQUAL(mail_template_parse("t", text, &template, &err), 0);
}

static void leaves_out_lines_whose_words_are_empty(void)
{
	static const struct {
		const char *text;
		const char *filled;
	} rows[] = {
	    {"a\n{link}\nb\n", "a\nb\n"},
	    {"a\nSee {link}.\nb\n", "a\nb\n"},
	    {"a\n{link}{login}\nb\n", "a\nann\nb\n"},
	    {"no word\n\n\nno word", "no word\n\n\nno word"},
	    {"{login}, {login}", "ann, ann"},
	    {"{avrs-ids}\n", "  1: x\n  2: y\n"},
	};
	const char *words[MAIL_WORD_COUNT];

	for (int i = 0; i < MAIL_WORD_COUNT; i++)
		words[i] = "";
	words[MAIL_WORD_LOGIN] = "ann";
	words[MAIL_WORD_AVRS_IDS] = "  1: x\n  2: y";
	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_BUFFER struct buffer out = BUFFER(1024);

		mail_template_fill(&out, rows[i].text, words);
		CU_ASSERT_EQUAL(out.length, strlen(rows[i].filled));
		CU_ASSERT_EQUAL(memcmp(out.data, rows[i].filled, out.length), 0);
	}
}

static void those_of_the_program_are_right(void)
{
	OWNED_FIXTURE struct fixture f;
	struct err err;

	fixture_open(&f);
	for (enum mail_kind kind = MAIL_LETTERS; kind < MAIL_KIND_COUNT; kind++) {
		struct mail_template template;

		CU_ASSERT_EQUAL(mail_template_load(&f.spool.settings, kind, &template, &err), 0);
		CU_ASSERT_PTR_NOT_NULL(strstr(template.text, "{agency}"));
	}
}

static void an_agency_writes_its_own(void)
{
	OWNED_FIXTURE struct fixture f;
	struct mail_template template;
	struct err err;

	fixture_open(&f);
	CU_ASSERT_EQUAL(file_make_folder(f.scratch.fd, "mail", 0750, &err), 0);
	scratch_write(&f.scratch, "mail/letters.txt", "Subject: Post\n\nPost!\n");
	CU_ASSERT_EQUAL_FATAL(
	    mail_template_load(&f.spool.settings, MAIL_LETTERS, &template, &err), 0);
	CU_ASSERT_STRING_EQUAL(template.text, "Post!\n");
	scratch_write(&f.scratch, "mail/letters.txt", "Post!\n");
	CU_ASSERT_TRUE(fails(mail_template_load(&f.spool.settings, MAIL_LETTERS, &template, &err),
	    &err, ERR_REFUSED));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "/mail/letters.txt:1:"));
}

void add_suite_mail_template(CU_pSuite suite)
{
	TEST(takes_subject_and_text_apart);
	TEST(names_the_line_that_is_wrong);
	TEST(bounds_the_whole);
	TEST(leaves_out_lines_whose_words_are_empty);
	TEST(those_of_the_program_are_right);
	TEST(an_agency_writes_its_own);
}
