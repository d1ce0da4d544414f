/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clean.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>

#include "base/mem.h"
#include "tests/unit/suite.h"

void add_suite_clean(CU_pSuite suite);

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static int open_something(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void closes_a_descriptor_at_the_end_of_its_scope(void)
{
	int number;

	{
		OWNED_FD int fd = open_something();

		number = fd;
		CU_ASSERT_TRUE(is_open(number));
	}
	CU_ASSERT_FALSE(is_open(number));
}

static void leaves_errno_alone(void)
{
	int number = open_something();

	(void)close(number);
	errno = EDOM;
	clean_fd(&number);
	CU_ASSERT_EQUAL(errno, EDOM);
}

static void keeps_a_descriptor_that_was_taken(void)
{
	int taken;

	{
		OWNED_FD int fd = open_something();

		taken = TAKE_FD(fd);
		CU_ASSERT_EQUAL(fd, -1);
	}
	CU_ASSERT_TRUE(is_open(taken));
	(void)close(taken);
}

static void keeps_memory_that_was_taken(void)
{
	char *taken;

	{
		OWNED_MEM char *text = mem_dup("text");

		taken = TAKE(text);
		CU_ASSERT_PTR_NULL(text);
	}
	CU_ASSERT_STRING_EQUAL(taken, "text");
	clean_mem(&taken);
}

/* That it is freed is what the sanitizer builds see. */
static void frees_memory_or_nothing_at_the_end_of_its_scope(void)
{
	OWNED_MEM char *text = mem_dup("text");
	OWNED_MEM char *nothing = NULL;

	CU_ASSERT_STRING_EQUAL(text, "text");
	CU_ASSERT_PTR_NULL(nothing);
}

static int released;

static void release(const int *number)
{
	released = released * 10 + *number;
}

static void leave(int way)
{
	OWNED(release) int first = 1;

	(void)first;
	if (way == 0)
		return;
	for (int i = 0; i < 2; i++) {
		OWNED(release) int second = 2;

		(void)second;
		if (way == 1)
			return;
		if (way == 2)
			break;
	}
}

static void releases_on_every_way_out_the_last_one_first(void)
{
	static const int expected[] = {1, 21, 21, 221};

	for (int way = 0; way < (int)COUNT(expected); way++) {
		released = 0;
		leave(way);
		CU_ASSERT_EQUAL(released, expected[way]);
	}
}

void add_suite_clean(CU_pSuite suite)
{
	TEST(closes_a_descriptor_at_the_end_of_its_scope);
	TEST(leaves_errno_alone);
	TEST(keeps_a_descriptor_that_was_taken);
	TEST(keeps_memory_that_was_taken);
	TEST(frees_memory_or_nothing_at_the_end_of_its_scope);
	TEST(releases_on_every_way_out_the_last_one_first);
}
