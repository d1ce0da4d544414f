/* SPDX-License-Identifier: Apache-2.0 */
#include "server/archive_command.h"

#include <string.h>

#include "tests/unit/suite.h"

void add_suite_archive_command(CU_pSuite suite);

static void is_that_command_and_no_other(void)
{
	static const struct {
		const char *text;
		bool is;
	} rows[] = {
	    {"archive", true},
	    {"archive --since 2026-11-22", true},
	    {"archive x", true},
	    {"", false},
	    {"archives", false},
	    {" archive", false},
	    {"scp -f /", false},
	    {"sh -c archive", false},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		CU_ASSERT_EQUAL(archive_command_is(rows[i].text), rows[i].is);
}

static void takes_its_options_in_any_order(void)
{
	static const struct {
		const char *text;
		const char *type;
	} rows[] = {
	    {"archive --since 2026-11-22", ""},
	    {"archive --since=2026-11-22", ""},
	    {"archive  --since   2026-11-22  ", ""},
	    {"archive --since 2026-11-22 --type EFT", "EFT"},
	    {"archive --type=EFT --since=2026-11-22", "EFT"},
	    {"archive --type T1 --since 2026-11-22", "T1"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct archive_command command;
		struct err err;

		CU_ASSERT_EQUAL_FATAL(archive_command_parse(rows[i].text, &command, &err), 0);
		CU_ASSERT_STRING_EQUAL(command.since, "2026-11-22");
		CU_ASSERT_STRING_EQUAL(command.type, rows[i].type);
	}
}

static void says_what_is_wrong_and_how_it_is_called(void)
{
	static const struct {
		const char *text;
		const char *said;
	} rows[] = {
	    {"archive", "--since is missing"},
	    {"archive --type EFT", "--since is missing"},
	    {"archive --since", "one value"},
	    {"archive --since=", "one value"},
	    {"archive --since 2026-11-22 --since 2026-11-22", "one value"},
	    {"archive --since 2026-11-22 --type EFT --type PA", "one value"},
	    {"archive --since 2026-02-30", "wants a date"},
	    {"archive --since 2026-11-222", "wants a date"},
	    {"archive --since --type", "wants a date"},
	    {"archive --since 2026-11-22 --type eft", "wants a letter type"},
	    {"archive --since 2026-11-22 --type E;ls", "wants a letter type"},
	    {"archive --since 2026-11-22 --all", "no such option"},
	    {"archive --since 2026-11-22 =x", "no such option"},
	    {"archive --since 2026-11-22 = x", "no such option"},
	    {"archive 2026-11-22", "no such option"},
	    {"archive --sincere 2026-11-22", "no such option"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct archive_command command = {.type = "OLD"};
		struct err err;

		CU_ASSERT_EQUAL_FATAL(archive_command_parse(rows[i].text, &command, &err), -1);
		CU_ASSERT_EQUAL(err.kind, ERR_REFUSED);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.text, rows[i].said));
		CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "usage: archive --since"));
		CU_ASSERT_STRING_EQUAL(command.type, "OLD");
	}
}

static void refuses_what_is_longer_than_any_right_one(void)
{
	char text[400];
	struct archive_command command;
	struct err err;

	memset(text, ' ', sizeof(text) - 1);
	memcpy(text, "archive", strlen("archive"));
	text[sizeof(text) - 1] = '\0';
	CU_ASSERT_EQUAL(archive_command_parse(text, &command, &err), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "too long"));
}

void add_suite_archive_command(CU_pSuite suite)
{
	TEST(is_that_command_and_no_other);
	TEST(takes_its_options_in_any_order);
	TEST(says_what_is_wrong_and_how_it_is_called);
	TEST(refuses_what_is_longer_than_any_right_one);
}
