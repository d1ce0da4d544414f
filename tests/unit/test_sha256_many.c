/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sha256_many.h"

#include "base/clean.h"
#include "base/mem.h"
#include "tests/unit/suite.h"

void add_suite_sha256_many(CU_pSuite suite);

enum { LONGEST = 70000, MOST = 150 };

/* As base/sha256.h has it, whose own suite has the published examples. */
static void hash_alone(const void *bytes, size_t count, char ret_hex[SHA256_HEX + 1])
{
	struct sha256 hash = {NULL};
	struct err err;

	CU_ASSERT_EQUAL(sha256_start(&hash, &err), 0);
	sha256_add(&hash, bytes, count);
	sha256_print(&hash, ret_hex);
	sha256_done(&hash);
}

/* So many messages, of the lengths that length() gives; each begins elsewhere in bytes. */
static void compare(const unsigned char *bytes, size_t count, size_t (*length)(size_t i))
{
	struct sha256_many *many = sha256_many_new();
	struct sha256_message messages[MOST];
	struct err err;

	for (size_t i = 0; i < count; i++)
		messages[i] = (struct sha256_message){.bytes = bytes + i, .count = length(i)};
	/* Again, since what it is made of is used again. */
	for (int again = 0; again < 2; again++) {
		CU_ASSERT_EQUAL(sha256_many(many, messages, count, &err), 0);
		for (size_t i = 0; i < count; i++) {
			char hex[SHA256_HEX + 1];

			hash_alone(bytes + i, length(i), hex);
			CU_ASSERT_STRING_EQUAL(messages[i].hex, hex);
			messages[i].hex[0] = '\0';
		}
	}
	sha256_many_free(many);
}

static size_t same(size_t i)
{
	(void)i;
	return 40000;
}

static size_t around_a_block(size_t i)
{
	return 1 + i;
}

static size_t any(size_t i)
{
	return (i * 7919 + 13) % LONGEST;
}

static size_t sometimes_none(size_t i)
{
	return i % 5 ? 1000 : 0;
}

static size_t one_is_long(size_t i)
{
	return i == 3 ? LONGEST : 10;
}

static void each_message_has_the_hash_that_it_has_alone(void)
{
	static size_t (*const lengths[])(size_t i) = {
	    same, around_a_block, any, sometimes_none, one_is_long};
	static const size_t counts[] = {0, 1, 2, 7, 8, 15, 16, 17, 64, 65, MOST};
	OWNED_MEM unsigned char *bytes = mem_new(LONGEST + MOST, 1);

	for (size_t i = 0; i < LONGEST + MOST; i++)
		bytes[i] = (unsigned char)(i * i >> 7);
	for (size_t i = 0; i < COUNT(lengths); i++)
		for (size_t j = 0; j < COUNT(counts); j++)
			compare(bytes, counts[j], lengths[i]);
}

/* Otherwise what is tested above would be the slow way. */
static void a_processor_that_can_do_more_at_once_does(void)
{
	struct sha256_many *many = sha256_many_new();

#if __has_include(<intel-ipsec-mb.h>)
	if (__builtin_cpu_supports("avx512bw"))
		CU_ASSERT_TRUE(sha256_many_is_fast(many));
#else
	CU_ASSERT_FALSE(sha256_many_is_fast(many));
#endif
	sha256_many_free(many);
	sha256_many_free(NULL);
}

void add_suite_sha256_many(CU_pSuite suite)
{
	TEST(each_message_has_the_hash_that_it_has_alone);
	TEST(a_processor_that_can_do_more_at_once_does);
}
