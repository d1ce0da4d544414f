/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/bounce.h"

#include <string.h>

#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_bounce(CU_pSuite suite);

#define HEAD                                                               \
	"To: x@example.org\r\n"                                            \
	"Content-Type: multipart/report; report-type=delivery-status;\r\n" \
	"\tboundary=\"b\"\r\n"                                             \
	"\r\n"
#define STATUS                                      \
	"--b\r\n"                                   \
	"Content-Type: message/delivery-status\r\n" \
	"\r\n"                                      \
	"Reporting-MTA: dns; relay.example\r\n"     \
	"\r\n"
#define PATH "bounces+42-1-0123456789abcdef0123@agency.example"

static int parse(const char *text, struct bounce *ret_bounce, struct err *err)
{
	OWNED_BUFFER struct buffer buffer = BUFFER(BOUNCE_MAX);

	buffer_add_text(&buffer, text);
	return bounce_parse(&buffer, ret_bounce, err);
}

static void reads_who_failed_and_why(void)
{
	static const struct {
		const char *text;
		bool failed;
		const char *reason;
	} rows[] = {
	    {HEAD STATUS "Final-Recipient: rfc822; a@b\r\nAction: failed\r\nStatus: 5.1.1\r\n"
	                 "Diagnostic-Code: smtp; 550 no\r\n mailbox\r\n\r\n--b--\r\n",
	        true, "5.1.1 550 no mailbox"},
	    {HEAD STATUS "Action: delayed\r\nStatus: 4.4.1\r\n", false, ""},
	    {HEAD STATUS "Action: delivered\nStatus: 2.0.0\n", false, ""},
	    {HEAD STATUS "action: FAILED (bounced)\nstatus: 4.4.7 (expired)\n", true, "4.4.7 "},
	    {HEAD STATUS "Action: failed", true, " "},
	    {HEAD STATUS "Action: relayed\r\n\r\nAction: failed\r\nStatus: 5.2.2\r\n", true,
	        "5.2.2 "},
	    {HEAD "text\r\n--b\r\nContent-Type: text/plain\r\n\r\nAction: failed\r\n" STATUS
	          "Action: delayed\r\n",
	        false, ""},
	    {HEAD STATUS, false, ""},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bounce bounce;
		struct err err;

		CU_ASSERT_EQUAL_FATAL(parse(rows[i].text, &bounce, &err), 0);
		CU_ASSERT_EQUAL(bounce.failed, rows[i].failed);
		CU_ASSERT_STRING_EQUAL(bounce.reason, rows[i].reason);
	}
}

static void refuses_what_is_no_report(void)
{
	static const char *const wrong[] = {
	    "",
	    "hello",
	    "Content-Type: text/plain\r\n\r\nAction: failed\r\n",
	    "Content-Type: multipart/report\r\n\r\n" STATUS,
	    "Content-Type: multipart/report; boundary=\r\n\r\n" STATUS,
	    "Content-Type: multipart/report; boundary=\"c\"\r\n\r\n" STATUS,
	    "Content-Type: multipart/mixed; boundary=b\r\n\r\n" STATUS,
	    HEAD "--b\r\nContent-Type: text/plain\r\n\r\nAction: failed\r\n",
	    HEAD,
	};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct bounce bounce;
		struct err err;

		CU_ASSERT_TRUE(fails(parse(wrong[i], &bounce, &err), &err, ERR_REFUSED));
	}
}

/* What another server wrote is shown to people. */
static void a_reason_is_one_line_and_not_long(void)
{
	char text[4096] =
	    HEAD STATUS "Action: failed\r\nStatus: 5.0.0\r\nDiagnostic-Code: x; \x1b[2J\x07";
	size_t length = strlen(text);
	struct bounce bounce;
	struct err err;

	memset(text + length, 'y', 2000);
	CU_ASSERT_EQUAL_FATAL(parse(text, &bounce, &err), 0);
	CU_ASSERT_EQUAL(strlen(bounce.reason), MAIL_ANSWER_MAX);
	for (const char *at = bounce.reason; *at; at++)
		CU_ASSERT_TRUE(*at >= ' ' && *at < 0x7f);
}

static void finds_the_path_that_it_came_back_to(void)
{
	static const struct {
		const char *text;
		bool found;
	} rows[] = {
	    {"To: " PATH "\r\n\r\n", true},
	    {"To: \"Bounces\" <" PATH ">\r\n\r\n", true},
	    {"Delivered-To: " PATH "\nTo: somebody@example.org\n\n", true},
	    {"X-Original-To: " PATH "\n\n", true},
	    {"Cc: " PATH "\n\n", false},
	    {"To: bounces@agency.example\n\n", false},
	    {"\nTo: " PATH "\n\n", false},
	    {"", false},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_BUFFER struct buffer buffer = BUFFER(BOUNCE_MAX);
		char path[EMAIL_MAX + 1];
		struct err err;
		int result;

		buffer_add_text(&buffer, rows[i].text);
		result = bounce_find_path(&buffer, path, &err);
		CU_ASSERT_TRUE(rows[i].found ? result == 0 : fails(result, &err, ERR_REFUSED));
		if (rows[i].found)
			CU_ASSERT_STRING_EQUAL(path, PATH);
	}
}

void add_suite_bounce(CU_pSuite suite)
{
	TEST(reads_who_failed_and_why);
	TEST(refuses_what_is_no_report);
	TEST(a_reason_is_one_line_and_not_long);
	TEST(finds_the_path_that_it_came_back_to);
}
