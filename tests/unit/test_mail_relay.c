/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/mail_relay.h"

#include <string.h>

#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_mail_relay(CU_pSuite suite);

static void takes_a_place_apart(void)
{
	static const struct {
		const char *text;
		bool is_smtps;
		const char *host;
		uint16_t port;
	} rows[] = {
	    {"smtp://mail.example.org:2525", false, "mail.example.org", 2525},
	    {"smtp://mail.example.org", false, "mail.example.org", 25},
	    {"smtps://mail.example.org", true, "mail.example.org", 465},
	    {"smtp://127.0.0.1:1", false, "127.0.0.1", 1},
	    {"smtps://[2001:db8::1]:65535", true, "2001:db8::1", 65535},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mail_relay relay;
		struct err err;

		CU_ASSERT_EQUAL_FATAL(mail_relay_parse(rows[i].text, &relay, &err), 0);
		CU_ASSERT_FALSE(relay.is_program);
		CU_ASSERT_EQUAL(relay.is_smtps, rows[i].is_smtps);
		CU_ASSERT_STRING_EQUAL(relay.host, rows[i].host);
		CU_ASSERT_EQUAL(relay.port, rows[i].port);
	}
}

static void takes_a_path_for_a_program(void)
{
	struct mail_relay relay;
	struct err err;

	CU_ASSERT_EQUAL_FATAL(mail_relay_parse("/usr/sbin/sendmail", &relay, &err), 0);
	CU_ASSERT_TRUE(relay.is_program);
}

static void refuses_everything_else(void)
{
	static const char *const wrong[] = {"", "mail.example.org:25", "smtp:mail.example.org",
	    "smtp://", "smtp://:25", "smtp://mail.example.org:", "smtp://mail.example.org:0",
	    "smtp://mail.example.org:65536", "smtp://mail.example.org:25/x",
	    "smtp://ann:secret@mail.example.org", "smtp://[2001:db8::1", "smtp://[]:25",
	    "smtp://[2001:db8::1]x", "smtp://a b", "http://mail.example.org:25",
	    "smtp://mail.example.org:25\r\nRSET"};
	char text[400] = "smtp://";

	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct mail_relay relay = {.port = 7};
		struct err err;

		CU_ASSERT_TRUE(fails(mail_relay_parse(wrong[i], &relay, &err), &err, ERR_REFUSED));
		CU_ASSERT_EQUAL(relay.port, 7);
	}
	for (size_t length = MAIL_RELAY_HOST_MAX; length <= MAIL_RELAY_HOST_MAX + 1; length++) {
		struct mail_relay relay;
		struct err err;

		memset(text + 7, 'x', length);
		text[7 + length] = '\0';
		CU_ASSERT_EQUAL(
		    mail_relay_parse(text, &relay, &err), length > MAIL_RELAY_HOST_MAX ? -1 : 0);
	}
}

void add_suite_mail_relay(CU_pSuite suite)
{
	TEST(takes_a_place_apart);
	TEST(takes_a_path_for_a_program);
	TEST(refuses_everything_else);
}
