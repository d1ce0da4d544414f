/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clean.h"
#include "tests/lib/child.h"
#include "tests/unit/suite.h"

void add_suite_mem(CU_pSuite suite);

static void gives_zeroed_memory(void)
{
	/* What was freed just now is what comes back. */
	for (int i = 0; i < 8; i++) {
		OWNED_MEM unsigned char *bytes = mem_new(100, 3);
		int sum = 0;

		for (int j = 0; j < 300; j++)
			sum += bytes[j];
		CU_ASSERT_EQUAL(sum, 0);
		memset(bytes, 0xff, 300);
	}
}

static void gives_something_for_nothing(void)
{
	OWNED_MEM char *no_elements = mem_new(0, 8);
	OWNED_MEM char *no_size = mem_new(8, 0);
	OWNED_MEM char *resized = mem_resize(NULL, 0, 8);

	CU_ASSERT_PTR_NOT_NULL(no_elements);
	CU_ASSERT_PTR_NOT_NULL(no_size);
	resized = mem_resize(resized, 0, 0);
	CU_ASSERT_PTR_NOT_NULL(resized);
}

static void keeps_what_was_there_when_resized(void)
{
	OWNED_MEM char *text = mem_dup("letter");

	text = mem_resize(text, 100000, 1);
	CU_ASSERT_STRING_EQUAL(text, "letter");
	text = mem_resize(text, 3, 1);
	CU_ASSERT_EQUAL(memcmp(text, "let", 3), 0);
}

static void grows_by_one_after_the_other_and_moves_it_seldom(void)
{
	size_t *numbers = NULL;
	size_t moved = 0;

	for (size_t count = 0; count < 10000; count++) {
		size_t *before = numbers;

		numbers = mem_grow(numbers, count, sizeof(*numbers));
		moved += numbers != before;
		numbers[count] = count;
	}
	CU_ASSERT_TRUE(moved <= 15);
	for (size_t i = 0; i < 10000; i++)
		CU_ASSERT_EQUAL_FATAL(numbers[i], i);
	free(numbers);
}

/* As where the first are taken away again: a sanitizer sees who writes behind it. */
static void grows_again_after_it_had_become_less(void)
{
	static const size_t counts[] = {9, 0, 1, 3, 2, 17, 8, 4, 5, 33};
	char *bytes = NULL;
	size_t count = 0;

	for (size_t i = 0; i < COUNT(counts); i++) {
		if (count > counts[i])
			count = counts[i];
		for (; count < counts[i]; count++) {
			bytes = mem_grow(bytes, count, 1);
			bytes[count] = (char)count;
		}
		for (size_t at = 0; at < count; at++)
			CU_ASSERT_EQUAL(bytes[at], (char)at);
	}
	free(bytes);
}

static void copies_text_or_a_part_of_it(void)
{
	static const struct {
		const char *text;
		size_t length;
		const char *copy;
	} rows[] = {{"letter", 6, "letter"}, {"letter", 3, "let"}, {"letter", 0, ""}, {"", 0, ""}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_MEM char *whole = mem_dup(rows[i].text);
		OWNED_MEM char *part = mem_dup_part(rows[i].text, rows[i].length);

		CU_ASSERT_STRING_EQUAL(whole, rows[i].text);
		CU_ASSERT_PTR_NOT_EQUAL(whole, rows[i].text);
		CU_ASSERT_STRING_EQUAL(part, rows[i].copy);
	}
}

static void ask_for_too_much(const void *arg)
{
	const size_t *counts = arg;
	OWNED_MEM char *new = NULL;

	if (counts[2])
		new = mem_resize(NULL, counts[0], counts[1]);
	else
		new = mem_new(counts[0], counts[1]);
}

static void ends_the_process_when_there_is_not_that_much(void)
{
	static const size_t rows[][3] = {
	    {SIZE_MAX, 1, 0},
	    {SIZE_MAX / 2, 3, 0},
	    {SIZE_MAX, 1, 1},
	    {SIZE_MAX / 2 + 1, 2, 1},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct child_end end;

		child_run(ask_for_too_much, rows[i], &end);
#ifdef EDELIVERY_SANITIZED
		/* The sanitizer ends it before we can. */
		CU_ASSERT_NOT_EQUAL(end.status, 0);
#else
		CU_ASSERT_TRUE(WIFSIGNALED(end.status));
		CU_ASSERT_EQUAL(WTERMSIG(end.status), SIGABRT);
		CU_ASSERT_STRING_EQUAL(end.said, "out of memory\n");
#endif
	}
}

void add_suite_mem(CU_pSuite suite)
{
	TEST(gives_zeroed_memory);
	TEST(gives_something_for_nothing);
	TEST(keeps_what_was_there_when_resized);
	TEST(grows_by_one_after_the_other_and_moves_it_seldom);
	TEST(grows_again_after_it_had_become_less);
	TEST(copies_text_or_a_part_of_it);
	TEST(ends_the_process_when_there_is_not_that_much);
}
