/* SPDX-License-Identifier: Apache-2.0 */
#include "server/kernel_random.h"

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/rand.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/lib/child.h"
#include "tests/unit/suite.h"

void add_suite_kernel_random(CU_pSuite suite);

enum { LENGTH = 32, LARGE = 100000 };

/* Each in a child: other suites go on with what OpenSSL does by itself. */
static void begin(void)
{
	struct err err;

	CHILD_MUST(kernel_random_begin(&err) == 0);
}

static void must_not_be_openssls_own(const void *arg)
{
	(void)arg;
	CHILD_MUST(RAND_get_rand_method() == RAND_OpenSSL());
	begin();
	CHILD_MUST(RAND_get_rand_method() != RAND_OpenSSL());
	CHILD_MUST(RAND_status() == 1);
}

static void openssl_asks_the_kernel_instead_of_its_own_generators(void)
{
	CU_ASSERT_TRUE(child_succeeds(must_not_be_openssls_own, NULL));
}

static void must_fill_all(const void *arg)
{
	static const unsigned char none[LENGTH];
	static unsigned char bytes[LARGE];

	(void)arg;
	begin();
	CHILD_MUST(RAND_bytes(bytes, LARGE) == 1);
	for (size_t at = 0; at + LENGTH <= LARGE; at += LENGTH)
		CHILD_MUST(memcmp(bytes + at, none, LENGTH) != 0);
	CHILD_MUST(RAND_bytes(bytes, 0) == 1);
}

static void all_bytes_that_are_asked_for_are_filled(void)
{
	CU_ASSERT_TRUE(child_succeeds(must_fill_all, NULL));
}

static void draw(const void *bytes)
{
	unsigned char *at = *(unsigned char *const *)bytes;

	CHILD_MUST(RAND_bytes(at, LENGTH) == 1);
	CHILD_MUST(RAND_priv_bytes(at + LENGTH, LENGTH) == 1);
}

static void must_draw_others(const void *arg)
{
	unsigned char *bytes =
	    mmap(NULL, 4UL * LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned char *second = bytes + 2 * LENGTH;

	(void)arg;
	CHILD_MUST(bytes != MAP_FAILED);
	begin();
	CHILD_MUST(child_succeeds(draw, &bytes));
	CHILD_MUST(child_succeeds(draw, &second));
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < i; j++)
			CHILD_MUST(memcmp(bytes + i * LENGTH, bytes + j * LENGTH, LENGTH) != 0);
}

static void processes_that_are_forked_of_one_draw_different_bytes(void)
{
	CU_ASSERT_TRUE(child_succeeds(must_draw_others, NULL));
}

enum { PADDING = 16, PADDINGS = 100 };

static void must_draw_paddings_that_differ(const void *arg)
{
	static unsigned char bytes[PADDINGS][PADDING];

	(void)arg;
	begin();
	for (int i = 0; i < PADDINGS; i++) {
		CHILD_MUST(RAND_bytes(bytes[i], PADDING) == 1);
		for (int j = 0; j < i; j++)
			CHILD_MUST(memcmp(bytes[i], bytes[j], PADDING) != 0);
	}
}

static void no_padding_is_drawn_twice(void)
{
	CU_ASSERT_TRUE(child_succeeds(must_draw_paddings_that_differ, NULL));
}

static void draw_padding(const void *bytes)
{
	CHILD_MUST(RAND_bytes(*(unsigned char *const *)bytes, PADDING) == 1);
}

/* The process that they are forked of has drawn some, and has others ready. */
static void must_draw_other_paddings(const void *arg)
{
	unsigned char *bytes =
	    mmap(NULL, 4UL * PADDING, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	(void)arg;
	CHILD_MUST(bytes != MAP_FAILED);
	begin();
	CHILD_MUST(RAND_bytes(bytes, PADDING) == 1);
	for (int i = 1; i <= 2; i++) {
		unsigned char *at = bytes + i * PADDING;

		CHILD_MUST(child_succeeds(draw_padding, &at));
	}
	CHILD_MUST(RAND_bytes(bytes + 3 * PADDING, PADDING) == 1);
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < i; j++)
			CHILD_MUST(memcmp(bytes + i * PADDING, bytes + j * PADDING, PADDING) != 0);
}

static void paddings_that_are_ready_go_to_no_process_that_is_forked(void)
{
	CU_ASSERT_TRUE(child_succeeds(must_draw_other_paddings, NULL));
}

void add_suite_kernel_random(CU_pSuite suite)
{
	TEST(openssl_asks_the_kernel_instead_of_its_own_generators);
	TEST(all_bytes_that_are_asked_for_are_filled);
	TEST(processes_that_are_forked_of_one_draw_different_bytes);
	TEST(no_padding_is_drawn_twice);
	TEST(paddings_that_are_ready_go_to_no_process_that_is_forked);
}
