/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/archive_order.h"

#include <string.h>

#include "base/text.h"
#include "tests/unit/suite.h"

void add_suite_archive_order(CU_pSuite suite);

static struct message message;

static const struct archive_order order = {.session = 7,
    .login = "mary",
    .since = "2026-11-22",
    .type = "EFT",
    .address = "192.0.2.7",
    .client = "SSH-2.0-OpenSSH_9.2"};

static void reads_back_what_was_put(void)
{
	struct archive_order back;
	struct err err;

	archive_order_put(&message, &order);
	CU_ASSERT_EQUAL_FATAL(archive_order_get(&message, &back, &err), 0);
	CU_ASSERT_EQUAL(back.session, 7);
	CU_ASSERT_STRING_EQUAL(back.login, order.login);
	CU_ASSERT_STRING_EQUAL(back.since, order.since);
	CU_ASSERT_STRING_EQUAL(back.type, order.type);
	CU_ASSERT_STRING_EQUAL(back.address, order.address);
	CU_ASSERT_STRING_EQUAL(back.client, order.client);
}

static void is_refused(void)
{
	struct archive_order back = {.session = 1};
	struct err err;

	CU_ASSERT_EQUAL(archive_order_get(&message, &back, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_INTERNAL);
	CU_ASSERT_EQUAL(back.session, 1);
}

static void refuses_what_is_no_order(void)
{
	struct archive_order wrong = order;

	archive_order_put(&message, &order);
	message.kind = ARCHIVE_SENT;
	is_refused();
	archive_order_put(&message, &order);
	message_put_int(&message, 1);
	is_refused();
	archive_order_put(&message, &order);
	message.length--;
	is_refused();
	text_copy(wrong.since, "2026-02-30");
	archive_order_put(&message, &wrong);
	is_refused();
}

static void refuses_text_that_is_too_long(void)
{
	char login[LOGIN_MAX + 2];

	memset(login, 'a', sizeof(login) - 1);
	login[sizeof(login) - 1] = '\0';
	message_start(&message, ARCHIVE_ORDER);
	message_put_int(&message, 7);
	message_put_text(&message, login);
	message_put_text(&message, order.since);
	for (int i = 0; i < 3; i++)
		message_put_text(&message, "");
	is_refused();
}

void add_suite_archive_order(CU_pSuite suite)
{
	TEST(reads_back_what_was_put);
	TEST(refuses_what_is_no_order);
	TEST(refuses_text_that_is_too_long);
}
