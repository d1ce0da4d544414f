/* SPDX-License-Identifier: Apache-2.0 */
#include "server/handover.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "tests/lib/fixture.h"
#include "tests/unit/suite.h"

void add_suite_handover(CU_pSuite suite);

static void gives_back_what_was_left(void)
{
	OWNED_BUFFER struct buffer lines = BUFFER(HANDOVER_MAX);
	OWNED_BUFFER struct buffer taken = BUFFER(HANDOVER_MAX);
	const struct handover_line socket = {"socket", {7, 12}, "[::1]:2022"};
	const struct handover_line helper = {"broker", {-1, INT64_MAX, INT64_MIN, 1, 2, 3}, ""};
	struct handover_line line;
	const char *at;
	struct err err;
	int fd = -1;

	handover_put(&lines, &socket);
	handover_put(&lines, &helper);
	CU_ASSERT_EQUAL_FATAL(handover_leave(&lines, &fd, &err), 0);
	/* It has to outlive the exec. */
	CU_ASSERT_EQUAL(fcntl(fd, F_GETFD), 0);
	CU_ASSERT_EQUAL_FATAL(handover_take(&taken, &err), 0);
	CU_ASSERT_EQUAL(fcntl(fd, F_GETFD), -1);
	CU_ASSERT_PTR_NULL(getenv("EDELIVERY_HANDOVER"));
	at = buffer_text(&taken);
	CU_ASSERT_EQUAL(handover_get(&at, &line, &err), 0);
	CU_ASSERT_STRING_EQUAL(line.word, "socket");
	CU_ASSERT_STRING_EQUAL(line.text, "[::1]:2022");
	CU_ASSERT_EQUAL(memcmp(line.numbers, socket.numbers, sizeof(line.numbers)), 0);
	CU_ASSERT_EQUAL(handover_get(&at, &line, &err), 0);
	CU_ASSERT_STRING_EQUAL(line.word, "broker");
	CU_ASSERT_STRING_EQUAL(line.text, "");
	CU_ASSERT_EQUAL(memcmp(line.numbers, helper.numbers, sizeof(line.numbers)), 0);
	CU_ASSERT_EQUAL(*at, '\0');
}

static void takes_nothing_where_nothing_was_left(void)
{
	OWNED_BUFFER struct buffer taken = BUFFER(HANDOVER_MAX);
	struct err err;

	CU_ASSERT_EQUAL(handover_take(&taken, &err), 0);
	CU_ASSERT_EQUAL(taken.length, 0);
}

static void does_not_believe_the_environment(void)
{
	static const char *const wrong[] = {"", "x", "-1", "0", "2", "99999999999", "1023"};
	OWNED_BUFFER struct buffer taken = BUFFER(HANDOVER_MAX);

	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct err err;

		(void)setenv("EDELIVERY_HANDOVER", wrong[i], 1);
		CU_ASSERT_EQUAL(handover_take(&taken, &err), -1);
	}
	(void)unsetenv("EDELIVERY_HANDOVER");
}

static void refuses_lines_that_are_none(void)
{
	static const char *const wrong[] = {"\n", " 1 2 3 4 5 6 x\n", "word\n", "word 1 2 3 4 5\n",
	    "word 1 2 x 4 5 6 \n", "word 1 2 3 4 5 6 text",
	    "word 1 2 3 4 5 99999999999999999999 \n", "word 1 2 3 4 5 6"};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		const char *at = wrong[i];
		struct handover_line line = {.word = "before"};
		struct err err;

		CU_ASSERT_TRUE(fails(handover_get(&at, &line, &err), &err, ERR_REFUSED));
		CU_ASSERT_STRING_EQUAL(line.word, "before");
	}
}

static void leaves_nothing_that_is_too_much(void)
{
	OWNED_BUFFER struct buffer lines = BUFFER(20);
	const struct handover_line line = {"connection", {0}, "192.0.2.1"};
	struct err err;
	int before = fixture_open_descriptors();
	int fd = 42;

	handover_put(&lines, &line);
	CU_ASSERT_TRUE(fails(handover_leave(&lines, &fd, &err), &err, ERR_INTERNAL));
	CU_ASSERT_EQUAL(fd, 42);
	CU_ASSERT_EQUAL(fixture_open_descriptors(), before);
	CU_ASSERT_PTR_NULL(getenv("EDELIVERY_HANDOVER"));
}

void add_suite_handover(CU_pSuite suite)
{
	TEST(gives_back_what_was_left);
	TEST(takes_nothing_where_nothing_was_left);
	TEST(does_not_believe_the_environment);
	TEST(refuses_lines_that_are_none);
	TEST(leaves_nothing_that_is_too_much);
}
