/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_message.h"

#include <string.h>

#include "base/text.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_mail_message(CU_pSuite suite);

static const struct mail mail_of_ann = {.id = 12,
    .account_id = 1,
    .login = "ann",
    .email = "ann@example.org",
    .created = 1715774400000001};

/* What is written is the caller's. */
static struct buffer write_message(const char *agency, const char *template)
{
	static struct mail_writer writer;
	struct settings settings = {.mail_from = "post@agency.example", .agency_link = "https://x"};
	struct mail_news news = {.counts = {[CLASS_EDELIVERY] = 3}, .list = BUFFER(100)};
	struct buffer out = BUFFER(MAIL_MESSAGE_MAX);
	struct err err;

	text_copy(settings.agency_name, agency);
	writer.settings = &settings;
	CU_ASSERT_EQUAL_FATAL(
	    mail_template_parse("t", template, &writer.templates[MAIL_LETTERS], &err), 0);
	clock_freeze(FIXTURE_NOW);
	CU_ASSERT_EQUAL(mail_message_write(&writer, &mail_of_ann, &news, &out, &err), 0);
	clock_freeze(0);
	return out;
}

static void writes_a_message_that_is_right_to_the_byte(void)
{
	OWNED_BUFFER struct buffer out =
	    write_message("The \"Agency\"", "Subject: {agency}: {new}\n\n{new}\n.\n{contact}\nend");

	CU_ASSERT_STRING_EQUAL(buffer_text(&out),
	    "Date: Wed, 15 May 2024 12:00:00 +0000\r\n"
	    "From: \"The \\\"Agency\\\"\" <post@agency.example>\r\n"
	    "To: <ann@example.org>\r\n"
	    "Message-ID: <edelivery.12.1715774400000001@agency.example>\r\n"
	    "Auto-Submitted: auto-generated\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Subject: The \"Agency\": 3 new letters\r\n"
	    "Content-Transfer-Encoding: 7bit\r\n"
	    "\r\n"
	    "3 new letters\r\n.\r\nend");
}

static void encodes_what_is_not_ascii(void)
{
	OWNED_BUFFER struct buffer out =
	    write_message("\xc3\x84mter", "Subject: {agency}\n\nSch\xc3\xb6n = gut \n{agency}\n");

	CU_ASSERT_PTR_NOT_NULL(
	    strstr(buffer_text(&out), "From: =?utf-8?B?w4RtdGVy?=\r\n <post@agency.example>\r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&out), "Subject: =?utf-8?B?w4RtdGVy?=\r\n"));
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(buffer_text(&out), "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
	                              "Sch=C3=B6n =3D gut=20\r\n=C3=84mter\r\n"));
}

/* RFC 5322: 998 characters; RFC 2045: 76 of an encoded one. */
static void no_line_is_too_long_and_none_is_bare(void)
{
	char template[3000] = "Subject: ";
	OWNED_BUFFER struct buffer out = BUFFER(1);
	const char *at;

	for (int i = 0; i < 200; i++)
		memcpy(template + 9 + 2 * i, "\xc3\x84", 2);
	memcpy(template + 409, "\n\n", 2);
	memset(template + 411, 'y', 2000);
	buffer_done(&out);
	out = write_message("", template);
	for (at = buffer_text(&out); *at; at += strcspn(at, "\n") + (strchr(at, '\n') != NULL)) {
		CU_ASSERT_TRUE(strcspn(at, "\n") <= 78);
		if (strchr(at, '\n'))
			CU_ASSERT_EQUAL(at[strcspn(at, "\n") - 1], '\r');
	}
}

/* An agency's own template cannot make a header of a list. */
static void a_list_is_not_for_the_subject(void)
{
	static struct mail_writer writer;
	struct settings settings = {.mail_from = "post@agency.example"};
	struct mail_news news = {.list = BUFFER(100)};
	OWNED_BUFFER struct buffer out = BUFFER(MAIL_MESSAGE_MAX);
	struct err err;

	writer.settings = &settings;
	buffer_add_text(&news.list, "  1: x\n  2: y");
	CU_ASSERT_EQUAL_FATAL(
	    mail_template_parse("t", "Subject: x {login} {avrs-ids}\n\n{avrs-ids}",
	        &writer.templates[MAIL_LETTERS], &err),
	    0);
	CU_ASSERT_EQUAL(mail_message_write(&writer, &mail_of_ann, &news, &out, &err), 0);
	mail_news_done(&news);
	CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&out), "Subject: x ann \r\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&out), "\r\n\r\n  1: x\r\n  2: y"));
}

static void refuses_what_does_not_fit(void)
{
	static struct mail_writer writer;
	struct settings settings = {.mail_from = "post@agency.example"};
	struct mail_news news = {.list = BUFFER(100)};
	OWNED_BUFFER struct buffer out = BUFFER(100);
	struct err err;

	writer.settings = &settings;
	CU_ASSERT_EQUAL_FATAL(
	    mail_template_parse("t", "Subject: x\n\nx", &writer.templates[MAIL_LETTERS], &err), 0);
	CU_ASSERT_TRUE(
	    fails(mail_message_write(&writer, &mail_of_ann, &news, &out, &err), &err, ERR_REFUSED));
	mail_news_done(&news);
}

static void a_writer_has_every_template(void)
{
	OWNED_FIXTURE struct fixture f;
	static struct mail_writer writer;
	struct err err;

	fixture_open(&f);
	CU_ASSERT_EQUAL(mail_writer_init(&writer, &f.spool.settings, &err), 0);
	for (int i = 0; i < MAIL_KIND_COUNT; i++)
		CU_ASSERT_NOT_EQUAL(writer.templates[i].subject[0], '\0');
}

void add_suite_mail_message(CU_pSuite suite)
{
	TEST(writes_a_message_that_is_right_to_the_byte);
	TEST(encodes_what_is_not_ascii);
	TEST(no_line_is_too_long_and_none_is_bare);
	TEST(a_list_is_not_for_the_subject);
	TEST(refuses_what_does_not_fit);
	TEST(a_writer_has_every_template);
}
