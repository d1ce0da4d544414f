/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/suite.h"

void add_suite_err(CU_pSuite suite);

/* A word that does not fit. */
static const char *long_word(void)
{
	static char word[2 * ERR_TEXT_MAX];

	memset(word, 'x', sizeof(word) - 1);
	return word;
}

static void yields_minus_one_with_kind_and_words(void)
{
	static const enum err_kind kinds[] = {ERR_INTERNAL, ERR_RETRY, ERR_BUSY, ERR_UNSYNCED,
	    ERR_GONE, ERR_REFUSED, ERR_CONFLICT, ERR_USAGE};

	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct err err = {.kind = ERR_USAGE, .text = "before"};

		CU_ASSERT_EQUAL(err_set(&err, kinds[i], "%s %d", "letter", 7), -1);
		CU_ASSERT_EQUAL(err.kind, kinds[i]);
		CU_ASSERT_STRING_EQUAL(err.text, "letter 7");
	}
}

static void tells_why_a_system_call_failed(void)
{
	static const struct {
		int number;
		const char *text;
	} rows[] = {
	    {ENOENT, "open x: No such file or directory"},
	    {ENOSPC, "open x: No space left on device"},
	    {EACCES, "open x: Permission denied"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err err = {.kind = ERR_REFUSED};

		errno = rows[i].number;
		CU_ASSERT_EQUAL(err_sys(&err, "open %s", "x"), -1);
		CU_ASSERT_EQUAL(err.kind, ERR_RETRY);
		CU_ASSERT_STRING_EQUAL(err.text, rows[i].text);
	}
}

static void puts_context_in_front_and_keeps_the_kind(void)
{
	struct err err;

	(void)err_set(&err, ERR_CONFLICT, "exists");
	CU_ASSERT_EQUAL(err_context(&err, "letter %d", 7), -1);
	CU_ASSERT_EQUAL(err_context(&err, "posting"), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_CONFLICT);
	CU_ASSERT_STRING_EQUAL(err.text, "posting: letter 7: exists");
}

static void cuts_what_is_too_long(void)
{
	struct err err;

	(void)err_set(&err, ERR_REFUSED, "%s", long_word());
	CU_ASSERT_EQUAL(strlen(err.text), ERR_TEXT_MAX - 1);
	(void)err_context(&err, "why");
	CU_ASSERT_EQUAL(strlen(err.text), ERR_TEXT_MAX - 1);
	CU_ASSERT_EQUAL(strncmp(err.text, "why: xxx", 8), 0);
	(void)err_context(&err, "%s", long_word());
	CU_ASSERT_EQUAL(strlen(err.text), ERR_TEXT_MAX - 1);
	errno = ENOENT;
	(void)err_sys(&err, "%s", long_word());
	CU_ASSERT_EQUAL(strlen(err.text), ERR_TEXT_MAX - 1);
}

static void is_one_line_whatever_it_tells_about(void)
{
	struct err err;

	(void)err_set(&err, ERR_REFUSED, "%s: refused", "a\nb\x1b[31m\x7f\tc");
	CU_ASSERT_STRING_EQUAL(err.text, "a?b?[31m??c: refused");
	(void)err_context(&err, "%s", "d\re");
	CU_ASSERT_STRING_EQUAL(err.text, "d?e: a?b?[31m??c: refused");
	errno = ENOENT;
	(void)err_sys(&err, "open %s", "\xc3\xa9\n");
	CU_ASSERT_STRING_EQUAL(err.text, "open \xc3\xa9?: No such file or directory");
}

void add_suite_err(CU_pSuite suite)
{
	TEST(yields_minus_one_with_kind_and_words);
	TEST(tells_why_a_system_call_failed);
	TEST(puts_context_in_front_and_keeps_the_kind);
	TEST(cuts_what_is_too_long);
	TEST(is_one_line_whatever_it_tells_about);
}
